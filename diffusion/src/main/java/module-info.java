/** Training and sampling of diffusion models. */
module dev.gradus.diffusion {
    requires transitive dev.gradus.torch;
    requires transitive com.fasterxml.jackson.databind;
    requires com.fasterxml.jackson.dataformat.csv;
    requires com.twelvemonkeys.imageio.core;
    requires java.desktop;
    requires java.net.http;
    requires metadata.extractor;
    requires org.apache.commons.compress;
    requires org.apache.commons.statistics.distribution;
    requires org.apache.logging.log4j;
    requires org.knowm.xchart;
    requires uplot;

    exports dev.gradus.diffusion;
    exports dev.gradus.diffusion.analysis;
    exports dev.gradus.diffusion.bench;
    exports dev.gradus.diffusion.chart;
    exports dev.gradus.diffusion.config;
    exports dev.gradus.diffusion.curriculum;
    exports dev.gradus.diffusion.data;
    exports dev.gradus.diffusion.eval;
    exports dev.gradus.diffusion.experiment;
    exports dev.gradus.diffusion.interchange;
    exports dev.gradus.diffusion.model;
    exports dev.gradus.diffusion.objective;
    exports dev.gradus.diffusion.report;
    exports dev.gradus.diffusion.sampler;
    exports dev.gradus.diffusion.schedule;
    exports dev.gradus.diffusion.text;
    exports dev.gradus.diffusion.train;
}

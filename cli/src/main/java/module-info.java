/** The command {@code gradus}. */
module dev.gradus.cli {
    requires dev.gradus.diffusion;
    requires info.picocli;
    requires jdk.httpserver;
    requires jdk.unsupported;
    requires me.tongfei.progressbar;
    requires org.apache.logging.log4j;
    requires org.apache.logging.log4j.core;
    requires org.jline.terminal;
    requires org.snakeyaml.engine.v2;

    opens dev.gradus.cli to
            info.picocli;
}

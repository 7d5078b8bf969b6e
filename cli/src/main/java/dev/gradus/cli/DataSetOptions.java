package dev.gradus.cli;

import dev.gradus.cli.config.RecordMapper;
import dev.gradus.cli.config.Settings;
import dev.gradus.diffusion.config.DataConfig;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which data set, and how its images are read. */
final class DataSetOptions {
    /** What of a configuration matters here. */
    public record Subject(DataConfig data) {}

    @Parameters(
            paramLabel = "DATA",
            description =
                    "A data set that can be fetched (fashion-mnist, emoji, cifar10, cifar100), a folder, a zip or tar"
                            + " file, or a .safetensors, .npy or .npz file.")
    private String data;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads that decode (default: one for each processor).")
    private Integer threads;

    /** The settings that name the data set; more can be put on top. */
    Settings settings() {
        return DataOption.apply("DATA", data, new Settings());
    }

    /** The configuration that settings make. */
    static DataConfig resolve(Settings settings) {
        return RecordMapper.apply(new Subject(DataConfig.defaults()), settings).data();
    }

    int threads() {
        if (threads == null) {
            return Runtime.getRuntime().availableProcessors();
        }
        if (threads < 1 || threads > 1024) {
            throw new UsageException("--threads: must be from 1 to 1024, is " + threads);
        }
        return threads;
    }
}

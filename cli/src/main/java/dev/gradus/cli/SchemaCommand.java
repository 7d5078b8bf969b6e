package dev.gradus.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the JSON Schema of training configurations. */
@Command(
        name = "schema",
        description = {
            "Print the JSON Schema of training configurations, with which editors complete and check them.",
            "",
            "Save it as gradus.schema.json beside a configuration, and begin that with",
            "# yaml-language-server: $schema=gradus.schema.json",
            ""
        })
final class SchemaCommand implements Callable<Integer> {
    /** Made from the records by the tests; see SchemaTest. */
    static final String RESOURCE = "config.schema.json";

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (InputStream in = SchemaCommand.class.getResourceAsStream(RESOURCE)) {
            out.print(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
        out.flush();
        return ExitCode.DONE;
    }
}

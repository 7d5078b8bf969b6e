package dev.gradus.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How to start this program again, as a process of its own. */
final class OwnCommand {
    private OwnCommand() {}

    /** With the arguments that {@code gradus} gets. */
    static List<String> of(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--enable-native-access=dev.gradus.torch",
                "--module-path",
                System.getProperty("jdk.module.path"),
                // What libraries without a module descriptor need, tests have there.
                "--class-path",
                System.getProperty("java.class.path")));
        for (String property : List.of("gradus.native", "user.home")) {
            String value = System.getProperty(property);
            if (value != null) {
                command.add("-D" + property + "=" + value);
            }
        }
        String further = System.getenv("GRADUS_JAVA_OPTS");
        if (further != null && !further.isBlank()) {
            command.addAll(Arrays.asList(further.strip().split("\\s+")));
        }
        command.addAll(List.of("--module", "dev.gradus.cli/" + Main.class.getName()));
        command.addAll(arguments);
        return command;
    }
}

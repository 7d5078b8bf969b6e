package dev.gradus.torch.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Starting programs. */
final class Processes {
    private Processes() {}

    /**
     * Runs a program to its end, with one thread for OpenMP.
     *
     * @return the last line that it printed
     * @throws IOException if it cannot be started, fails or prints nothing
     */
    static String lastLine(List<String> command, String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true);
        builder.environment().put("OMP_NUM_THREADS", "1");
        Process process = builder.start();
        process.getOutputStream().close();
        List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        int status = process.waitFor();
        if (status != 0 || lines.isEmpty()) {
            throw new IOException(
                    lines.isEmpty() ? command.getFirst() + " ended with status " + status : lines.getLast());
        }
        return lines.getLast().strip();
    }
}

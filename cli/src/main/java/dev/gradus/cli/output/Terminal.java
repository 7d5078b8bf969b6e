package dev.gradus.cli.output;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What standard error or standard output can show.
 *
 * @param interactive whether it is a terminal on which a line can be drawn over
 * @param color whether colours are wanted: on a terminal, unless the environment has {@code NO_COLOR}
 * @param unicode whether block characters can be shown
 * @param width columns
 */
public record Terminal(boolean interactive, boolean color, boolean unicode, int width) {
    private static final int DEFAULT_WIDTH = 80;

    /** Standard error of this process. */
    public static Terminal ofStandardError() {
        return ofDescriptor(2);
    }

    /** Standard output of this process. */
    public static Terminal ofStandardOutput() {
        return ofDescriptor(1);
    }

    private static Terminal ofDescriptor(int descriptor) {
        Map<String, String> environment = System.getenv();
        boolean interactive =
                isTerminal(Path.of("/proc/self/fd/" + descriptor)) && !"dumb".equals(environment.get("TERM"));
        return of(interactive, environment, interactive ? width(environment) : DEFAULT_WIDTH);
    }

    static Terminal of(boolean interactive, Map<String, String> environment, int width) {
        boolean color = interactive && environment.getOrDefault("NO_COLOR", "").isEmpty();
        String encoding =
                System.getProperty("stderr.encoding", Charset.defaultCharset().name());
        boolean unicode = interactive && encoding.equalsIgnoreCase(StandardCharsets.UTF_8.name());
        return new Terminal(interactive, color, unicode, width);
    }

    /** Java's Console only knows whether input and output are terminals; the link of the descriptor says it for each. */
    private static boolean isTerminal(Path descriptor) {
        try {
            String target = Files.readSymbolicLink(descriptor).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    private static int width(Map<String, String> environment) {
        String columns = environment.getOrDefault("COLUMNS", "");
        if (columns.matches("[1-9]\\d{1,3}")) {
            return Integer.parseInt(columns);
        }
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(Path.of("/dev/tty").toFile())
                    .start();
            String size = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
            if (stty.waitFor(1, TimeUnit.SECONDS) && size.matches("\\d+ [1-9]\\d{1,3}")) {
                return Integer.parseInt(size.substring(size.indexOf(' ') + 1));
            }
        } catch (IOException e) {
            // No stty, or no controlling terminal: the usual width will do.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return DEFAULT_WIDTH;
    }
}

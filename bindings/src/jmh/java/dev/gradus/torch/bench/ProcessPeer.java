package dev.gradus.torch.bench;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A peer without a JVM: a program that prints the version of libtorch for {@code --version}, and nanoseconds per call for
 * {@code CASE MILLIS COUNT}.
 */
record ProcessPeer(String name, List<String> command) implements Peer {
    @Override
    public String version() throws IOException, InterruptedException {
        return Processes.lastLine(command, "--version");
    }

    @Override
    public Optional<Measurement> measure(Case row) throws IOException, InterruptedException {
        String time = Processes.lastLine(
                command, row.key(), Integer.toString(ITERATION_MILLIS), Integer.toString(ITERATIONS));
        return Optional.of(new Measurement(Double.parseDouble(time), Double.NaN));
    }
}

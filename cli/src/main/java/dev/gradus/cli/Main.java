package dev.gradus.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Entry point of the command {@code gradus}. */
@Command(name = "gradus", mixinStandardHelpOptions = true, description = "Trains and samples diffusion models.")
public final class Main implements Runnable {
    private Main() {}

    /**
     * Runs the command.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public void run() {
        CommandLine.usage(this, System.out);
    }
}

/**
 * The command {@code gradus}. Each command is a class that reads its options, calls the diffusion library once, and reports;
 * what goes wrong is an exception, and {@link dev.gradus.cli.Failures} turns it into one line and an exit code.
 *
 * <p>Results go to standard output; progress, log messages and errors to standard error. Nothing that is
 * needed for {@code --help} touches libtorch.
 */
package dev.gradus.cli;

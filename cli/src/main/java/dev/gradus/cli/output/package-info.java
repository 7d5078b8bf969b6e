/**
 * What a person sees while a command works: a progress bar on a terminal, plain lines elsewhere, log messages.
 *
 * <p>{@link dev.gradus.cli.output.Terminal} says what standard error is, and {@link dev.gradus.cli.output.Progress} has a form for
 * each. All of it goes to standard error: standard output is for results.
 */
package dev.gradus.cli.output;

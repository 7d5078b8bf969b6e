/** What a person sees while a command works: a progress bar on a terminal, plain lines elsewhere, log messages. */
package dev.gradus.cli.output;

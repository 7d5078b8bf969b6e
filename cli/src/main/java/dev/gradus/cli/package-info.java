/** The command line of Gradus. */
package dev.gradus.cli;

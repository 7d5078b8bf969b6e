/** The live page on runs: a small server for this machine, which reads the folders of runs and writes nothing into them. */
package dev.gradus.cli.serve;

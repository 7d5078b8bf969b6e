/**
 * Experiments: several settings, several seeds, one comparison.
 *
 * <p>An {@link dev.gradus.diffusion.experiment.ExperimentPlan} names arms, each a whole training configuration, and seeds. An
 * {@link dev.gradus.diffusion.experiment.Experiment} trains every arm with every seed into a folder, one run after another,
 * scores the checkpoints of each run, and writes tables, charts and a summary. It can be stopped at any time; the same
 * plan in the same folder goes on.
 */
package dev.gradus.diffusion.experiment;

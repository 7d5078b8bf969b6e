/**
 * What a training run looks like.
 *
 * <p>{@link dev.gradus.diffusion.report.RunLog} reads what a run has logged, {@link dev.gradus.diffusion.report.RunReport} makes
 * one page of it that needs no network, and {@link dev.gradus.diffusion.report.PageParts} has the scripts and styles that such
 * pages share. Charts are drawn in the browser by the library uPlot (MIT).
 */
package dev.gradus.diffusion.report;

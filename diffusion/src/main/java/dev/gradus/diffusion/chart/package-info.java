/**
 * Line charts as PNG files.
 *
 * <p>{@link dev.gradus.diffusion.chart.Chart} is the one way that Gradus draws numbers, by the library XChart. It needs no
 * display, only fonts.
 */
package dev.gradus.diffusion.chart;

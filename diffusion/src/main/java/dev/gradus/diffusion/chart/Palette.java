package dev.gradus.diffusion.chart;

import java.awt.Color;

/** Colours of lines: distinct ones for a few, a scale from dark blue to yellow-green for many, which are then ordered. */
final class Palette {
    /** Okabe and Ito's colours, which can be told apart by the colour-blind, without the yellow that is lost on white. */
    private static final int[] DISTINCT = {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000};

    /** Points of matplotlib's scale "viridis" (CC0), to be interpolated; its yellow end is left out. */
    private static final int[] SCALE = {0x440154, 0x3B528B, 0x21918C, 0x5EC962, 0xB5CF2A};

    private Palette() {}

    /** The colour of line {@code index} of {@code count}. */
    static Color of(int index, int count) {
        if (count <= DISTINCT.length) {
            return new Color(DISTINCT[index]);
        }
        double place = (double) index / (count - 1) * (SCALE.length - 1);
        int left = Math.min((int) place, SCALE.length - 2);
        return mix(new Color(SCALE[left]), new Color(SCALE[left + 1]), place - left);
    }

    /** As a see-through area. */
    static Color band(Color line) {
        return new Color(line.getRed(), line.getGreen(), line.getBlue(), 50);
    }

    private static Color mix(Color a, Color b, double part) {
        return new Color(
                (int) Math.round(a.getRed() + part * (b.getRed() - a.getRed())),
                (int) Math.round(a.getGreen() + part * (b.getGreen() - a.getGreen())),
                (int) Math.round(a.getBlue() + part * (b.getBlue() - a.getBlue())));
    }
}

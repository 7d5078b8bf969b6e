package dev.gradus.diffusion.docs;

import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import dev.gradus.diffusion.schedule.Path;

/** alpha^2 falls from 1 to 0 as a sigmoid of t: Jabri et al., arXiv 2212.11972, algorithm 1. */
record SigmoidSchedule(double start, double end) implements NoiseSchedule {
    @Override
    public NoiseLevel at(double t) {
        requireTime(t);
        double square = (sigmoid(end) - sigmoid(start + t * (end - start))) / (sigmoid(end) - sigmoid(start));
        return new NoiseLevel(t, Math.sqrt(square), Math.sqrt(1 - square));
    }

    @Override
    public Path path() {
        return Path.CIRCLE;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }
}

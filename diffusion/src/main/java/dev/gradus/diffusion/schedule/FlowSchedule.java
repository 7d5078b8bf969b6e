package dev.gradus.diffusion.schedule;

/**
 * The interpolants of flow matching, from the image near t = 0 to noise near t = 1: {@link Path#STRAIGHT} or {@link
 * Path#COSINE}. The network is told 1000 t, the range that its embedding of time is made for (Esser et al., arXiv
 * 2403.03206).
 */
public final class FlowSchedule implements NoiseSchedule {
    private final Path path;

    private FlowSchedule(Path path) {
        this.path = path;
    }

    /** alpha = 1 - t, sigma = t (Lipman et al., arXiv 2210.02747, with the least sigma at 0; Liu et al., 2209.03003). */
    public static FlowSchedule linear() {
        return new FlowSchedule(Path.STRAIGHT);
    }

    /** alpha = cos(pi t / 2), sigma = sin(pi t / 2) (Albergo and Vanden-Eijnden, arXiv 2209.15571). */
    public static FlowSchedule cosine() {
        return new FlowSchedule(Path.COSINE);
    }

    @Override
    public NoiseLevel at(double t) {
        requireTime(t);
        return path == Path.STRAIGHT
                ? new NoiseLevel(t, 1 - t, t)
                : new NoiseLevel(t, Math.cos(Math.PI / 2 * t), Math.sin(Math.PI / 2 * t));
    }

    @Override
    public double timeOf(double logSnr) {
        double ratio = Math.exp(-logSnr / 2);
        // Written so that an infinite ratio gives 1.
        double t = path == Path.STRAIGHT ? 1 / (1 + 1 / ratio) : Math.atan(ratio) * 2 / Math.PI;
        return Math.clamp(t, tMin(), tMax());
    }

    @Override
    public Path path() {
        return path;
    }
}

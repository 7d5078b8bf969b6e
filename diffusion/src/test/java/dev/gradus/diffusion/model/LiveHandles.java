package dev.gradus.diffusion.model;

import dev.gradus.torch.Torch;

/** The number of live handles, apart from those that other tests have left to the garbage collector. */
final class LiveHandles {
    private LiveHandles() {}

    /** Collects garbage until the count stays the same. */
    static long settled() {
        long before = -1;
        long now = Torch.liveHandles();
        for (int i = 0; i < 20 && now != before; i++) {
            before = now;
            System.gc();
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            now = Torch.liveHandles();
        }
        return now;
    }
}

package dev.gradus.torch;

/** Live handles to compare with later: without those that earlier tests left to the garbage collector. */
public final class LiveHandles {

    private LiveHandles() {}

    /** Collects garbage until the count stays the same. */
    public static long settled() {
        long now = Torch.liveHandles();
        for (int unchanged = 0; unchanged < 2; ) {
            System.gc();
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            long before = now;
            now = Torch.liveHandles();
            unchanged = now == before ? unchanged + 1 : 0;
        }
        return now;
    }
}

package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;

/** libtorch has one anomaly mode for the process: on while any guard is open, checking NaN while one wants it. */
final class Anomaly {

    private static int open;
    private static int checking;

    private Anomaly() {}

    static Guard open(boolean checkNan) {
        Upcalls.drain(); // connects: the stacks are noted by code that is called back
        return Guard.openInAnyThread(
                () -> {
                    count(1, checkNan);
                    return 0;
                },
                before -> count(-1, checkNan));
    }

    private static synchronized void count(int change, boolean checkNan) {
        open += change;
        checking += checkNan ? change : 0;
        Tensor.check(GradusTorch.gt_set_anomaly_mode(open > 0 ? 1 : 0, checking > 0 ? 1 : 0));
    }
}

package dev.gradus.torch.nn;

import java.util.List;

/** Weights that do not fit a module. The message names every entry at fault, the first few of each kind in full. */
public final class StateDictException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final transient StateDictReport report;

    StateDictException(StateDictReport report) {
        super(report.toString());
        this.report = report;
    }

    /** All that does not fit. */
    public StateDictReport report() {
        return report;
    }

    /** Names that the module has and the weights have not. */
    public List<String> missing() {
        return report.missing();
    }

    /** Names that the weights have and the module has not. */
    public List<String> unexpected() {
        return report.unexpected();
    }

    /** Names with both shapes: {@code "conv.weight is (8, 3, 3, 3), should be (8, 1, 3, 3)"}. */
    public List<String> misshapen() {
        return report.misshapen();
    }
}

package dev.gradus.diffusion.experiment;

import dev.gradus.diffusion.config.TrainConfig;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an experiment compares.
 *
 * @param name for titles
 * @param arms at least one, each of another name
 * @param seeds of training, at least one, all different
 * @param baseline the name of the arm whose final score the others are measured against
 * @param scoring how the checkpoints are scored
 */
public record ExperimentPlan(String name, List<Arm> arms, List<Long> seeds, String baseline, ScoringConfig scoring) {
    /**
     * One setting.
     *
     * @param name letters, digits, {@code -}, {@code _} and {@code .}: it becomes the name of a folder
     * @param config the whole configuration; its seed is replaced by those of the plan, and it writes a checkpoint whenever
     *     one is scored
     */
    public record Arm(String name, TrainConfig config) {
        public Arm {
            if (!isName(name)) {
                throw new IllegalArgumentException("the arm '" + name
                        + "' must be named by up to 64 letters, digits, '-', '_' and '.', because it becomes the name"
                        + " of a folder");
            }
        }

        /** Whether an arm may be called this. */
        public static boolean isName(String name) {
            return name.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,63}");
        }
    }

    public ExperimentPlan {
        arms = List.copyOf(arms);
        seeds = List.copyOf(seeds);
        if (arms.isEmpty() || seeds.isEmpty()) {
            throw new IllegalArgumentException("an experiment needs at least one arm and one seed");
        }
        Set<String> names = new HashSet<>();
        for (Arm arm : arms) {
            if (!names.add(arm.name())) {
                throw new IllegalArgumentException("there are two arms named '" + arm.name() + "'");
            }
            TrainConfig first = arms.getFirst().config();
            if (!arm.config().data().equals(first.data())
                    || arm.config().model().sampleSize() != first.model().sampleSize()) {
                throw new IllegalArgumentException(
                        "the arms '" + arms.getFirst().name() + "' and '" + arm.name()
                                + "' train on different images, so their scores could not be compared");
            }
            if (arm.config().steps() % scoring.every() != 0) {
                throw new IllegalArgumentException("the arm '" + arm.name() + "' trains "
                        + arm.config().steps() + " steps, which is no multiple of scoring.every, " + scoring.every());
            }
        }
        if (!names.contains(baseline)) {
            throw new IllegalArgumentException("the baseline '" + baseline + "' is none of the arms "
                    + arms.stream().map(Arm::name).toList());
        }
        if (new HashSet<>(seeds).size() < seeds.size()) {
            throw new IllegalArgumentException("a seed is given twice: " + seeds);
        }
    }

    /** The configuration of a run. */
    TrainConfig config(Arm arm, long seed) {
        return arm.config()
                .with("seed", seed)
                .with("checkpoint.every", scoring.every())
                .with("checkpoint.keepLast", 0);
    }

    /** The arm of a name. */
    public Optional<Arm> arm(String wanted) {
        return arms.stream().filter(arm -> arm.name().equals(wanted)).findFirst();
    }
}

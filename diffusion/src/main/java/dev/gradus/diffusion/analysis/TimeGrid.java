package dev.gradus.diffusion.analysis;

import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import java.util.stream.IntStream;

/**
 * The times of a schedule in cells 0 (least noise) to {@code cells - 1}: of a discrete schedule each timestep is a cell, the
 * range of a continuous one is cut into equal parts.
 *
 * @param cells T of a discrete schedule; at least 2
 */
public record TimeGrid(NoiseSchedule schedule, int cells) {
    public TimeGrid {
        if (cells < 2 || (schedule.isDiscrete() && cells != schedule.timesteps())) {
            throw new IllegalArgumentException(
                    schedule.isDiscrete()
                            ? "a schedule of " + schedule.timesteps() + " timesteps has as many cells, at least 2, not "
                                    + cells
                            : "there must be at least 2 cells, there are " + cells);
        }
    }

    /** The time at which cell {@code cell} begins. */
    public double from(int cell) {
        return schedule.isDiscrete() ? cell : schedule.tMin() + width() * cell;
    }

    /** The time at which cell {@code cell} ends; for the last timestep of a discrete schedule that is T. */
    public double to(int cell) {
        return schedule.isDiscrete() || cell < cells - 1 ? from(cell + 1) : schedule.tMax();
    }

    private double width() {
        return (schedule.tMax() - schedule.tMin()) / cells;
    }

    /** The noise level that stands for a cell: that of its timestep, or in its middle. */
    public NoiseLevel level(int cell) {
        return schedule.at(schedule.isDiscrete() ? cell : schedule.tMin() + width() * (cell + 0.5));
    }

    /**
     * From the cell before to this one.
     *
     * @param cell at least 1
     */
    public Transition transition(int cell) {
        return new Transition(level(cell - 1), level(cell));
    }

    /** About {@code count} cells from 1 to the last one, close together where there is little noise; 0: all of them. */
    public int[] spread(int count) {
        int last = cells - 1;
        if (count == 0 || count >= last) {
            return IntStream.rangeClosed(1, last).toArray();
        }
        return IntStream.range(0, count)
                .map(i -> (int) Math.round(Math.pow(last, count == 1 ? 1 : i / (count - 1.0))))
                .distinct()
                .toArray();
    }
}

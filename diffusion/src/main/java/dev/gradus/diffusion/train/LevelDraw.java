package dev.gradus.diffusion.train;

import dev.gradus.diffusion.curriculum.Curriculum;
import dev.gradus.diffusion.curriculum.TimestepTable;
import dev.gradus.diffusion.objective.DenoisingLoss;
import dev.gradus.diffusion.objective.LevelBatch;
import dev.gradus.torch.Autograd;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;

/** Draws the noise levels of a batch. */
sealed interface LevelDraw extends AutoCloseable {
    /**
     * What was drawn, in the current scope.
     *
     * @param times (B) float64: t of each image
     */
    record Drawn(LevelBatch levels, Tensor times) {}

    Drawn draw(int batch);

    /**
     * The curriculum has a new stage.
     *
     * @return whether a step that was captured no longer does what it should
     */
    boolean refresh();

    @Override
    void close();

    /** Times drawn on the host, one call of libtorch's for a batch, as other trainers do; told to the device in one copy. */
    record OnHost(Curriculum curriculum, DenoisingLoss objective, Generator times, Device device) implements LevelDraw {
        @Override
        public Drawn draw(int batch) {
            double[] drawn = curriculum.sample(batch, times);
            return new Drawn(
                    objective.levels(drawn, device), Torch.tensor(drawn).to(device));
        }

        @Override
        public boolean refresh() {
            return false;
        }

        @Override
        public void close() {
            // It owns nothing.
        }
    }

    /**
     * Times drawn on the device from a table that lies there. A stage of the curriculum is a column of cumulative probabilities,
     * so a new one is a copy into the same memory.
     */
    final class OnDevice implements LevelDraw {
        private final Curriculum curriculum;
        private final DenoisingLoss objective;
        private final Generator random;
        private final Tensor times;
        private final Tensor cumulative;
        private LevelBatch levels;

        OnDevice(Curriculum curriculum, DenoisingLoss objective, Generator random) {
            this.curriculum = curriculum;
            this.objective = objective;
            this.random = random;
            Device device = random.device();
            try (TensorScope scope = TensorScope.open();
                    var _ = Autograd.noGrad()) {
                TimestepTable table = curriculum.table();
                times = scope.keep(Torch.tensor(table.times()).to(device));
                cumulative = scope.keep(Torch.tensor(table.cumulative()).to(device));
                levels = new LevelBatch(
                        scope.keep(objective.levels(table.times(), device).rows()), shape());
            }
        }

        /** What holds for all stages. */
        private LevelBatch.Shape shape() {
            return objective
                    .levels(curriculum.wholeTable().times(), Device.cpu())
                    .shape();
        }

        @Override
        public Drawn draw(int batch) {
            TensorOptions float64 = TensorOptions.of(random.device()).dtype(DType.FLOAT64);
            Tensor uniform = Torch.rand(random, float64, batch);
            if (curriculum.stratified()) {
                uniform = Torch.arange(float64, 0, batch, 1).add(uniform).div(batch);
            }
            Tensor indices = Torch.searchsorted(cumulative, uniform, true);
            return new Drawn(levels.select(indices), times.indexSelect(0, indices));
        }

        @Override
        public boolean refresh() {
            try (TensorScope _ = TensorScope.open();
                    var _ = Autograd.noGrad()) {
                TimestepTable table = curriculum.table();
                times.copy_(Torch.tensor(table.times()));
                cumulative.copy_(Torch.tensor(table.cumulative()));
                levels.rows()
                        .copy_(objective.levels(table.times(), Device.cpu()).rows());
                LevelBatch.Shape before = levels.shape();
                levels = new LevelBatch(levels.rows(), shape());
                return !before.equals(levels.shape());
            }
        }

        @Override
        public void close() {
            times.close();
            cumulative.close();
            levels.rows().close();
        }
    }
}

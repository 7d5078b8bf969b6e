package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;

/** Batch normalisation in one to three dimensions. */
abstract sealed class BatchNorm extends ChannelNorm permits BatchNorm1d, BatchNorm2d, BatchNorm3d {
    BatchNorm(int channels, NormOptions options, int space) {
        super(channels, options, space);
    }

    @Override
    final boolean takes(int dims, int space) {
        return dims == space + 2 || space == 1 && dims == 2;
    }

    @Override
    final double momentum(Tensor batches) {
        boolean mean = Double.isNaN(options.momentum());
        if (batches == null) {
            return mean ? 0 : options.momentum();
        }
        batches.add_(1L);
        return mean ? 1 / batches.item() : options.momentum();
    }

    @Override
    final Tensor normalize(
            Tensor input, Tensor mean, Tensor var, Tensor weight, Tensor bias, boolean useInput, double momentum) {
        return F.batchNorm(input, mean, var, weight, bias, useInput, momentum, options.eps());
    }
}

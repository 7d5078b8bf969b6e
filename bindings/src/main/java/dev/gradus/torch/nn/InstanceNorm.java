package dev.gradus.torch.nn;

import dev.gradus.torch.Tensor;

/** Instance normalisation in one to three dimensions. */
abstract sealed class InstanceNorm extends ChannelNorm permits InstanceNorm1d, InstanceNorm2d, InstanceNorm3d {
    InstanceNorm(int channels, NormOptions options, int space) {
        super(channels, options, space);
    }

    @Override
    final boolean takes(int dims, int space) {
        return dims == space + 2 || dims == space + 1;
    }

    /** As in PyTorch, batches are not counted, and without a momentum the averages stay. */
    @Override
    final double momentum(Tensor batches) {
        return Double.isNaN(options.momentum()) ? 0 : options.momentum();
    }

    @Override
    final Tensor normalize(
            Tensor input, Tensor mean, Tensor var, Tensor weight, Tensor bias, boolean useInput, double momentum) {
        if (input.dim() == space + 1) { // one example, without a batch
            return normalize(input.unsqueeze(0), mean, var, weight, bias, useInput, momentum)
                    .squeeze(0);
        }
        return F.instanceNorm(input, mean, var, weight, bias, useInput, momentum, options.eps());
    }
}

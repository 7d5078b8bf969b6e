package dev.gradus.diffusion.model;

import dev.gradus.torch.Autocast;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.nn.ConvOptions;
import dev.gradus.torch.nn.F;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Digests of single operators' results, which tell the kernels that this process runs: {@code probes} in make_goldens.py. */
final class KernelProbes {
    private KernelProbes() {}

    static Map<String, String> run() {
        Map<String, String> digests = new LinkedHashMap<>();
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(1)) {
            Tensor x = pattern(8, 16, 12, 12);
            digests.put("randn", Digests.sha256(List.of(Torch.randn(generator, 4096))));
            digests.put("exp", Digests.sha256(List.of(x.exp(), x.sin(), F.silu(x))));
            digests.put(
                    "norm",
                    Digests.sha256(List.of(
                            F.groupNorm(x, 8, null, null, 1e-5), x.square().mean())));
            digests.put("conv_fp32", convolution(x, false));
            digests.put("conv_bf16", convolution(x, true));
            digests.put("linear_fp32", linear(false));
            digests.put("linear_bf16", linear(true));
            Tensor q = pattern(8, 4, 36, 8);
            digests.put(
                    "attention",
                    Digests.sha256(List.of(F.scaledDotProductAttention(q.mul(1), q.mul(0.5), q.mul(0.25)))));
        }
        return digests;
    }

    private static Tensor pattern(long... shape) {
        int n = 1;
        for (long size : shape) {
            n *= (int) size;
        }
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (i * 7919L % 1024 - 512) / 256f;
        }
        return Torch.fromArray(values, shape);
    }

    private static String convolution(Tensor x, boolean bf16) {
        Tensor input = x.clone().requiresGrad_(true);
        Tensor weight = pattern(32, 16, 3, 3).requiresGrad_(true);
        Tensor bias = pattern(32);
        Tensor y = cast(bf16, () -> F.conv2d(input, weight, bias, ConvOptions.padding(1)))
                .to(DType.FLOAT32);
        y.square().mean().backward();
        return Digests.sha256(List.of(y, input.grad(), weight.grad()));
    }

    private static String linear(boolean bf16) {
        Tensor weight = pattern(32, 64).requiresGrad_(true);
        Tensor y = cast(bf16, () -> F.linear(pattern(8, 64), weight, null)).to(DType.FLOAT32);
        y.square().mean().backward();
        return Digests.sha256(List.of(y, weight.grad()));
    }

    private static Tensor cast(boolean bf16, Supplier<Tensor> operator) {
        if (!bf16) {
            return operator.get();
        }
        try (var _ = Autocast.open(Device.Type.CPU, DType.BFLOAT16)) {
            return operator.get();
        }
    }
}

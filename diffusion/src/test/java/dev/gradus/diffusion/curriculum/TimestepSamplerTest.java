package dev.gradus.diffusion.curriculum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gradus.torch.DType;
import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimestepSamplerTest {
    /** Expected: g = torch.Generator().manual_seed(7); torch.randint(750, 1000, (8,), generator=g) and (0, 1000). */
    @Test
    void timestepsAreThoseOfPythonsRandint() {
        Curriculum curriculum =
                new Curriculum(List.of(new TimestepRange(750, 1000), new TimestepRange(0, 1000)), new FixedPacing(1));
        try (var _ = TensorScope.open();
                Generator generator = Generator.cpu(7)) {
            Tensor first = curriculum.sample(8, generator);
            assertEquals(DType.INT64, first.dtype());
            assertArrayEquals(new long[] {865, 892, 971, 786, 783, 847, 787, 779}, first.toLongArray());
            curriculum.pace(1);
            assertArrayEquals(
                    new long[] {988, 761, 158, 631, 8, 217, 262, 930},
                    curriculum.sample(8, generator).toLongArray());
        }
    }
}

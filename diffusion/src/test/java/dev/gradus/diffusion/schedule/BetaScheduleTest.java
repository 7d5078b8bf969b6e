package dev.gradus.diffusion.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The checksums are of the bits that Python makes, little endian, with torch 2.13.0 on a CPU:
 *
 * <pre>
 * linear: betas = torch.linspace(start, end, T)
 * cosine: a = lambda t: math.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2
 *         betas = torch.tensor([min(1 - a((i + 1) / T) / a(i / T), 0.999) for i in range(T)])
 * zlib.crc32(betas.numpy().tobytes()), zlib.crc32(torch.cumprod(1 - betas, 0).numpy().tobytes())
 * </pre>
 */
class BetaScheduleTest {
    private static long crc(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        CRC32 crc = new CRC32();
        crc.update(bytes.array());
        return crc.getValue();
    }

    private static float[] betas(BetaSchedule schedule) {
        float[] betas = new float[schedule.timesteps()];
        for (int t = 0; t < betas.length; t++) {
            betas[t] = schedule.beta(t);
        }
        return betas;
    }

    @ParameterizedTest
    @CsvSource({
        "1e-4, 0.02, 1000, 3804061890, 3466789573",
        "0.00085, 0.012, 1000, 2190999863, 1530799649",
        "1e-4, 0.02, 7, 2966537296, 508506813",
        "0.01, 0.01, 1, 1475942187, 2605388696",
        "1e-4, 0.02, 4000, 3457888557, 3057097907"
    })
    void linearHasTheBitsOfPython(double start, double end, int timesteps, long betas, long alphasCumprod) {
        BetaSchedule schedule = BetaSchedule.linear(start, end, timesteps);
        assertEquals(betas, crc(betas(schedule)));
        assertEquals(alphasCumprod, crc(schedule.alphasCumprod()));
    }

    @ParameterizedTest
    @CsvSource({
        "1000, 3287235276, 3950971038",
        "50, 4132196601, 1207942354",
        "4000, 2502123921, 3717339442",
        "1, 112057383, 3896818232"
    })
    void cosineHasTheBitsOfPython(int timesteps, long betas, long alphasCumprod) {
        BetaSchedule schedule = BetaSchedule.cosine(timesteps);
        assertEquals(betas, crc(betas(schedule)));
        assertEquals(alphasCumprod, crc(schedule.alphasCumprod()));
    }

    @Test
    void cosineFollowsItsClosedForm() {
        // Where no beta is capped the product telescopes to cos^2(...t + 1) / cos^2(...0).
        BetaSchedule schedule = BetaSchedule.cosine(1000);
        double start = Math.pow(Math.cos(0.008 / 1.008 * Math.PI / 2), 2);
        for (int t = 0; t < 990; t++) {
            double expected = Math.pow(Math.cos(((t + 1) / 1000.0 + 0.008) / 1.008 * Math.PI / 2), 2) / start;
            // Each of up to 1000 float32 factors 1 - beta is rounded by at most 2^-25 of its size.
            assertEquals(expected, schedule.alphaCumprod(t), expected * 1000 * 0x1p-24);
        }
    }

    @Test
    void linearSumsToItsClosedFormInTheLogarithm() {
        // ln of the product for small betas: -sum(beta + beta^2 / 2 + beta^3 / 3).
        BetaSchedule schedule = BetaSchedule.linear(1e-4, 0.02, 1000);
        double sum = 0;
        for (int t = 0; t < 1000; t++) {
            double beta = 1e-4 + (0.02 - 1e-4) * t / 999;
            sum -= beta + beta * beta / 2 + beta * beta * beta / 3;
        }
        assertEquals(sum, Math.log(schedule.alphaCumprod(999)), 1e-4);
    }

    @Test
    void noiseRisesWithTheTimestep() {
        for (BetaSchedule schedule :
                new BetaSchedule[] {BetaSchedule.linear(1e-4, 0.02, 1000), BetaSchedule.cosine(1000)}) {
            for (int t = 0; t < 1000; t++) {
                NoiseLevel level = schedule.at(t);
                double alpha = level.alpha();
                double sigma = level.sigma();
                assertEquals(Math.sqrt(schedule.alphaCumprod(t)), alpha, 1e-12);
                // alpha^2 and 1 - alpha^2 are float32.
                assertEquals(1, alpha * alpha + sigma * sigma, 1e-7);
                assertTrue(t == 0 || level.logSnr() < schedule.at(t - 1).logSnr());
            }
        }
    }
}

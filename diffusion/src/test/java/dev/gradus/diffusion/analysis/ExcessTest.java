package dev.gradus.diffusion.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExcessTest {
    /** Values of mpmath 1.3 with 50 digits: {@code u - log(1 + u)} and {@code exp(u) - 1 - u}. */
    @ParameterizedTest
    @CsvSource({
        "-0.9, 1.4025850929940459, 0.30656965974059913",
        "-0.3, 0.056674943938732374, 0.040818220681717863",
        "-0.0011, 6.0544403301406428e-7, 6.0477822765741495e-7",
        "-0.00099, 4.9037367333935755e-7, 4.8988832351691013e-7",
        "-1e-5, 5.0000333335833362e-11, 4.9999833333750007e-11",
        "-1e-9, 5.000000003333334e-19, 4.999999998333334e-19",
        "1e-9, 4.9999999966666673e-19, 5.0000000016666673e-19",
        "1e-5, 4.9999666669166655e-11, 5.0000166667083342e-11",
        "0.00099, 4.8972680695896126e-7, 4.9021175653275997e-7",
        "0.0011, 6.0455669903652639e-7, 6.0522189435092345e-7",
        "0.3, 0.037635735532508945, 0.0498588075760031",
        "5, 3.208240530771945, 142.4131591025766"
    })
    void hasTenDigitsEverywhere(double u, double ofDifference, double ofLogarithm) {
        assertEquals(ofDifference, Excess.ofDifference(u), 1e-10 * ofDifference);
        assertEquals(ofLogarithm, Excess.ofLogarithm(u), 1e-10 * ofLogarithm);
    }
}

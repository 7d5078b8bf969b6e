package dev.gradus.torch;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** How the floating-point numbers of one tensor are written: all with or without exponents, all of one width. */
final class RealFormat {

    private final int precision;
    private final boolean wholeNumbers;
    private final boolean exponents;
    private final int width;

    private RealFormat(int precision, boolean wholeNumbers, boolean exponents, double[] numbers) {
        this.precision = precision;
        this.wholeNumbers = wholeNumbers;
        this.exponents = exponents;
        int longest = 1;
        for (double number : numbers) {
            if (isFiniteNonzero(number)) {
                longest = Math.max(longest, text(number).length());
            }
        }
        this.width = longest;
    }

    /** For these numbers; zeros and what is not finite have no say. */
    static RealFormat of(double[] numbers, PrintOptions options) {
        double smallest = Double.POSITIVE_INFINITY;
        double largest = 0;
        boolean whole = true;
        for (double number : numbers) {
            if (isFiniteNonzero(number)) {
                smallest = Math.min(smallest, Math.abs(number));
                largest = Math.max(largest, Math.abs(number));
                whole &= number == Math.ceil(number);
            }
        }
        boolean wide = largest > 0 && (largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4);
        boolean exponents = largest > 0 && (options.sciMode() == null ? wide : options.sciMode());
        return new RealFormat(options.precision(), whole, exponents, numbers);
    }

    private static boolean isFiniteNonzero(double number) {
        return number != 0 && Double.isFinite(number);
    }

    int width() {
        return width;
    }

    /** The number, filled up with spaces on the left. */
    String format(double number) {
        String text = text(number);
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }

    private String text(double number) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        String sign = Math.copySign(1, number) < 0 ? "-" : "";
        if (Double.isInfinite(number)) {
            return sign + "inf";
        }
        BigDecimal exact = new BigDecimal(Math.abs(number));
        if (exponents) {
            return sign + scientific(exact);
        }
        return sign + (wholeNumbers ? fixed(exact, 0) + "." : fixed(exact, precision));
    }

    private static String fixed(BigDecimal exact, int digits) {
        return exact.setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    }

    private String scientific(BigDecimal exact) {
        BigDecimal rounded = exact.round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
        int exponent = rounded.signum() == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        String mantissa = fixed(rounded.scaleByPowerOfTen(-exponent), precision);
        int size = Math.abs(exponent);
        return mantissa + (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + size;
    }
}

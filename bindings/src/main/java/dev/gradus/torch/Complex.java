package dev.gradus.torch;

/**
 * A complex number, as an element of a complex tensor.
 *
 * @param real the real part
 * @param imaginary the imaginary part
 */
public record Complex(double real, double imaginary) {

    /** The number i. */
    public static final Complex I = new Complex(0, 1);

    /** The number of this absolute value and angle, in radians. */
    public static Complex polar(double abs, double angle) {
        return new Complex(abs * Math.cos(angle), abs * Math.sin(angle));
    }

    /** The absolute value. */
    public double abs() {
        return Math.hypot(real, imaginary);
    }

    /** The angle in (-pi, pi]. */
    public double angle() {
        return Math.atan2(imaginary, real);
    }

    /** The number with the imaginary part negated. */
    public Complex conj() {
        return new Complex(real, -imaginary);
    }

    /** Such as {@code (1.0-2.0j)}. */
    @Override
    public String toString() {
        boolean signed = Double.isNaN(imaginary) || Math.copySign(1, imaginary) > 0;
        return "(" + real + (signed ? "+" : "") + imaginary + "j)";
    }
}

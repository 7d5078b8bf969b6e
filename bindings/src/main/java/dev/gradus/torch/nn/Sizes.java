package dev.gradus.torch.nn;

/** Checks of sizes that the layers share. */
final class Sizes {
    private Sizes() {}

    static int positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be at least 1, is " + value);
        }
        return value;
    }

    static void divisible(String name, int value, String divisorName, int divisor) {
        if (value % divisor != 0) {
            throw new IllegalArgumentException(
                    name + " (" + value + ") must be divisible by " + divisorName + " (" + divisor + ")");
        }
    }
}

package dev.gradus.diffusion.data;

import dev.gradus.diffusion.internal.AtomicFiles;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A file with images as they were drawn: the array {@code samples} (B, C, H, W) of floats around [-1, 1]. The name says how it is
 * stored: {@code .npz} as {@code numpy.savez} does, any other name as safetensors.
 */
public final class SampleFile {
    /** The name of the array. */
    public static final String SAMPLES = "samples";

    /** The size of what NumPy puts before the elements is a multiple of this. */
    private static final int ALIGNMENT = 64;

    /** Always the same, so that equal images make equal files. */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private SampleFile() {}

    /**
     * Writes a file, which appears complete or not at all.
     *
     * @param samples (B, C, H, W), floating point; saved as float32
     */
    public static void write(Path file, Tensor samples) throws IOException {
        try (var _ = TensorScope.open()) {
            Tensor floats = samples.to(Device.cpu()).to(DType.FLOAT32);
            if (isNumpy(file)) {
                AtomicFiles.file(file, made -> writeNumpy(made, floats));
            } else {
                SafeTensors.save(file, Map.of(SAMPLES, floats));
            }
        }
    }

    private static boolean isNumpy(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".npz");
    }

    private static void writeNumpy(Path file, Tensor samples) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.setLevel(0); // Noise does not get smaller.
            ZipEntry entry = new ZipEntry(SAMPLES + ".npy");
            entry.setTimeLocal(TIME);
            zip.putNextEntry(entry);
            zip.write(header(samples.shape()));
            for (long image = 0; image < samples.size(0); image++) {
                try (var _ = TensorScope.open()) {
                    float[] values = samples.select(0, image).contiguous().toFloatArray();
                    ByteBuffer bytes =
                            ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                    bytes.asFloatBuffer().put(values);
                    zip.write(bytes.array());
                }
            }
            zip.closeEntry();
        }
    }

    /** What a {@code .npy} file begins with, by version 1.0 of its format (NEP 1). */
    private static byte[] header(long[] shape) {
        String sizes = Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", "));
        String text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + sizes + "), }";
        int length = (10 + text.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - 10;
        ByteBuffer header = ByteBuffer.allocate(10 + length).order(ByteOrder.LITTLE_ENDIAN);
        header.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
        header.put((byte) 1).put((byte) 0).putShort((short) length);
        header.put((text + " ".repeat(length - text.length() - 1) + "\n").getBytes(StandardCharsets.US_ASCII));
        return header.array();
    }

    /**
     * Reads a file of either kind.
     *
     * @return (B, C, H, W) float32, on the CPU; of the scope that is open
     * @throws DataException if it has no array {@code samples}, or that has another shape or no floats
     * @throws IOException if it cannot be read
     */
    public static Tensor read(Path file) throws IOException {
        return isNumpy(file) ? readNumpy(file) : readSafeTensors(file);
    }

    private static Tensor readNumpy(Path file) throws IOException {
        Map<String, ArrayFile.Array> arrays = ArrayFile.read(file, new HashMap<>());
        ArrayFile.Array samples = arrays.get(SAMPLES);
        if (samples == null) {
            throw missing(file, String.join(", ", arrays.keySet()));
        }
        check(file, samples.shape(), samples.type().toString(), samples.type() == ArrayFile.Element.FLOAT32);
        // A copy with a beginning that is aligned.
        float[] values = samples.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
        return Torch.tensor(values).reshape(samples.shape());
    }

    private static Tensor readSafeTensors(Path file) throws IOException {
        try (SafeTensors.File content = SafeTensors.read(file)) {
            if (!content.names().contains(SAMPLES)) {
                throw missing(file, String.join(", ", content.names()));
            }
            SafeTensors.Info info = content.info(SAMPLES);
            check(file, info.shape(), info.dtype().toString(), info.dtype().isFloatingPoint());
            return content.tensor(SAMPLES).to(DType.FLOAT32);
        }
    }

    private static DataException missing(Path file, String names) {
        return new DataException(file + " has no tensor '" + SAMPLES + "', only " + names);
    }

    private static void check(Path file, long[] shape, String type, boolean floats) throws DataException {
        if (shape.length != 4 || shape[0] < 1 || !floats) {
            throw new DataException("'" + SAMPLES + "' of " + file + " is " + Arrays.toString(shape) + " as " + type
                    + ", must be (B, C, H, W) in floating point");
        }
    }
}

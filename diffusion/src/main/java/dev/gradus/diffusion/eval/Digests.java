package dev.gradus.diffusion.eval;

import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.torch.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** SHA-256 of the things that scores depend on, in hexadecimal. */
final class Digests {
    private Digests() {}

    /** Of the number, shape, values and labels of all images, each of which is decoded once. */
    static String of(ImageDataset data) {
        MessageDigest digest = sha256();
        long floats = (long) data.channels() * data.height() * data.width();
        digest.update(
                (data.size() + " " + data.channels() + " " + data.height() + " " + data.width() + " " + data.labelled())
                        .getBytes(StandardCharsets.UTF_8));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment image = arena.allocate(floats * Float.BYTES, 64);
            for (long i = 0; i < data.size(); i++) {
                data.decode(i, image);
                digest.update(image.asByteBuffer());
                digest.update(
                        ByteBuffer.allocate(Integer.BYTES).putInt(data.label(i)).flip());
            }
        }
        return hex(digest);
    }

    /** Of tensors by name, with their types and shapes. */
    static String of(Map<String, Tensor> tensors) {
        MessageDigest digest = sha256();
        new TreeMap<>(tensors).forEach((name, tensor) -> {
            digest.update(
                    (name + " " + tensor.dtype() + Matrices.shape(tensor) + ";").getBytes(StandardCharsets.UTF_8));
            try (Arena arena = Arena.ofConfined();
                    Tensor plain = tensor.detach();
                    Tensor whole = plain.contiguous()) {
                if (whole.numel() > 0) {
                    digest.update(whole.data(arena).asByteBuffer());
                }
            }
        });
        return hex(digest);
    }

    /** Of the content of a file. */
    static String of(Path file) throws IOException {
        MessageDigest digest = sha256();
        try (InputStream content = new DigestInputStream(Files.newInputStream(file), digest)) {
            content.transferTo(OutputStream.nullOutputStream());
        }
        return hex(digest);
    }

    /** Of some words; their borders count. */
    static String of(String... words) {
        MessageDigest digest = sha256();
        digest.update(String.join("\0", words).getBytes(StandardCharsets.UTF_8));
        return hex(digest);
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}

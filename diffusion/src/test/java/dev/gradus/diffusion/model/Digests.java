package dev.gradus.diffusion.model;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import java.lang.foreign.Arena;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Digests of tensors, equal to those of {@code make_goldens.py}. */
final class Digests {
    private Digests() {}

    /** SHA-256 of the bytes of the elements, in row-major order and little-endian, one tensor after the other. */
    static String sha256(List<Tensor> tensors) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        try (var _ = TensorScope.open();
                Arena arena = Arena.ofConfined()) {
            for (Tensor tensor : tensors) {
                digest.update(tensor.detach().contiguous().data(arena).asByteBuffer());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}

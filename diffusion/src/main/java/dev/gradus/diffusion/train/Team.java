package dev.gradus.diffusion.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.ConfigException;
import dev.gradus.diffusion.config.ConfigJson;
import dev.gradus.diffusion.config.TrainConfig;
import dev.gradus.diffusion.data.ImageDataset;
import dev.gradus.diffusion.data.Share;
import dev.gradus.torch.C10d.Reduction;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.distributed.DistributedException;
import dev.gradus.torch.distributed.ProcessGroup;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;

/**
 * The ranks that train together. All have the same weights, curriculum and position and take the same decisions; each makes its share
 * of a batch. A training in one process is a team of one without a group, for which nothing here does anything.
 */
final class Team {
    /** One process that knows of no others. */
    static final Team ALONE = new Team(null);

    /** What may differ between the machines of one training. */
    private static final Set<String> MAY_DIFFER =
            Set.of("device", "threads", "data.path", "data.workers", "init", "tensorboard");

    /** Images that are compared. */
    private static final int COMPARED = 32;

    private final ProcessGroup group;

    /** @param group borrowed; null for one process */
    Team(ProcessGroup group) {
        this.group = group;
    }

    /** Whether there is a group, which may be one of a single rank. */
    boolean isGroup() {
        return group != null;
    }

    /** Null for one process. */
    ProcessGroup group() {
        return group;
    }

    /** Whether this rank writes the run's files. */
    boolean isFirst() {
        return group == null || group.isFirst();
    }

    int rank() {
        return group == null ? 0 : group.rank();
    }

    int size() {
        return group == null ? 1 : group.size();
    }

    /** This rank's share of a batch. */
    Share share(int batchSize) {
        return Share.ofRank(rank(), size(), batchSize);
    }

    /** Where this rank computes, where the configuration leaves it open. */
    Device cuda() {
        return group == null ? Device.cuda() : Device.cuda(group.environment().localRank());
    }

    /** What rank 0 decides; all ranks ask at the same place. */
    boolean decide(boolean mine) {
        return group == null || group.size() == 1 ? mine : bytes(new byte[] {(byte) (mine ? 1 : 0)})[0] != 0;
    }

    /** The bytes of rank 0. */
    byte[] bytes(byte[] mine) {
        return group == null ? mine : group.broadcastBytes(mine, cuda());
    }

    /**
     * Checks that all ranks train the same.
     *
     * @throws ConfigException if there are more ranks than images in a batch
     * @throws DistributedException on all ranks, if one has another configuration, other data or another libtorch
     */
    void check(TrainConfig config, ImageDataset dataset) throws IOException {
        if (group == null) {
            return;
        }
        if (config.batchSize() < group.size()) {
            throw new ConfigException(
                    "batchSize",
                    "is " + config.batchSize() + ", less than the " + group.size() + " ranks that share it");
        }
        Optional<String> problem = configuration(config)
                .or(() -> group.agree("libtorch", Torch.buildInfo().libtorchVersion())
                        .map(first ->
                                "its libtorch is " + Torch.buildInfo().libtorchVersion() + ", and rank 0's " + first))
                .or(() -> {
                    String mine = describe(dataset);
                    return group.agree("data", mine)
                            .map(first -> "its data differ: they are " + mine + ", and rank 0's " + first);
                });
        DistributedException failure =
                problem.map(text -> group.fail("comparing with rank 0", text)).orElse(null);
        if (anyone(failure != null)) {
            throw failure != null
                    ? failure
                    : new DistributedException(
                            group.rank(),
                            "comparing with the other ranks",
                            group.firstFailure().orElse("another one differs from rank 0"),
                            null);
        }
    }

    private Optional<String> configuration(TrainConfig config) throws IOException {
        String mine = ConfigJson.of(config).toString();
        Optional<String> first = group.agree("configuration", mine);
        if (first.isEmpty()) {
            return Optional.empty();
        }
        return ConfigJson.difference(new ObjectMapper().readTree(first.get()), ConfigJson.of(config), MAY_DIFFER)
                .map(difference -> "its configuration differs from rank 0's: " + difference);
    }

    private boolean anyone(boolean mine) {
        try (var _ = TensorScope.open()) {
            Tensor any = Torch.fromArray(new float[] {mine ? 1 : 0}, 1).to(exchangeDevice());
            group.allReduce(any, Reduction.MAX);
            return any.item() != 0;
        }
    }

    /** Where small things are exchanged. */
    private Device exchangeDevice() {
        return dev.gradus.torch.C10d.has(dev.gradus.torch.C10d.Backend.GLOO) ? Device.cpu() : cuda();
    }

    /** How many images of what shape, and a digest of some of them with what is known of them. */
    private static String describe(ImageDataset dataset) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
        long size = dataset.size();
        try (Arena arena = Arena.ofConfined()) {
            long bytes = (long) dataset.channels()
                    * dataset.height()
                    * dataset.width()
                    * (dataset.storesBytes() ? 1 : Float.BYTES);
            MemorySegment image = arena.allocate(bytes, Float.BYTES);
            for (int i = 0; i < Math.min(COMPARED, size); i++) {
                long index = size <= COMPARED ? i : i * (size - 1) / (COMPARED - 1);
                if (dataset.storesBytes()) {
                    dataset.decodeBytes(index, image);
                } else {
                    dataset.decode(index, image);
                }
                digest.update(image.toArray(ValueLayout.JAVA_BYTE));
                digest.update((dataset.label(index) + " " + dataset.caption(index)).getBytes(StandardCharsets.UTF_8));
            }
        }
        return size + " images of " + dataset.channels() + " x " + dataset.height() + " x " + dataset.width()
                + " with the digest " + HexFormat.of().formatHex(digest.digest(), 0, 6);
    }

    /** Tells the other ranks why this one ends, so that they can say so. */
    void leave(Throwable reason) {
        if (group != null && group.size() > 1 && !(reason instanceof DistributedException)) {
            group.fail("training", String.valueOf(reason.getMessage()));
        }
    }
}

package dev.gradus.torch.distributed;

import dev.gradus.torch.Autograd;
import dev.gradus.torch.C10d.Reduction;
import dev.gradus.torch.DType;
import dev.gradus.torch.Device;
import dev.gradus.torch.Foreach;
import dev.gradus.torch.HookHandle;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorList;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Adds up gradients over all ranks while backward still runs, as {@code DistributedDataParallel}: a bucket of gradients goes on its way
 * as soon as the last of them is there.
 *
 * <pre>{@code
 * reducer.begin(loss.mul(share));           // only before the last backward of a step that has several
 * loss.mul(share).backward();
 * Tensor globalLoss = reducer.finish();     // the gradients are now the sums over all ranks
 * }</pre>
 *
 * <p>What is made of the gradients is their sum: a mean over all images of all ranks is had by giving each rank's loss its share of
 * the images as a factor.
 *
 * <p>The buckets follow the order in which the first backward makes the gradients, on rank 0; that one is reduced when it is over. The
 * order is a function of the graph, so a run and its continuation add in the same order and have the same bits. Buckets go on their
 * way in one order on all ranks.
 *
 * <p>A parameter without a gradient counts as zero, and has one of zeros afterwards.
 */
public final class GradientReducer implements AutoCloseable {
    /** Bytes of the first bucket, which goes on its way early in backward. */
    private static final long FIRST_BUCKET = 1 << 20;

    /** Bytes of the others, at most, but for one that a single parameter fills, and for large models. */
    private static final long BUCKET = 8 << 20;

    /** About how many buckets a large model has at most: each costs the latency of an operation. */
    private static final int MOST_BUCKETS = 32;

    private final ProcessGroup group;
    private final List<String> names;
    private final List<Tensor> parameters;
    private final int extras;
    private final List<HookHandle> hooks = new ArrayList<>();
    private final Set<Integer> order = new LinkedHashSet<>();
    private final List<Bucket> buckets = new ArrayList<>();

    private int[] bucketOf; // by parameter; null before the first backward is over
    private Tensor extra;
    private boolean armed;
    private int launched;
    private long waited;

    /** Gradients that travel together, after the extra numbers in the first. */
    private final class Bucket {
        private final List<Integer> members;
        private final Tensor flat;
        private final List<Tensor> views = new ArrayList<>();
        private final int extrasHere;
        private int ready;
        private Work work;

        Bucket(List<Integer> members, int extrasHere) {
            this.members = members;
            this.extrasHere = extrasHere;
            Tensor first = parameters.getFirst();
            long size = extrasHere;
            for (int index : members) {
                size += parameters.get(index).numel();
            }
            try (TensorScope scope = TensorScope.open();
                    var _ = Autograd.noGrad()) {
                flat = scope.keep(Torch.zeros(TensorOptions.of(first.dtype()).device(first.device()), size));
                long offset = extrasHere;
                for (int index : members) {
                    Tensor parameter = parameters.get(index);
                    // As the parameter lies in memory, which fused optimizers ask for.
                    views.add(scope.keep(flat.asStrided(parameter.shape(), parameter.strides(), offset)));
                    offset += parameter.numel();
                }
            }
        }

        void launch() {
            try (var _ = TensorScope.open();
                    var _ = Autograd.noGrad()) {
                List<Tensor> from = new ArrayList<>();
                List<Tensor> to = new ArrayList<>();
                for (int i = 0; i < members.size(); i++) {
                    Tensor gradient = parameters.get(members.get(i)).grad();
                    if (gradient == null) {
                        views.get(i).zero_();
                    } else {
                        from.add(gradient);
                        to.add(views.get(i));
                    }
                }
                if (!from.isEmpty()) {
                    try (TensorList sources = TensorList.of(from);
                            TensorList targets = TensorList.of(to)) {
                        Foreach.copy_(targets, sources);
                    }
                }
                if (extrasHere > 0) {
                    flat.narrow(0, 0, extrasHere).copy_(extra);
                }
            }
            work = group.allReduceAsync(
                    flat,
                    Reduction.SUM,
                    "all-reduce of gradients, bucket " + (buckets.indexOf(this) + 1) + " of " + buckets.size()
                            + ", from " + names.get(members.getFirst()));
        }

        void finish() {
            try (Work done = work) {
                done.await();
            }
            work = null;
            ready = 0;
            for (int i = 0; i < members.size(); i++) {
                parameters.get(members.get(i)).setGrad(views.get(i));
            }
        }

        void close() {
            views.forEach(Tensor::close);
            flat.close();
        }
    }

    /**
     * Adds hooks to the parameters.
     *
     * @param group borrowed
     * @param namedParameters leaves of one dtype on one device, dense; the same on all ranks; borrowed
     * @param extras how many numbers of a rank's own travel with the gradients
     * @throws IllegalArgumentException if they are of several dtypes or devices, or there are none
     */
    public GradientReducer(ProcessGroup group, Map<String, Tensor> namedParameters, int extras) {
        if (namedParameters.isEmpty()) {
            throw new IllegalArgumentException("there are no parameters to reduce gradients of");
        }
        this.group = group;
        this.names = List.copyOf(namedParameters.keySet());
        this.parameters = List.copyOf(namedParameters.values());
        this.extras = extras;
        DType dtype = parameters.getFirst().dtype();
        Device device = parameters.getFirst().device();
        namedParameters.forEach((name, parameter) -> {
            if (parameter.dtype() != dtype || !parameter.device().equals(device)) {
                throw new IllegalArgumentException("gradients are reduced together, but " + name + " is "
                        + parameter.dtype() + " on " + parameter.device() + ", and " + names.getFirst() + " " + dtype
                        + " on " + device);
            }
        });
        for (int i = 0; i < parameters.size(); i++) {
            int index = i;
            hooks.add(parameters.get(i).registerPostAccumulateGradHook(_ -> ready(index)));
        }
    }

    /**
     * Has the gradients of the next backward reduced; those of a backward without this before it stay as they are.
     *
     * @param numbers this rank's, a tensor of as many elements as extras, on the device of the parameters; {@link #finish} answers
     *     their sums; null for none
     */
    public void begin(Tensor numbers) {
        if (armed) {
            throw new IllegalStateException("the gradients of the backward before have not been finished");
        }
        if ((numbers == null ? 0 : numbers.numel()) != extras) {
            throw new IllegalArgumentException("expected " + extras + " extra numbers");
        }
        try (TensorScope scope = TensorScope.open()) {
            extra = numbers == null ? null : scope.keep(numbers.detach().flatten());
        }
        armed = true;
        launched = 0;
    }

    private void ready(int index) {
        if (!armed) {
            return;
        }
        if (bucketOf == null) {
            order.add(index);
            return;
        }
        Bucket bucket = buckets.get(bucketOf[index]);
        bucket.ready++;
        while (launched < buckets.size()
                && buckets.get(launched).ready == buckets.get(launched).members.size()) {
            buckets.get(launched++).launch();
        }
    }

    /**
     * Waits until the gradients are reduced; with a CUDA device, has the current stream wait.
     *
     * @return the sums of the extra numbers, of the current scope; null without extras
     * @throws DistributedException if another rank is gone or takes too long
     */
    public Tensor finish() {
        if (!armed) {
            throw new IllegalStateException("begin() was not called before this backward");
        }
        armed = false;
        if (bucketOf == null) {
            makeBuckets();
        }
        while (launched < buckets.size()) {
            buckets.get(launched++).launch();
        }
        long since = System.nanoTime();
        buckets.forEach(Bucket::finish);
        waited += System.nanoTime() - since;
        if (extra != null) {
            extra.close();
            extra = null;
        }
        return extras == 0 ? null : buckets.getFirst().flat.narrow(0, 0, extras).clone();
    }

    private void makeBuckets() {
        for (int i = 0; i < parameters.size(); i++) {
            order.add(i); // those that had no gradient come last
        }
        ByteBuffer mine = ByteBuffer.allocate(4 * order.size());
        order.forEach(mine::putInt);
        ByteBuffer first = ByteBuffer.wrap(
                group.broadcastBytes(mine.array(), parameters.getFirst().device()));
        long all = parameters.stream().mapToLong(Tensor::numel).sum()
                * parameters.getFirst().dtype().byteSize();
        long most = Math.max(BUCKET, all / MOST_BUCKETS);
        bucketOf = new int[parameters.size()];
        List<Integer> members = new ArrayList<>();
        long bytes = 0;
        while (first.hasRemaining()) {
            int index = first.getInt();
            long size = parameters.get(index).numel()
                    * parameters.get(index).dtype().byteSize();
            if (!members.isEmpty() && bytes + size > (buckets.isEmpty() ? FIRST_BUCKET : most)) {
                addBucket(members);
                members = new ArrayList<>();
                bytes = 0;
            }
            members.add(index);
            bytes += size;
        }
        addBucket(members);
    }

    private void addBucket(List<Integer> members) {
        members.forEach(index -> bucketOf[index] = buckets.size());
        buckets.add(new Bucket(List.copyOf(members), buckets.isEmpty() ? extras : 0));
    }

    /** How many buckets there are; 0 before the first backward is over. */
    public int buckets() {
        return buckets.size();
    }

    /** Nanoseconds that {@link #finish} has waited for other ranks since the last call of this: what backward did not hide. */
    public long takeWaited() {
        long nanos = waited;
        waited = 0;
        return nanos;
    }

    /** Removes the hooks and frees the buckets; gradients that lie in them are gone. Not while a backward runs. */
    @Override
    public void close() {
        hooks.forEach(HookHandle::close);
        buckets.forEach(Bucket::close);
        buckets.clear();
        if (extra != null) {
            extra.close();
        }
    }
}

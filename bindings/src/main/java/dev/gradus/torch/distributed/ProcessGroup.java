package dev.gradus.torch.distributed;

import dev.gradus.torch.C10d;
import dev.gradus.torch.C10d.Backend;
import dev.gradus.torch.C10d.Reduction;
import dev.gradus.torch.Device;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorOptions;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.Torch;
import dev.gradus.torch.TorchException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The ranks that work together, and what they exchange. All call the same operations in the same order, with contiguous tensors of the
 * same shape and dtype. Tensors of the CPU go over Gloo, those of a CUDA device over NCCL.
 *
 * <p>Methods that end in {@code Async} begin an operation and answer at once; its tensors must not be touched until {@link
 * Work#await}. The others wait.
 *
 * <p>One thread begins operations; others may wait for them.
 */
public final class ProcessGroup implements AutoCloseable {
    private final Environment environment;
    private final Rendezvous.Met met;
    private final C10d.Group gloo; // null where this build lacks it
    private final C10d.Group nccl; // null without a CUDA device

    private ProcessGroup(Environment environment, Rendezvous.Met met, C10d.Group gloo, C10d.Group nccl) {
        this.environment = environment;
        this.met = met;
        this.gloo = gloo;
        this.nccl = nccl;
    }

    /**
     * Meets the other ranks and connects to them. Blocks until all have come.
     *
     * @param device where the tensors are that will be exchanged; those of the CPU can be always, if this build has Gloo
     * @throws DistributedException if they do not fit together, or do not come within the environment's rendezvous timeout
     * @throws dev.gradus.torch.TorchNotImplementedException if this build lacks the backend for the device
     */
    public static ProcessGroup join(Environment environment, Device device) {
        C10d.require(device.isCuda() ? Backend.NCCL : Backend.GLOO);
        Rendezvous.Met met = Rendezvous.meet(environment);
        long timeout = environment.timeout().toMillis();
        C10d.Group gloo = null;
        C10d.Group nccl = null;
        try {
            if (C10d.has(Backend.GLOO)) {
                try (TCPStore store = met.job().under("gloo")) {
                    String networkInterface = environment.networkInterface();
                    gloo = C10d.Group.join(
                            Backend.GLOO,
                            store.raw(),
                            environment.rank(),
                            environment.worldSize(),
                            timeout,
                            networkInterface == null ? ownAddress(environment) : null,
                            networkInterface,
                            0);
                }
            }
            if (device.isCuda()) {
                try (TCPStore store = met.job().under("nccl")) {
                    int index = device.index() < 0 ? environment.localRank() : device.index();
                    nccl = C10d.Group.join(
                            Backend.NCCL,
                            store.raw(),
                            environment.rank(),
                            environment.worldSize(),
                            timeout,
                            null,
                            null,
                            index);
                }
            }
        } catch (TorchException e) {
            throw met.peers().failure("connecting to the other ranks", e);
        }
        return new ProcessGroup(environment, met, gloo, nccl);
    }

    /** The address of this machine in the network that leads to the store: others reach it there, and nobody elsewhere. */
    private static String ownAddress(Environment environment) {
        try (DatagramSocket socket = new DatagramSocket()) {
            InetSocketAddress store = new InetSocketAddress(environment.host(), Math.max(1, environment.port()));
            if (store.isUnresolved()) {
                return null;
            }
            socket.connect(store); // sends nothing
            return socket.getLocalAddress().getHostAddress();
        } catch (SocketException e) {
            return null;
        }
    }

    /** Number of this rank, from 0. */
    public int rank() {
        return environment.rank();
    }

    /** Number of ranks. */
    public int size() {
        return environment.worldSize();
    }

    /** Whether this is rank 0. */
    public boolean isFirst() {
        return rank() == 0;
    }

    /** As it was joined. */
    public Environment environment() {
        return environment;
    }

    /** The store of the job, where rank 0, or its launcher, serves it. */
    public TCPStore store() {
        return met.job();
    }

    private C10d.Group groupOf(Tensor tensor) {
        boolean cuda = tensor.device().isCuda();
        if (cuda && nccl == null) {
            throw new IllegalStateException(
                    "the group was joined for the CPU, and the tensor is on " + tensor.device());
        }
        if (!cuda && gloo == null) {
            C10d.require(Backend.GLOO);
        }
        return cuda ? nccl : gloo;
    }

    private Work begin(String operation, Supplier<C10d.Work> body) {
        try {
            return new Work(body.get(), met.peers(), operation);
        } catch (TorchException e) {
            // What does not fit has an exception of its own and is this rank's fault; all else is trouble between
            // ranks.
            throw e.getClass() == TorchException.class ? met.peers().failure(operation, e) : e;
        }
    }

    private static void finish(Work begun) {
        try (begun) {
            begun.await();
        }
    }

    /** Every rank gets the tensor of one. */
    public void broadcast(Tensor tensor, int root) {
        finish(broadcastAsync(tensor, root));
    }

    /** @see #broadcast */
    public Work broadcastAsync(Tensor tensor, int root) {
        return begin("broadcast from rank " + root, () -> groupOf(tensor).broadcast(tensor, root, 0));
    }

    /** Every rank gets the sum of all, in place. */
    public void allReduce(Tensor tensor) {
        allReduce(tensor, Reduction.SUM);
    }

    /** Every rank gets the reduction of all, in place. */
    public void allReduce(Tensor tensor, Reduction reduction) {
        finish(allReduceAsync(tensor, reduction));
    }

    /** @see #allReduce(Tensor, Reduction) */
    public Work allReduceAsync(Tensor tensor, Reduction reduction) {
        return allReduceAsync(tensor, reduction, "all-reduce");
    }

    /** @param name of the operation, for messages */
    public Work allReduceAsync(Tensor tensor, Reduction reduction, String name) {
        return begin(name, () -> groupOf(tensor).allReduce(tensor, reduction, 0));
    }

    /** The tensors of all ranks, one after the other along the first dimension: {@code (n, ...)} becomes {@code (size * n, ...)}. */
    public Tensor allGather(Tensor tensor) {
        long[] shape = tensor.shape();
        long[] whole = shape.length == 0 ? new long[] {size()} : shape;
        if (shape.length > 0) {
            whole[0] *= size();
        }
        Tensor result = Torch.empty(TensorOptions.of(tensor.dtype()).device(tensor.device()), whole);
        finish(allGatherAsync(result, tensor));
        return result;
    }

    /** Into a tensor with as many elements as those of all ranks together. */
    public Work allGatherAsync(Tensor output, Tensor input) {
        return begin("all-gather", () -> groupOf(input).allGather(output, input, 0));
    }

    /** This rank's part of the reduction of all: {@code (size * n, ...)} becomes {@code (n, ...)}. */
    public Tensor reduceScatter(Tensor tensor, Reduction reduction) {
        long[] shape = tensor.shape();
        if (shape.length == 0 || shape[0] % size() != 0) {
            throw new IllegalArgumentException("the first dimension of a tensor of the shape " + Arrays.toString(shape)
                    + " cannot be divided among " + size() + " ranks");
        }
        shape[0] /= size();
        Tensor result = Torch.empty(TensorOptions.of(tensor.dtype()).device(tensor.device()), shape);
        finish(reduceScatterAsync(result, tensor, reduction));
        return result;
    }

    /** Out of a tensor with as many elements as the outputs of all ranks together. */
    public Work reduceScatterAsync(Tensor output, Tensor input, Reduction reduction) {
        return begin("reduce-scatter", () -> groupOf(input).reduceScatter(output, input, reduction, 0));
    }

    /** To one rank, which receives it with the same tag. */
    public Work sendAsync(Tensor tensor, int to, int tag) {
        return begin("sending to rank " + to, () -> groupOf(tensor).send(tensor, to, tag));
    }

    /** From one rank, into the tensor. */
    public Work receiveAsync(Tensor tensor, int from, int tag) {
        return begin("receiving from rank " + from, () -> groupOf(tensor).receive(tensor, from, tag));
    }

    /** Waits until all ranks have come here. */
    public void barrier() {
        finish(begin("barrier", () -> (nccl != null ? nccl : gloo).barrier(0)));
    }

    /**
     * Compares a text with rank 0's.
     *
     * @param what it is, each one once
     * @return rank 0's text where this rank's is another one
     * @throws DistributedException if rank 0 does not tell its own in time
     */
    public Optional<String> agree(String what, String text) {
        String key = "agree/" + what;
        TCPStore store = met.job();
        String first;
        try {
            if (isFirst()) {
                store.set(key, text);
            }
            first = store.get(key, environment.timeout());
        } catch (TorchException e) {
            throw met.peers().failure("comparing the " + what, e);
        }
        return first.equals(text) ? Optional.empty() : Optional.of(first);
    }

    /** Ends this rank for a reason of its own; the others, whose operations fail then, will name it. */
    public DistributedException fail(String operation, String problem) {
        DistributedException e = new DistributedException(rank(), operation, problem, null);
        met.peers().note(e.getMessage());
        return e;
    }

    /** What the first rank that failed has noted; empty while none has. */
    public Optional<String> firstFailure() {
        return Optional.ofNullable(met.peers().noted());
    }

    /** Sends bytes of rank 0 to all; the length may differ from what the others have. */
    public byte[] broadcastBytes(byte[] bytes, Device device) {
        try (TensorScope _ = TensorScope.open()) {
            Device through = gloo != null ? Device.cpu() : device;
            Tensor length = Torch.fromArray(new long[] {bytes.length}, 1).to(through);
            broadcast(length, 0);
            int size = Math.toIntExact(length.itemLong());
            if (size == 0) {
                return new byte[0];
            }
            Tensor content =
                    Torch.fromArray(isFirst() ? bytes : new byte[size], size).to(through);
            broadcast(content, 0);
            return content.to(Device.cpu()).toByteArray();
        }
    }

    /** Leaves the group, and the store. Closing twice is harmless. Not after a failure: it would wait for what is under way. */
    @Override
    public void close() {
        met.peers().close();
        if (nccl != null) {
            nccl.close();
        }
        if (gloo != null) {
            gloo.close();
        }
        met.job().close();
        met.store().close();
    }
}

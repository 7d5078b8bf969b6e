package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * libtorch's engine for several processes as it is: stores, groups, operations under way. Programs use
 * {@code dev.gradus.torch.distributed}, which stands on it and whose errors name ranks.
 *
 * <p>Times are milliseconds; 0 stands for that of the store or group.
 */
public final class C10d {

    /** What carries tensors between processes. */
    public enum Backend {
        /** Memory of the host, over TCP. */
        GLOO,
        /** Memory of CUDA devices. */
        NCCL
    }

    /** How values of several ranks become one. */
    public enum Reduction {
        /** Their sum. */
        SUM,
        /** Their product. */
        PRODUCT,
        /** The smallest. */
        MIN,
        /** The largest. */
        MAX
    }

    private C10d() {}

    /**
     * Checks that this build has a backend.
     *
     * @throws TorchNotImplementedException saying what is missing
     */
    public static void require(Backend backend) {
        NativeLibrary.require();
        Tensor.check(GradusTorch.gt_backend_require(backend.ordinal()));
    }

    /** Whether this build has a backend. */
    public static boolean has(Backend backend) {
        try {
            require(backend);
            return true;
        } catch (TorchException e) {
            return false;
        }
    }

    private static MemorySegment text(Arena arena, String text) {
        return text == null ? MemorySegment.NULL : arena.allocateFrom(text);
    }

    private static MemorySegment bytes(Arena arena, byte[] value) {
        return value.length == 0 ? MemorySegment.NULL : arena.allocateFrom(ValueLayout.JAVA_BYTE, value);
    }

    private static long made(long address) {
        if (address == 0) {
            throw ThreadContext.current().failure();
        }
        Tensor.done();
        return address;
    }

    private static byte[] bytes(long tensor) {
        try (TensorScope _ = TensorScope.open()) {
            return Tensor.result(tensor).toByteArray();
        }
    }

    /** Keys and values that processes share. One call at a time: one that waits makes the others wait. */
    public static final class Store extends NativeHandle {
        private Store(long address) {
            super(address);
            share(() -> GradusTorch.gt_store_free(address));
        }

        /**
         * A client of the store at an address.
         *
         * @param listen null, or the address at which this process serves it, with port 0 for one that is free
         * @throws TorchException if it is not there within the timeout, or cannot be served
         */
        public static Store tcp(String host, int port, String listen, long timeout) {
            NativeLibrary.require();
            try (Arena arena = Arena.ofConfined()) {
                return new Store(
                        made(GradusTorch.gt_tcp_store_new(text(arena, host), port, text(arena, listen), timeout)));
            }
        }

        /** The same store with a prefix before all keys; to be closed on its own. */
        public Store prefixed(String prefix) {
            try (Arena arena = Arena.ofConfined()) {
                return new Store(made(GradusTorch.gt_prefix_store_new(text(arena, prefix), pin())));
            }
        }

        /** The port of a TCP store. */
        public int port() {
            MemorySegment out = ThreadContext.current().longs(1);
            Tensor.check(GradusTorch.gt_store_port(pin(), out));
            return out.get(JAVA_INT, 0);
        }

        /** Sets a key. */
        public void set(String key, byte[] value) {
            try (Arena arena = Arena.ofConfined()) {
                Tensor.check(GradusTorch.gt_store_set(pin(), text(arena, key), bytes(arena, value), value.length));
            }
        }

        /** The value of a key; waits for it. */
        public byte[] get(String key, long timeout) {
            try (Arena arena = Arena.ofConfined()) {
                return bytes(GradusTorch.gt_store_get(pin(), text(arena, key), timeout));
            }
        }

        /** Sets a key that has the expected value, or that does not exist where nothing is expected; the value it has then. */
        public byte[] compareSet(String key, byte[] expected, byte[] value) {
            try (Arena arena = Arena.ofConfined()) {
                return bytes(GradusTorch.gt_store_compare_set(
                        pin(),
                        text(arena, key),
                        bytes(arena, expected),
                        expected.length,
                        bytes(arena, value),
                        value.length));
            }
        }

        /** Adds to a number that begins at 0; the sum. */
        public long add(String key, long amount) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment sum = arena.allocate(JAVA_LONG);
                Tensor.check(GradusTorch.gt_store_add(pin(), text(arena, key), amount, sum));
                return sum.get(JAVA_LONG, 0);
            }
        }

        /** Whether a key exists. */
        public boolean has(String key) {
            try (Arena arena = Arena.ofConfined()) {
                return truth(GradusTorch.gt_store_has(pin(), text(arena, key)));
            }
        }

        /** Deletes a key; whether it existed. */
        public boolean delete(String key) {
            try (Arena arena = Arena.ofConfined()) {
                return truth(GradusTorch.gt_store_delete(pin(), text(arena, key)));
            }
        }

        @Override
        String closedMessage() {
            return "the store is closed";
        }

        /** Leaves the store; the process that serves it ends it with its last one. Closing twice is harmless. */
        @Override
        public void close() {
            closeShared();
        }
    }

    private static boolean truth(int answer) {
        if (answer < 0) {
            throw ThreadContext.current().failure();
        }
        Tensor.done();
        return answer == 1;
    }

    /** Ranks that exchange tensors. All call the same operations in the same order. */
    public static final class Group extends NativeHandle {
        private Group(long address) {
            super(address);
            share(() -> GradusTorch.gt_group_free(address));
        }

        /**
         * Joins, and waits for all others.
         *
         * @param address at which Gloo connects; may be null
         * @param networkInterface of which Gloo takes the address instead; may be null
         * @param device index of the CUDA device, for NCCL
         * @throws TorchException if the others do not come in time, or the backend is missing
         */
        public static Group join(
                Backend backend,
                Store store,
                int rank,
                int size,
                long timeout,
                String address,
                String networkInterface,
                int device) {
            try (Arena arena = Arena.ofConfined()) {
                return new Group(made(GradusTorch.gt_group_new(
                        backend.ordinal(),
                        store.pin(),
                        rank,
                        size,
                        timeout,
                        text(arena, address),
                        text(arena, networkInterface),
                        device)));
            }
        }

        /** Every rank gets the tensor of one. */
        public Work broadcast(Tensor tensor, int root, long timeout) {
            return new Work(made(GradusTorch.gt_group_broadcast(pin(), tensor.handle(), root, timeout)));
        }

        /** Every rank gets the reduction of all, in place. */
        public Work allReduce(Tensor tensor, Reduction reduction, long timeout) {
            return new Work(
                    made(GradusTorch.gt_group_all_reduce(pin(), tensor.handle(), reduction.ordinal(), timeout)));
        }

        /** Every rank gets the tensors of all, one after the other. */
        public Work allGather(Tensor output, Tensor input, long timeout) {
            return new Work(made(GradusTorch.gt_group_all_gather(pin(), output.handle(), input.handle(), timeout)));
        }

        /** Every rank gets its part of the reduction of all. */
        public Work reduceScatter(Tensor output, Tensor input, Reduction reduction, long timeout) {
            return new Work(made(GradusTorch.gt_group_reduce_scatter(
                    pin(), output.handle(), input.handle(), reduction.ordinal(), timeout)));
        }

        /** Done when all ranks have come here. */
        public Work barrier(long timeout) {
            return new Work(made(GradusTorch.gt_group_barrier(pin(), timeout)));
        }

        /** To one rank, which receives it by the same tag. */
        public Work send(Tensor tensor, int to, int tag) {
            return new Work(made(GradusTorch.gt_group_send(pin(), tensor.handle(), to, tag)));
        }

        /** From one rank, into the tensor. */
        public Work receive(Tensor tensor, int from, int tag) {
            return new Work(made(GradusTorch.gt_group_receive(pin(), tensor.handle(), from, tag)));
        }

        /** Gives up what is under way, where the backend can. */
        public void abort() {
            Tensor.check(GradusTorch.gt_group_abort(pin()));
        }

        @Override
        String closedMessage() {
            return "the group is closed";
        }

        /** Leaves the group, once what is under way is over. Closing twice is harmless. */
        @Override
        public void close() {
            closeShared();
        }
    }

    /** An operation under way. It holds its tensors, which must not be touched until it is done. */
    public static final class Work extends NativeHandle {
        private Work(long address) {
            super(address);
            share(() -> GradusTorch.gt_work_free(address));
        }

        /**
         * Waits for its end; with NCCL, makes the current stream wait for it.
         *
         * @throws TorchException if it failed
         */
        public void await(long timeout) {
            Tensor.check(GradusTorch.gt_work_wait(pin(), timeout));
        }

        /** Whether it is done, or has failed. */
        public boolean isDone() {
            return truth(GradusTorch.gt_work_is_done(pin()));
        }

        @Override
        String closedMessage() {
            return "the operation is closed";
        }

        /** Lets go of it; what is under way goes on. Closing twice is harmless. */
        @Override
        public void close() {
            closeShared();
        }
    }
}

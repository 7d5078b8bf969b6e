package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Gradient checkpointing: a function is computed without keeping what backward needs of it, and computed again when
 * backward comes to it - memory for time (Chen et al., arXiv 1604.06174). It works as {@code torch.utils.checkpoint} with
 * {@code use_reentrant=False}: results and gradients are those without it, to the bit, and so are graphs, hooks and
 * higher derivatives.
 *
 * <p>The function may use tensors besides its inputs, such as the parameters of a layer, and they get their gradients;
 * they must still be open at backward. It runs with the same autocast mode the second time, and, unless that is
 * switched off, with the same state of the default generators (of the CPU, and of the GPUs of its inputs) and of the
 * generators named in {@link #withGenerators}: other generators of its own would go on and give other numbers. What
 * it computes must be the same both times; a difference in number, shape, dtype or device of what it saves is an error
 * of backward. Temporaries of the function are freed at its end; only its results remain.
 *
 * @param preserveRngState whether the state of the default generators is kept for the second run
 * @param generators whose state is kept, too
 */
public record Checkpoint(boolean preserveRngState, List<Generator> generators) {

    /** With the state of the default generators. */
    public static final Checkpoint DEFAULT = new Checkpoint(true, List.of());

    /** Copies the list. */
    public Checkpoint {
        generators = List.copyOf(generators);
    }

    /** Without the state of the default generators, for functions without random numbers. */
    public Checkpoint withoutRngState() {
        return new Checkpoint(false, generators);
    }

    /** With the state of these generators, which the function uses and which must be open at backward. */
    public Checkpoint withGenerators(Generator... used) {
        return new Checkpoint(preserveRngState, List.of(used));
    }

    /**
     * Computes the function.
     *
     * @param inputs not changed in place by the function or later
     * @return its results
     * @throws IllegalStateException in a virtual thread
     */
    public List<Tensor> run(Function<List<Tensor>, List<Tensor>> function, List<Tensor> inputs) {
        Guard.requirePlatformThread();
        List<Tensor> given = List.copyOf(inputs);
        Again again = new Again(function, generatorStates(given), Autocast.modes());
        List<Tensor> results;
        try (TensorScope scope = TensorScope.open()) {
            long id = Upcalls.register(again);
            long checkpoint =
                    GradusTorch.gt_checkpoint_begin(id, ThreadContext.current().list(given), given.size());
            if (checkpoint == 0) {
                throw ThreadContext.current().failure();
            }
            Tensor.done();
            try {
                results = List.copyOf(function.apply(given));
            } finally {
                Tensor.check(GradusTorch.gt_checkpoint_end(checkpoint));
            }
            for (Tensor result : results) {
                if (result.scope() == scope) {
                    scope.promote(result);
                }
            }
        } finally {
            Upcalls.drain();
        }
        return results;
    }

    private List<State> generatorStates(List<Tensor> inputs) {
        List<State> states = new ArrayList<>();
        if (preserveRngState) {
            Stream.concat(
                            Stream.of(Device.cpu()),
                            inputs.stream().map(Tensor::device).filter(Device::isCuda))
                    .distinct()
                    .forEach(device -> states.add(State.of(device, null)));
        }
        generators.forEach(generator -> states.add(State.of(generator.device(), generator)));
        return states;
    }

    /**
     * The state of a generator, as bytes on the heap, which nobody needs to close.
     *
     * @param generator null for the default one of the device
     */
    private record State(Device device, Generator generator, byte[] bytes) {

        static State of(Device device, Generator generator) {
            if (generator == null) {
                try (Generator standard = Generator.defaultOf(device)) {
                    return new State(device, null, read(standard));
                }
            }
            return new State(device, generator, read(generator));
        }

        private static byte[] read(Generator generator) {
            try (Tensor state = generator.state()) {
                return state.toByteArray();
            }
        }

        void restore() {
            if (generator == null) {
                try (Generator standard = Generator.defaultOf(device)) {
                    write(standard);
                }
            } else {
                write(generator);
            }
        }

        private void write(Generator to) {
            try (Tensor state = Torch.fromArray(bytes, bytes.length)) {
                to.setState(state);
            }
        }
    }

    /** The second run. */
    private record Again(Function<List<Tensor>, List<Tensor>> function, List<State> states, List<Autocast.Mode> modes)
            implements Upcalls.Code {

        @Override
        public List<Tensor> run(List<Tensor> inputs, long context) {
            List<State> before = states.stream()
                    .map(state -> State.of(state.device(), state.generator()))
                    .toList();
            ThreadContext thread = ThreadContext.current();
            Guard outer = thread.guard;
            try {
                states.forEach(State::restore);
                Autograd.enableGradForCalls();
                modes.forEach(Autocast.Mode::open);
                function.apply(inputs);
            } finally {
                Guard.closeInside(thread, outer);
                before.forEach(State::restore);
            }
            return List.of();
        }
    }
}

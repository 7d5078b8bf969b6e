package dev.gradus.torch.fuzz;

import dev.gradus.torch.Generator;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.TensorScope;
import dev.gradus.torch.TorchException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** The random program of one thread. What it does depends on its seed; what it meets, also on the other threads. */
final class Program implements Runnable {

    /** Larger results are closed at once, so that the program does not grow. */
    private static final long LARGE = 4_096;

    /** What all threads see: tensors to use and to close, and confined ones of whoever left them there. */
    record Shared(AtomicReferenceArray<Tensor> tensors, AtomicReferenceArray<Tensor> confined) {
        static Shared ofSize(int size) {
            return new Shared(new AtomicReferenceArray<>(size), new AtomicReferenceArray<>(size));
        }
    }

    private final List<Api.Function> functions;
    private final Shared shared;
    private final long calls;
    private final SplittableRandom random;
    private final Tally tally;

    private Values values;
    private final Deque<TensorScope> scopes = new ArrayDeque<>();
    private final Deque<AutoCloseable> modes = new ArrayDeque<>();
    private final List<Tensor> own = new ArrayList<>();
    private final Tensor[] closed = new Tensor[16];

    Program(List<Api.Function> functions, Shared shared, long calls, long seed, Tally tally) {
        this.functions = functions;
        this.shared = shared;
        this.calls = calls;
        this.random = new SplittableRandom(seed);
        this.tally = tally;
    }

    @Override
    public void run() {
        try (Generator generator = Generator.cpu(random.nextLong())) {
            values = new Values(random, generator, this::tensor);
            openScope();
            for (long i = 0; i < calls; i++) {
                if (i % 16 == 0) {
                    housekeeping();
                }
                call();
            }
            closeModes();
            while (!scopes.isEmpty()) {
                scopes.pop().close();
            }
        } catch (Throwable e) {
            tally.failed("the program of thread " + Thread.currentThread().getName() + " ended", e);
        }
    }

    // ------------------------------------------------------------------------ calls

    private void call() {
        Api.Function function = functions.get(random.nextInt(functions.size()));
        try {
            call(function);
        } catch (RuntimeException e) {
            tally.failed(function + " answered what can't be used", e);
        }
    }

    private void call(Api.Function function) {
        boolean wrong = random.nextInt(3) == 0;
        Object[] arguments = values.arguments(function.method(), wrong);
        Tensor receiver = null;
        if (function.onTensor()) {
            receiver = function.changes() ? newTensor() : tensor(wrong && random.nextInt(3) == 0);
            if (receiver == null) {
                receiver = ownTensor();
            }
        } else if (function.changes()) {
            for (int i = 0; i < arguments.length; i++) {
                arguments[i] = arguments[i] instanceof Tensor ? newTensor() : arguments[i];
            }
        }
        tally.begin(function, wrong);
        try {
            absorb(function.method().invoke(receiver, arguments));
            tally.answered();
        } catch (InvocationTargetException e) {
            refused(function, arguments, e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        } finally {
            tally.end();
        }
    }

    /** A refusal must be one of the documented exceptions, with something to read. */
    private void refused(Api.Function function, Object[] arguments, Throwable e) {
        boolean documented = switch (e) {
            case TorchException t ->
                t.getMessage() != null
                        && !t.getMessage().isBlank()
                        && !t.getMessage().contains("frame #");
            case IllegalStateException _, IllegalArgumentException _, WrongThreadException _ -> true;
            case NullPointerException _ -> hasNull(arguments);
            default -> false;
        };
        tally.refused(e);
        if (!documented) {
            tally.failed(function + " with " + describe(arguments), e);
        }
    }

    private static boolean hasNull(Object[] arguments) {
        return Arrays.stream(arguments)
                .anyMatch(a -> a == null
                        || a instanceof List<?> list && list.stream().anyMatch(x -> x == null)
                        || a instanceof Object[] array && hasNull(array));
    }

    private static String describe(Object[] arguments) {
        return Arrays.deepToString(Arrays.stream(arguments)
                .map(a -> a instanceof Tensor t ? t.isClosed() ? "a closed tensor" : "a tensor" : a)
                .toArray());
    }

    private void absorb(Object result) throws IllegalAccessException, InvocationTargetException {
        switch (result) {
            case null -> {}
            case Tensor tensor -> absorbTensor(tensor);
            case Object[] array -> absorbAll(Arrays.asList(array));
            case List<?> list -> absorbAll(list);
            case Record record -> {
                for (RecordComponent component : record.getClass().getRecordComponents()) {
                    if (component.getType() == Tensor.class) {
                        absorb(component.getAccessor().invoke(record));
                    }
                }
            }
            case AutoCloseable mode -> modes.push(mode);
            default -> {}
        }
    }

    private void absorbAll(List<?> results) throws IllegalAccessException, InvocationTargetException {
        for (Object result : results) {
            absorb(result);
        }
    }

    private void absorbTensor(Tensor tensor) {
        try {
            if (tensor.numel() > LARGE) {
                close(tensor);
            } else if (random.nextInt(3) == 0) {
                own.add(tensor);
            } else if (random.nextInt(8) == 0) {
                shared.confined.set(random.nextInt(shared.confined.length()), tensor);
            }
        } catch (IllegalStateException | WrongThreadException _) {
            // It is the receiver of an in-place method, or an argument, which another thread has closed since.
        }
    }

    // ---------------------------------------------------------------------- tensors

    /** A tensor to use; or, hostile: closed, of another thread, or none. */
    private Tensor tensor(boolean hostile) {
        if (hostile) {
            return switch (random.nextInt(3)) {
                case 0 -> closed[random.nextInt(closed.length)];
                case 1 -> shared.confined.get(random.nextInt(shared.confined.length()));
                default -> null;
            };
        }
        if (!own.isEmpty() && random.nextBoolean()) {
            return own.get(random.nextInt(own.size()));
        }
        Tensor tensor = shared.tensors.get(random.nextInt(shared.tensors.length()));
        return tensor == null ? ownTensor() : tensor;
    }

    private Tensor ownTensor() {
        while (own.size() < 8) {
            own.add(values.fresh());
        }
        return own.get(random.nextInt(own.size()));
    }

    /** One to change: nobody else may use a tensor while it is changed, and results may be what they were made of. */
    private Tensor newTensor() {
        Tensor tensor = values.fresh();
        own.add(tensor);
        return tensor;
    }

    private void close(Tensor tensor) {
        try {
            tensor.close();
            if (random.nextInt(4) == 0) {
                tensor.close();
            }
            closed[random.nextInt(closed.length)] = tensor;
        } catch (WrongThreadException e) {
            tally.refused(e);
        }
    }

    // ------------------------------------------------------------ scopes and sharing

    private void housekeeping() {
        closeModes();
        own.removeIf(Tensor::isClosed);
        switch (random.nextInt(8)) {
            case 0 -> openScope();
            case 1 -> closeScope();
            case 2 -> share();
            case 3 -> closeOutOfOrder();
            case 4 -> close(tensor(false));
            case 5 -> dropShared();
            case 6 -> {
                if (own.size() > 24) {
                    own.subList(0, 12).clear();
                }
            }
            default -> ownTensor();
        }
    }

    private void openScope() {
        if (scopes.size() < 4) {
            scopes.push(TensorScope.open());
        }
    }

    private void closeScope() {
        TensorScope scope = scopes.pop();
        scope.close();
        scope.close();
        if (scopes.isEmpty()) {
            openScope();
        }
        own.removeIf(Tensor::isClosed);
    }

    /** Puts a tensor of this thread where the others find it, and closes the one that was there, or lets it be. */
    private void share() {
        Tensor tensor = ownTensor();
        for (TensorScope scope : scopes) {
            try {
                scope.keep(tensor);
                break;
            } catch (IllegalArgumentException _) {
                // It is of the scope around this one.
            } catch (IllegalStateException _) {
                return; // shared before, and closed by another thread since
            }
        }
        own.remove(tensor);
        Tensor before = shared.tensors.getAndSet(random.nextInt(shared.tensors.length()), tensor);
        if (before != null && random.nextInt(8) != 0) {
            close(before);
        }
    }

    private void dropShared() {
        Tensor dropped = shared.tensors.getAndSet(random.nextInt(shared.tensors.length()), null);
        if (dropped != null && random.nextBoolean()) {
            close(dropped);
        }
    }

    private void closeOutOfOrder() {
        if (scopes.size() > 1) {
            try {
                scopes.peekLast().close();
                tally.failed("a scope was closed before the one inside it", null);
            } catch (IllegalStateException e) {
                tally.refused(e);
            }
        }
    }

    private void closeModes() {
        while (!modes.isEmpty()) {
            try {
                modes.pop().close();
            } catch (Exception e) {
                tally.failed("a mode could not be closed", e);
            }
        }
    }
}

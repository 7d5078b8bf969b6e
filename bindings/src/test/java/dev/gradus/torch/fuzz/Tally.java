package dev.gradus.torch.fuzz;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What became of the calls, over all threads. */
final class Tally {

    private record Running(String call, long since) {}

    private final LongAdder calls = new LongAdder();
    private final LongAdder wrong = new LongAdder();
    private final LongAdder answered = new LongAdder();
    private final Map<String, AtomicLong> refusals = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> functions = new ConcurrentHashMap<>();
    private final Map<Thread, Running> running = new ConcurrentHashMap<>();
    private final List<String> failures = Collections.synchronizedList(new ArrayList<>());

    void begin(Api.Function function, boolean isWrong) {
        calls.increment();
        if (isWrong) {
            wrong.increment();
        }
        functions.computeIfAbsent(function.toString(), _ -> new AtomicLong()).incrementAndGet();
        running.put(Thread.currentThread(), new Running(function.toString(), System.nanoTime()));
    }

    void end() {
        running.remove(Thread.currentThread());
    }

    void answered() {
        answered.increment();
    }

    void refused(Throwable e) {
        refusals.computeIfAbsent(e.getClass().getSimpleName(), _ -> new AtomicLong())
                .incrementAndGet();
    }

    void failed(String what, Throwable e) {
        StringWriter text = new StringWriter();
        text.append(what);
        if (e != null) {
            text.append(": ");
            e.printStackTrace(new PrintWriter(text));
        }
        if (failures.size() < 100) {
            failures.add(text.toString());
        }
    }

    long calls() {
        return calls.sum();
    }

    long wrong() {
        return wrong.sum();
    }

    long answeredCalls() {
        return answered.sum();
    }

    int distinctFunctions() {
        return functions.size();
    }

    List<String> failures() {
        return List.copyOf(failures);
    }

    /** The calls that have been running for longer than this. */
    List<String> hanging(long nanoseconds) {
        long now = System.nanoTime();
        return running.values().stream()
                .filter(r -> now - r.since > nanoseconds)
                .map(Running::call)
                .toList();
    }

    @Override
    public String toString() {
        return calls() + " calls of " + functions.size() + " methods, " + wrong() + " with wrong arguments; " + answered
                + " answered, refused: " + new TreeMap<>(refusals);
    }
}

package dev.gradus.torch.distributed;

import dev.gradus.torch.C10d;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Keys and values that processes share over TCP, as {@code torch.distributed.TCPStore}. One process serves it, at one address; all are
 * its clients. Values are bytes; these methods take them as UTF-8.
 *
 * <p>There is no password: who reaches the port can read and write all keys. Serve it only in a network that you trust.
 *
 * <p>Any thread may use it, one at a time: a call that waits makes the others wait.
 */
public final class TCPStore implements AutoCloseable {
    private final C10d.Store store;
    private final String place;

    private TCPStore(C10d.Store store, String place) {
        this.store = store;
        this.place = place;
    }

    /**
     * Serves a store, at one address of this machine and no other.
     *
     * @param bind the address to listen at, and to reach it from this process
     * @param port 0 for one that is free
     * @param timeout of waiting for a key
     * @throws dev.gradus.torch.TorchException if the address is not one of this machine, or the port is taken
     */
    public static TCPStore serve(String bind, int port, Duration timeout) {
        // Where it listens everywhere it is reached at home.
        String reached = bind.equals("0.0.0.0") ? "127.0.0.1" : bind.equals("::") ? "::1" : bind;
        C10d.Store store = C10d.Store.tcp(reached, port, bind, timeout.toMillis());
        return new TCPStore(store, bind + ":" + store.port());
    }

    /**
     * Connects to a store; tries again until it is there.
     *
     * @param timeout of connecting, and of waiting for a key
     * @throws dev.gradus.torch.TorchException if it is not there in time
     */
    public static TCPStore connect(String host, int port, Duration timeout) {
        return new TCPStore(C10d.Store.tcp(host, port, null, timeout.toMillis()), host + ":" + port);
    }

    /** The same store with a prefix before all keys; to be closed on its own. */
    public TCPStore under(String prefix) {
        return new TCPStore(store.prefixed(prefix), place);
    }

    C10d.Store raw() {
        return store;
    }

    /** The port. Not of one that {@link #under} made. */
    public int port() {
        return store.port();
    }

    /** Sets a key. */
    public void set(String key, String value) {
        store.set(key, bytes(value));
    }

    /**
     * The value of a key; waits for it.
     *
     * @throws dev.gradus.torch.TorchException if it is not set in time
     */
    public String get(String key, Duration timeout) {
        return text(store.get(key, Math.max(1, timeout.toMillis())));
    }

    /** Sets a key that does not exist yet; the value that it has then, whoever set it. */
    public String claim(String key, String value) {
        return text(store.compareSet(key, new byte[0], bytes(value)));
    }

    /** Adds to a number that begins at 0; the sum. */
    public long add(String key, long amount) {
        return store.add(key, amount);
    }

    /** Whether a key exists. */
    public boolean has(String key) {
        return store.has(key);
    }

    /** Deletes a key; whether it existed. */
    public boolean delete(String key) {
        return store.delete(key);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Where it is, such as {@code 10.0.0.1:29500}. */
    @Override
    public String toString() {
        return place;
    }

    /** Leaves the store; where this process serves it, ends it. Closing twice is harmless. */
    @Override
    public void close() {
        store.close();
    }
}

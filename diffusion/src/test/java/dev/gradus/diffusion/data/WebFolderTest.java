package dev.gradus.diffusion.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class WebFolderTest {
    private static final FetchProgress SILENT = (what, done, total) -> {};

    @TempDir
    Path folder;

    private final byte[] content = new byte[300_000];
    private final List<String> ranges = Collections.synchronizedList(new ArrayList<>());
    private ServerSocket server;
    private WebFolder web;
    private volatile boolean knowsRanges = true;
    private volatile int cutAfter = Integer.MAX_VALUE;

    @BeforeEach
    void serve() throws IOException {
        new Random(4).nextBytes(content);
        server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try (Socket connection = server.accept()) {
                    answer(connection);
                } catch (IOException e) {
                    // The client went away, or the test is over.
                }
            }
        });
        String host = server.getInetAddress().getHostAddress();
        web = new WebFolder("http://" + host + ":" + server.getLocalPort() + "/data/", List.of("a.bin"));
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    /** Answers one request of HTTP/1.1 and closes the connection. */
    private void answer(Socket connection) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
        boolean known = in.readLine().startsWith("GET /data/a.bin ");
        String range = null;
        for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
            range = line.startsWith("Range: ") ? line.substring(7) : range;
        }
        OutputStream out = connection.getOutputStream();
        if (!known) {
            out.write("HTTP/1.1 404 none\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".getBytes());
            return;
        }
        ranges.add(String.valueOf(range));
        int from = range == null || !knowsRanges ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
        String status = from > 0 ? "206 part" : "200 whole";
        int length = content.length - from;
        out.write(
                ("HTTP/1.1 " + status + "\r\nContent-Length: " + length + "\r\nConnection: close\r\n\r\n").getBytes());
        out.write(content, from, Math.min(cutAfter, length));
    }

    private void fetch() throws IOException, InterruptedException {
        web.fetch(folder, SILENT);
    }

    @Test
    void aTransferThatStoppedGoesOnFromWhereItWas() throws Exception {
        cutAfter = 100_000;
        assertThrows(IOException.class, this::fetch);
        long have = Files.size(folder.resolve("a.bin.part"));
        cutAfter = Integer.MAX_VALUE;
        fetch();
        assertArrayEquals(content, Files.readAllBytes(folder.resolve("a.bin")));
        assertEquals(List.of("null", "bytes=" + have + "-"), ranges);
        assertEquals(false, Files.exists(folder.resolve("a.bin.part")));
    }

    @Test
    void aServerWithoutRangesSendsTheWholeAgain() throws Exception {
        Files.write(folder.resolve("a.bin.part"), new byte[1000]);
        knowsRanges = false;
        fetch();
        assertArrayEquals(content, Files.readAllBytes(folder.resolve("a.bin")));
    }

    @Test
    void aCompleteFileIsNotAskedForAgain() throws Exception {
        Files.write(folder.resolve("a.bin"), Arrays.copyOf(content, 10));
        fetch();
        assertEquals(List.of(), ranges);
    }

    @Test
    void anErrorOfTheServerIsToldWithItsNumber() {
        WebFolder absent = new WebFolder(web.address(), List.of("none.bin"));
        assertEquals(
                "none.bin: answered with HTTP status 404",
                assertThrows(IOException.class, () -> absent.fetch(folder, SILENT))
                        .getMessage());
    }
}

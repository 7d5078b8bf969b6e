package dev.gradus.cli.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** A headless Chromium with one page, driven by its DevTools protocol over a WebSocket. */
final class Chromium implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LIMIT_MILLIS = 20_000;

    private final Process process;
    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private int last;

    private Chromium(Process process, URI page) throws IOException {
        this.process = process;
        socket = new Socket(page.getHost(), page.getPort());
        socket.setSoTimeout(LIMIT_MILLIS);
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
        out.write(("GET " + page.getPath() + " HTTP/1.1\r\nHost: " + page.getAuthority()
                        + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
                        + Base64.getEncoder().encodeToString(new byte[16]) + "\r\nSec-WebSocket-Version: 13\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        StringBuilder answer = new StringBuilder();
        while (!answer.toString().endsWith("\r\n\r\n")) {
            answer.append((char) in.readByte());
        }
        if (!answer.toString().startsWith("HTTP/1.1 101")) {
            throw new IOException("no WebSocket: " + answer);
        }
    }

    static Optional<Path> find() {
        return List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome").stream()
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts it with an empty page of this size.
     *
     * @param profile a folder that it may go on writing into for a moment after its end
     */
    static Chromium start(Path program, Path profile, int width, int height) throws IOException {
        Process process = new ProcessBuilder(
                        program.toString(),
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--hide-scrollbars",
                        "--window-size=" + width + "," + height,
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .start();
        BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream()));
        String line = output.readLine();
        while (line != null && !line.contains("DevTools listening on ")) {
            line = output.readLine();
        }
        if (line == null) {
            throw new IOException("chromium ended");
        }
        Thread.ofPlatform().daemon().start(() -> output.lines().forEach(_ -> {}));
        int port = URI.create(line.replaceFirst(".*listening on ", "")).getPort();
        var request = (HttpURLConnection) URI.create("http://127.0.0.1:" + port + "/json/new?about:blank")
                .toURL()
                .openConnection();
        request.setRequestMethod("PUT");
        JsonNode page = JSON.readTree(request.getInputStream());
        return new Chromium(process, URI.create(page.get("webSocketDebuggerUrl").asText()));
    }

    /** Calls a method of the protocol. */
    JsonNode call(String method, ObjectNode parameters) throws IOException {
        ObjectNode message = JSON.createObjectNode().put("id", ++last).put("method", method);
        message.set("params", parameters);
        send(message.toString().getBytes(StandardCharsets.UTF_8));
        while (true) {
            JsonNode answer = JSON.readTree(receive());
            if (answer.path("id").asInt() == last) {
                if (answer.has("error")) {
                    throw new IOException(method + ": " + answer.get("error"));
                }
                return answer.get("result");
            }
        }
    }

    void open(String address) throws IOException {
        call("Page.enable", JSON.createObjectNode());
        call("Page.navigate", JSON.createObjectNode().put("url", address));
    }

    /** The value of a JavaScript expression. */
    JsonNode value(String expression) throws IOException {
        JsonNode result = call(
                "Runtime.evaluate",
                JSON.createObjectNode().put("expression", expression).put("returnByValue", true));
        if (result.has("exceptionDetails")) {
            throw new IOException(expression + ": " + result.get("exceptionDetails"));
        }
        return result.path("result").path("value");
    }

    /** Waits until an expression is true; while the page loads, it may have no value yet. */
    void await(String expression) throws Exception {
        long end = System.nanoTime() + LIMIT_MILLIS * 1_000_000L;
        while (!isTrue(expression)) {
            if (System.nanoTime() > end) {
                throw new AssertionError("never true: " + expression + "; the page says: "
                        + value("document.body.innerText").asText());
            }
            Thread.sleep(50);
        }
    }

    private boolean isTrue(String expression) {
        try {
            return value(expression).asBoolean();
        } catch (IOException e) {
            return false;
        }
    }

    byte[] screenshot() throws IOException {
        return Base64.getDecoder()
                .decode(call("Page.captureScreenshot", JSON.createObjectNode())
                        .get("data")
                        .asText());
    }

    private void send(byte[] payload) throws IOException {
        out.writeByte(0x81);
        if (payload.length < 126) {
            out.writeByte(0x80 | payload.length);
        } else {
            out.writeByte(0x80 | 126);
            out.writeShort(payload.length);
        }
        // A mask of zeros leaves the bytes as they are.
        out.writeInt(0);
        out.write(payload);
        out.flush();
    }

    private byte[] receive() throws IOException {
        in.readByte();
        long length = in.readByte() & 0x7f;
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length == 127) {
            length = in.readLong();
        }
        return in.readNBytes((int) length);
    }

    @Override
    public void close() throws IOException {
        socket.close();
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

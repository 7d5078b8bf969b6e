package dev.gradus.cli.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gradus.diffusion.report.PageParts;
import dev.gradus.diffusion.report.RunFiles;
import dev.gradus.diffusion.report.RunLog;
import dev.gradus.diffusion.train.RunFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Serves the page, the logs and pictures of runs, and what is drawn on demand. Runs are known by their place in the list, and
 * pictures by their step, so no request names a file.
 */
public final class LiveServer implements AutoCloseable {
    /** What a visitor may ask for in a drawing. */
    public static final Set<String> WISHES =
            Set.of("count", "seed", "steps", "class", "prompt", "negative", "guidance", "strip");

    private static final Logger LOGGER = LogManager.getLogger(LiveServer.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ROWS = 800;
    private static final int LONGEST_WISH = 1000;
    private static final long POLL_MILLIS = 500;
    private static final long BEAT_MILLIS = 10_000;
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final HttpServer server;
    // Platform threads: drawing needs modes of libtorch, which belong to those.
    private final ExecutorService executor = Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("gradus-serve-", 0).factory());
    private final List<RunFolder> runs;
    private final Access access;
    private final Drawer drawer;
    private final Semaphore drawing = new Semaphore(1);
    private volatile boolean closed;

    private LiveServer(HttpServer server, List<RunFolder> runs, Access access, Drawer drawer) {
        this.server = server;
        this.runs = List.copyOf(runs);
        this.access = access;
        this.drawer = drawer;
    }

    /**
     * Starts it.
     *
     * @param address where to listen; port 0 takes a free one
     * @param hosts the names that requests may be addressed to; empty for any
     * @param token what a visitor must know; null for nothing
     * @throws IOException if the address cannot be had
     */
    public static LiveServer start(
            InetSocketAddress address, Set<String> hosts, String token, List<RunFolder> runs, Drawer drawer)
            throws IOException {
        HttpServer http = HttpServer.create(address, 0);
        LiveServer server = new LiveServer(http, runs, new Access(hosts, token), drawer);
        http.setExecutor(server.executor);
        http.createContext("/", server::handle);
        http.start();
        return server;
    }

    /** The port that it listens on. */
    public int port() {
        return server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Headers headers = exchange.getResponseHeaders();
            headers.set("Content-Security-Policy", POLICY);
            headers.set("X-Content-Type-Options", "nosniff");
            headers.set("Referrer-Policy", "no-referrer");
            headers.set("Cross-Origin-Resource-Policy", "same-origin");
            headers.set("Cache-Control", "no-store");
            Optional<Integer> refusal = access.refusal(exchange);
            if (refusal.isPresent()) {
                send(exchange, refusal.get(), "text/plain", refused(refusal.get()));
                return;
            }
            answer(exchange, exchange.getRequestURI().getPath().split("/", -1));
        } catch (IOException e) {
            // The visitor has gone.
            LOGGER.debug("a request was not answered to its end", e);
        } catch (RuntimeException e) {
            LOGGER.warn("a request failed", e);
            throw e;
        }
    }

    private static String refused(int status) {
        return switch (status) {
            case 401 -> "This page needs the token that 'gradus serve' printed: open the address that it printed.\n";
            case 405 -> "Only GET is answered.\n";
            default -> "This address is not one of this server's, or another site sent the request.\n";
        };
    }

    private void answer(HttpExchange exchange, String[] path) throws IOException {
        if (path.length == 2) {
            part(exchange, path[1]);
            return;
        }
        if (path.length == 3 && path[1].equals("api") && path[2].equals("runs")) {
            send(exchange, 200, "application/json", list().toString());
            return;
        }
        if (path.length == 3 && path[1].equals("api") && path[2].equals("events")) {
            events(exchange);
            return;
        }
        Optional<RunFolder> run = path.length >= 4 && path[1].equals("runs") ? run(path[2]) : Optional.empty();
        if (run.isEmpty()) {
            notFound(exchange);
        } else if (path.length == 4 && path[3].equals("log")) {
            send(exchange, 200, "application/json", log(run.get()).toString());
        } else if (path.length == 4 && path[3].equals("draw")) {
            draw(exchange, run.get());
        } else if (path.length == 5 && path[3].equals("samples") && path[4].matches("\\d{1,12}")) {
            picture(exchange, run.get(), Long.parseLong(path[4]));
        } else {
            notFound(exchange);
        }
    }

    private Optional<RunFolder> run(String number) {
        return number.matches("\\d{1,4}") && Integer.parseInt(number) < runs.size()
                ? Optional.of(runs.get(Integer.parseInt(number)))
                : Optional.empty();
    }

    private void part(HttpExchange exchange, String name) throws IOException {
        switch (name) {
            case "" -> send(exchange, 200, "text/html; charset=utf-8", resource("live.html"));
            case "live.js" -> send(exchange, 200, "text/javascript; charset=utf-8", resource("live.js"));
            case "live.css" -> send(exchange, 200, "text/css; charset=utf-8", resource("live.css"));
            case "style.css" -> send(exchange, 200, "text/css; charset=utf-8", PageParts.style());
            case "uplot.css" -> send(exchange, 200, "text/css; charset=utf-8", PageParts.uPlotStyle());
            case "uplot.js" -> send(exchange, 200, "text/javascript; charset=utf-8", PageParts.uPlotScript());
            case "charts.js" -> send(exchange, 200, "text/javascript; charset=utf-8", PageParts.charts());
            default -> notFound(exchange);
        }
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = LiveServer.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void notFound(HttpExchange exchange) throws IOException {
        send(exchange, 404, "text/plain", "There is nothing here.\n");
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        send(exchange, status, type, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    private ArrayNode list() throws IOException {
        ArrayNode list = JSON.createArrayNode();
        for (int i = 0; i < runs.size(); i++) {
            RunFolder run = runs.get(i);
            ObjectNode entry = list.addObject();
            entry.put("id", i);
            entry.put("name", run.files().name());
            entry.put("drawable", run.newestCheckpoint().isPresent());
        }
        return list;
    }

    private static ObjectNode log(RunFolder run) throws IOException {
        RunFiles files = run.files();
        RunLog log = RunLog.read(files);
        ObjectNode answer = log.columns(ROWS);
        JsonNode last = log.last().orElse(JSON.createObjectNode());
        answer.set("last", last);
        ArrayNode samples = answer.putArray("samples");
        files.pictures().forEach(picture -> samples.add(step(picture)));
        answer.put("drawable", run.newestCheckpoint().isPresent());
        return answer;
    }

    private static long step(Path picture) {
        return Long.parseLong(picture.getFileName().toString().replaceAll("\\D", ""));
    }

    private static void picture(HttpExchange exchange, RunFolder run, long step) throws IOException {
        for (Path picture : run.files().pictures()) {
            // A link could lead out of the folder.
            if (step(picture) == step && Files.isRegularFile(picture, LinkOption.NOFOLLOW_LINKS)) {
                send(exchange, 200, "image/png", Files.readAllBytes(picture));
                return;
            }
        }
        notFound(exchange);
    }

    /** Tells of each run that has something new, as long as the visitor stays. */
    private void events(HttpExchange exchange) throws IOException {
        OutputStream out = startEvents(exchange);
        String[] known = new String[runs.size()];
        long beat = System.nanoTime();
        while (!closed) {
            for (int i = 0; i < known.length; i++) {
                String now = state(runs.get(i));
                if (!now.equals(known[i])) {
                    if (known[i] != null) {
                        event(out, "changed", JSON.createObjectNode().put("id", i));
                    }
                    known[i] = now;
                }
            }
            if (System.nanoTime() - beat > BEAT_MILLIS * 1_000_000) {
                // Finds out whether there is still someone.
                out.write(":\n\n".getBytes(StandardCharsets.UTF_8));
                out.flush();
                beat = System.nanoTime();
            }
            pause();
        }
    }

    private static String state(RunFolder run) throws IOException {
        RunFiles files = run.files();
        return size(files.metrics()) + " " + size(files.stages()) + " "
                + files.pictures().size() + " "
                + run.newestCheckpoint().map(Path::toString).orElse("");
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the server ends", e);
        }
    }

    private static OutputStream startEvents(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        out.write(":\n\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
        return out;
    }

    private static void event(OutputStream out, String name, JsonNode data) throws IOException {
        out.write(("event: " + name + "\ndata: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** Draws, one at a time, and tells how far it is. Ends when the visitor goes. */
    private void draw(HttpExchange exchange, RunFolder run) throws IOException {
        Map<String, String> wishes = new LinkedHashMap<>();
        String query =
                Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse("");
        for (String part : query.split("&")) {
            int equals = part.indexOf('=');
            if (equals > 0) {
                String name = part.substring(0, equals);
                String value = URLDecoder.decode(part.substring(equals + 1), StandardCharsets.UTF_8);
                if (WISHES.contains(name) && !value.isBlank() && value.length() <= LONGEST_WISH) {
                    wishes.put(name, value.strip());
                }
            }
        }
        OutputStream out = startEvents(exchange);
        if (!drawing.tryAcquire()) {
            event(out, "failed", JSON.createObjectNode().put("message", "another drawing is under way; try again"));
            return;
        }
        try {
            byte[] png = drawer.draw(run.path(), wishes, (done, total) -> {
                try {
                    event(
                            out,
                            "progress",
                            JSON.createObjectNode().put("done", done).put("total", total));
                } catch (IOException e) {
                    throw new IllegalStateException("the visitor has gone", e);
                }
            });
            String data = "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
            event(out, "drawn", JSON.createObjectNode().put("picture", data));
        } catch (IOException | RuntimeException e) {
            LOGGER.debug("a drawing failed", e);
            event(out, "failed", JSON.createObjectNode().put("message", String.valueOf(e.getMessage())));
        } finally {
            drawing.release();
        }
    }

    @Override
    public void close() {
        closed = true;
        server.stop(0);
        executor.shutdownNow();
    }
}

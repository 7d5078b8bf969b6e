package dev.gradus.cli.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradus.diffusion.train.RunFolder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LiveServerTest {
    private static final String HOSTILE = "<img src=x onerror=document.title='hacked'>";
    private static final byte[] PNG = Base64.getDecoder()
            .decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAGy0LTQAAAABJRU5ErkJggg==");

    @TempDir
    private Path folder;

    private Path run;
    private LiveServer server;

    @BeforeEach
    void start() throws IOException {
        run = Files.createDirectories(folder.resolve(HOSTILE));
        Files.writeString(run.resolve("config.yaml"), "steps: 3\n");
        log(1);
        log(2);
        Files.createDirectories(run.resolve("samples"));
        Files.write(run.resolve("samples/step-000002.png"), PNG);
        Files.writeString(folder.resolve("secret.png"), "secret");
        Files.createSymbolicLink(run.resolve("samples/step-000009.png"), folder.resolve("secret.png"));
        server = open(Set.of("localhost", "127.0.0.1"), null);
    }

    private LiveServer open(Set<String> hosts, String token) throws IOException {
        return LiveServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                hosts,
                token,
                List.of(RunFolder.existing(run)),
                LiveServerTest::draw);
    }

    private static byte[] draw(Path run, Map<String, String> wishes, Drawer.Progress progress) throws IOException {
        if (wishes.containsKey("class")) {
            throw new IOException("there is no class " + wishes.get("class"));
        }
        for (int i = 0; wishes.containsKey("prompt"); i++) {
            // Until the visitor goes.
            progress.at(i, Integer.MAX_VALUE);
        }
        progress.at(1, 2);
        progress.at(2, 2);
        return PNG;
    }

    private void log(int step) throws IOException {
        Files.writeString(
                run.resolve("metrics.jsonl"),
                "{\"step\":%d,\"images\":%d,\"loss\":0.5,\"stage\":1,\"imagesPerSecond\":100}\n".formatted(step, step),
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** All that is answered to a request, with lines of its own. */
    private String request(String first, String... more) throws IOException {
        try (Socket socket = new Socket("localhost", server.port())) {
            socket.setSoTimeout(10_000);
            String head = String.join("\r\n", more);
            String host = head.contains("Host:") ? "" : "Host: localhost:" + server.port() + "\r\n";
            socket.getOutputStream()
                    .write((first + " HTTP/1.1\r\n" + host + "Connection: close\r\n" + head
                                    + (head.isEmpty() ? "" : "\r\n") + "\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static int status(String answer) {
        return Integer.parseInt(answer.substring(9, 12));
    }

    @Test
    void thePageAndAllItsPartsAreHere() throws IOException {
        for (String part :
                List.of("/", "/live.js", "/live.css", "/style.css", "/uplot.css", "/uplot.js", "/charts.js")) {
            assertEquals(200, status(request("GET " + part)), part);
        }
        String page = request("GET /");
        assertTrue(page.contains("Content-security-policy: default-src 'none'; script-src 'self';"), page);
        assertFalse(page.contains("http://") || page.contains("https://"), page);
        assertFalse(page.contains("<script>") || page.contains(" onclick") || page.contains("style="), page);
    }

    @Test
    void runsAndLogsAreJson() throws IOException {
        assertTrue(request("GET /api/runs").contains("{\"id\":0,\"name\":\"" + HOSTILE + "\",\"drawable\":false}"));
        String log = request("GET /runs/0/log");
        assertTrue(log.contains("\"step\":[1,2]") && log.contains("\"samples\":[2,9]"), log);
        assertTrue(request("GET /runs/0/samples/2").contains("Content-type: image/png"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/runs/1/log",
                "/runs/-1/log",
                "/runs/0/samples/3",
                "/runs/0/samples/../../secret.png",
                "/runs/0/samples/..%2f..%2fsecret.png",
                "/runs/0/samples/%2e%2e/config.yaml",
                "/runs/0/config.yaml",
                "/../../../../etc/passwd",
                "/live.html",
                "/runs/0/samples/9"
            })
    void nothingElseIsRead(String path) throws IOException {
        String answer = request("GET " + path);
        assertTrue(status(answer) == 404 || status(answer) == 400, answer);
        assertFalse(answer.contains("secret") && !path.contains("secret") || answer.contains("root:"), answer);
    }

    @Test
    void nothingIsWritten() throws IOException {
        for (String method : List.of("POST", "PUT", "DELETE", "OPTIONS")) {
            assertEquals(405, status(request(method + " /api/runs")), method);
        }
    }

    @Test
    void otherNamesAndOtherSitesAreRefused() throws IOException {
        assertEquals(403, status(request("GET /", "Host: evil.example")));
        assertEquals(403, status(request("GET /runs/0/draw", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors")));
        assertEquals(200, status(request("GET /", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate")));
        assertEquals(200, status(request("GET /", "Host: 127.0.0.1:" + server.port())));
    }

    @Test
    void aTokenIsAskedForWhereThereIsOne() throws IOException {
        server.close();
        server = open(Set.of(), "0123456789abcdef");
        assertEquals(401, status(request("GET /")));
        assertEquals(401, status(request("GET /?token=0123456789abcdeX")));
        String first = request("GET /?token=0123456789abcdef", "Host: elsewhere:1");
        assertEquals(200, status(first));
        assertTrue(first.contains("HttpOnly; SameSite=Strict"), first);
        assertEquals(200, status(request("GET /api/runs", "Cookie: a=b; gradus-token=0123456789abcdef")));
    }

    @Test
    void aDrawingTellsHowFarItIs() throws IOException {
        String drawn = request("GET /runs/0/draw?seed=1&unknown=2");
        assertTrue(drawn.contains("event: progress\ndata: {\"done\":1,\"total\":2}"), drawn);
        assertTrue(drawn.contains("event: drawn\ndata: {\"picture\":\"data:image/png;base64,iVBOR"), drawn);
        String failed = request("GET /runs/0/draw?class=x%0Ay");
        assertTrue(failed.contains("event: failed\ndata: {\"message\":\"there is no class x\\ny\"}"), failed);
    }

    @Test
    void oneDrawsAtATimeAndADrawingEndsWithItsVisitor() throws Exception {
        try (Socket visitor = new Socket("localhost", server.port())) {
            visitor.getOutputStream()
                    .write(("GET /runs/0/draw?prompt=x HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            assertTrue(visitor.getInputStream().readNBytes(2000).length == 2000);
            String other = request("GET /runs/0/draw?seed=1");
            assertTrue(other.contains("another drawing is under way"), other);
        }
        String last = "";
        for (int i = 0; i < 100 && !last.contains("event: drawn"); i++) {
            Thread.sleep(50);
            last = request("GET /runs/0/draw?seed=1");
        }
        assertTrue(last.contains("event: drawn"), last);
    }

    @Test
    void aBrowserShowsItAndKeepsUp() throws Exception {
        Optional<Path> program = Chromium.find();
        assumeTrue(program.isPresent(), "no Chromium");
        try (Chromium browser =
                Chromium.start(program.get(), Path.of("target", "chromium").toAbsolutePath(), 1200, 1000)) {
            browser.open("http://localhost:" + server.port() + "/");
            browser.await("document.getElementById('state').textContent === 'Live'");
            assertEquals(
                    HOSTILE,
                    browser.value("document.querySelector('section h2').textContent")
                            .asText());
            assertEquals("Gradus", browser.value("document.title").asText());
            assertTrue(
                    browser.value("document.querySelectorAll('canvas').length").asInt() > 1);
            browser.await("document.body.innerText.includes('Step 2,')");

            log(3);
            browser.await("document.body.innerText.includes('Step 3,')");
            Files.write(run.resolve("samples/step-000010.png"), PNG);
            browser.await("document.querySelector('img[alt=\"Samples of step 10\"]') !== null");

            browser.value("document.querySelector('form input[name=seed]').value = '5'");
            browser.value("document.querySelector('form button').click()");
            browser.await("document.querySelector('img[alt=\"Drawn with seed 5\"]')?.naturalWidth === 1");
            browser.value("document.querySelector('form input[name=class]').value = 'none'");
            browser.value("document.querySelector('form button').click()");
            browser.await("document.querySelector('[role=alert]').textContent === 'there is no class none'");
        }
    }
}

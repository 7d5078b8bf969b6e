package dev.gradus.diffusion.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/**
 * Files under one web address. What was received of a file before a failure is kept and not asked for again, where the server
 * can go on from a place (RFC 9110, section 14); files that are complete are kept too.
 *
 * @param address ends in {@code /}
 * @param files the names of the files
 */
record WebFolder(String address, List<String> files) implements DataSource {
    private static final int REPORT_BYTES = 1 << 20;

    @Override
    public String name() {
        return address;
    }

    @Override
    public void fetch(Path folder, FetchProgress progress) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .connectTimeout(Duration.ofSeconds(20))
                .build()) {
            for (String file : files) {
                Path target = folder.resolve(file);
                if (!Files.exists(target)) {
                    Path part = folder.resolve(file + ".part");
                    fetch(client, file, part, progress);
                    Files.move(part, target);
                }
            }
        }
    }

    private void fetch(HttpClient client, String file, Path part, FetchProgress progress)
            throws IOException, InterruptedException {
        long have = Files.exists(part) ? Files.size(part) : 0;
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(address + file)).timeout(Duration.ofMinutes(1));
        if (have > 0) {
            request.header("Range", "bytes=" + have + "-");
        }
        HttpResponse<InputStream> response;
        try {
            response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (ConnectException e) {
            throw new IOException("cannot connect", e);
        }
        try (InputStream body = response.body()) {
            switch (response.statusCode()) {
                case 200 -> receive(file, response, body, part, 0, progress);
                case 206 -> receive(file, response, body, part, have, progress);
                // The part is already as long as the file, or longer; its checksum will tell.
                case 416 -> {}
                default -> throw new IOException(file + ": answered with HTTP status " + response.statusCode());
            }
        }
    }

    private static void receive(
            String file, HttpResponse<?> response, InputStream body, Path part, long from, FetchProgress progress)
            throws IOException {
        long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
        long total = length < 0 ? -1 : from + length;
        try (OutputStream out = Files.newOutputStream(
                part,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                from > 0 ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING)) {
            byte[] buffer = new byte[1 << 16];
            long done = from;
            long reported = from;
            for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
                out.write(buffer, 0, n);
                done += n;
                if (done - reported >= REPORT_BYTES) {
                    progress.update("Fetching " + file, done, total);
                    reported = done;
                }
            }
            if (total >= 0 && done != total) {
                throw new IOException(file + ": the transfer stopped at byte " + done + " of " + total);
            }
        }
    }
}

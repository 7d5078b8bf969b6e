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
import java.time.Duration;
import java.util.List;

/**
 * Files under one web address.
 *
 * @param address ends in {@code /}
 * @param files the names of the files
 */
record WebFolder(String address, List<String> files) implements DataSource {
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
                fetch(client, file, folder.resolve(file), progress);
            }
        }
    }

    private void fetch(HttpClient client, String file, Path target, FetchProgress progress)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + file))
                .timeout(Duration.ofMinutes(1))
                .build();
        HttpResponse<InputStream> response;
        try {
            response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (ConnectException e) {
            throw new IOException("cannot connect", e);
        }
        long total = response.headers().firstValueAsLong("Content-Length").orElse(-1);
        try (InputStream body = response.body();
                OutputStream out = Files.newOutputStream(target)) {
            if (response.statusCode() != 200) {
                throw new IOException(file + ": answered with HTTP status " + response.statusCode());
            }
            byte[] buffer = new byte[1 << 16];
            long done = 0;
            long reported = 0;
            for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
                out.write(buffer, 0, n);
                done += n;
                if (done - reported >= 1 << 20) {
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

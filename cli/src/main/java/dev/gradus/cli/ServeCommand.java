package dev.gradus.cli;

import dev.gradus.cli.output.Logging;
import dev.gradus.cli.output.TaskProgress;
import dev.gradus.cli.serve.Drawer;
import dev.gradus.cli.serve.LiveServer;
import dev.gradus.diffusion.train.RunFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Serves the live page. */
@Command(
        name = "serve",
        description = {
            "Show runs on a live page of this machine, side by side, and draw from their checkpoints on demand.",
            "",
            "It listens on the loopback address, reads the folders and writes nothing into them. Another --host makes"
                    + " it reachable from elsewhere, for those who know the token. Ctrl-C ends it.",
            ""
        })
final class ServeCommand implements Callable<Integer> {
    private static final int MOST_IMAGES = 64;
    private static final int SHORTEST_TOKEN = 16;
    private static final Map<String, String> OPTIONS = Map.of(
            "count", "--count",
            "seed", "--seed",
            "steps", "--sampling-steps",
            "class", "--class",
            "prompt", "--prompt",
            "negative", "--negative-prompt",
            "guidance", "--guidance");

    @Parameters(paramLabel = "RUN", arity = "1..*", description = "The folders of training runs.")
    private List<Path> runs;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "0",
            description = "Where to listen; 0 takes a free port (default).")
    private int port;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            description = "The address to listen on (default: loopback); another one needs --token.")
    private String host;

    @Option(
            names = "--token",
            paramLabel = "TEXT",
            description = "What visitors must know, at least 16 letters and digits.")
    private String token;

    @Spec
    private CommandSpec spec;

    @ParentCommand
    private Main main;

    @Override
    public Integer call() throws IOException {
        if (port < 0 || port > 65_535) {
            throw new UsageException("--port: must be from 0 to 65535, is " + port);
        }
        if (token != null && !token.matches("[A-Za-z0-9_-]{" + SHORTEST_TOKEN + ",200}")) {
            throw new UsageException("--token: must be at least " + SHORTEST_TOKEN + " letters, digits, - and _");
        }
        List<RunFolder> folders = new ArrayList<>();
        for (Path run : runs) {
            folders.add(Arguments.runFolder("RUN", run));
        }
        InetAddress address = address();
        Logging.start(main.verbose());
        CountDownLatch end = new CountDownLatch(1);
        main.onInterrupt(end::countDown);
        Set<String> hosts = address.isLoopbackAddress() ? Set.of("localhost", "127.0.0.1", "[::1]") : Set.of();
        try (LiveServer server =
                LiveServer.start(new InetSocketAddress(address, port), hosts, token, folders, ServeCommand::draw)) {
            String name = address.isLoopbackAddress() ? "localhost" : address.getHostAddress();
            PrintWriter out = spec.commandLine().getOut();
            out.println("http://" + name + ":" + server.port() + "/" + (token == null ? "" : "?token=" + token));
            out.flush();
            end.await();
        } catch (BindException e) {
            throw new UsageException("--port: " + port + " cannot be had: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return ExitCode.DONE;
    }

    private InetAddress address() {
        if (host == null) {
            return InetAddress.getLoopbackAddress();
        }
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new UsageException("--host: there is no address '" + host + "'", e);
        }
        if (!address.isLoopbackAddress() && token == null) {
            throw new UsageException("--host: " + host + " can be reached from elsewhere, so it needs --token");
        }
        return address;
    }

    /** As the command sample does, with all its checks and messages. */
    private static byte[] draw(Path run, Map<String, String> wishes, Drawer.Progress progress) throws IOException {
        String count = wishes.getOrDefault("count", "16");
        if (!count.matches("\\d{1,4}") || Integer.parseInt(count) > MOST_IMAGES) {
            throw new UsageException("Images: must be from 1 to " + MOST_IMAGES + ", is " + count);
        }
        // Its own, outside of the runs.
        Path picture = Files.createTempFile("gradus-draw-", ".png");
        try {
            List<String> words = new ArrayList<>(List.of("--run=" + run, "--out=" + picture));
            wishes.forEach((name, value) -> {
                if (OPTIONS.containsKey(name)) {
                    words.add(OPTIONS.get(name) + "=" + value);
                }
            });
            if (wishes.containsKey("strip")) {
                words.add("--strip");
            }
            SampleCommand.run(words, new TaskProgress() {
                @Override
                public void update(String what, long done, long total) {
                    progress.at(done, total);
                }

                @Override
                public void close() {}
            });
            return Files.readAllBytes(picture);
        } finally {
            Files.deleteIfExists(picture);
        }
    }
}

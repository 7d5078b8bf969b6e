package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the commands of all pages in their order, in one folder, with less of everything: a network for images of 8 x 8 and
 * two steps. Of commands that measure for minutes the options are checked, and tests of their own run them.
 */
class DocumentsTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern BLOCK = Pattern.compile("^```sh\\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(#[^)]*)?\\)");

    /** What takes minutes, or needs what is not here. */
    private static final Set<String> CHECKED_ONLY =
            Set.of("analyze", "evaluate", "experiment", "bench", "parity", "data fetch", "serve", "setup", "launch");

    /** Options whose value is a file or a folder. */
    private static final Set<String> PATHS =
            Set.of("--run", "--out", "--config", "--json", "--model", "--init", "--images", "--raw", "--inputs");

    /** Makes any training one of a moment. */
    private static final List<String> LESS = List.of(
            "--steps=2",
            "--set=batchSize=4",
            "--set=threads=1",
            "--set=logEvery=1",
            "--set=sampleEvery=0",
            "--set=checkpoint.every=0",
            "--set=ema.snapshotEvery=1",
            "--set=ema.power=0.05,0.1",
            "--set=sampling.count=2",
            "--set=sampling.steps=2");

    private static final List<String> SMALL_NETWORK = List.of(
            "--set=model.sampleSize=8",
            "--set=model.blockOutChannels=[8,8]",
            "--set=model.downBlockTypes=[DownBlock2D,DownBlock2D]",
            "--set=model.upBlockTypes=[UpBlock2D,UpBlock2D]",
            "--set=model.layersPerBlock=1",
            "--set=model.normNumGroups=2",
            "--set=schedule.timesteps=20");

    @TempDir
    private static Path folder;

    @BeforeAll
    static void prepare() throws IOException {
        TinyRun.data(folder);
        Path photos = Files.createDirectories(folder.resolve("photos/squares"));
        for (int i = 0; i < 8; i++) {
            Files.write(photos.resolve(i + ".bmp"), PackKillTest.bmp(8, new byte[192]));
            Files.writeString(photos.resolve(i + ".txt"), "a black square");
        }
        Path convergence = Files.createDirectories(folder.resolve("runs/convergence"));
        Files.writeString(convergence.resolve("convergence.json"), """
            {"difficulty": [{"from": 0, "to": 10, "value": 2}, {"from": 10, "to": 19, "value": 1}]}
            """);
        // A published pipeline, as it were.
        Files.createSymbolicLink(folder.resolve("ddpm-cifar10-32"), folder.resolve("garments"));
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
            return Stream.concat(
                            Stream.of(ROOT.resolve("README.md"), ROOT.resolve("docs/tutorial.md")),
                            docs.filter(file -> file.toString().endsWith(".md")).sorted())
                    .distinct()
                    .toList();
        }
    }

    /** The words of each command of a page that begins with ./gradus. */
    private static List<List<String>> commands(Path page) throws IOException {
        List<List<String>> commands = new ArrayList<>();
        Matcher block = BLOCK.matcher(Files.readString(page));
        while (block.find()) {
            String text = block.group(1).replace("\\\n", " ");
            for (String line : text.lines().toList()) {
                String command = line.replaceFirst("\\s+#.*", "").strip();
                if (command.startsWith("./gradus ") && !command.endsWith("...")) {
                    commands.add(words(command.substring("./gradus ".length())));
                }
            }
        }
        return commands;
    }

    private static List<String> words(String command) {
        List<String> words = new ArrayList<>();
        Matcher word = Pattern.compile("(?:\"[^\"]*\"|'[^']*'|[^\\s\"'])+").matcher(command);
        while (word.find()) {
            words.add(word.group().replaceAll("[\"']", ""));
        }
        return words;
    }

    @TestFactory
    Stream<DynamicTest> everyCommandRuns() throws IOException {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path page : pages()) {
            for (List<String> command : commands(page)) {
                tests.add(
                        dynamicTest(page.getFileName() + ": gradus " + String.join(" ", command), () -> run(command)));
            }
        }
        assertTrue(tests.size() > 40, "only " + tests.size() + " commands were found");
        return tests.stream();
    }

    private static void run(List<String> command) throws IOException {
        String name = command.getFirst();
        boolean data = name.equals("data");
        boolean ofRun = Set.of("report", "show").contains(name);
        if (CHECKED_ONLY.contains(data ? name + " " + command.get(1) : name)) {
            Main.commandLine().parseArgs(command.toArray(String[]::new));
            return;
        }
        List<String> words = new ArrayList<>();
        for (int i = 0; i < command.size(); i++) {
            String word = command.get(i);
            String before = i == 0 ? "" : command.get(i - 1);
            if (before.equals("--steps") || before.equals("--count") || before.equals("--sampling-steps")) {
                words.set(words.size() - 1, before + "=2");
            } else if (PATHS.contains(before) || data && i == 2 || ofRun && i == 1) {
                Path path = folder.resolve(word.replaceFirst("step-\\d{6}", "step-000002"));
                words.add(path.toString());
                // Each page begins anew.
                if (before.equals("--out") || before.equals("--run") && command.contains("--init")) {
                    delete(path);
                }
            } else if (word.startsWith("data.path=") || word.startsWith("curriculum.difficulty=")) {
                String[] pair = word.split("=");
                words.add(pair[0] + "=" + folder.resolve(pair[1]));
            } else {
                words.add(word);
            }
        }
        if (name.equals("train")) {
            forTraining(words);
        }
        Cli.run(words.toArray()).succeeds();
    }

    private static void delete(Path path) throws IOException {
        if (Files.exists(path)) {
            try (Stream<Path> all = Files.walk(path)) {
                for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
    }

    private static void forTraining(List<String> words) {
        words.removeIf(word -> word.startsWith("--steps=") || word.startsWith("model."));
        for (int i = words.size() - 1; i >= 0; i--) {
            if (words.get(i).equals("--set")
                    && (i + 1 == words.size() || words.get(i + 1).startsWith("--"))) {
                words.remove(i);
            }
        }
        words.addAll(LESS);
        boolean own = words.stream().anyMatch(word -> word.startsWith("data.path="));
        boolean begun = words.contains("--init");
        if (!begun) {
            words.addAll(SMALL_NETWORK);
        }
        if (words.contains("emoji")) {
            words.addAll(List.of(
                    "--set=data.format=images",
                    "--set=data.path=" + folder.resolve("photos"),
                    "--set=model.downBlockTypes=[DownBlock2D,CrossAttnDownBlock2D]",
                    "--set=model.upBlockTypes=[CrossAttnUpBlock2D,UpBlock2D]",
                    "--set=model.crossAttentionDim=8",
                    "--set=conditioning.text.width=8"));
        } else if (!own) {
            words.addAll(List.of("--set=data.format=idx", "--set=data.path=" + folder.resolve("data")));
        } else if (!begun) {
            words.addAll(List.of("--set=model.inChannels=3", "--set=model.outChannels=3"));
        } else {
            words.add("--set=data.channels=1");
        }
        if (!words.contains("--run") && !words.contains("--dry-run")) {
            words.addAll(List.of(
                    "--run", folder.resolve("runs/other-" + System.nanoTime()).toString()));
        }
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path page : pages()) {
            String text = Files.readString(page);
            Matcher link = LINK.matcher(text);
            while (link.find()) {
                Path target = page.resolveSibling(link.group(1)).normalize();
                if (!Files.exists(target)) {
                    broken.add(page + ": " + link.group(1));
                } else if (link.group(2) != null && !anchors(target).contains(link.group(2))) {
                    broken.add(page + ": " + link.group());
                }
            }
        }
        assertEquals(List.of(), broken);
    }

    private static List<String> anchors(Path page) throws IOException {
        return Arrays.stream(Files.readString(page).split("\n"))
                .filter(line -> line.startsWith("#"))
                .map(line -> "#"
                        + line.replaceFirst("#+ ", "")
                                .toLowerCase(Locale.ROOT)
                                .replaceAll("[^a-z0-9 _-]", "")
                                .replace(' ', '-'))
                .toList();
    }

    @Test
    void everyPageIsReachedFromTheReadme() throws IOException {
        String all = "";
        for (Path page : pages()) {
            all += Files.readString(page);
        }
        for (Path page : pages()) {
            assertTrue(
                    all.contains("(" + page.getFileName() + ")")
                            || all.contains("docs/" + page.getFileName())
                            || page.endsWith("README.md"),
                    "no page leads to " + page);
        }
    }
}

package dev.gradus.diffusion.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportTest {
    private static final String HOSTILE = "<img src=x onerror=alert(1)>\"'</script>&";

    @TempDir
    private Path folder;

    private RunFiles files(String name, int pictures) throws IOException {
        List<Path> paths = new ArrayList<>();
        for (int i = 1; i <= pictures; i++) {
            paths.add(Files.write(folder.resolve("step-%06d.png".formatted(i * 10)), new byte[] {1, 2, (byte) i}));
        }
        return new RunFiles(
                name,
                folder.resolve("config.yaml"),
                folder.resolve("metrics.jsonl"),
                folder.resolve("stages.jsonl"),
                folder.resolve("machine.json"),
                paths);
    }

    private String report(RunFiles files) throws IOException {
        Path target = folder.resolve("report.html");
        RunReport.write(files, target);
        return Files.readString(target);
    }

    private static String embeddedLog(String page) {
        Matcher log = Pattern.compile("(?s)id=\"log\">(.*?)</script>").matcher(page);
        assertTrue(log.find());
        return log.group(1);
    }

    @Test
    void aRunThatHasLoggedNothingHasAPage() throws IOException {
        String page = report(files("new", 0));
        assertTrue(page.contains("Nothing has been logged yet"), page);
        assertTrue(page.contains("No pictures have been drawn yet"), page);
    }

    @Test
    void theLogIsInThePage() throws IOException {
        Files.writeString(folder.resolve("metrics.jsonl"), "{\"step\": 1200, \"loss\": 0.5, \"stage\": 3}\n");
        String page = report(files("run", 0));
        JsonNode log = new ObjectMapper().readTree(embeddedLog(page));
        assertEquals(1200, log.at("/columns/step/0").asInt());
        assertTrue(page.contains("<dd>1,200</dd>"), page);
    }

    @Test
    void whatComesFromTheRunIsText() throws IOException {
        Files.writeString(folder.resolve("config.yaml"), HOSTILE);
        Files.writeString(
                folder.resolve("machine.json"),
                new ObjectMapper().createObjectNode().put(HOSTILE, HOSTILE).toString());
        Files.writeString(
                folder.resolve("stages.jsonl"),
                "{\"step\": 0, \"stage\": \"</script><b>\", \"active\": [[0, 1]], \"clusters\": [[\"</script><b>\","
                        + " 0]]}\n");
        String page = report(files(HOSTILE, 0));
        assertFalse(page.contains("<img src=x"), page);
        assertFalse(page.contains("</script><b>"), page);
        assertTrue(page.contains("<title>&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&lt;/script&gt;&amp; - Gradus"));
    }

    @Test
    void nothingIsLoadedFromElsewhere() throws IOException {
        String page = report(files("run", 2));
        Matcher addresses = Pattern.compile("(?:src|href)=\"([^\"]{1,40})").matcher(page);
        List<String> found = new ArrayList<>();
        while (addresses.find()) {
            found.add(addresses.group(1).replaceFirst("(?<=,).*", ""));
        }
        assertEquals(List.of("#main", "data:image/png;base64,", "data:image/png;base64,"), found);
        assertFalse(page.contains("url("), "styles load something");
    }

    @Test
    void thePolicyAllowsExactlyTheScriptsOfThePage() throws IOException {
        String page = report(files("run", 0));
        Matcher policy = Pattern.compile("script-src ([^;]*);").matcher(page);
        assertTrue(policy.find());
        List<String> hashes = new ArrayList<>();
        Matcher scripts = Pattern.compile("(?s)<script>(.*?)</script>").matcher(page);
        while (scripts.find()) {
            hashes.add(PageParts.hash(scripts.group(1)));
        }
        assertEquals(3, hashes.size());
        assertEquals(String.join(" ", hashes), policy.group(1));
    }

    @Test
    void ofManyPicturesSomeAreShownWithTheFirstAndTheLast() throws IOException {
        String page = report(files("run", 100));
        List<String> steps = new ArrayList<>();
        Matcher captions = Pattern.compile("<li data-caption=\"step (\\d+)\"").matcher(page);
        while (captions.find()) {
            steps.add(captions.group(1));
        }
        assertEquals(40, steps.size());
        assertEquals("10", steps.getFirst());
        assertEquals("1000", steps.getLast());
        assertTrue(page.contains("40 of 100 pictures"), page);
    }
}

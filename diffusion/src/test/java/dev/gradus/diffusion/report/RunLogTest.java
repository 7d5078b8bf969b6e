package dev.gradus.diffusion.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogTest {
    private static RunLog log(String metrics, String stages) {
        return new RunLog(
                RunLog.parse(metrics.getBytes(StandardCharsets.UTF_8)),
                RunLog.parse(stages.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void rowsBecomeColumns() {
        ObjectNode columns = log("""
            {"step": 1, "loss": 0.5, "clusterLoss": [0.25, null]}
            {"step": 2, "loss": null, "clusterLoss": [null, 0.75]}
            """, "").columns(10);
        assertEquals("[1,2]", columns.at("/columns/step").toString());
        assertEquals("[0.5,null]", columns.at("/columns/loss").toString());
        assertEquals("[null,null]", columns.at("/columns/memory").toString());
        assertEquals("[[0.25,null],[null,0.75]]", columns.path("clusterLoss").toString());
    }

    @Test
    void moreRowsThanWantedBecomeTheMeansOfNeighbours() {
        StringBuilder lines = new StringBuilder();
        for (int step = 1; step <= 10; step++) {
            lines.append("{\"step\": %d, \"loss\": %d}\n".formatted(step, step));
        }
        ObjectNode columns = log(lines.toString(), "").columns(3);
        assertEquals("[4,8,10]", columns.at("/columns/step").toString());
        assertEquals("[2.5,6.5,9.5]", columns.at("/columns/loss").toString());
    }

    @Test
    void stagesHaveTheirTimes() {
        ObjectNode columns = log("", """
            {"step": 0, "stage": 1, "stages": 2, "active": [[10, 20]], "clusters": [[0, 10], [10, 20]]}
            {"step": 5, "stage": 2, "stages": 2, "active": [[0, 20]], "clusters": [[0, 10], [10, 20]]}
            """).columns(10);
        assertEquals("[[0,10],[10,20]]", columns.path("clusters").toString());
        assertEquals(
                "{\"step\":5,\"stage\":2,\"stages\":2,\"active\":[[0,20]]}",
                columns.path("stages").path(1).toString());
    }

    @Test
    void whatIsNoLogIsLeftOut(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        Files.write(
                file,
                "{\"step\": 1}\n[1]\nhello\n\n{\"step\": \"x\"}\n\0\u00ff\n{\"step\": 2, \"lo"
                        .getBytes(StandardCharsets.ISO_8859_1));
        List<JsonNode> lines = RunLog.lines(file);
        assertEquals(2, lines.size());
        assertEquals(
                "[1]", new RunLog(lines, lines).columns(10).at("/columns/step").toString());
        assertTrue(RunLog.lines(folder.resolve("none")).isEmpty());
    }
}

package dev.gradus.diffusion.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.diffusion.internal.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A run as one page: {@code report.html}. The page has all in itself, pictures too, and a policy that lets a browser load
 * nothing else and run no other script. Whatever comes from the run's files is shown as text.
 */
public final class RunReport {
    /** Rows of the charts; a screen has no room for more. */
    private static final int ROWS = 1500;

    /** Pictures, of which there may be thousands. */
    private static final int PICTURES = 40;

    private static final long PICTURE_BYTES = 24L << 20;

    private static final Pattern SLOT = Pattern.compile("\\{\\{([a-z.-]+)}}");

    private final RunFiles files;
    private final RunLog log;

    private RunReport(RunFiles files, RunLog log) {
        this.files = files;
        this.log = log;
    }

    /**
     * Writes the page of what the run's files hold so far; the file has the whole page or what it had before.
     *
     * @param target the file to make or replace
     * @throws IOException if they cannot be read, or the page cannot be written
     */
    public static void write(RunFiles files, Path target) throws IOException {
        String page = new RunReport(files, RunLog.read(files)).page();
        AtomicFiles.file(target.toAbsolutePath(), temporary -> Files.writeString(temporary, page));
    }

    private String page() throws IOException {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("uplot.css", PageParts.uPlotStyle());
        parts.put("style.css", PageParts.style());
        parts.put("uplot.js", PageParts.uPlotScript());
        parts.put("charts.js", PageParts.charts());
        parts.put("report.js", PageParts.text("report.js"));
        for (String kind : List.of("style", "script")) {
            String suffix = kind.equals("style") ? ".css" : ".js";
            String hashes = parts.entrySet().stream()
                    .filter(part -> part.getKey().endsWith(suffix))
                    .map(part -> PageParts.hash(part.getValue()))
                    .collect(Collectors.joining(" "));
            parts.put(kind + "-hashes", hashes);
        }
        parts.put("name", PageParts.escape(files.name()));
        parts.put(
                "when",
                log.last().map(line -> ", after step " + grouped(line, "step")).orElse(", not begun"));
        parts.put("numbers", numbers());
        parts.put("pictures", pictures());
        parts.put("stages", stages());
        parts.put("machine", machine());
        parts.put("config", Files.exists(files.config()) ? PageParts.escape(Files.readString(files.config())) : "");
        // A browser ends the script at this character, whatever is around it.
        parts.put("log", log.columns(ROWS).toString().replace("<", "\\u003c"));
        return SLOT.matcher(PageParts.text("report.html"))
                .replaceAll(slot -> Matcher.quoteReplacement(parts.get(slot.group(1))));
    }

    private String numbers() {
        if (log.last().isEmpty()) {
            return "<p>Nothing has been logged yet.</p>";
        }
        JsonNode last = log.last().get();
        JsonNode stage = log.stages().isEmpty() ? last : log.stages().getLast();
        Map<String, String> numbers = new LinkedHashMap<>();
        numbers.put("Steps", grouped(last, "step"));
        numbers.put("Images", grouped(last, "images"));
        numbers.put("Loss", number(last.path("loss")));
        numbers.put(
                "Stage",
                last.path("stage").asInt()
                        + (stage.path("stages").isInt()
                                ? " of " + stage.path("stages").asInt()
                                : ""));
        numbers.put("Images per second", number(last.path("imagesPerSecond")));
        numbers.put("Memory", gigabytes(last.path("memory")));
        if (last.path("deviceMemory").isNumber()) {
            numbers.put("GPU memory", gigabytes(last.path("deviceMemory")));
        }
        numbers.put("Steps left out", grouped(last, "skipped"));
        return numbers.entrySet().stream()
                .map(entry ->
                        "<div><dt>" + entry.getKey() + "</dt><dd>" + PageParts.escape(entry.getValue()) + "</dd></div>")
                .collect(Collectors.joining("\n", "<dl class=\"numbers\">", "</dl>"));
    }

    /** The first, the last, and some between them, as many as fit into the page. */
    private List<Path> shownPictures() throws IOException {
        List<Path> all = files.pictures();
        if (all.isEmpty()) {
            return all;
        }
        long largest = 1;
        for (Path picture : all) {
            largest = Math.max(largest, Files.size(picture));
        }
        int count = Math.clamp(PICTURE_BYTES / largest, 1, Math.min(PICTURES, all.size()));
        List<Path> shown = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            shown.add(all.get(count == 1 ? all.size() - 1 : (int) ((long) i * (all.size() - 1) / (count - 1))));
        }
        return shown;
    }

    private String pictures() throws IOException {
        List<Path> shown = shownPictures();
        if (shown.isEmpty()) {
            return "<p>No pictures have been drawn yet.</p>";
        }
        StringBuilder html = new StringBuilder("<ul class=\"pictures\">\n");
        for (int i = 0; i < shown.size(); i++) {
            String step = "step "
                    + Long.parseLong(shown.get(i).getFileName().toString().replaceAll("\\D", ""));
            String data = Base64.getEncoder().encodeToString(Files.readAllBytes(shown.get(i)));
            html.append("<li data-caption=\"" + step + "\"><figure><img class=\"picture\" alt=\"Images drawn after "
                    + step + "\" src=\"data:image/png;base64," + data + "\"><figcaption>" + step
                    + "</figcaption></figure></li>\n");
        }
        html.append("</ul>\n<div class=\"slide\" id=\"slide\" hidden><label for=\"picture\">Over time</label>"
                + "<input type=\"range\" id=\"picture\" min=\"0\" max=\"" + (shown.size() - 1) + "\" value=\""
                + (shown.size() - 1) + "\"><output id=\"picture-step\" for=\"picture\"></output></div>");
        if (shown.size() < files.pictures().size()) {
            html.append("<p class=\"soft\">" + shown.size() + " of "
                    + files.pictures().size() + " pictures; all are in the folder samples.</p>");
        }
        return html.toString();
    }

    private String stages() {
        List<List<String>> rows = new ArrayList<>();
        for (JsonNode stage : log.stages()) {
            List<String> times = new ArrayList<>();
            stage.path("active").forEach(range -> times.add(number(range.path(0)) + " to " + number(range.path(1))));
            rows.add(List.of(grouped(stage, "step"), stage.path("stage").asText(), String.join(", ", times)));
        }
        return rows.isEmpty()
                ? "<p>No stage has begun yet.</p>"
                : table(List.of("After step", "Stage", "Times t drawn"), rows);
    }

    private String machine() throws IOException {
        if (!Files.exists(files.machine())) {
            return "<p>Not known.</p>";
        }
        JsonNode machine = new ObjectMapper().readTree(Files.readAllBytes(files.machine()));
        List<List<String>> rows = new ArrayList<>();
        machine.properties()
                .forEach(entry -> rows.add(List.of(
                        entry.getKey(),
                        entry.getKey().equals("memory")
                                ? gigabytes(entry.getValue())
                                : entry.getValue().asText())));
        return table(List.of("What", "Value"), rows);
    }

    private static String table(List<String> heads, List<List<String>> rows) {
        String head = heads.stream()
                .map(text -> "<th scope=\"col\">" + PageParts.escape(text) + "</th>")
                .collect(Collectors.joining());
        String body = rows.stream()
                .map(row -> row.stream()
                        .map(text -> "<td>" + PageParts.escape(text) + "</td>")
                        .collect(Collectors.joining("", "<tr>", "</tr>")))
                .collect(Collectors.joining("\n"));
        return "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table><thead><tr>" + head
                + "</tr></thead><tbody>\n" + body + "\n</tbody></table></div>";
    }

    private static String grouped(JsonNode line, String key) {
        return String.format(Locale.ROOT, "%,d", line.path(key).asLong());
    }

    private static String number(JsonNode value) {
        if (!value.isNumber()) {
            return "-";
        }
        double number = value.asDouble();
        return number == Math.rint(number) && Math.abs(number) < 1e9
                ? String.valueOf((long) number)
                : String.format(Locale.ROOT, "%.4g", number);
    }

    private static String gigabytes(JsonNode bytes) {
        return bytes.isNumber() ? String.format(Locale.ROOT, "%.2f GB", bytes.asDouble() * 1e-9) : "-";
    }
}

package dev.gradus.torch.readme;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The Java in a page of Markdown. */
final class Snippets {
    private static final Pattern BLOCK = Pattern.compile(
            "(?:^<!-- (?<mark>[^\\n]*?) -->\\n)?^```java\\n(?<code>.*?)^```\\n(?:\\n```text\\n(?<output>.*?)^```\\n)?",
            Pattern.MULTILINE | Pattern.DOTALL);
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final String IDIOMS = "| PyTorch | Gradus |";

    /**
     * A piece of code.
     *
     * @param title where it stands
     * @param code statements
     * @param output what it prints; null where the page does not show it
     * @param needsCuda whether it can run with a GPU only
     */
    record Snippet(String title, String code, String output, boolean needsCuda) {
        @Override
        public String toString() {
            return title;
        }
    }

    private Snippets() {}

    /** All fenced blocks, and each code in the second column of the tables of idioms, after the block marked "table". */
    static List<Snippet> of(String page) {
        List<Snippet> found = new ArrayList<>();
        String setUp = "";
        Matcher block = BLOCK.matcher(page);
        while (block.find()) {
            String mark = block.group("mark");
            if ("table".equals(mark)) {
                setUp = block.group("code");
            }
            String heading = page.substring(0, block.start()).replaceFirst("(?s).*\\n#+ ([^\\n]*)\\n.*", "$1");
            found.add(new Snippet(heading, block.group("code"), block.group("output"), "CUDA".equals(mark)));
        }
        boolean inTable = false;
        for (String line : page.lines().toList()) {
            inTable = line.startsWith("|") && (inTable || line.equals(IDIOMS));
            String[] cells = line.split(" \\| ");
            if (!inTable || cells.length != 2) {
                continue;
            }
            Matcher code = CODE.matcher(cells[1]);
            while (code.find()) {
                String statement = code.group(1);
                found.add(new Snippet(
                        statement, setUp + statement + (statement.endsWith("}") ? "\n" : ";\n"), null, false));
            }
        }
        return found;
    }
}

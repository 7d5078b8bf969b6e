package dev.gradus.torch.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.MemoryLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The functions and constants that gradus_torch.h declares, read from the header as the C preprocessor leaves it.
 *
 * @param functions name to types, as the linker sees them: the result first (null for void), then the parameters
 * @param constants name of an enum constant to its value
 */
record CHeader(Map<String, List<MemoryLayout>> functions, Map<String, Integer> constants) {
    private static final Pattern FUNCTION = Pattern.compile("([\\w\\s]+?[\\s*]+)(gt_\\w+)\\s*\\(([^()]*)\\)\\s*;");
    private static final Pattern ANY_CALL = Pattern.compile("\\bgt_\\w+\\s*\\(");
    private static final Pattern ATTRIBUTE = Pattern.compile("__attribute__\\s*\\(\\((?:[^()]|\\([^()]*\\))*\\)\\)");
    private static final Pattern HANDLE = Pattern.compile("\\btypedef\\s+intptr_t\\s+(gt_\\w+)\\s*;");
    private static final Pattern ENUM = Pattern.compile("\\benum\\s+gt_\\w+\\s*\\{([^}]*)}");
    private static final Pattern CONSTANT = Pattern.compile("(GT_\\w+)\\s*=\\s*(\\d+)");

    static CHeader read(Path preprocessed) throws IOException {
        String text = ATTRIBUTE.matcher(Files.readString(preprocessed)).replaceAll(" ");
        List<String> handles = HANDLE.matcher(text).results().map(match -> match.group(1)).toList();
        text = HANDLE.matcher(text).replaceAll(" ");
        for (String handle : handles) {
            text = text.replaceAll("\\b" + handle + "\\b(?!\\s*\\()", "int64_t");
        }
        Map<String, List<MemoryLayout>> functions = new TreeMap<>();
        Matcher function = FUNCTION.matcher(text);
        while (function.find()) {
            List<MemoryLayout> types = new ArrayList<>();
            types.add(layout(function.group(1)));
            if (!function.group(3).strip().equals("void")) {
                for (String parameter : function.group(3).split(",")) {
                    types.add(layout(parameter.strip().replaceFirst("\\w+$", "")));
                }
            }
            functions.put(function.group(2), types);
        }
        long mentioned = ANY_CALL.matcher(text).results().count();
        if (mentioned != functions.size()) {
            throw new IOException(preprocessed + ": " + mentioned + " functions are declared, but this reader understands "
                    + functions.size());
        }
        Map<String, Integer> constants = new TreeMap<>();
        Matcher list = ENUM.matcher(text);
        while (list.find()) {
            Matcher constant = CONSTANT.matcher(list.group(1));
            while (constant.find()) {
                constants.put(constant.group(1), Integer.valueOf(constant.group(2)));
            }
        }
        return new CHeader(functions, constants);
    }

    private static MemoryLayout layout(String type) throws IOException {
        if (type.contains("*")) {
            return ADDRESS;
        }
        return switch (type.replaceAll("\\b(extern|const)\\b", "").strip()) {
            case "void" -> null;
            case "int32_t" -> JAVA_INT;
            case "int64_t", "intptr_t" -> JAVA_LONG;
            case "gt_callback" -> ADDRESS;
            case "double" -> JAVA_DOUBLE;
            default -> throw new IOException("the C type '" + type + "' has no place in the C border");
        };
    }
}

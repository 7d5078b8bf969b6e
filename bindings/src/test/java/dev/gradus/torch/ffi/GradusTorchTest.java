package dev.gradus.torch.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gradus.torch.NativeLibrary;
import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The checked-in bindings are those of the header; where they differ, run Maven with -Djextract.home=DIR. */
class GradusTorchTest {
    private static CHeader header;

    @BeforeAll
    static void readHeader() throws IOException {
        NativeLibrary.info();
        header = CHeader.read(Path.of("target", "native", "gradus_torch.i"));
        assertTrue(header.functions().size() > 150, "only " + header.functions().size() + " functions were found");
    }

    @Test
    void everyFunctionHasTheSignatureOfTheHeader() throws ReflectiveOperationException {
        assertEquals(lines(header.functions()), lines(boundFunctions()));
    }

    @Test
    void everyConstantHasTheValueOfTheHeader() throws ReflectiveOperationException {
        Map<String, Integer> bound = new TreeMap<>();
        for (Method method : boundMethods(name -> name.startsWith("GT_")).toList()) {
            bound.put(method.getName(), (Integer) method.invoke(null));
        }
        bound.keySet().retainAll(header.constants().keySet());
        assertEquals(header.constants(), bound);
    }

    private static Stream<Method> boundMethods(Predicate<String> named) {
        return Stream.of(GradusTorch.class.getMethods()).filter(method -> named.test(method.getName()));
    }

    private static Map<String, List<MemoryLayout>> boundFunctions() throws ReflectiveOperationException {
        Map<String, List<MemoryLayout>> bound = new TreeMap<>();
        for (Method method :
                boundMethods(name -> name.startsWith("gt_") && name.endsWith("$descriptor")).toList()) {
            var descriptor = (FunctionDescriptor) method.invoke(null);
            List<MemoryLayout> types = new ArrayList<>();
            types.add(descriptor.returnLayout().orElse(null));
            types.addAll(descriptor.argumentLayouts());
            bound.put(method.getName().replace("$descriptor", ""), types);
        }
        return bound;
    }

    /** One line a function, so that a failure shows the lines that differ. */
    private static String lines(Map<String, List<MemoryLayout>> functions) {
        StringBuilder lines = new StringBuilder();
        functions.forEach((name, types) ->
                lines.append(name).append(types.stream().map(GradusTorchTest::plain).toList()).append('\n'));
        return lines.toString();
    }

    /** What a pointer points to is no part of a call's signature. */
    private static String plain(MemoryLayout layout) {
        return layout == null ? "void" : layout instanceof AddressLayout ? "pointer" : layout.withoutName().toString();
    }
}

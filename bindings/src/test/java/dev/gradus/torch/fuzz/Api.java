package dev.gradus.torch.fuzz;

import dev.gradus.torch.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The public methods that a random program calls: those of Tensor, and the static ones that work on tensors. */
final class Api {

    /**
     * A method of the API.
     *
     * @param method the method
     * @param changes whether it changes its receiver, or one of its arguments where it is static
     */
    record Function(Method method, boolean changes) {
        boolean onTensor() {
            return !Modifier.isStatic(method.getModifiers());
        }

        @Override
        public String toString() {
            return method.getDeclaringClass().getSimpleName() + "." + method.getName()
                    + Arrays.toString(Arrays.stream(method.getParameterTypes())
                            .map(Class::getSimpleName)
                            .toArray());
        }
    }

    /** Left out: what changes the whole process, what the program does on its own terms, and what waits or blocks. */
    private static final Set<String> LEFT_OUT = Set.of(
            "close",
            "equals",
            "hashCode",
            "getClass",
            "notify",
            "notifyAll",
            "wait",
            "setNumThreads",
            "setInteropThreads",
            "setNumInteropThreads",
            "retainMemory",
            "setAllocationLimit",
            "setDefaultDtype",
            "setDefaultDType",
            "setDeterministic",
            "manualSeed",
            "initializeInterop",
            "buildConfig",
            "buildInfo");

    private static final Set<String> CHANGING = Set.of(
            "copyFrom",
            "set",
            "put",
            "setGrad",
            "zeroGrad",
            "backward",
            "registerHook",
            "registerPostAccumulateGradHook");

    private Api() {}

    /** The functions, in an order that does not depend on the JVM. */
    static List<Function> functions() {
        List<Function> functions = new ArrayList<>();
        for (Class<?> type : classes()) {
            for (Method method : type.getMethods()) {
                boolean isStatic = Modifier.isStatic(method.getModifiers());
                boolean wanted = type == Tensor.class
                        ? !isStatic && !method.isBridge()
                        : isStatic && method.getDeclaringClass() == type && isAboutTensors(method);
                if (wanted && !LEFT_OUT.contains(method.getName()) && Values.canMakeAll(method)) {
                    boolean changes = method.getName().endsWith("_") || CHANGING.contains(method.getName());
                    functions.add(new Function(method, changes));
                }
            }
        }
        functions.sort(Comparator.comparing(Function::toString));
        return functions;
    }

    private static boolean isAboutTensors(Method method) {
        return method.toGenericString().contains("Tensor")
                || method.getReturnType().isRecord();
    }

    /** The public classes of the packages that hold operators. */
    private static List<Class<?>> classes() {
        try {
            Path root = Path.of(Tensor.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            List<Class<?>> classes = new ArrayList<>();
            for (String folder : List.of("dev/gradus/torch", "dev/gradus/torch/nn")) {
                try (Stream<Path> files = Files.list(root.resolve(folder))) {
                    for (Path file : files.sorted().toList()) {
                        String name = file.getFileName().toString();
                        if (name.endsWith(".class") && !name.contains("$") && !name.contains("-")) {
                            String className = folder.replace('/', '.') + "." + name.replace(".class", "");
                            Class<?> type = Class.forName(className, false, Tensor.class.getClassLoader());
                            if (Modifier.isPublic(type.getModifiers()) && !type.isInterface()) {
                                classes.add(type);
                            }
                        }
                    }
                }
            }
            return classes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ReflectiveOperationException | java.net.URISyntaxException e) {
            throw new IllegalStateException("the classes of the API could not be listed", e);
        }
    }
}

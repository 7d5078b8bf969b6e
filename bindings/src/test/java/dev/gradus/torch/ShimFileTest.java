package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gradus.torch.ShimFile.Candidate;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShimFileTest {
    private static List<Candidate> candidates(String... classifiers) {
        return Stream.of(classifiers)
                .map(classifier -> {
                    Properties build = new Properties();
                    build.setProperty("classifier", classifier);
                    return new Candidate(null, build);
                })
                .toList();
    }

    private static String message(List<Candidate> candidates, String libtorch) {
        return assertThrows(NativeLibraryException.class, () -> ShimFile.choose(candidates, "linux-x86_64", libtorch))
                .getMessage();
    }

    @Test
    void theOnlyJarForThePlatformIsTakenWhateverLibtorchIsNamed() {
        List<Candidate> candidates = candidates("macos-aarch64-libtorch2.13.0-cpu", "linux-x86_64-libtorch2.13.0-cpu");
        for (String libtorch : new String[] {null, "2.13.0+cpu", "2.9.1"}) {
            assertEquals(candidates.get(1), ShimFile.choose(candidates, "linux-x86_64", libtorch));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2.13.0+cpu,   linux-x86_64-libtorch2.13.0-cpu",
        "2.13.0+cu130, linux-x86_64-libtorch2.13.0-cu130",
        "2.9.1,        linux-x86_64-libtorch2.9.1-cpu",
    })
    void theLibtorchThatIsNamedDecidesBetweenSeveral(String libtorch, String expected) {
        List<Candidate> candidates = candidates(
                "linux-x86_64-libtorch2.13.0-cpu",
                "linux-x86_64-libtorch2.13.0-cu130",
                "linux-x86_64-libtorch2.9.1-cpu");
        assertEquals(
                expected, ShimFile.choose(candidates, "linux-x86_64", libtorch).classifier());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "cu130; 2.13.0; Several native jars are for this machine:",
                "cu126; 2.8.0; None of the native jars found is for the libtorch 2.8.0 that LIBTORCH names:",
            })
    void severalJarsAreNamedWhereNothingDecides(String variant, String libtorch, String start) {
        List<Candidate> candidates =
                candidates("linux-x86_64-libtorch2.13.0-cpu", "linux-x86_64-libtorch2.13.0-" + variant);
        assertEquals(
                start + " " + candidates.get(0).classifier() + ", "
                        + candidates.get(1).classifier()
                        + ". Keep the one for your libtorch on the class path or module path, or set the environment"
                        + " variable LIBTORCH to the folder of one of these versions.",
                message(candidates, libtorch));
    }

    @Test
    void aJarForAnotherPlatformIsNamed() {
        assertEquals(
                "None of the native jars found is for linux-x86_64: macos-aarch64-libtorch2.13.0-cpu. Put the jar named"
                        + " gradus-torch-VERSION-linux-x86_64-libtorchVERSION-cpu.jar, or the one for your CUDA, on the"
                        + " class path or module path, or build it on this machine with 'mvn package'.",
                message(candidates("macos-aarch64-libtorch2.13.0-cpu"), null));
    }
}

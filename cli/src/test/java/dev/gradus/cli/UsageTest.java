package dev.gradus.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class UsageTest {
    @Test
    void helpNamesEveryCommand() {
        String help = Cli.run("--help").succeeds();
        for (String command : List.of("train", "sample", "evaluate", "parity", "doctor", "presets")) {
            assertTrue(help.lines().anyMatch(line -> line.startsWith("  " + command + " ")), help);
            assertTrue(Cli.run(command, "--help").succeeds().startsWith("Usage: gradus " + command));
        }
    }

    @Test
    void versionIsThatOfTheBuild() {
        String version = Cli.run("--version").succeeds();
        assertTrue(version.matches("(?s)gradus \\d+\\.\\d+\\.\\d+\\S*\\R.*"), version);
    }

    @Test
    void noCommandIsWrongUsage() {
        assertEquals(
                "gradus: a command is missing (see gradus --help)", Cli.run().fails(2));
    }

    @Test
    void anUnknownCommandIsRefusedWithTheNearestOne() {
        assertEquals(
                "gradus: unknown command 'trian'; did you mean 'train'? (see gradus --help)",
                Cli.run("trian").fails(2));
    }

    @Test
    void anUnknownOptionIsRefusedWithTheNearestOne() {
        assertEquals(
                "gradus train: unknown option '--stpes'; did you mean '--steps'? (see gradus train --help)",
                Cli.run("train", "--stpes", "3").fails(2));
        assertEquals(
                "gradus sample: unknown option '--sampling_steps'; did you mean '--sampling-steps'?"
                        + " (see gradus sample --help)",
                Cli.run("sample", "--sampling_steps=3").fails(2));
    }

    @Test
    void anOptionWithoutItsValueIsRefused() {
        assertEquals(
                "gradus train: --steps needs a value, N (see gradus train --help)",
                Cli.run("train", "--steps").fails(2));
    }

    @Test
    void aWordTooManyIsRefused() {
        assertEquals(
                "gradus train: unexpected 'foo' (see gradus train --help)",
                Cli.run("train", "foo").fails(2));
    }

    @Test
    void presetsAreListedAndShown() {
        String list = Cli.run("presets").succeeds();
        for (String preset : Presets.NAMES) {
            assertTrue(list.contains(preset + System.lineSeparator()), list);
        }
        assertEquals(
                Presets.NAMES.size(),
                list.lines().filter(line -> line.startsWith("    Time: ")).count());
        assertEquals(
                Presets.NAMES.size(),
                list.lines().filter(line -> line.startsWith("    Result: ")).count());
        assertTrue(Cli.run("presets", "fashion-mnist").succeeds().contains("format: fashion-mnist"));
        assertEquals(
                "gradus presets: there is no preset 'fashion-mnits'; did you mean 'fashion-mnist'?"
                        + " (presets: fashion-mnist, fashion-mnist-class, emoji)",
                Cli.run("presets", "fashion-mnits").fails(2));
    }
}

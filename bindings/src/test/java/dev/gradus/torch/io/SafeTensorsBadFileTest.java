package dev.gradus.torch.io;

import static dev.gradus.torch.io.SafeTensorsBytes.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A file that lies is refused before any tensor is read, in one line that names the file, the tensor and the lie. */
class SafeTensorsBadFileTest {
    @TempDir
    Path folder;

    private SafeTensorsException refused(Path file) {
        var e = assertThrows(
                SafeTensorsException.class, () -> SafeTensors.read(file).close());
        assertEquals(file.toString(), e.file());
        assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        return e;
    }

    private SafeTensorsException refused(String header, int dataSize) throws IOException {
        return refused(SafeTensorsBytes.write(folder.resolve("x.safetensors"), header, dataSize));
    }

    private void refusedFor(String tensor, String problem, String header, int dataSize) throws IOException {
        var e = refused(header, dataSize);
        assertTrue(e.getMessage().contains(problem), e.getMessage());
        assertEquals(Optional.ofNullable(tensor), e.tensor());
    }

    @Test
    void missingFile() {
        assertTrue(refused(folder.resolve("none")).getMessage().endsWith("does not exist"));
    }

    @Test
    void folderInsteadOfFile() {
        assertTrue(refused(folder).getMessage().contains("is a folder"));
    }

    @Test
    void fileShorterThanTheLengthOfTheHeader() throws IOException {
        assertTrue(refused(Files.write(folder.resolve("x"), new byte[7]))
                .getMessage()
                .contains("has 7 bytes"));
        assertTrue(refused(Files.write(folder.resolve("x"), new byte[0]))
                .getMessage()
                .contains("has 0 bytes"));
    }

    @ParameterizedTest
    @CsvSource({"100000001, 100000001", "9223372036854775807, 9223372036854775807", "-1, 18446744073709551615"})
    void headerLongerThanTheFormatAllows(long announced, String shown) throws IOException {
        var e = refused(
                SafeTensorsBytes.write(folder.resolve("x"), announced, "{}".getBytes(StandardCharsets.UTF_8), 0));
        assertTrue(
                e.getMessage().contains("a header of " + shown + " bytes, more than the limit of 100000000"),
                e.getMessage());
    }

    @Test
    void headerLongerThanTheFile() throws IOException {
        var e = refused(
                SafeTensorsBytes.write(folder.resolve("x"), 100_000_000, "{}".getBytes(StandardCharsets.UTF_8), 8));
        assertTrue(e.getMessage().contains("truncated"), e.getMessage());
        assertTrue(e.getMessage().contains("only 10 follow"), e.getMessage());
    }

    @Test
    void headerThatIsNotUtf8() throws IOException {
        byte[] header = "{\"__metadata__\":{\"a\":\"\u00ff\"}}".getBytes(StandardCharsets.ISO_8859_1);
        var e = refused(SafeTensorsBytes.write(folder.resolve("x"), header.length, header, 0));
        assertTrue(e.getMessage().contains("not valid UTF-8"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``",
                "[]",
                "x",
                "` {}`",
                "{",
                "{]",
                "{}{}",
                "{} x",
                "{\"a\"}",
                "{\"a\":1,}",
                "{'a':1}",
                "{\"__metadata__\":{\"a\":\"b\"}",
                "{\"__metadata__\":{\"a\":\"\\ud800",
                "{/**/}"
            })
    void headerThatIsNotOneJsonObject(String header) throws IOException {
        refused(header, 0);
    }

    @Test
    void headerNestedWithoutEnd() throws IOException {
        refusedFor(null, "not valid JSON", "{\"a\":{\"b\":" + "[".repeat(5_000_000), 0);
    }

    @Test
    void metadataThatIsNotAMapOfStrings() throws IOException {
        refusedFor(null, "__metadata__ is not an object", "{\"__metadata__\":[]}", 0);
        refusedFor(null, "no string under 'a'", "{\"__metadata__\":{\"a\":1}}", 0);
        refusedFor(null, "'a' twice", "{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}}", 0);
        refusedFor(null, "__metadata__ is in the header twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0);
    }

    @Test
    void unknownDtype() throws IOException {
        refusedFor("a", "dtype 'F12'; supported are BOOL, U8", "{" + entry("a", "F12", "[1]", "[0,4]") + "}", 4);
    }

    @Test
    void entryWithMissingParts() throws IOException {
        refusedFor("a", "not an object", "{\"a\":3}", 0);
        refusedFor("a", "has no dtype", "{\"a\":{\"shape\":[],\"data_offsets\":[0,0]}}", 0);
        refusedFor("a", "has no shape", "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,0]}}", 0);
        refusedFor("a", "has no data_offsets", "{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 0);
    }

    @Test
    void entryWithAPartTwice() throws IOException {
        refusedFor(
                "a",
                "has shape twice",
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,1]}}",
                1);
    }

    @Test
    void tensorTwice() throws IOException {
        String twice = entry("a", "U8", "[1]", "[0,1]") + "," + entry("a", "U8", "[1]", "[1,2]");
        refusedFor("a", "twice", "{" + twice + "}", 2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "[-1]; holds -1, which is not in 0 to 2^63 - 1",
                "[9223372036854775808]; holds 9223372036854775808, which is not in 0 to 2^63 - 1",
                "[1.0]; no integer",
                "[\"1\"]; no integer",
                "[null]; no integer",
                "[[1]]; no integer",
                "4; not an array",
                "[4294967296,4294967296]; larger than any file",
                "[9223372036854775807]; larger than any file",
                "[0,4294967296,4294967296,4294967296]; takes 0 bytes",
                "[2]; takes 8 bytes, but its data_offsets [0, 4] span 4"
            })
    void shapeThatDoesNotFit(String shape, String problem) throws IOException {
        refusedFor("a", problem, "{" + entry("a", "F32", shape, "[0,4]") + "}", 4);
    }

    @Test
    void shapeOfTooManyDimensions() throws IOException {
        refusedFor("a", "more than 64", "{" + entry("a", "U8", "[1" + ",1".repeat(64) + "]", "[0,1]") + "}", 1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "[0,5]; lie outside the file, which has 4 bytes",
                "[4,8]; lie outside the file",
                "[9223372036854775803,9223372036854775807]; lie outside the file",
                "[4,0]; run backwards",
                "[-4,0]; holds -4",
                "[0]; has 1 numbers instead of 2",
                "[0,4,8]; more than 2",
                "{}; not an array"
            })
    void offsetsThatCannotBe(String offsets, String problem) throws IOException {
        refusedFor("a", problem, "{" + entry("a", "F32", "[1]", offsets) + "}", 4);
    }

    @Test
    void overlappingTensors() throws IOException {
        String overlap = entry("a", "U8", "[4]", "[0,4]") + "," + entry("b", "U8", "[4]", "[2,6]");
        refusedFor("b", "overlap those of tensor 'a', which end at 4", "{" + overlap + "}", 6);
    }

    @Test
    void emptyTensorInsideAnother() throws IOException {
        String inside = entry("a", "U8", "[4]", "[0,4]") + "," + entry("b", "U8", "[0]", "[2,2]");
        refusedFor("b", "overlap", "{" + inside + "}", 4);
    }

    @Test
    void holeBetweenTensors() throws IOException {
        String hole = entry("a", "U8", "[4]", "[0,4]") + "," + entry("b", "U8", "[1]", "[6,7]");
        refusedFor("b", "bytes 4 to 6 of the data, in front of it, belong to no tensor", "{" + hole + "}", 7);
    }

    @Test
    void bytesAfterTheLastTensor() throws IOException {
        refusedFor(
                null,
                "end at byte 4 of the data, but 5 bytes are there",
                "{" + entry("a", "U8", "[4]", "[0,4]") + "}",
                5);
        refusedFor(null, "end at byte 0 of the data, but 1 bytes are there", "{}", 1);
    }

    @Test
    void hostileNameIsShownOnOneShortLine() throws IOException {
        var e = refused("{" + entry("a\\n\\u001b[31m" + "b".repeat(5000), "F12", "[1]", "[0,4]") + "}", 4);
        assertTrue(e.getMessage().contains("tensor 'a??[31mbbb"), e.getMessage());
        assertTrue(e.getMessage().length() < 600 + e.file().length(), e.getMessage());
    }
}

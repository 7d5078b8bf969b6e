package dev.gradus.torch;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the header of a Linux library says (System V ABI, chapter 4). The dynamic linker trusts it: it maps a file that was
 * cut off, and the process ends with a signal when it touches what is not there.
 *
 * @param architecture as {@link NativeLibrary} spells it
 * @param isComplete whether the file is as long as its header says
 */
record Elf(String architecture, boolean isComplete) {

    private static final int HEADER = 64;
    private static final int MAGIC = 0x464c457f;

    /**
     * Reads it.
     *
     * @return null if the file is no 64-bit ELF file of this byte order
     */
    static Elf read(Path library) throws IOException {
        ByteBuffer header;
        try (InputStream in = Files.newInputStream(library)) {
            header = ByteBuffer.wrap(in.readNBytes(HEADER)).order(ByteOrder.LITTLE_ENDIAN);
        }
        if (header.limit() < HEADER || header.getInt(0) != MAGIC || header.get(4) != 2 || header.get(5) != 1) {
            return null;
        }
        String architecture = switch (header.getShort(18)) {
            case 62 -> "x86_64";
            case 183 -> "aarch64";
            default -> "machine-" + header.getShort(18);
        };
        // The table of sections is the last thing in a file.
        long sections = header.getLong(40);
        long end = sections + (long) header.getShort(58) * header.getShort(60);
        return new Elf(architecture, Files.size(library) >= end);
    }
}

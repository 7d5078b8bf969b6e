package dev.gradus.diffusion.events;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * A file of events: numbers, pictures and histograms, each of a step and with a name. Names that begin alike up to a slash are
 * shown together.
 */
public final class EventFile implements Closeable {
    /** What the names of such files begin with; TensorBoard finds them by it. */
    private static final String PREFIX = "events.out.tfevents.";

    private static final String VERSION = "brain.Event:2";
    private static final int RGB = 3;

    // The numbers of the fields of TensorFlow's messages Event, Summary, Summary.Value, Summary.Image and SessionLog.
    private static final int EVENT_WALL_TIME = 1;
    private static final int EVENT_STEP = 2;
    private static final int EVENT_FILE_VERSION = 3;
    private static final int EVENT_SUMMARY = 5;
    private static final int EVENT_SESSION_LOG = 7;
    private static final int SUMMARY_VALUE = 1;
    private static final int VALUE_TAG = 1;
    private static final int VALUE_NUMBER = 2;
    private static final int VALUE_IMAGE = 4;
    private static final int VALUE_HISTOGRAM = 5;
    private static final int IMAGE_HEIGHT = 1;
    private static final int IMAGE_WIDTH = 2;
    private static final int IMAGE_COLORSPACE = 3;
    private static final int IMAGE_ENCODED = 4;
    private static final int SESSION_STATUS = 1;
    private static final int SESSION_START = 1;

    private final OutputStream out;
    private final Clock clock;

    private EventFile(OutputStream out, Clock clock) {
        this.out = out;
        this.clock = clock;
    }

    /**
     * Makes a new file in a folder, which is made where it is missing.
     *
     * @param step steps done; where there are some, what files of before tell of later steps counts no longer
     * @param clock gives the time of each event
     */
    public static EventFile create(Path folder, long step, Clock clock) throws IOException {
        Files.createDirectories(folder);
        long number = 0;
        Path path;
        do {
            path = folder.resolve(String.format(
                    Locale.ROOT, "%s%010d.gradus.%d", PREFIX, clock.instant().getEpochSecond(), number++));
        } while (Files.exists(path));
        EventFile file = new EventFile(Files.newOutputStream(path, StandardOpenOption.CREATE_NEW), clock);
        try {
            file.write(file.event(0).text(EVENT_FILE_VERSION, VERSION));
            if (step > 0) {
                file.write(file.event(step + 1)
                        .message(EVENT_SESSION_LOG, new Message().integer(SESSION_STATUS, SESSION_START)));
            }
        } catch (IOException e) {
            file.close();
            throw e;
        }
        return file;
    }

    /** Adds a number. */
    public void number(String name, long step, double value) throws IOException {
        value(step, new Message().text(VALUE_TAG, name).single(VALUE_NUMBER, (float) value));
    }

    /**
     * Adds a picture.
     *
     * @param png the content of a PNG file
     */
    public void picture(String name, long step, byte[] png) throws IOException {
        // The header of a PNG file has a fixed place and begins with width and height.
        ByteBuffer header = ByteBuffer.wrap(png);
        Message image = new Message()
                .integer(IMAGE_HEIGHT, header.getInt(20))
                .integer(IMAGE_WIDTH, header.getInt(16))
                .integer(IMAGE_COLORSPACE, RGB)
                .bytes(IMAGE_ENCODED, png);
        value(step, new Message().text(VALUE_TAG, name).message(VALUE_IMAGE, image));
    }

    /** Adds a histogram. */
    public void histogram(String name, long step, Histogram histogram) throws IOException {
        value(step, new Message().text(VALUE_TAG, name).message(VALUE_HISTOGRAM, histogram.message()));
    }

    private void value(long step, Message value) throws IOException {
        write(event(step).message(EVENT_SUMMARY, new Message().message(SUMMARY_VALUE, value)));
    }

    private Message event(long step) {
        return new Message().number(EVENT_WALL_TIME, clock.millis() / 1000.0).integer(EVENT_STEP, step);
    }

    /** A record of TensorFlow: the length, its checksum, the content, its checksum. */
    private void write(Message event) throws IOException {
        byte[] content = event.toBytes();
        byte[] length = littleEndian(Long.BYTES).putLong(content.length).array();
        out.write(littleEndian(length.length + content.length + 2 * Integer.BYTES)
                .put(length)
                .putInt(checksum(length))
                .put(content)
                .putInt(checksum(content))
                .array());
        out.flush();
    }

    private static ByteBuffer littleEndian(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** CRC-32C, turned and moved, so that a checksum of what has checksums in it is not special. */
    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}

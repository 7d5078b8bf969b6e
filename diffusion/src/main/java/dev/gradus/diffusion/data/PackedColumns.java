package dev.gradus.diffusion.data;

import dev.gradus.diffusion.data.ArrayFile.Array;
import dev.gradus.diffusion.data.ArrayFile.Element;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The labels and captions of images, as arrays that {@link ArrayImages} reads. */
final class PackedColumns {
    private final ByteBuffer labels;
    private final ByteBuffer ends;
    private final ByteArrayOutputStream captions = new ByteArrayOutputStream();

    /** For that many images. */
    PackedColumns(long count) {
        labels = ByteBuffer.allocate(Math.toIntExact(8 * count)).order(ByteOrder.LITTLE_ENDIAN);
        ends = ByteBuffer.allocate(labels.capacity()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Adds what is known of the next image. */
    void add(long label, String caption) {
        labels.putLong(label);
        captions.writeBytes(caption.getBytes(StandardCharsets.UTF_8));
        ends.putLong(captions.size());
    }

    byte[] labels() {
        return labels.array();
    }

    byte[] captionEnds() {
        return ends.array();
    }

    byte[] captions() {
        return captions.toByteArray();
    }

    Map<String, Array> arrays() {
        return Map.of(
                ArrayImages.LABELS, array(Element.INT64, labels()),
                ArrayImages.CAPTION_ENDS, array(Element.INT64, captionEnds()),
                ArrayImages.CAPTIONS, array(Element.UINT8, captions()));
    }

    private static Array array(Element type, byte[] bytes) {
        MemorySegment memory = MemorySegment.ofArray(bytes);
        return new Array(type, new long[] {memory.byteSize() / type.size()}, memory);
    }
}

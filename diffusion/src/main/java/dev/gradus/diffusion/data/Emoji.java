package dev.gradus.diffusion.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gradus.torch.UserCache;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;

/**
 * The emoji of Google's Noto (images Apache 2.0; names from emoji-data, MIT): 3,786 colour pictures, 64 x 64, with their
 * names as captions and ten categories as classes. Fetched once per user into {@code $XDG_CACHE_HOME/gradus/data/emoji}
 * ({@code ~/.cache} by default) from the npm package {@code emoji-datasource-google}, which is checked by SHA-256, and put onto
 * white in the layout that {@link CaptionedDataset} reads.
 *
 * <p>Captions are lower-case. Where an emoji has several skin tones, each is a picture of its own and named, as in
 * {@code "waving hand sign, medium-dark skin tone"}.
 */
public final class Emoji {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SIZE = 64;
    private static final String NAMES = "package/emoji.json";
    private static final String IMAGES = "package/img/google/64";

    /** Unicode Technical Standard 51, table "Emoji modifiers", in the words of the Unicode CLDR. */
    private static final Map<String, String> SKIN_TONES = Map.of(
            "1F3FB", "light",
            "1F3FC", "medium-light",
            "1F3FD", "medium",
            "1F3FE", "medium-dark",
            "1F3FF", "dark");

    private final Path cache;
    private final DataSource source;

    /** With the user's cache. */
    public Emoji() {
        this(
                UserCache.folder().resolve("data"),
                new NpmPackage(
                        "emoji-datasource-google",
                        "16.0.0",
                        "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438",
                        List.of(NAMES, IMAGES)));
    }

    Emoji(Path cache, DataSource source) {
        this.cache = cache;
        this.source = source;
    }

    /**
     * The folder with images and captions, fetched first where it is not there. Several processes may call this at once; one
     * fetches and the others wait.
     *
     * @throws DataException if it cannot be fetched; the message says why and what to do instead
     */
    public Path folder(FetchProgress progress) throws DataException {
        return DataCache.folder(
                cache, "emoji", "the emoji", CaptionedDataset::isComplete, target -> fetch(target, progress));
    }

    private void fetch(Path target, FetchProgress progress) throws IOException {
        String help = "Install npm and tar, or name a folder with images and captions with data.path";
        DataCache.fetch(
                cache,
                "emoji",
                "the emoji",
                List.of(source),
                help,
                progress,
                fetched -> convert(fetched, target, progress));
    }

    private record Picture(String file, String caption, String category) {}

    private static void convert(Path fetched, Path target, FetchProgress progress) throws IOException {
        List<Picture> pictures = pictures(JSON.readTree(fetched.resolve(NAMES).toFile()));
        List<String> classes =
                pictures.stream().map(Picture::category).distinct().sorted().toList();
        List<CaptionedDataset.Entry> entries = new ArrayList<>();
        byte[] pixels = new byte[Math.multiplyExact(pictures.size(), SIZE * SIZE * 3)];
        for (Picture picture : pictures) {
            Path file = fetched.resolve(IMAGES).resolve(picture.file);
            BufferedImage image = ImageIO.read(file.toFile());
            if (image == null || image.getWidth() != SIZE || image.getHeight() != SIZE) {
                throw new DataException(picture.file + " is no image of " + SIZE + " x " + SIZE);
            }
            ontoWhite(image, pixels, entries.size() * SIZE * SIZE * 3);
            entries.add(new CaptionedDataset.Entry(picture.caption, classes.indexOf(picture.category)));
            progress.update("Reading emoji", entries.size(), pictures.size());
        }
        CaptionedDataset.write(target, pixels, SIZE, classes, entries);
    }

    /** In the order of the file, which is that of the code points; skin tones after the emoji that they vary. */
    private static List<Picture> pictures(JsonNode emoji) {
        List<Picture> pictures = new ArrayList<>();
        for (JsonNode one : emoji) {
            String name = one.path("name").asText().toLowerCase(Locale.ROOT);
            String category = one.path("category").asText();
            Map<String, JsonNode> variants = new LinkedHashMap<>();
            variants.put(name, one);
            for (Map.Entry<String, JsonNode> variant :
                    one.path("skin_variations").properties()) {
                variants.put(name + ", " + skinTones(variant.getKey()), variant.getValue());
            }
            variants.forEach((caption, variant) -> {
                if (variant.path("has_img_google").asBoolean()) {
                    pictures.add(new Picture(variant.path("image").asText(), caption, category));
                }
            });
        }
        return pictures;
    }

    private static String skinTones(String modifiers) {
        List<String> tones = new ArrayList<>();
        for (String modifier : modifiers.split("-")) {
            tones.add(SKIN_TONES.getOrDefault(modifier, modifier));
        }
        return String.join(" and ", tones) + " skin tone";
    }

    /** Writes an image, with what is transparent in white, as (height, width, 3) bytes. */
    static void ontoWhite(BufferedImage image, byte[] into, int at) {
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int argb = image.getRGB(x, y);
                int alpha = argb >>> 24;
                for (int shift = 16; shift >= 0; shift -= 8) {
                    int value = argb >> shift & 0xFF;
                    into[at++] = (byte) ((value * alpha + 255 * (255 - alpha) + 127) / 255);
                }
            }
        }
    }
}

package dev.gradus.diffusion.data;

import dev.gradus.diffusion.config.DataConfig;
import dev.gradus.diffusion.data.image.Pixels;
import dev.gradus.diffusion.data.image.Resampler;
import dev.gradus.diffusion.internal.PngFile;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Draws some images of a data set in a grid, each with its class and caption below it. */
public final class ContactSheet {
    private static final Logger LOGGER = LogManager.getLogger(ContactSheet.class);
    private static final int GAP = 4;
    private static final int LINE = 14;

    private final RawImages images;
    private final Resampler resampler;
    private final int cell;
    private final int lines;

    private ContactSheet(RawImages images, Resampler resampler, int cell) {
        this.images = images;
        this.resampler = resampler;
        this.cell = cell;
        this.lines = (images.labelled() ? 1 : 0) + (images.captioned() ? 1 : 0);
    }

    /**
     * Draws images in the order of {@link ImageOrder}, cut to squares as for training; a broken one is a crossed square with
     * its path.
     *
     * @param file becomes a PNG
     * @param count at most how many
     * @param seed chooses them
     * @param cell height and width of an image on the sheet, at least 16
     * @throws DataException if the data set cannot be opened
     */
    public static void write(Path file, DataConfig config, int count, long seed, int cell, FetchProgress progress)
            throws IOException {
        try (RawImages images = RawSources.open(config, progress)) {
            ImageOrder order = new ImageOrder(images.size(), seed);
            List<Long> chosen = new ArrayList<>();
            for (long i = 0; i < Math.min(count, images.size()); i++) {
                chosen.add(order.at(i));
            }
            BufferedImage sheet = new ContactSheet(images, new Resampler(config.resize()), cell).draw(chosen);
            PngFile.write(file, sheet);
        }
    }

    private BufferedImage draw(List<Long> chosen) {
        int columns = ImageGrid.columns(chosen.size());
        int rows = (chosen.size() + columns - 1) / columns;
        int height = cell + lines * LINE + GAP;
        BufferedImage sheet = new BufferedImage(
                columns * (cell + GAP) + GAP, rows * (height + GAP) + GAP, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = sheet.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        boolean words = lines > 0 && hasFonts(graphics);
        for (int i = 0; i < chosen.size(); i++) {
            int left = GAP + i % columns * (cell + GAP);
            int top = GAP + i / columns * (height + GAP);
            one(graphics, chosen.get(i), left, top, words);
        }
        graphics.dispose();
        return sheet;
    }

    /** Java on a system without fonts cannot draw words. */
    private static boolean hasFonts(Graphics2D graphics) {
        try {
            graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, LINE - 3));
            return graphics.getFontMetrics().stringWidth("words") > 0;
        } catch (Error | RuntimeException e) {
            LOGGER.warn("labels are left out, because no fonts were found: {}", e.toString());
            return false;
        }
    }

    private void one(Graphics2D graphics, long index, int left, int top, boolean words) {
        String note = images.caption(index);
        try {
            graphics.drawImage(buffered(resampler.square(images.pixels(index), cell)), left, top, null);
        } catch (BrokenImageException e) {
            note = e.getMessage();
            graphics.setColor(Color.RED);
            graphics.drawRect(left, top, cell - 1, cell - 1);
            graphics.drawLine(left, top, left + cell - 1, top + cell - 1);
            graphics.drawLine(left, top + cell - 1, left + cell - 1, top);
            LOGGER.warn("broken: {}", e.getMessage());
        }
        if (!words) {
            return;
        }
        graphics.setColor(Color.BLACK);
        int base = top + cell + LINE - 3;
        if (images.labelled()) {
            graphics.drawString(fitting(graphics.getFontMetrics(), ClassNames.of(images, index)), left, base);
            base += LINE;
        }
        if (images.captioned()) {
            graphics.drawString(fitting(graphics.getFontMetrics(), note), left, base);
        }
    }

    private String fitting(FontMetrics metrics, String text) {
        String line = text.lines().findFirst().orElse("");
        if (metrics.stringWidth(line) <= cell) {
            return line;
        }
        int length = line.length();
        while (length > 0 && metrics.stringWidth(line.substring(0, length) + "...") > cell) {
            length--;
        }
        return line.substring(0, length) + "...";
    }

    private static BufferedImage buffered(Pixels pixels) {
        byte[] bytes = pixels.withChannels(3).bytes();
        BufferedImage image = new BufferedImage(pixels.width(), pixels.height(), BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < pixels.width() * pixels.height(); i++) {
            int rgb = (bytes[3 * i] & 0xFF) << 16 | (bytes[3 * i + 1] & 0xFF) << 8 | bytes[3 * i + 2] & 0xFF;
            image.setRGB(i % pixels.width(), i / pixels.width(), rgb);
        }
        return image;
    }
}

package dev.gradus.diffusion.data;

import dev.gradus.diffusion.data.files.FileTree;
import dev.gradus.diffusion.data.image.ImageDecoder;
import dev.gradus.diffusion.data.image.Pixels;
import dev.gradus.diffusion.data.image.UnreadableImageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Encoded images of a folder, a zip file or tar files; {@link Annotations} tells where classes and captions come from. */
final class ImageFiles implements RawImages {
    private final Path path;
    private final FileTree tree;
    private final List<FileTree.Entry> images;
    private final Annotations annotations;

    private ImageFiles(Path path, FileTree tree, List<FileTree.Entry> images, Annotations annotations) {
        this.path = path;
        this.tree = tree;
        this.images = images;
        this.annotations = annotations;
    }

    /**
     * Lists the images and reads what is known of them; decodes none.
     *
     * @param threads read what lies beside the images
     * @throws DataException if there are none, or what is said of them is damaged
     */
    static ImageFiles open(Path path, int threads, FetchProgress progress) throws DataException {
        FileTree tree = FileTree.open(path);
        try {
            List<FileTree.Entry> images = tree.entries().stream()
                    .filter(entry -> ImageDecoder.isImage(entry.path()))
                    .toList();
            if (images.isEmpty()) {
                throw new DataException(path + ": has no images among its "
                        + tree.entries().size() + " files; PNG, JPEG, WebP, GIF, BMP and TIFF are read");
            }
            return new ImageFiles(path, tree, images, Annotations.read(path, tree, images, threads, progress));
        } catch (DataException | RuntimeException e) {
            tree.close();
            throw e;
        }
    }

    @Override
    public long size() {
        return images.size();
    }

    @Override
    public String path(long index) {
        return tree.describe(entry(index));
    }

    private FileTree.Entry entry(long index) {
        return images.get(Math.toIntExact(index));
    }

    @Override
    public Pixels pixels(long index) throws BrokenImageException {
        try {
            return ImageDecoder.decode(tree.read(entry(index)));
        } catch (IOException | UnreadableImageException e) {
            throw new BrokenImageException(new BrokenImage(index, path(index), e.getMessage()), e);
        }
    }

    @Override
    public int label(long index) {
        return annotations.label(Math.toIntExact(index));
    }

    @Override
    public boolean labelled() {
        return annotations.labelled();
    }

    @Override
    public List<String> classes() {
        return annotations.classes();
    }

    @Override
    public String caption(long index) {
        return annotations.caption(Math.toIntExact(index));
    }

    @Override
    public boolean captioned() {
        return annotations.captioned();
    }

    /** The first image without a class; null where all have one. */
    String firstWithoutClass() {
        int index = annotations.firstWithoutClass();
        return index < 0 ? null : path(index);
    }

    @Override
    public String identity() {
        StringBuilder files =
                new StringBuilder(path.toAbsolutePath().normalize().toString());
        images.forEach(image -> files.append('\n')
                .append(image.archive())
                .append(' ')
                .append(image.size())
                .append(' ')
                .append(image.path()));
        return files.toString();
    }

    @Override
    public void close() {
        tree.close();
    }
}

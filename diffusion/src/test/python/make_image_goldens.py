"""Writes small images in all formats and what Pillow reads from them, and arrays of numpy, for the tests of data.

    python3 make_image_goldens.py ../resources/goldens/images     # needs numpy, pillow, safetensors
"""

import pathlib
import sys

import numpy as np
from PIL import Image, ImageOps
from safetensors.numpy import save_file

WIDTH, HEIGHT = 24, 16
FILTERS = {
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def picture(width, height):
    """Smooth colours, so that lossy formats stay close, with nothing symmetric."""
    y, x = np.mgrid[0:height, 0:width]
    red = 255 * x / (width - 1)
    green = 255 * y / (height - 1)
    blue = 255 * np.exp(-((x - width / 3) ** 2 + (y - height / 4) ** 2) / (width * height / 8))
    return np.stack([red, green, blue], -1).round().astype(np.uint8)


def on_white(image):
    rgba = np.asarray(image.convert("RGBA")).astype(float)
    alpha = rgba[..., 3:] / 255
    return np.floor(rgba[..., :3] * alpha + 255 * (1 - alpha) + 0.5).astype(np.uint8)


def pixels(image):
    array = np.asarray(image)
    return np.ascontiguousarray(array if array.ndim == 3 else array[..., None])


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}

    def save(name, image, **options):
        image.save(folder / name, **options)
        return Image.open(folder / name)

    rgb = Image.fromarray(picture(WIDTH, HEIGHT))
    grey = rgb.convert("L")
    for name, options in {
        "rgb.png": {},
        "rgb.bmp": {},
        "rgb.tiff": {},
        "lzw.tiff": {"compression": "tiff_lzw"},
        "lossless.webp": {"lossless": True},
        "full.jpg": {"quality": 95, "subsampling": 0},
        "half.jpg": {"quality": 95, "subsampling": 2},
        "progressive.jpg": {"quality": 95, "progressive": True},
    }.items():
        expected[name] = pixels(save(name, rgb, **options).convert("RGB"))
    # Decoders differ in how they enlarge the colours, which have half the size; so nothing steep.
    large = Image.fromarray(picture(4 * WIDTH, 4 * HEIGHT))
    expected["lossy.webp"] = pixels(save("lossy.webp", large, quality=90).convert("RGB"))
    for name in ["grey.png", "grey.jpg", "grey.bmp", "grey.tiff"]:
        expected[name] = pixels(save(name, grey).convert("L"))
    expected["bits.png"] = pixels(save("bits.png", grey.convert("1")).convert("L"))
    expected["palette.png"] = pixels(save("palette.png", rgb.quantize(16)).convert("RGB"))
    expected["palette.gif"] = pixels(save("palette.gif", rgb.quantize(64)).convert("RGB"))

    cmyk = Image.fromarray(np.dstack([255 - picture(WIDTH, HEIGHT), picture(WIDTH, HEIGHT)[..., 2] // 2]), "CMYK")
    expected["cmyk.jpg"] = pixels(save("cmyk.jpg", cmyk, quality=95, subsampling=0).convert("RGB"))

    alpha = rgb.copy()
    alpha.putalpha(Image.fromarray((255 * np.linspace(0, 1, WIDTH * HEIGHT)).astype(np.uint8).reshape(HEIGHT, WIDTH)))
    for name in ["alpha.png", "alpha.webp", "alpha.tiff"]:
        options = {"lossless": True} if name.endswith("webp") else {}
        expected[name] = on_white(save(name, alpha, **options))
    see_through = rgb.quantize(16)
    expected["see-through.gif"] = on_white(save("see-through.gif", see_through, transparency=3))
    grey_alpha = grey.copy()
    grey_alpha.putalpha(alpha.getchannel("A"))
    expected["grey-alpha.png"] = np.ascontiguousarray(on_white(save("grey-alpha.png", grey_alpha))[..., :1])

    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        for suffix, options in {"jpg": {"quality": 95}, "png": {}, "webp": {"lossless": True}}.items():
            if suffix != "jpg" and orientation not in (3, 6):
                continue
            name = f"exif{orientation}.{suffix}"
            expected[name] = pixels(ImageOps.exif_transpose(save(name, rgb, exif=exif, **options)).convert("RGB"))
    # Of several frames and pages the first.
    inverse = ImageOps.invert(rgb)
    expected["frames.gif"] = pixels(
        save("frames.gif", rgb.quantize(64), save_all=True, append_images=[inverse.quantize(64)]).convert("RGB")
    )
    expected["frames.webp"] = pixels(
        save("frames.webp", rgb, save_all=True, append_images=[inverse], lossless=True).convert("RGB")
    )
    expected["pages.tiff"] = pixels(save("pages.tiff", rgb, save_all=True, append_images=[inverse]).convert("RGB"))
    save_file(expected, folder / "decoded.safetensors")

    generator = np.random.default_rng(5)
    resized = {}
    for name, (width, height) in {"wide": (61, 40), "tall": (33, 90)}.items():
        source = picture(width, height).astype(int) + generator.integers(-60, 60, (height, width, 3))
        image = Image.fromarray(source.clip(0, 255).astype(np.uint8))
        resized[name] = pixels(image)
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        for filter_name, kernel in FILTERS.items():
            for size in (7, 16, 32, 70):
                square = image.resize((size, size), kernel, box=(left, top, left + side, top + side))
                resized[f"{name}.{filter_name}.{size}"] = pixels(square)
    save_file(resized, folder / "resized.safetensors")

    counting = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    np.save(folder / "colour.npy", counting)
    np.save(folder / "planes.npy", np.ascontiguousarray(counting.transpose(0, 3, 1, 2)))
    np.savez_compressed(folder / "labelled.npz", x_train=counting, y_train=np.array([[6], [9]], np.int64))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

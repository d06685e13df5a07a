"""Drawn pictures in every format that is decoded: photographs by their texture, screens by their flat colours.

Everything follows from the number of a picture, so the same number is the same picture in every run.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageDraw

pillow_heif.register_heif_opener()

KINDS = {
    "JPEG": "image/jpeg", "WEBP": "image/webp", "PNG": "image/png", "GIF": "image/gif", "HEIF": "image/heic",
    "TIFF": "image/tiff", "BMP": "image/bmp", "AVIF": "image/avif",
}  # fmt: skip
"""Pillow's name of each format, and the kind that it has."""
SHEET = 1_600
"""Pixels a side of what pictures are cut from."""
SHEETS = 12
SIZES = [(200, 150), (320, 240), (480, 640), (512, 512), (641, 479), (720, 1280), (900, 260), (1100, 530), (1600, 1200)]
TONES = ("plain", "plain", "pale", "hard", "screen")
WAYS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "JPEG": (
        ("RGB", {"quality": 90}), ("RGB", {"quality": 40, "subsampling": "4:2:2"}), ("L", {"quality": 80}),
        ("RGB", {"quality": 75, "progressive": True, "subsampling": "4:4:4"}), ("CMYK", {"quality": 85}),
    ),
    "WEBP": (("RGB", {"quality": 80}), ("RGBA", {"quality": 50}), ("RGB", {"lossless": True, "method": 0})),
    "PNG": (("RGB", {}), ("P", {}), ("L", {}), ("RGBA", {}), ("1", {})),
    "GIF": (("P", {}), ("L", {})),
    "HEIF": (("RGB", {"quality": 70}), ("L", {"quality": 50})),
    "TIFF": (("RGB", {}), ("L", {"compression": "tiff_lzw"}), ("CMYK", {}), ("RGB", {"compression": "jpeg"})),
    "BMP": (("RGB", {}), ("P", {}), ("L", {})),
    "AVIF": (("RGB", {"quality": 70, "speed": 9}), ("RGBA", {"quality": 50, "speed": 9})),
}  # fmt: skip
"""For each format, how it is written in turn: the mode of its pixels, and options."""


@dataclass(frozen=True)
class Sample:
    """One file."""

    form: str
    data: bytes

    @property
    def kind(self) -> str:
        """The media type that ``data`` is told to be."""
        return KINDS[self.form]


def draw(seed: int, width: int, height: int) -> Image.Image:
    """Draw a picture with the texture of a photograph: octaves of noise, gradients, discs, a little grain."""
    rng = np.random.default_rng(seed)
    canvas = np.zeros((height, width, 3), np.float32)
    cells = 4
    while cells < max(width, height) / 2:
        across, down = (max(2, cells * side // max(width, height)) for side in (width, height))
        noise = rng.normal(size=(down + 1, across + 1)).astype(np.float32)
        layer = np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.BILINEAR))
        canvas += layer[:, :, None] * rng.normal(1, 0.35, 3).astype(np.float32) * cells**-0.6
        cells *= 2
    canvas += np.linspace(-0.4, 0.4, height, dtype=np.float32)[:, None, None] * rng.normal()
    canvas += np.linspace(-0.4, 0.4, width, dtype=np.float32)[None, :, None] * rng.normal()
    low, high = np.percentile(canvas[::7, ::7], [0.5, 99.5])
    canvas = (canvas - low) / (high - low) * 255 + rng.normal(size=(height, width, 1)).astype(np.float32) * 2
    image = Image.fromarray(canvas.clip(0, 255).astype(np.uint8))
    _discs(image, rng, 6)
    return image


def written(image: Image.Image, form: str, mode: str = "RGB", **options: Any) -> bytes:
    """Write a picture in a format, in a mode."""
    if image.mode != mode:
        image = image.convert(mode)
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def photograph(form: str, width: int, height: int, seed: int, folder: Path) -> Sample:
    """Return a photograph as a phone writes it, with EXIF; kept in a folder, since some formats take seconds."""
    file = folder / f"{form.lower()}-{width}-{height}-{seed}"
    if not file.exists():
        mode, options = WAYS[form][0]
        exif = Image.Exif()
        exif[0x010F], exif[0x0110], exif[0x0112] = "Lantern Works", "L-1", 1
        exif.get_ifd(0x8769)[0x9003] = "2026:05:01 10:00:00"
        if form not in {"GIF", "BMP"}:
            options = options | {"exif": exif.tobytes()}
        folder.mkdir(parents=True, exist_ok=True)
        file.write_bytes(written(draw(seed, width, height), form, mode, **options))
    return Sample(form, file.read_bytes())


def assorted(count: int) -> Iterator[Sample]:
    """Yield pictures of every format in turn, in many sizes, modes and tones."""
    for number in range(count):
        form = list(KINDS)[number % len(KINDS)]
        rng = np.random.default_rng(number)
        width, height = SIZES[int(rng.integers(len(SIZES)))]
        image = _cut(rng, width, height)
        mode, options = WAYS[form][int(rng.integers(len(WAYS[form])))]
        yield Sample(form, written(image, form, mode, **options))


def _cut(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    tone = TONES[int(rng.integers(len(TONES)))]
    if tone == "screen":
        image = Image.new("RGB", (width, height), tuple(rng.integers(0, 256, 3).tolist()))
        _discs(image, rng, int(rng.integers(1, 12)))
        return image
    x, y = int(rng.integers(SHEET - width + 1)), int(rng.integers(SHEET - height + 1))
    image = _sheet(int(rng.integers(SHEETS))).crop((x, y, x + width, y + height))
    if rng.integers(2):
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if tone == "pale":
        return image.point([value // 16 + 100 for value in range(256)] * 3)
    return image if tone == "plain" else image.point([255 * (value > 128) for value in range(256)] * 3)


@lru_cache(maxsize=SHEETS)
def _sheet(seed: int) -> Image.Image:
    return draw(seed, SHEET, SHEET)


def _discs(image: Image.Image, rng: np.random.Generator, count: int) -> None:
    pen = ImageDraw.Draw(image)
    width, height = image.size
    for _ in range(count):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        radius = int(rng.integers(min(width, height) // 20, min(width, height) // 5))
        colour = tuple(int(value) for value in rng.integers(0, 255, 3))
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

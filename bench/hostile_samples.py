"""Small sound pictures and clips in every format that is decoded, and ways to spoil them.

Another format is one line in ``SAMPLES``.
"""

import io
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from picture_samples import WAYS, draw, written

SIDES = ((96, 64), (200, 150), (321, 239))
LARGEST_SEED = 1 << 18
"""Bytes of a fixture from which it is not spoilt in many ways: it would only take time."""
HEAD = 2_048
"""Where half of the damage falls: structures lie there."""
EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
GREATER = (0x3FFF, 0x7FFF, 0xFFFF, 0x20000, 0x7FFFFFFF, 0xFFFFFFFF)


@dataclass(frozen=True)
class Sample:
    """What one format's files are made from."""

    form: str
    make: Callable[[int], bytes]
    """Makes the sound file of a number; the same number, the same file."""
    variants: int = 12


def picture(form: str, **more: object) -> Callable[[int], bytes]:
    """Return a maker of pictures in one of Pillow's formats, in its modes and three sizes in turn."""

    def make(number: int) -> bytes:
        mode, options = WAYS[form][number % len(WAYS[form])]
        image = _drawn(number % 5, *SIDES[number % len(SIDES)])
        extra = {} if form in {"GIF", "BMP", "TIFF"} else {"exif": _exif()}
        return written(image, form, mode, **options, **extra, **more)

    return make


def animation(form: str) -> Callable[[int], bytes]:
    """Return a maker of moving pictures of three frames."""

    def make(number: int) -> bytes:
        first, *others = (_drawn((number + step) % 5, *SIDES[number % 2]) for step in range(3))
        file = io.BytesIO()
        first.save(file, form, save_all=True, append_images=others, duration=100)
        return file.getvalue()

    return make


def jpeg_xl(number: int) -> bytes:
    """Make a JPEG XL: without loss, lossy, clear, deep, grey, moving, or a JPEG packed with its EXIF, in turn."""
    import imagecodecs

    size = SIDES[number % len(SIDES)]
    pixels = np.asarray(_drawn(number % 5, *size))
    ways: tuple[tuple[object, dict[str, object]], ...] = (
        (pixels, {"lossless": True}), (pixels, {"level": 80}), (np.dstack([pixels, pixels[:, :, :1]]), {"level": 60}),
        (pixels.astype(np.uint16) * 257, {"lossless": True}), (pixels[:, :, 0].copy(), {"lossless": True}),
        (np.stack([pixels, pixels[::-1]]), {"lossless": True, "usecontainer": True}),
    )  # fmt: skip
    way = number % (len(ways) + 1)
    if way == len(ways):
        return bytes(imagecodecs.jpegxl_encode_jpeg(picture("JPEG")(0), numthreads=1))
    form, options = ways[way]
    return bytes(imagecodecs.jpegxl_encode(form, effort=3, numthreads=1, **options))


def clip(container: str, codec: str) -> Callable[[int], bytes]:
    """Return a maker of clips of ten frames."""

    def make(number: int) -> bytes:
        import av

        file = io.BytesIO()
        with av.open(file, "w", format=container) as film:
            options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
            stream = film.add_stream(codec, rate=5, options=options)
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
            for step in range(10):
                pixels = np.roll(np.asarray(_drawn(number % 5, 96, 64)), 4 * step, axis=1)
                film.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
            film.mux(stream.encode(None))
        return file.getvalue()

    return make


SAMPLES = (
    Sample("JPEG", picture("JPEG"), 15),
    Sample("PNG", picture("PNG"), 15),
    Sample("PNG, interlaced", picture("PNG", interlace=1)),
    Sample("WebP", picture("WEBP")),
    Sample("WebP, moving", animation("WEBP")),
    Sample("GIF", picture("GIF")),
    Sample("GIF, moving", animation("GIF")),
    Sample("HEIC", picture("HEIF")),
    Sample("TIFF", picture("TIFF")),
    Sample("BMP", picture("BMP")),
    Sample("AVIF", picture("AVIF")),
    Sample("JPEG XL", jpeg_xl, 14),
    Sample("MP4", clip("mp4", "mpeg4")),
    Sample("MP4, HEVC", clip("mp4", "libx265"), 3),
    Sample("QuickTime, H.264", clip("mov", "libx264")),
    Sample("Matroska, VP8", clip("matroska", "libvpx")),
    Sample("AVI", clip("avi", "mpeg4")),
)


def fixtures(folder: Path) -> list[bytes]:
    """Return the broken pictures that Pillow is tested with, from the folder of fixtures."""
    return [file.read_bytes() for file in sorted((folder / "evidence" / "pillow").rglob("*")) if file.is_file()]


def spoilt(data: bytes, chance: random.Random) -> bytes:
    """Spoil a file in one to three ways."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice(WAYS_TO_SPOIL)(data, chance)
    return data


def _bytes(data: bytes, chance: random.Random) -> bytes:
    """Change some bytes, or flip some bits."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16, 64)) if data else 0):
        place = _place(len(data), chance)
        changed[place] = chance.choice((0, 0xFF, chance.randrange(256), changed[place] ^ 1 << chance.randrange(8)))
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    """Cut the end off, or a piece out of the middle."""
    first, last = sorted((chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)))
    return data[:first] if chance.random() < 0.5 else data[:first] + data[last:]


def _repeated(data: bytes, chance: random.Random) -> bytes:
    """Repeat a piece."""
    first = _place(len(data), chance)
    return data[:first] + data[first : first + chance.choice((4, 16, 256, 4096))] * 2 + data[first:]


def _number(data: bytes, chance: random.Random) -> bytes:
    """Put an extreme number where one may be: a length, an offset, a count."""
    length, order = chance.choice((2, 4, 4)), chance.choice("><")
    value = chance.choice((*EXTREMES, len(data), len(data) - 1, len(data) + 1)) % (1 << 8 * length)
    place = _place(len(data), chance) // 2 * 2
    return data[:place] + struct.pack(f"{order}{'H' if length == 2 else 'I'}", value) + data[place + length :]


def _size(data: bytes, chance: random.Random) -> bytes:
    """Inflate a side of the picture wherever the file states it."""
    found = list(_stated(data[:HEAD]))
    if not found:
        return _number(data, chance)
    place, form = chance.choice(found)
    value = chance.choice(GREATER) % (1 << 8 * struct.calcsize(form))
    return data[:place] + struct.pack(form, value) + data[place + struct.calcsize(form) :]


def _stated(head: bytes) -> Iterator[tuple[int, str]]:
    """Yield where a side of a picture, or that less one, seems to be stated."""
    for side in {side + less for sides in SIDES for side in sides for less in (0, -1)}:
        for form in (">I", "<I", ">H", "<H"):
            place = head.find(struct.pack(form, side))
            if place >= 0:
                yield place, form


WAYS_TO_SPOIL = (_bytes, _bytes, _cut, _repeated, _number, _number, _size)


def _place(size: int, chance: random.Random) -> int:
    return chance.randrange(min(size, HEAD) if chance.random() < 0.5 else size) if size else 0


@lru_cache(maxsize=64)
def _drawn(seed: int, width: int, height: int) -> Image.Image:
    return draw(seed, width, height)


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Lantern Works", 6
    exif.get_ifd(0x8825)[2] = (48.0, 30.0, 0.0)
    return exif.tobytes()

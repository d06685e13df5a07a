"""A picture's packed bytes as a file of their own: what lacks a header gets one, and its bytes stay as they are.

TIFF 6.0 and PNG (RFC 2083) pack pixels in the same ways as PDF (ISO 32000-1, 7.4) does, so that nothing is decoded.
"""

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

_SHORT, _LONG = 3, 4
_JBIG2_HEADER = b"\x97JB2\r\n\x1a\n\x03"
"""Its flags say: pages one after the other, and nobody knows how many."""


class Packing(IntEnum):
    """TIFF's numbers for the ways in which pixels are packed."""

    NONE = 1
    FAX_ALIGNED = 2
    FAX_G3 = 3
    FAX_G4 = 4
    LZW = 5
    DEFLATE = 8
    RUNS = 32773


class Colour(IntEnum):
    """TIFF's numbers for what the pixels stand for."""

    WHITE_IS_ZERO = 0
    BLACK_IS_ZERO = 1
    RGB = 2
    PALETTE = 3
    CMYK = 5
    LAB = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Pixels:
    """What the header says of the pixels."""

    width: int
    height: int
    bits: int
    """Of one component of one pixel."""
    components: int
    colour: Colour
    palette: bytes = b""
    """Three bytes a colour; empty without one."""

    @property
    def size(self) -> int:
        """Unpacked, in bytes: each row fills whole bytes."""
        return self.height * ((self.width * self.components * self.bits + 7) // 8)


def tiff(pixels: Pixels, packing: Packing, data: bytes, *, predictor: int = 1, two_dimensional: bool = False) -> bytes:
    """Return a TIFF of one strip. ``two_dimensional`` is of ``FAX_G3`` alone."""
    tags: list[tuple[int, int, tuple[int, ...]]] = [
        (256, _LONG, (pixels.width,)),
        (257, _LONG, (pixels.height,)),
        (258, _SHORT, (pixels.bits,) * pixels.components),
        (259, _SHORT, (packing,)),
        (262, _SHORT, (pixels.colour,)),
        (273, _LONG, (0,)),
        (277, _SHORT, (pixels.components,)),
        (278, _LONG, (pixels.height,)),
        (279, _LONG, (len(data),)),
        (284, _SHORT, (1,)),
    ]
    if packing is Packing.FAX_G3:
        tags.append((292, _LONG, (int(two_dimensional),)))
    if predictor != 1:
        tags.append((317, _SHORT, (predictor,)))
    if pixels.colour is Colour.PALETTE:
        tags.append((320, _SHORT, _colour_map(pixels)))
    return _directory(tags) + data


def _colour_map(pixels: Pixels) -> tuple[int, ...]:
    """Return all reds, all greens, all blues, each of 16 bits, for as many colours as the pixels can tell apart."""
    full = pixels.palette[: 3 << pixels.bits].ljust(3 << pixels.bits, b"\x00")
    return tuple(value * 257 for plane in range(3) for value in full[plane::3])


def _directory(tags: list[tuple[int, int, tuple[int, ...]]]) -> bytes:
    """Return all that stands before the strip: the header, the tags, and the values that are too long for their tag."""
    packed = [(tag, kind, values, _packed(kind, values)) for tag, kind, values in tags]
    start = 8 + 2 + 12 * len(tags) + 4
    end = start + sum(len(data) for *_, data in packed if len(data) > 4)
    fixed, long = [b"MM\x00*" + struct.pack(">IH", 8, len(tags))], b""
    for tag, kind, values, data in packed:
        value = data.ljust(4, b"\x00")
        if tag == 273:
            value = struct.pack(">I", end)
        elif len(data) > 4:
            value = struct.pack(">I", start + len(long))
            long += data
        fixed.append(struct.pack(">HHI", tag, kind, len(values)) + value)
    return b"".join(fixed) + bytes(4) + long


def _packed(kind: int, values: tuple[int, ...]) -> bytes:
    data = struct.pack(f">{len(values)}{'H' if kind == _SHORT else 'I'}", *values)
    return data + bytes(len(data) % 2)


def png(pixels: Pixels, data: bytes) -> bytes:
    """Return a PNG of zlib data whose rows begin with their filter, as PDF's predictors above 9 leave them.

    Shades whose white is zero have a palette of shades instead, which PNG allows up to 8 bits.
    """
    palette = pixels.palette[: 3 << pixels.bits]
    if pixels.colour is Colour.WHITE_IS_ZERO:
        palette = _falling_shades(pixels.bits)
    colour_type = 3 if palette else 2 if pixels.components == 3 else 0
    header = struct.pack(">2I5B", pixels.width, pixels.height, pixels.bits, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header), *([(b"PLTE", palette)] if palette else []), (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))


def _falling_shades(bits: int) -> bytes:
    most = (1 << bits) - 1
    return b"".join(bytes([255 - 255 * shade // most]) * 3 for shade in range(most + 1))


def jbig2(data: bytes, shared: bytes) -> bytes:
    """Return a JBIG2 file (ITU-T T.88, annex D) of a page's segments and those that pages share."""
    return _JBIG2_HEADER + shared + data

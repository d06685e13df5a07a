"""BMP (Windows bitmaps): what the two headers state has to add up to the stated size of the file."""

import re
import struct

from sauveterre.evidence.carving.view import Found, View, whole

NAME = "bmp"
PREFIXES = frozenset(b"BM%c" % octet for octet in range(0, 256, 2))
"""Two headers, colours and rows of four bytes each: the size that follows is even."""
LEAD = 0
HEAD = re.compile(rb"BM.{4}\x00{4}.{3}\x00[\x28\x6c\x7c]\x00{3}", re.DOTALL)

_HEADER = struct.Struct("<2sI2HI I2i2H6I")
_DEPTHS = frozenset({1, 4, 8, 16, 24, 32})
_PLAIN = frozenset({0, 3, 6})
_MOST_SIDE = 1 << 17
_MOST_COLOURS = 256


def suffix(view: View) -> str:  # noqa: ARG001
    """Name it as everybody does."""
    return "bmp"


def walk(view: View) -> Found | None:
    """Measure a picture whose rows are not packed; one that is cut off does not count."""
    head = view.read(0, _HEADER.size)
    if len(head) < _HEADER.size:
        return None
    _, size, _, _, start, header, width, height, planes, depth, packing, stated, *_, colours, _ = _HEADER.unpack(head)
    sound = planes == 1 and depth in _DEPTHS and packing in _PLAIN and colours <= _MOST_COLOURS
    if not sound or not 0 < width <= _MOST_SIDE or not 0 < abs(height) <= _MOST_SIDE:
        return None
    pixels = (width * depth + 31) // 32 * 4 * abs(height)
    fits = 14 + header <= start <= 14 + header + 16 + 4 * _MOST_COLOURS and start + pixels <= size <= start + pixels + 4
    return whole(size) if fits and stated in (0, pixels, size - start) and size <= view.size else None

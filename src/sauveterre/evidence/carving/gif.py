"""GIF (87a, 89a), animated ones too: every block to the trailer, the sub-blocks of each one by one."""

import re

from sauveterre.evidence.carving.view import LEAST_CUT, WINDOW, Found, View, cut_off, whole

NAME = "gif"
PREFIXES = frozenset({b"IF8"})
LEAD = 1
HEAD = re.compile(rb"GIF8[79]a")

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_FIRST_SUB_BLOCK = {0xF9: 4, 0xFF: 11, 0x01: 12}
_COMMENT = 0xFE
_HAS_COLOURS, _COLOURS = 0x80, 0x07


def suffix(view: View) -> str:  # noqa: ARG001
    """Name it as everybody does."""
    return "gif"


def walk(view: View) -> Found | None:
    """Follow a GIF; one that is cut off counts from 1 KiB of its last picture on."""
    head = view.read(0, 13)
    if len(head) < 13 or not any(head[6:8]) or not any(head[8:10]):
        return None
    at, sure, images = 13 + _colour_bytes(head[10]), 0, 0
    while True:
        block = view.read(at, 10)
        kind = block[0] if block else 0
        if kind == _TRAILER:
            return whole(at + 1) if images else None
        data = _image_data(view, at, block) if kind == _IMAGE else _extension_data(block, at)
        if data is None:
            return cut_off(at, sure) if images and at >= LEAST_CUT else None
        end, closed = _sub_blocks(view, data)
        if not closed:
            return cut_off(end, data) if kind == _IMAGE and end - data >= LEAST_CUT else None
        at, sure, images = end, data, images + (kind == _IMAGE)


def _colour_bytes(packed: int) -> int:
    return 3 << (packed & _COLOURS) + 1 if packed & _HAS_COLOURS else 0


def _image_data(view: View, at: int, block: bytes) -> int | None:
    """Return where a picture's sub-blocks start; its code has to begin with a clear code, as encoders write it."""
    if len(block) < 10 or not any(block[5:7]) or not any(block[7:9]):
        return None
    start = at + 10 + _colour_bytes(block[9])
    head = view.read(start, 4)
    if len(head) < 4 or not 1 <= head[0] <= 8 or not head[1]:
        return None
    clear = 1 << head[0]
    code = int.from_bytes(head[2:] if head[1] > 1 else head[2:3], "little")
    return start + 1 if code & (2 * clear - 1) == clear else None


def _extension_data(block: bytes, at: int) -> int | None:
    """Return where an extension's sub-blocks start; None when it is none."""
    if len(block) < 3 or block[0] != _EXTENSION:
        return None
    label, first = block[1], block[2]
    return at + 2 if label == _COMMENT or _FIRST_SUB_BLOCK.get(label) == first else None


def _sub_blocks(view: View, at: int) -> tuple[int, bool]:
    """Return where a row of sub-blocks ends, and whether it ends as it should: with an empty one."""
    while data := view.some(at, WINDOW):
        place = 0
        while place < len(data):
            length = data[place]
            place += 1 + length
            if not length:
                return at + place, True
        at += place
    return view.size, False

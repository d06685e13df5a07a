"""PNG (W3C, third edition), animated ones too: every chunk with its CRC, from IHDR to IEND."""

import re
import zlib

from sauveterre.evidence.carving.view import LEAST_CUT, STRIDE, WINDOW, Found, View, cut_off, whole

NAME = "png"
PREFIXES = frozenset({b"\x89PN"})
LEAD = 0
HEAD = re.compile(rb"\x89PNG\r\n\x1a\n\x00\x00\x00[\x04\x0d](IHDR|CgBI)")

_MOST = (1 << 31) - 1
_DATA = frozenset({b"IDAT", b"fdAT"})


def suffix(view: View) -> str:  # noqa: ARG001
    """Name it as everybody does."""
    return "png"


def walk(view: View) -> Found | None:
    """Follow a PNG; one that is cut off counts from 1 KiB of picture data on, with its last, broken chunk."""
    at, data_start = 8, 0
    while True:
        length, kind = _head(view, at)
        end = at + 12 + length
        if not kind:
            return _cut(at, at, data_start)
        if kind in _DATA:
            data_start = data_start or at
        if not _is_sound(view, at, length, kind):
            return _cut(at, min(end, view.size) if kind in _DATA else at, data_start)
        if kind == b"IEND":
            return whole(end) if data_start else None
        at = end


def _head(view: View, at: int) -> tuple[int, bytes]:
    """Return a chunk's length and type; an empty type where there is none."""
    head = view.read(at, 8)
    length, kind = int.from_bytes(head[:4], "big"), head[4:]
    return (length, kind) if len(kind) == 4 and kind.isalpha() and length <= _MOST else (0, b"")


def _is_sound(view: View, at: int, length: int, kind: bytes) -> bool:
    end = at + 12 + length
    if end > view.size or (kind == b"IHDR" and length != 13) or (kind == b"IEND" and length):
        return False
    if length > WINDOW and not _head(view, end)[1]:
        return False
    crc, place, last = 0, at + 4, end - 4
    while place < last:
        data = view.some(place, min(STRIDE, last - place))
        if not data:
            return False
        crc = zlib.crc32(data, crc)
        place += len(data)
    return view.read(last, 4) == crc.to_bytes(4, "big")


def _cut(sure: int, end: int, data_start: int) -> Found | None:
    return cut_off(end, sure) if data_start and end - data_start >= LEAST_CUT else None

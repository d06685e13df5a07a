"""How many frames, pages or pictures a picture's file holds, counted without decoding any of them.

Sources: GIF89a; PNG 3 (``acTL``); the RIFF container of WebP (``ANMF``); TIFF 6; ISO/IEC 14496-12 (``stsz``) for the
sequences of HEIC and AVIF.
"""

import struct
from collections.abc import Callable

from sauveterre.media.blocks import chunks
from sauveterre.media.jxl.header import JPEG_XL, may_move

MOST_FRAMES = 100_000
"""Where counting ends."""
_MOST_BOXES = 1_024
_BLOCK, _EXTENSION, _END = 0x2C, 0x21, 0x3B


def frames_of(data: bytes, kind: str) -> int | None:
    """Return the number of frames of a whole file; 1 where its kind has one, or where it does not say.

    None for a JPEG XL that moves: it states no number, and only decoding would tell.
    """
    if kind == JPEG_XL:
        return None if may_move(data) else 1
    count = _COUNTS.get(kind)
    if count is None:
        return 1
    try:
        return max(1, min(count(data), MOST_FRAMES))
    except (struct.error, IndexError, OverflowError):
        return 1


def _of_gif(data: bytes) -> int:
    """Step over blocks: an image is a head, perhaps a palette, and data in pieces of a length each."""
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    count = 0
    while at < len(data) and count < MOST_FRAMES:
        if data[at] == _BLOCK and at + 10 < len(data):
            flags = data[at + 9]
            at += 11 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
            count += 1
        elif data[at] == _EXTENSION:
            at += 2
        else:
            break
        while at < len(data) and data[at]:
            at += 1 + data[at]
        at += 1
    return count


def _of_png(data: bytes) -> int:
    for name, at, _ in chunks(data, 8, layout=">I4s", trailer=4, padding=1):
        if name == b"acTL":
            return int.from_bytes(data[at : at + 4], "big")
        if name == b"IDAT":
            break
    return 1


def _of_webp(data: bytes) -> int:
    return sum(name == b"ANMF" for name, *_ in chunks(data, 12, layout="<4sI", trailer=0, padding=2))


def _of_tiff(data: bytes) -> int:
    """Follow the folders from one to the next; one that was there already ends it."""
    order = "<" if data[:2] == b"II" else ">"
    is_big = data[2:4] in {b"+\0", b"\0+"}
    first, step = (8, 20) if is_big else (4, 12)
    count_form, next_form = ("Q", "Q") if is_big else ("H", "I")
    seen: set[int] = set()
    (at,) = struct.unpack_from(order + next_form, data, first)
    while at and at not in seen and len(seen) < MOST_FRAMES:
        seen.add(at)
        (entries,) = struct.unpack_from(order + count_form, data, at)
        (at,) = struct.unpack_from(order + next_form, data, at + struct.calcsize(count_form) + step * entries)
    return len(seen)


def _of_sequence(data: bytes) -> int:
    """Return the samples of the longest track, as its table of sizes states them; a film behind the picture is none."""
    at, longest = 0, 0
    for _ in range(_MOST_BOXES):
        size, name = struct.unpack_from(">I4s", data, at)
        if name == b"moov":
            table = at
            while (table := data.find(b"stsz", table + 4, at + size)) >= 0:
                longest = max(longest, int.from_bytes(data[table + 12 : table + 16], "big"))
        if name == b"mpvd" or size < 8 or at + size + 8 > len(data):
            break
        at += size
    return longest


_COUNTS: dict[str, Callable[[bytes], int]] = {
    "image/gif": _of_gif, "image/png": _of_png, "image/webp": _of_webp, "image/tiff": _of_tiff,
    "image/heic": _of_sequence, "image/heif": _of_sequence, "image/avif": _of_sequence,
}  # fmt: skip

"""The boxes of a JPEG XL file (ISO/IEC 18181-2): where its codestream is, and what it says of itself.

A box has its size, big-endian, then its type; size 1 announces eight bytes of size, size 0 reaches to the end. A file
may also be a bare codestream. What is malformed is passed over in silence, and everything has a bound.
"""

import struct
from collections.abc import Iterator

BARE = b"\xff\x0a"
CONTAINER = b"\x00\x00\x00\x0cJXL \r\n\x87\n"
LONGEST_HEAD = 512
"""Bytes of a codestream that its head can take, and more."""
_MOST_BOXES = 1_024


def boxes_of(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, first byte, end) of the boxes of a container; the last one may be cut."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        size, name = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            head, size = 16, int.from_bytes(data[at + 8 : at + 16], "big")
        elif size == 0:
            size = len(data) - at
        if size < head:
            return
        yield name, at + head, min(at + size, len(data))
        at += size


def start_of_codestream(data: bytes) -> bytes:
    """Return the first bytes of the codestream, put together where it lies in parts; empty where there is none."""
    if not data.startswith(CONTAINER):
        return data[:LONGEST_HEAD] if data.startswith(BARE) else b""
    start = b""
    for name, first, end in boxes_of(data):
        if name == b"jxlc":
            start += data[first : min(end, first + LONGEST_HEAD)]
        elif name == b"jxlp":  # its number comes first
            start += data[first + 4 : min(end, first + 4 + LONGEST_HEAD)]
        if len(start) >= LONGEST_HEAD:
            break
    return start if start.startswith(BARE) else b""

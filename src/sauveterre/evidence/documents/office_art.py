"""Pictures and objects in the streams of legacy Office documents, found by the headers of their records.

Pictures are OfficeArt BLIPs ([MS-ODRAW] 2.2.23 to 2.2.31): a header of eight bytes that says what they are, one or two
digests, a tag, and then the picture as it was put in. Objects of presentations are [MS-PPT] 2.10.34.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sauveterre.records.pulse import pulse

_HEADER = struct.Struct("<HHI")
_DIGEST_BYTES, _TAG_BYTES, _METAFILE_BYTES = 16, 1, 34
_OBJECT, _STORED, _PACKED = 0x1011, 0, 1
_DRAWING_GROUP, _CONTINUE = 0x00EB, 0x003C
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What a compound file begins with."""
SIGNATURE_WITHIN = 64
"""How far into a stream a picture may begin: the streams of Windows' Thumbs.db have headers of 12 to 24 bytes."""


@dataclass(frozen=True, slots=True)
class Found:
    """A picture or object in a stream."""

    at: int
    """Where its record begins."""
    start: int
    """Where its own bytes begin."""
    end: int
    suffix: str
    is_packed: bool = False
    """By zlib, as metafiles and objects are."""
    is_cut: bool = False
    """The stream ends before it does."""

    @property
    def is_picture(self) -> bool:
        """Whether it is no object."""
        return self.suffix != "ole"


def _kinds() -> dict[bytes, tuple[str, int]]:
    """Return what each header begins with: version and instance, then type; with how many digests follow it."""
    kinds: dict[bytes, tuple[str, int]] = {}
    for kind, suffix, instances in (
        (0xF01A, "emf", (0x3D4,)),
        (0xF01B, "wmf", (0x216,)),
        (0xF01C, "pict", (0x542,)),
        (0xF01D, "jpg", (0x46A, 0x6E2)),
        (0xF02A, "jpg", (0x46A, 0x6E2)),
        (0xF01E, "png", (0x6E0,)),
        (0xF01F, "dib", (0x7A8,)),
        (0xF029, "tif", (0x6E4,)),
    ):
        for instance in instances:
            for more in (0, 1):
                kinds[struct.pack("<HH", (instance + more) << 4, kind)] = (suffix, 1 + more)
    return kinds


_KINDS = _kinds()
_METAFILES = frozenset({"emf", "wmf", "pict"})
_OBJECTS = {struct.pack("<HH", instance << 4, _OBJECT): instance for instance in (_STORED, _PACKED)}
_BLIP = re.compile(b"|".join(map(re.escape, _KINDS)))
_OBJECT_RECORD = re.compile(b"|".join(map(re.escape, _OBJECTS)))
_SIGNATURES = {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png", b"GIF87a": "gif", b"GIF89a": "gif"}
_SIGNATURE = re.compile(b"|".join(map(re.escape, _SIGNATURES)))


def pictures_in(data: bytes) -> Iterator[Found]:
    """Yield the pictures of a stream, in their order; one that lies inside another is not one of its own."""
    at = 0
    while (hit := _BLIP.search(data, at)) is not None:
        pulse()
        suffix, digests = _KINDS[hit.group()]
        found = _picture(data, hit.start(), suffix, digests)
        at = hit.start() + 1 if found is None else found.end
        if found is not None:
            yield found


def _picture(data: bytes, at: int, suffix: str, digests: int) -> Found | None:
    size = _size(data, at)
    head = digests * _DIGEST_BYTES + (_METAFILE_BYTES if suffix in _METAFILES else _TAG_BYTES)
    start, end = at + _HEADER.size + head, at + _HEADER.size + size
    if size <= head or start >= len(data):
        return None
    is_packed = suffix in _METAFILES and data[start - 2] == 0
    return Found(at, start, min(end, len(data)), suffix, is_packed, is_cut=end > len(data))


def objects_in(data: bytes) -> Iterator[Found]:
    """Yield the embedded objects of a presentation's main stream: whole compound files, most of them packed."""
    at = 0
    while (hit := _OBJECT_RECORD.search(data, at)) is not None:
        pulse()
        is_packed = _OBJECTS[hit.group()] == _PACKED
        start, end = hit.end() + 4 + 4 * is_packed, hit.end() + 4 + _size(data, hit.start())
        at = hit.start() + 1
        marks = data[start : start + 8]
        if start < end <= len(data) and (marks[:1] == b"\x78" if is_packed else marks == COMPOUND):
            yield Found(hit.start(), start, end, "ole", is_packed)
            at = end


def picture_at_start(data: bytes) -> Found | None:
    """Return the picture that a stream holds behind a short header or none, as those of Thumbs.db do."""
    hit = _SIGNATURE.search(data, 0, SIGNATURE_WITHIN)
    return None if hit is None else Found(0, hit.start(), len(data), _SIGNATURES[hit.group()])


def drawings_of(workbook: bytes) -> bytes:
    """Return the drawings of a workbook in one piece, which its records of 8,224 bytes cut up ([MS-XLS] 2.4.171)."""
    parts: list[bytes] = []
    at, belongs = 0, False
    while at + 4 <= len(workbook):
        pulse()
        kind, size = struct.unpack_from("<HH", workbook, at)
        belongs = kind == _DRAWING_GROUP or (belongs and kind == _CONTINUE)
        if belongs:
            parts.append(workbook[at + 4 : at + 4 + size])
        at += 4 + size
    return b"".join(parts)


def unpacked(data: bytes, found: Found, most: int) -> bytes:
    """Return a picture's or object's own bytes; raise ``zlib.error`` for what cannot be unpacked.

    At most ``most + 1`` bytes come back, so that who asks can tell what is too large.
    """
    body = data[found.start : found.end]
    if found.is_packed:
        return zlib.decompressobj().decompress(body, most + 1)
    return bitmap_header(body) + body if found.suffix == "dib" else body


def bitmap_header(body: bytes) -> bytes:
    """Return the file header that a device-independent bitmap lacks ([MS-WMF] 2.2.2.9)."""
    header = int.from_bytes(body[:4], "little")
    bits, packing = int.from_bytes(body[14:16], "little"), int.from_bytes(body[16:20], "little")
    colours = int.from_bytes(body[32:36], "little") or (1 << bits if bits <= 8 else 0)
    masks = 12 if header == 40 and packing == 3 else 0
    pixels = 14 + header + masks + 4 * min(colours, 256)
    return b"BM" + struct.pack("<IHHI", (14 + len(body)) & 0xFFFFFFFF, 0, 0, pixels & 0xFFFFFFFF)


def _size(data: bytes, at: int) -> int:
    return int.from_bytes(data[at + 4 : at + 8], "little")

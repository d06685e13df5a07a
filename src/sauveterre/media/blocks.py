"""Where a picture's file keeps what it says of itself, found by walking segments or chunks: nothing is decoded.

Sources: JPEG markers, ITU-T T.81 annex B; XMP part 3 (storage in files); Photoshop's image resources; PNG 3; the RIFF
container of WebP. What is malformed is passed over in silence, and everything has a bound.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from PIL import Image

LARGEST_BLOCK = 1 << 20
"""Bytes of one block that is looked at; a JPEG segment holds at most 65,533."""
LARGEST_PREVIEW = 1 << 25
"""Bytes of an embedded picture that is looked at."""
MOST_SEGMENTS = 4_096
"""Segments, chunks or resources that are walked."""
MOST_PREVIEWS = 4
"""Embedded pictures of one file that are looked at, the first ones."""

_EXIF, _XMP, _MORE_XMP = b"Exif\x00", b"http://ns.adobe.com/xap/1.0/\x00", b"http://ns.adobe.com/xmp/extension/\x00"
_RESOURCES, _MPF = b"Photoshop 3.0\x00", b"MPF\x00"
_IPTC_RESOURCE, _THUMBNAIL_RESOURCE, _EXIF_RESOURCE, _XMP_RESOURCE = 0x0404, 0x040C, 0x0422, 0x0424
_THUMBNAIL_HEAD = 28
_MPF_ENTRIES = 0xB002


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture inside the file of a picture."""

    origin: str
    data: bytes = b""
    """A JPEG of its own; empty where it is stored as none."""
    image: Image.Image | None = None
    """Decoded already, in grey or RGB; None where it is a JPEG."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """The blocks of one file, as stored; empty where there is none."""

    exif: bytes = b""
    xmp: tuple[bytes, ...] = ()
    """Packets of XML."""
    iptc: bytes = b""
    previews: tuple[Preview, ...] = ()


NO_BLOCKS = Blocks()


def blocks_of(data: bytes, kind: str) -> Blocks:
    """Return the blocks of a whole JPEG, PNG or WebP; none of anything else. Never raises for bad content."""
    if kind == "image/jpeg":
        return _of_jpeg(data)
    if kind == "image/png":
        return _of_png(data)
    return _of_webp(data) if kind == "image/webp" else NO_BLOCKS


def photoshop_blocks(resources: bytes) -> Blocks:
    """Return what Photoshop's image resources hold: mark, number, padded name, length, data."""
    found: dict[int, bytes] = {}
    previews: list[Preview] = []
    at = 0
    for _ in range(MOST_SEGMENTS):
        if resources[at : at + 4] != b"8BIM" or at + 12 > len(resources):
            break
        number = int.from_bytes(resources[at + 4 : at + 6], "big")
        at += 6 + (resources[at + 6] + 2) // 2 * 2
        length, at = int.from_bytes(resources[at : at + 4], "big"), at + 4
        content = resources[at : at + length]
        if number in {_IPTC_RESOURCE, _EXIF_RESOURCE, _XMP_RESOURCE}:
            found.setdefault(number, content[:LARGEST_BLOCK])
        elif number == _THUMBNAIL_RESOURCE and content[:4] == b"\0\0\0\1":
            previews.append(Preview("Photoshop thumbnail", content[_THUMBNAIL_HEAD:]))
        at += (length + 1) // 2 * 2
    packet = found.get(_XMP_RESOURCE)
    return Blocks(
        exif=found.get(_EXIF_RESOURCE, b""),
        xmp=(packet,) if packet else (),
        iptc=found.get(_IPTC_RESOURCE, b""),
        previews=tuple(previews),
    )


def photoshop_file(data: bytes) -> Blocks:
    """Return the blocks of a PSD or PSB: behind its head and its palette come image resources."""
    at = 26
    palette = int.from_bytes(data[at : at + 4], "big")
    at += 4 + palette
    length = int.from_bytes(data[at : at + 4], "big")
    return photoshop_blocks(data[at + 4 : at + 4 + length])


def _of_jpeg(data: bytes) -> Blocks:
    exif, xmp, resources = b"", [], b""
    further: dict[int, bytes] = {}
    previews: list[Preview] = []
    for marker, at, end in segments(data):
        if marker == 0xE1 and data.startswith(_EXIF, at):
            exif = exif or data[at + 6 : end]
        elif marker == 0xE1 and data.startswith(_XMP, at):
            xmp.append(data[at + len(_XMP) : end])
        elif marker == 0xE1 and data.startswith(_MORE_XMP, at):
            start = at + len(_MORE_XMP) + 40
            further.setdefault(int.from_bytes(data[start - 4 : start], "big"), data[start:end])
        elif marker == 0xED and data.startswith(_RESOURCES, at) and len(resources) < LARGEST_BLOCK:
            resources += data[at + len(_RESOURCES) : end]
        elif marker == 0xE2 and data.startswith(_MPF, at) and not previews:
            previews = list(islice(_further_pictures(data, at + len(_MPF), end), MOST_PREVIEWS))
    photoshop = photoshop_blocks(resources)
    more = b"".join(part for _, part in sorted(further.items()))
    packets = tuple(packet for packet in (*xmp[:1], more) if packet and len(packet) <= LARGEST_BLOCK)
    return Blocks(exif=exif, xmp=packets, iptc=photoshop.iptc, previews=(*photoshop.previews, *previews))


def segments(data: bytes, start: int = 0) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, first byte, end) of the segments of the JPEG at a place, before its first scan."""
    at = start + 2
    for _ in range(MOST_SEGMENTS):
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if data[at : at + 1] != b"\xff" or at + 4 > len(data):
            return
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA or length < 2:
            return
        yield marker, at + 4, at + 2 + length
        at += 2 + length


def _further_pictures(data: bytes, start: int, end: int) -> Iterator[Preview]:
    """Yield the pictures that a multi-picture file (CIPA DC-007) holds behind its first: a TIFF head, then a table."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[start : start + 4])
    if order is None:
        return
    try:
        (table,) = struct.unpack_from(order + "I", data, start + 4)
        (count,) = struct.unpack_from(order + "H", data, start + table)
        for at in range(start + table + 2, min(start + table + 2 + 12 * count, end), 12):
            tag, _, length, place = struct.unpack_from(order + "HHII", data, at)
            if tag != _MPF_ENTRIES:
                continue
            for entry in range(start + place, min(start + place + length, end), 16):
                size, offset = struct.unpack_from(order + "4xII", data, entry)
                if offset and 0 < size <= LARGEST_PREVIEW:
                    yield Preview("MPF picture", data[start + offset : start + offset + size])
    except struct.error:
        return


def chunks(data: bytes, start: int, *, layout: str, trailer: int, padding: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, first byte, length) of the chunks of a PNG or RIFF file."""
    at = start
    for _ in range(MOST_SEGMENTS):
        if at + 8 > len(data):
            return
        first, second = struct.unpack_from(layout, data, at)
        name, length = (first, second) if isinstance(first, bytes) else (second, first)
        yield name, at + 8, length
        at += 8 + length + length % padding + trailer


def _of_png(data: bytes) -> Blocks:
    exif, xmp = b"", b""
    mark = b"XML:com.adobe.xmp\0\0\0\0\0"
    for name, at, length in chunks(data, 8, layout=">I4s", trailer=4, padding=1):
        if length > LARGEST_BLOCK:
            continue
        if name == b"eXIf":
            exif = exif or data[at : at + length]
        elif name == b"iTXt" and data.startswith(mark, at):
            xmp = xmp or data[at + len(mark) : at + length]
    return Blocks(exif=exif, xmp=(xmp,) if xmp else ())


def _of_webp(data: bytes) -> Blocks:
    found: dict[bytes, bytes] = {}
    for name, at, length in chunks(data, 12, layout="<4sI", trailer=0, padding=2):
        if name in {b"EXIF", b"XMP "} and length <= LARGEST_BLOCK:
            found.setdefault(name, data[at : at + length])
    return Blocks(exif=found.get(b"EXIF", b""), xmp=(found[b"XMP "],) if found.get(b"XMP ") else ())

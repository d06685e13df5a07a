"""What a picture says of its making: camera, moment and place, from EXIF. All of it is hostile until proven plain.

The EXIF block is cut out of JPEG, PNG and WebP here, without decoding the picture (Pillow's own way decodes a whole
PNG for it). Anything malformed is silence: empty text, or None. Tags: EXIF 2.32, JEITA CP-3451E.
"""

import math
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from sauveterre.records.camera import Camera

LONGEST_TEXT = 256
"""Characters kept of one field."""
LARGEST_BLOCK = 1 << 20
"""Bytes of an EXIF block that is looked at; a JPEG segment holds at most 65,533."""
MOST_SEGMENTS = 4_096
"""Segments or chunks that are walked in search of the block."""

_MAKE, _MODEL, _SOFTWARE, _ORIENTATION = 0x010F, 0x0110, 0x0131, 0x0112
_EXIF_FOLDER, _GPS_FOLDER = 0x8769, 0x8825
_TAKEN, _TAKEN_OFFSET, _SERIAL = 0x9003, 0x9011, 0xA431
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4


NO_CAMERA = Camera()


@dataclass(frozen=True, slots=True)
class Metadata:
    """What EXIF states; empty or None where it is silent or makes no sense."""

    camera: Camera = NO_CAMERA
    taken_raw: str = ""
    latitude: float | None = None
    """Decimal degrees, north positive."""
    longitude: float | None = None
    """Decimal degrees, east positive."""
    orientation: int = 1
    """How the picture must be turned to stand upright, 1 to 8."""


SILENT = Metadata()


def metadata_of(data: bytes, kind: str) -> Metadata:
    """Return what the EXIF block of a JPEG, PNG or WebP states. Never raises for bad content."""
    finder = _FINDERS.get(kind)
    block = finder(data) if finder else None
    return metadata_of_block(block) if block else SILENT


def metadata_of_block(block: bytes) -> Metadata:
    """Return what an EXIF block (with or without its ``Exif`` mark) states. Never raises for bad content."""
    exif = Image.Exif()
    try:
        exif.load(block[:LARGEST_BLOCK])
    except Exception:  # noqa: BLE001 - the parser may raise anything on hostile bytes
        return SILENT
    return metadata_of_exif(exif)


def metadata_of_exif(exif: Image.Exif) -> Metadata:
    """Return what parsed EXIF states. Never raises for bad content."""
    more, gps = _folder(exif, _EXIF_FOLDER), _folder(exif, _GPS_FOLDER)
    camera = Camera(
        make=_text(exif, _MAKE),
        model=_text(exif, _MODEL),
        serial=_text(more, _SERIAL),
        software=_text(exif, _SOFTWARE),
    )
    latitude = _degrees(_field(gps, _LATITUDE), _text(gps, _LATITUDE_REF), signs={"N": 1, "S": -1}, most=90)
    longitude = _degrees(_field(gps, _LONGITUDE), _text(gps, _LONGITUDE_REF), signs={"E": 1, "W": -1}, most=180)
    orientation = _field(exif, _ORIENTATION)
    return Metadata(
        camera=camera,
        taken_raw=f"{_text(more, _TAKEN)} {_text(more, _TAKEN_OFFSET)}".strip(),
        latitude=None if longitude is None else latitude,
        longitude=None if latitude is None else longitude,
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
    )


def _folder(exif: Image.Exif, tag: int) -> Mapping[int, Any]:
    try:
        return dict(exif.get_ifd(tag))
    except Exception:  # noqa: BLE001 - the parser may raise anything on hostile bytes
        return {}


def _field(fields: Mapping[int, Any] | Image.Exif, tag: int) -> Any:
    """Return one field, parsed lazily by Pillow; None where it is missing or broken."""
    try:
        return fields.get(tag)
    except Exception:  # noqa: BLE001 - the parser may raise anything on hostile bytes
        return None


def _text(fields: Mapping[int, Any] | Image.Exif, tag: int) -> str:
    """Return a text field, bounded, without controls or characters that hide or reorder others."""
    value = _field(fields, tag)
    if isinstance(value, str):
        value = value.encode("latin-1", "replace")
    if not isinstance(value, bytes):
        return ""
    value = value[: 8 * LONGEST_TEXT]
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    return "".join(character for character in text if character.isprintable()).strip()[:LONGEST_TEXT]


def _degrees(value: Any, side: str, *, signs: Mapping[str, int], most: float) -> float | None:
    """Return degrees, minutes and seconds as decimal degrees; None unless every part makes sense."""
    sign = signs.get(side.upper())
    if sign is None or not isinstance(value, tuple) or not 1 <= len(value) <= 3:
        return None
    total = 0.0
    for part, unit in zip(value, (1, 60, 3600), strict=False):
        try:
            number = float(part)
        except (TypeError, ValueError, ArithmeticError):
            return None
        if not math.isfinite(number) or number < 0 or (unit > 1 and number > 60):
            return None
        total += number / unit
    return sign * total if total <= most else None


def _jpeg_block(data: bytes) -> bytes | None:
    """Walk the segments (marker, length, payload) before the first scan for APP1 with the ``Exif`` mark."""
    at = 2
    for _ in range(MOST_SEGMENTS):
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if data[at : at + 1] != b"\xff" or at + 4 > len(data):
            return None
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA or length < 2:
            return None
        payload = at + 4
        if marker == 0xE1 and data.startswith(b"Exif\x00", payload):
            return data[payload + 6 : at + 2 + length]
        at += 2 + length
    return None


def _chunks(data: bytes, start: int, *, layout: str, trailer: int, padding: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (name, first byte, length) of the chunks of a PNG or RIFF file."""
    at = start
    for _ in range(MOST_SEGMENTS):
        if at + 8 > len(data):
            return
        first, second = struct.unpack_from(layout, data, at)
        name, length = (first, second) if isinstance(first, bytes) else (second, first)
        yield name, at + 8, length
        at += 8 + length + length % padding + trailer


def _png_block(data: bytes) -> bytes | None:
    for name, at, length in _chunks(data, 8, layout=">I4s", trailer=4, padding=1):
        if name == b"eXIf":
            return data[at : at + min(length, LARGEST_BLOCK)]
    return None


def _webp_block(data: bytes) -> bytes | None:
    for name, at, length in _chunks(data, 12, layout="<4sI", trailer=0, padding=2):
        if name == b"EXIF":
            return data[at : at + min(length, LARGEST_BLOCK)]
    return None


_FINDERS: dict[str, Callable[[bytes], bytes | None]] = {
    "image/jpeg": _jpeg_block,
    "image/png": _png_block,
    "image/webp": _webp_block,
}

"""What EXIF says of a picture's making: camera, moment, place, author. All of it is hostile until proven plain.

Anything malformed is silence: empty text, or None. Tags: EXIF 2.32, JEITA CP-3451E; those that begin with ``XP`` are
Microsoft's.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import ExifTags, Image

from sauveterre.media.blocks import LARGEST_BLOCK, Preview
from sauveterre.media.wording import LONGEST_TEXT, as_text
from sauveterre.records.camera import Camera
from sauveterre.records.content import Statement

_MAKE, _MODEL, _SOFTWARE, _ORIENTATION = 0x010F, 0x0110, 0x0131, 0x0112
_EXIF_FOLDER, _GPS_FOLDER = 0x8769, 0x8825
_TAKEN, _TAKEN_OFFSET, _SERIAL = 0x9003, 0x9011, 0xA431
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = 1, 2, 3, 4
_THUMBNAIL_START, _THUMBNAIL_LENGTH = 0x0201, 0x0202

_MAIN_TEXTS = {
    0x0132: "DateTime", 0x010E: "ImageDescription", 0x013B: "Artist", 0x013C: "HostComputer", 0x8298: "Copyright",
    0x9C9B: "XPTitle", 0x9C9C: "XPComment", 0x9C9D: "XPAuthor", 0x9C9E: "XPKeywords", 0x9C9F: "XPSubject",
}  # fmt: skip
_MORE_TEXTS = {
    0x9004: "DateTimeDigitized", 0x9291: "SubSecTimeOriginal", 0x9286: "UserComment", 0xA420: "ImageUniqueID",
    0xA430: "CameraOwnerName", 0xA434: "LensModel", 0xA435: "LensSerialNumber",
}  # fmt: skip
_GPS_DATE, _GPS_TIME = 0x1D, 7
_WIDE_TEXTS = range(0x9C9B, 0x9CA0)
_COMMENT = 0x9286
_COMMENT_CODES = {b"ASCII\0\0\0": "utf-8", b"UNICODE\0": "utf-16", bytes(8): "utf-8"}

NO_CAMERA = Camera()


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a picture's file states; empty or None where it is silent or makes no sense."""

    camera: Camera = NO_CAMERA
    taken_raw: str = ""
    latitude: float | None = None
    """Decimal degrees, north positive."""
    longitude: float | None = None
    """Decimal degrees, east positive."""
    orientation: int = 1
    """How the picture must be turned to stand upright, 1 to 8."""
    statements: tuple[Statement, ...] = ()
    previews: tuple[Preview, ...] = ()


SILENT = Metadata()


def metadata_of_block(block: bytes) -> Metadata:
    """Return what an EXIF block (with or without its ``Exif`` mark) states. Never raises for bad content."""
    exif = Image.Exif()
    block = block[:LARGEST_BLOCK]
    try:
        exif.load(block)
    except Exception:  # noqa: BLE001 - the parser may raise anything on hostile bytes
        return SILENT
    return metadata_of_exif(exif, block.removeprefix(b"Exif\0\0"))


def metadata_of_exif(exif: Image.Exif, block: bytes = b"") -> Metadata:
    """Return what parsed EXIF states, and the thumbnail in its block. Never raises for bad content."""
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
        statements=tuple(_statements(exif, more, gps)),
        previews=tuple(_thumbnail(exif, block)),
    )


def _statements(exif: Image.Exif, more: Mapping[int, Any], gps: Mapping[int, Any]) -> Iterator[Statement]:
    stated = [(name, _field(exif, tag), tag) for tag, name in _MAIN_TEXTS.items()]
    stated += [(name, _field(more, tag), tag) for tag, name in _MORE_TEXTS.items()]
    for name, value, tag in stated:
        if text := _long_text(value, tag):
            yield Statement("EXIF", name, text)
    time = _field(gps, _GPS_TIME)
    if isinstance(time, tuple) and len(time) == 3:
        clock = ":".join(f"{part}" for part in time)
        if re.fullmatch(r"[0-9.]{1,8}:[0-9.]{1,8}:[0-9.]{1,8}", clock):
            yield Statement("EXIF", "GPSDateTime", f"{_text(gps, _GPS_DATE)} {clock} UTC".strip())


def _long_text(value: Any, tag: int) -> str:
    if tag == _COMMENT and isinstance(value, bytes):
        return as_text(value[8:], _COMMENT_CODES.get(value[:8], "utf-8"))
    if tag in _WIDE_TEXTS:
        value = bytes(part & 255 for part in value if isinstance(part, int)) if isinstance(value, tuple) else value
        return as_text(value, "utf-16-le") if isinstance(value, bytes) else ""
    if isinstance(value, str):
        value = value.encode("latin-1", "replace")
    return as_text(value) if isinstance(value, bytes) else ""


def _thumbnail(exif: Image.Exif, block: bytes) -> Iterator[Preview]:
    """Yield the JPEG that the second folder of a block points at; its offsets count from the block's TIFF head."""
    folder = _folder(exif, ExifTags.IFD.IFD1)
    start, length = _field(folder, _THUMBNAIL_START), _field(folder, _THUMBNAIL_LENGTH)
    if isinstance(start, int) and isinstance(length, int) and start > 0 and length > 0:
        data = block[start : start + length]
        if data.startswith(b"\xff\xd8"):
            yield Preview("EXIF thumbnail", data)


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
    """Return a text field, bounded and cleaned."""
    value = _field(fields, tag)
    if isinstance(value, str):
        value = value.encode("latin-1", "replace")
    return as_text(value, most=LONGEST_TEXT) if isinstance(value, bytes) else ""


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

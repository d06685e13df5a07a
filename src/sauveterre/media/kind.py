"""Tell the kind of a content from its first bytes alone: names are chosen by whoever hides something.

Formats that are read further have exact signatures here; the library puremagic knows many more. What matches
nothing is text where it is clean UTF-8, and unknown otherwise. The answer depends on the bytes only.
"""

import re
import struct

import puremagic

from sauveterre.media.jxl.boxes import CONTAINER, LONGEST_HEAD
from sauveterre.media.jxl.header import JPEG_XL, read_header

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"

LEAST_SIGNATURE = 4
"""Shortest signature of the library that is believed: two or three bytes match by chance too often."""
LEAST_SIGNATURE_OF_TEXT = 6
"""The same for content that reads as text: prose may well begin with four telling letters."""
SIGNATURE_BYTES = 70_000
"""How far into the content the library looks."""

_EXACT: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"\xff\x4f\xff\x51", "image/j2c"),
    (0, CONTAINER, JPEG_XL),
    (0, b"FUJIFILMCCD-RAW ", "image/x-fuji-raf"),
    (0, b"8BPS\x00\x01", "image/vnd.adobe.photoshop"),
    (0, b"8BPS\x00\x02", "image/vnd.adobe.photoshop"),
    (0, b"IIRO", "image/x-olympus-orf"),
    (0, b"IIRS", "image/x-olympus-orf"),
    (0, b"MMOR", "image/x-olympus-orf"),
    (0, b"IIU\x00", "image/x-panasonic-rw2"),
    (0, b"\x00\x00\x01\x00", "image/x-icon"),
    (0, b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"\xfd7zXZ\x00", "application/x-xz"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"PK\x07\x08PK\x03\x04", "application/zip"),
    (0, b"#!AMR", "audio/amr"),
    (257, b"ustar", "application/x-tar"),
)

_RIFF = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/x-wav"}

_BRANDS = {
    b"avif": "image/avif", b"avis": "image/avif",
    b"heic": "image/heic", b"heix": "image/heic", b"heim": "image/heic", b"heis": "image/heic",
    b"hevc": "image/heic", b"hevx": "image/heic", b"mif1": "image/heif", b"msf1": "image/heif",
    b"crx ": "image/x-canon-cr3", b"qt  ": "video/quicktime", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4",
}  # fmt: skip
"""ISO base media brands; every other brand of such a file is taken for video/mp4 or video/3gpp."""

_QUICKTIME_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_BMP_HEADERS = frozenset({12, 40, 52, 56, 64, 108, 124})
_OOXML = {
    b"word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    b"xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    b"ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_START = 2
"""Bytes by which most contents are seen to have none of the library's signatures: it would try them one by one."""
_STARTS: dict[int, set[bytes]] = {}
for _row in puremagic.magic_header_array:
    _STARTS.setdefault(_row.offset, set()).add(_row.byte_match[:_START])
_SUBFILE_TYPE, _MAKE, _SUB_FOLDERS, _DNG_VERSION = 0x00FE, 0x010F, 0x014A, 0xC612
_RAW_MAKERS = {b"NIKON": "image/x-nikon-nef", b"SONY": "image/x-sony-arw", b"SAMSUNG": "image/x-samsung-srw"}
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+_-]{0,126}")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def kind_of(head: bytes) -> str:
    """Return the media type of a content whose first bytes are ``head`` (a mebibyte is plenty, 512 serve most)."""
    for offset, signature, kind in _EXACT:
        if head.startswith(signature, offset):
            return kind
    for tell in (_jpeg_xl, _riff, _iso_media, _tiff, _bmp, _zip, _bzip2, _matroska, _transport, _adts, _old_tar):
        if found := tell(head):
            return found
    is_text = _is_text(head)
    return _by_library(head, LEAST_SIGNATURE_OF_TEXT if is_text else LEAST_SIGNATURE) or (TEXT if is_text else UNKNOWN)


def _jpeg_xl(head: bytes) -> str | None:
    """Tell a bare codestream of ISO/IEC 18181: two bytes, which alone say too little, then a plausible size."""
    try:
        stated = read_header(head[:LONGEST_HEAD])
    except ValueError:
        return None
    return JPEG_XL if 8 <= min(stated.height, stated.width) <= max(stated.height, stated.width) <= 1 << 16 else None


def _riff(head: bytes) -> str | None:
    return _RIFF.get(head[8:12]) if head.startswith(b"RIFF") else None


def _iso_media(head: bytes) -> str | None:
    """ISO 14496-12: a box has its size, big-endian, then its type; ``ftyp`` lists what the file can be read as."""
    size, box = int.from_bytes(head[:4], "big"), head[4:8]
    if box == b"ftyp" and size >= 16:
        major = head[8:12]
        compatible = [head[at : at + 4] for at in range(16, min(size, 512, len(head) - 3), 4)]
        kind = _BRANDS.get(major)
        if kind == "image/heif":
            known = (_BRANDS.get(brand) for brand in compatible)
            return next((name for name in known if name in {"image/heic", "image/avif"}), kind)
        if kind:
            return kind
        if major.startswith(b"3g"):
            return "video/3gpp"
        return "video/mp4"
    if box in _QUICKTIME_ATOMS and (size >= 8 or size == 1):
        return "video/quicktime"
    return None


def _tiff(head: bytes) -> str | None:
    if head[:4] not in {b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"}:
        return None
    if head[8:11] == b"CR\x02":
        return "image/x-canon-cr2"
    return _camera_raw(head) or "image/tiff"


def _camera_raw(head: bytes) -> str | None:
    """Tell DNG by its version, others by their maker and a first folder of a reduced picture with folders below it.

    A TIFF that a maker's own program wrote has the picture itself in its first folder.
    """
    order = "<" if head[:2] == b"II" else ">"
    try:
        (at,) = struct.unpack_from(order + "I", head, 4)
        (count,) = struct.unpack_from(order + "H", head, at)
        rows = [struct.unpack_from(order + "HHII", head, at + 2 + 12 * row) for row in range(min(count, 256))]
    except struct.error:
        return None
    tags = {tag: (length, value) for tag, _, length, value in rows}
    if _DNG_VERSION in tags:
        return "image/x-adobe-dng"
    _, reduced = tags.get(_SUBFILE_TYPE, (0, 0))
    length, place = tags.get(_MAKE, (0, 0))
    maker = head[place : place + min(length, 32)].upper()
    if not reduced & 1 or _SUB_FOLDERS not in tags:
        return None
    return next((kind for name, kind in _RAW_MAKERS.items() if maker.startswith(name)), None)


def _bmp(head: bytes) -> str | None:
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "image/bmp"
    return None


def _zip(head: bytes) -> str | None:
    """Tell a ZIP, or the office format that its first members announce (ODF, EPUB: ``mimetype``; OOXML)."""
    if not head.startswith(b"PK\x03\x04"):
        return None
    name_length = int.from_bytes(head[26:28], "little")
    name = head[30 : 30 + name_length]
    if name == b"mimetype" and head[8:10] == b"\x00\x00":
        size = int.from_bytes(head[18:22], "little")
        start = 30 + name_length + int.from_bytes(head[28:30], "little")
        stated = head[start : start + min(size, 128)].decode("latin-1")
        if _MEDIA_TYPE.fullmatch(stated):
            return stated
    if name.startswith((b"[Content_Types].xml", b"_rels/", b"docProps/")):
        for folder, kind in _OOXML.items():
            if folder in head:
                return kind
    return "application/zip"


def _bzip2(head: bytes) -> str | None:
    blocks = (b"1AY&SY", b"\x17rE8P\x90")
    is_bzip2 = head.startswith(b"BZh") and head[3:4] in b"123456789" and head[4:10] in blocks
    return "application/x-bzip2" if is_bzip2 else None


def _matroska(head: bytes) -> str | None:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    return "video/webm" if b"webm" in head[:64] else "video/x-matroska"


def _transport(head: bytes) -> str | None:
    """MPEG-2 transport stream: packets of 188 bytes, or of 192 with a time before each, begin with one mark."""
    for first, length in ((0, 188), (4, 192)):
        if len(head) > first + 4 * length and set(head[first : first + 5 * length : length]) == {0x47}:
            return "video/mp2t"
    return None


def _adts(head: bytes) -> str | None:
    """AAC in ADTS frames: each states its own length, and three of them follow one another."""
    at = 0
    for _ in range(3):
        if head[at : at + 1] != b"\xff" or len(head) < at + 7 or head[at + 1] & 0xF6 != 0xF0:
            return None
        length = (head[at + 3] & 3) << 11 | head[at + 4] << 3 | head[at + 5] >> 5
        if length < 7:
            return None
        at += length
    return "audio/aac"


def _old_tar(head: bytes) -> str | None:
    """Tell a tar without the ``ustar`` mark by the sum that its header states of itself."""
    if len(head) < 512 or head[0] == 0:
        return None
    stated = head[148:156].strip(b" \x00")
    if not re.fullmatch(rb"[0-7]{1,7}", stated):
        return None
    total = sum(head[:148]) + 8 * 0x20 + sum(head[156:512])
    return "application/x-tar" if int(stated, 8) == total else None


def _is_text(head: bytes) -> bool:
    """Whether the bytes are clean UTF-8: no stray controls; a last character may be cut by the end of the block."""
    if not head or _CONTROL.search(head):
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > 0 and error.start >= len(head) - 3 and "end of data" in error.reason
    return True


def _by_library(head: bytes, least: int) -> str | None:
    """Ask puremagic, and believe only real signatures at stated offsets. Ties go by length, then by name."""
    if not _may_be_known(head):
        return None
    try:
        matches = puremagic.magic_string(head[:SIGNATURE_BYTES])
    except puremagic.PureError:
        return None
    believed = [
        (-len(match.byte_match), match.mime_type.startswith("application/"), match.mime_type)
        for match in matches
        if len(match.byte_match) >= least and match.offset >= 0 and _MEDIA_TYPE.fullmatch(match.mime_type)
    ]
    return min(believed)[2] if believed else None


def _may_be_known(head: bytes) -> bool:
    return any(head[offset : offset + length] in starts for offset, starts in _STARTS.items() for length in (_START, 1))

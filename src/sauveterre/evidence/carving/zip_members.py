"""ZIP (APPNOTE 6.3.10, ZIP64 too) and what is one inside: every member, then the directory, which must name them.

Members are stepped over by their sizes; where these follow the data, by the descriptor that states them.
"""

import re
import struct
from dataclasses import dataclass

from sauveterre.evidence.carving.view import MOST_SEARCHED, Found, View, cut_off, whole

NAME = "zip"
PREFIXES = frozenset({b"PK\x03"})
LEAD = 0
HEAD = re.compile(rb"PK\x03\x04[\x00-\x64]")

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCAL_MAGIC, _CENTRAL_MAGIC, _END_MAGIC = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64_MAGIC, _LOCATOR64_MAGIC, _DESCRIPTOR_MAGIC = b"PK\x06\x06", b"PK\x06\x07", b"PK\x07\x08"
_MAGICS = frozenset({_LOCAL_MAGIC, _CENTRAL_MAGIC, b"PK\x06\x08"})
_DESCRIPTOR = re.compile(re.escape(_DESCRIPTOR_MAGIC))
_DESCRIPTOR_SIZES = (16, 24)
_SIGNING_MAGIC = b"APK Sig Block 42"
_SIZES_FOLLOW = 1 << 3
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_METHODS = frozenset({*range(15), 16, 18, 19, *range(93, 100)})
_HEAD_BYTES = 4096
_MOST_TRIES = 1_000
_KINDS = (
    (b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx"), (b"AndroidManifest.xml", "apk"),
    (b"mimetypeapplication/epub+zip", "epub"), (b"mimetypeapplication/vnd.oasis.opendocument.text", "odt"),
    (b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "ods"),
    (b"mimetypeapplication/vnd.oasis.opendocument.presentation", "odp"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Member:
    """Where a member's data lies, as its own header has it."""

    name: bytes
    start: int
    packed: int
    flags: int
    wide: bool


def suffix(view: View) -> str:
    """Name it by the first names in it."""
    head = view.read(0, _HEAD_BYTES)
    names = [head[at.start() + 30 :] for at in re.finditer(re.escape(_LOCAL_MAGIC), head)]
    return next((kind for start, kind in _KINDS if any(name.startswith(start) for name in names)), "zip")


def walk(view: View) -> Found | None:
    """Follow a ZIP; one that is cut off counts up to its last whole member."""
    at = 0
    while view.read(at, 4) == _LOCAL_MAGIC:
        member = _member(view, at)
        end = None if member is None else _end_of(view, member)
        if end is None:
            return cut_off(at, at) if at else None
        at = end
    directory = _after_signatures(view, at)
    end = _directory_end(view, directory)
    if end is not None:
        return whole(end)
    return cut_off(at, at) if at and view.read(at, 4) in _MAGICS else None


def _member(view: View, at: int) -> _Member | None:
    fixed = view.read(at, _LOCAL.size)
    if len(fixed) < _LOCAL.size:
        return None
    magic, _, flags, method, _, _, _, packed, size, name_size, extra_size = _LOCAL.unpack(fixed)
    if magic != _LOCAL_MAGIC or method not in _METHODS or not name_size:
        return None
    rest = view.read(at + _LOCAL.size, name_size + extra_size)
    name, extra = rest[:name_size], rest[name_size:]
    if len(extra) < extra_size or b"\x00" in name:
        return None
    wide = _wide(extra)
    if packed == _FULL32:
        packed = _number(wide, size == _FULL32, packed)
    return _Member(name, at + _LOCAL.size + name_size + extra_size, packed, flags, bool(wide))


def _wide(extra: bytes) -> bytes:
    """Return the numbers of the ZIP64 field."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            return extra[at + 4 : at + 4 + size]
        at += 4 + size
    return b""


def _number(wide: bytes, place: int, otherwise: int) -> int:
    """Return one number of the field, where it has so many."""
    data = wide[8 * place : 8 * place + 8]
    return int.from_bytes(data, "little") if len(data) == 8 else otherwise


def _end_of(view: View, member: _Member) -> int | None:
    """Return where a member ends, with its descriptor; None when it does not end in the medium."""
    if member.flags & _SIZES_FOLLOW and not member.packed:
        return _described_end(view, member)
    end = member.start + member.packed
    if member.flags & _SIZES_FOLLOW and view.read(end, 4) == _DESCRIPTOR_MAGIC:
        end += _DESCRIPTOR_SIZES[member.wide]
    return end if end <= view.size else None


def _described_end(view: View, member: _Member) -> int | None:
    """Look for the descriptor that states how far it lies from the data's start."""
    at, last = member.start, member.start + MOST_SEARCHED
    for _ in range(_MOST_TRIES):
        at, there = view.search(_DESCRIPTOR, at, width=4, end=last)
        if not there:
            break
        if int.from_bytes(view.read(at + 8, 4), "little") == (at - member.start) & _FULL32:
            return next((at + size for size in _DESCRIPTOR_SIZES if view.read(at + size, 2) == b"PK"), None)
        at += 1
    return None


def _after_signatures(view: View, at: int) -> int:
    """Step over the block in which Android packages are signed."""
    size = int.from_bytes(view.read(at, 8), "little")
    if 24 <= size <= view.size - at - 8 and view.read(at + size - 8, 16) == _SIGNING_MAGIC:
        return at + 8 + size
    return at


def _directory_end(view: View, start: int) -> int | None:
    """Return where the end record ends; None when the directory is none, or names what is not there."""
    at, count = start, 0
    while (fixed := view.read(at, _CENTRAL.size)).startswith(_CENTRAL_MAGIC) and len(fixed) == _CENTRAL.size:
        packed, size, name_size, extra_size, comment_size, *_, offset = _CENTRAL.unpack(fixed)[8:]
        rest = view.read(at + _CENTRAL.size, name_size + extra_size)
        if offset == _FULL32:
            offset = _number(_wide(rest[name_size:]), (size == _FULL32) + (packed == _FULL32), offset)
        if not _is_member(view, offset, rest[:name_size], start):
            return None
        at += _CENTRAL.size + name_size + extra_size + comment_size
        count += 1
    return _record_end(view, at, start, count) if count else None


def _is_member(view: View, offset: int, name: bytes, last: int) -> bool:
    if offset >= last:
        return False
    fixed = view.read(offset, _LOCAL.size)
    return (
        fixed.startswith(_LOCAL_MAGIC)
        and int.from_bytes(fixed[26:28], "little") == len(name)
        and view.read(offset + _LOCAL.size, len(name)) == name
    )


def _record_end(view: View, at: int, start: int, count: int) -> int | None:
    size = at - start
    if view.read(at, 4) == _END64_MAGIC:
        at += 12 + int.from_bytes(view.read(at + 4, 8), "little")
    if view.read(at, 4) == _LOCATOR64_MAGIC:
        at += 20
    fixed = view.read(at, _END.size)
    if len(fixed) < _END.size:
        return None
    magic, _, _, _, stated_count, stated_size, offset, comment_size = _END.unpack(fixed)
    end = at + _END.size + int(comment_size)
    agreed = (
        magic == _END_MAGIC
        and stated_count in (count & _FULL16, _FULL16)
        and stated_size in (size, _FULL32)
        and offset in (start, _FULL32)
    )
    return end if agreed and end <= view.size else None

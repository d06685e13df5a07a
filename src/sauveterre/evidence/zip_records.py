"""The records of ZIP archives: the directory at the end, and the headers before each member (APPNOTE 6.3.10).

Names stay the bytes that they are, whatever encoding they are in.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sauveterre.evidence.content import BLOCK, Window

LOCAL_MAGIC = b"PK\x03\x04"
DIRECTORY_MAGIC = b"PK\x01\x02"
END_MAGIC = b"PK\x05\x06"
SPLIT_MAGIC = b"PK\x07\x08"
_END64_MAGIC = b"PK\x06\x06"
_LOCATOR64_MAGIC = b"PK\x06\x07"

_LOCAL = struct.Struct("<4s5H3I2H")
_DIRECTORY = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
LOCAL_BYTES = _LOCAL.size

_END_SEARCH = (1 << 16) + _END.size
_CANDIDATES = 64
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF
_ZIP64_EXTRA, _TIME_EXTRA, _AES_EXTRA = 0x0001, 0x5455, 0x9901
_UNIX = 3

AES = 99
"""The method that stands for WinZip's encryption."""
ENCRYPTED, SIZES_FOLLOW, STRONGLY_ENCRYPTED = 1, 1 << 3, 1 << 6


class BadRecord(ValueError):
    """A record is not what it should be; the message says what, in words that go on after "the archive"."""


@dataclass(frozen=True, slots=True)
class Aes:
    """What WinZip's encryption notes of a member (extra field 0x9901)."""

    strength: int
    """1, 2 or 3, for keys of 128, 192 or 256 bits."""
    method: int
    """How the member is compressed below the encryption."""


@dataclass(frozen=True, slots=True)
class Member:
    """One member as the directory, or its own header, has it."""

    name: bytes
    offset: int
    """Of the local header, from the start of the stream."""
    method: int
    flags: int
    crc: int | None
    packed_size: int
    size: int | None
    modified: int | None
    """Seconds since 1970 from the extended timestamp; the DOS time has no zone and is not taken."""
    mode: int = 0
    """Unix file mode; 0 where the archive was not made on Unix."""
    dos_time: int = 0
    """As it stands: its upper byte proves a password of the old encryption."""
    aes: Aes | None = None

    @property
    def is_encrypted(self) -> bool:
        """Whether the content is encrypted, in whatever way."""
        return bool(self.flags & (ENCRYPTED | STRONGLY_ENCRYPTED)) or self.method == AES

    @property
    def least_end(self) -> int:
        """The first byte that can lie after this member."""
        return self.offset + LOCAL_BYTES + len(self.name) + self.packed_size


@dataclass(frozen=True, slots=True)
class Directory:
    """Where the directory lies."""

    start: int
    size: int
    count: int
    shift: int
    """What to add to each offset: bytes put before the archive."""


def find_directory(view: Window) -> Directory | None:
    """Return where the directory lies, or None when the archive has no end record that leads to one."""
    size = view.seek(0, os.SEEK_END)
    first = max(0, size - _END_SEARCH)
    tail = _at(view, first, size - first)
    at = tail.rfind(END_MAGIC)
    for _ in range(_CANDIDATES):
        if at < 0:
            return None
        found = _directory_of(view, first + at, tail[at : at + _END.size])
        if found is not None:
            return found
        at = tail.rfind(END_MAGIC, 0, at)
    return None


def read_directory(view: Window, directory: Directory) -> Iterator[Member]:
    """Yield the members of the directory; raise ``BadRecord`` where it can be followed no further."""
    view.seek(directory.start)
    left = directory.size
    while left:
        fixed = view.read(min(_DIRECTORY.size, left))
        if len(fixed) < _DIRECTORY.size or not fixed.startswith(DIRECTORY_MAGIC):
            raise BadRecord(
                f"has a directory that is damaged after {directory.size - left:,} of {directory.size:,} bytes"
            )
        fields = _DIRECTORY.unpack(fixed)
        name_size, extra_size, comment_size = fields[10:13]
        rest = view.read(name_size + extra_size + comment_size)
        left -= len(fixed) + name_size + extra_size + comment_size
        if len(rest) < name_size + extra_size + comment_size or left < 0:
            raise BadRecord("has a directory that ends in the middle of a name")
        yield _member(fields, rest[:name_size], rest[name_size : name_size + extra_size], directory.shift)


def read_local(view: Window, offset: int) -> tuple[Member, int]:
    """Return a member as its own header has it, and where its data starts; raise ``BadRecord`` if there is none."""
    fixed = _at(view, offset, LOCAL_BYTES)
    if len(fixed) < LOCAL_BYTES or not fixed.startswith(LOCAL_MAGIC):
        raise BadRecord(f"has no member header at byte {offset:,}")
    _, _, flags, method, time, _, crc, packed, size, name_size, extra_size = _LOCAL.unpack(fixed)
    rest = view.read(name_size + extra_size)
    if len(rest) < name_size + extra_size:
        raise BadRecord(f"ends in the middle of the member header at byte {offset:,}")
    extra = rest[name_size:]
    size, packed = _zip64(extra, [(size, _FULL32), (packed, _FULL32)])
    name, modified, aes = rest[:name_size], _modified(extra), _aes(extra)
    member = Member(name, offset, method, flags, crc, packed, size, modified, dos_time=time, aes=aes)
    return member, offset + LOCAL_BYTES + name_size + extra_size


def scan_members(view: Window) -> Iterator[Member]:
    """Yield the members of an archive without a directory, from their own headers, one after another.

    A header that leaves its sizes for after the data is followed up to the next header; its checksum is not known.
    """
    end = view.seek(0, os.SEEK_END)
    at = _next_magic(view, 0, end, (LOCAL_MAGIC,))
    while at < end:
        try:
            member, start = read_local(view, at)
        except BadRecord:
            at = _next_magic(view, at + 4, end, (LOCAL_MAGIC,))
            continue
        if member.flags & SIZES_FOLLOW:
            following = _next_magic(view, start, end, (LOCAL_MAGIC, DIRECTORY_MAGIC))
            yield replace(member, crc=None, size=None, packed_size=following - start)
        else:
            following = min(start + member.packed_size, end)
            yield member
        at = _next_magic(view, following, end, (LOCAL_MAGIC,))


def _directory_of(view: Window, at: int, fixed: bytes) -> Directory | None:
    if len(fixed) < _END.size:
        return None
    _, _, _, _, count, size, offset, _ = _END.unpack(fixed)
    end = at
    wide = _end64(view, at)
    if wide is not None and (count == _FULL16 or size == _FULL32 or offset == _FULL32):
        end, count, size, offset = wide
    start = end - size
    shift = start - offset
    if start < 0 or shift < 0:
        return None
    if size and _at(view, start, 4) != DIRECTORY_MAGIC:
        return None
    return Directory(start, size, count, shift)


def _end64(view: Window, at: int) -> tuple[int, int, int, int] | None:
    """Return the ZIP64 end record's position, count, size and offset, if there is one before the end record."""
    if at < _LOCATOR64.size:
        return None
    locator = _at(view, at - _LOCATOR64.size, _LOCATOR64.size)
    if not locator.startswith(_LOCATOR64_MAGIC):
        return None
    stated = _LOCATOR64.unpack(locator)[2]
    for place in (stated, at - _LOCATOR64.size - _END64.size):
        if not 0 <= place <= at - _LOCATOR64.size - _END64.size:
            continue
        fixed = _at(view, place, _END64.size)
        if fixed.startswith(_END64_MAGIC):
            fields = _END64.unpack(fixed)
            return place, fields[7], fields[8], fields[9]
    return None


def _member(fields: tuple[int, ...], name: bytes, extra: bytes, shift: int) -> Member:
    _, made_by, _, flags, method, time, _, crc, packed, size, *_, attributes, offset = fields
    size, packed, offset = _zip64(extra, [(size, _FULL32), (packed, _FULL32), (offset, _FULL32)])
    mode = attributes >> 16 if made_by >> 8 == _UNIX else 0
    modified, aes = _modified(extra), _aes(extra)
    return Member(name, offset + shift, method, flags, crc, packed, size, modified, mode, time, aes)


def _zip64(extra: bytes, stated: list[tuple[int, int]]) -> tuple[int, ...]:
    """Return the stated numbers, those that say "too large" taken from the ZIP64 field in its fixed order."""
    wide = next((data for kind, data in _extras(extra) if kind == _ZIP64_EXTRA), b"")
    found, at = [], 0
    for value, full in stated:
        if value == full and at + 8 <= len(wide):
            found.append(int.from_bytes(wide[at : at + 8], "little"))
            at += 8
        else:
            found.append(value)
    return tuple(found)


def _modified(extra: bytes) -> int | None:
    for kind, data in _extras(extra):
        if kind == _TIME_EXTRA and len(data) >= 5 and data[0] & 1:
            return int.from_bytes(data[1:5], "little", signed=True)
    return None


def _aes(extra: bytes) -> Aes | None:
    """Return what WinZip's extra field says: version, vendor, strength, method; None without a right one."""
    for kind, data in _extras(extra):
        if kind == _AES_EXTRA and len(data) >= 7 and data[2:4] == b"AE" and data[4] in (1, 2, 3):
            return Aes(data[4], int.from_bytes(data[5:7], "little"))
    return None


def _extras(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        yield kind, extra[at + 4 : at + 4 + size]
        at += 4 + size


def _at(view: Window, offset: int, size: int) -> bytes:
    view.seek(offset)
    return view.read(size)


def _next_magic(view: Window, at: int, end: int, magics: tuple[bytes, ...]) -> int:
    """Return where the next of these four bytes stand, or the end."""
    while at < end:
        block = _at(view, at, min(BLOCK, end - at))
        hits = [hit for hit in map(block.find, magics) if hit >= 0]
        if hits:
            return at + min(hits)
        if at + len(block) >= end:
            break
        at += len(block) - 3
    return end

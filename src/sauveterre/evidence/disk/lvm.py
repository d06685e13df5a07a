"""LVM2: the label and the description of a volume group that each of its physical volumes carries.

Formats: ``lib/format_text`` of LVM2 and the description by the libvslvm project. libvslvm (20260901) opens no group
with a striped volume in it. The description is text: names, values, lists, sections.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sauveterre.evidence.disk.media import Media

SECTOR = 512
LABEL, LABEL_KIND = b"LABELONE", b"LVM2 001"
LABEL_SECTORS = 4
_AREA_MAGIC = b" LVM2 x[5A%r0N*>"
_CRC_START = 0xF597A6CF
_MOST_TEXT = 16 << 20
_MOST_EXTENTS = 1 << 32
_MOST_AREAS = 16
_DEEPEST = 16
_TOKEN = re.compile(r'\s+|#[^\n]*|"((?:[^"\\]|\\.)*)"|([A-Za-z0-9_.+-]+)|([{}\[\]=,])')

Value = str | int | list["Value"] | dict[str, "Value"]
Section = dict[str, Value]


class BadLvm(ValueError):
    """A description that cannot be followed; the message says where."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a physical volume says of itself."""

    uuid: str
    """Its 32 characters, without the hyphens that people put in."""
    text: str
    """The description of the group, of the newest copy that has its checksum."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a logical volume."""

    start: int
    count: int
    """Both in extents."""
    kind: str
    stripe_bytes: int
    places: tuple[tuple[str, int], ...]
    """(physical volume, first extent) of each stripe; (logical volume, 0) of each copy of a mirror."""


@dataclass(frozen=True, slots=True)
class LogicalVolume:
    """One logical volume."""

    name: str
    uuid: str
    visible: bool
    """Whether it is one that people use; else it is a part of another."""
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class PhysicalVolume:
    """One physical volume, as the group describes it."""

    name: str
    uuid: str
    device: str
    start: int
    """In bytes."""
    extents: int


@dataclass(frozen=True, slots=True)
class Group:
    """A volume group."""

    name: str
    extent_bytes: int
    physical: dict[str, PhysicalVolume]
    logical: dict[str, LogicalVolume]


def is_label(head: bytes) -> bool:
    """Say whether one of the first four sectors is the label of a physical volume."""
    return any(
        head[at : at + 8] == LABEL and head[at + 24 : at + 32] == LABEL_KIND
        for at in range(0, LABEL_SECTORS * SECTOR, SECTOR)
    )


def read_label(media: Media) -> Label:
    """Read the label and the description; raise ``BadLvm`` when there is no whole one."""
    head = media.read_at(0, LABEL_SECTORS * SECTOR)
    for at in range(0, len(head) - SECTOR + 1, SECTOR):
        sector = head[at : at + SECTOR]
        if sector.startswith(LABEL) and sector[24:32] == LABEL_KIND:
            offset = int.from_bytes(sector[20:24], "little")
            uuid = sector[offset : offset + 32].decode("ascii", "replace")
            texts = [text for area in _areas(sector, offset + 40) for text in _texts(media, *area)]
            if texts:
                return Label(uuid, max(texts, key=_sequence))
    raise BadLvm("no label leads to a description that has its checksum")


def read_group(text: str) -> Group:
    """Return what a description says; raise ``BadLvm`` when it cannot be followed."""
    try:
        name, said = next((name, value) for name, value in parse(text).items() if isinstance(value, dict))
        physical = {
            key: PhysicalVolume(
                key, _text(pv["id"]).replace("-", ""), _text(pv.get("device", "")), _number(pv["pe_start"]) * SECTOR,
                _number(pv["pe_count"]),
            )
            for key, pv in _sections(said.get("physical_volumes", {}))
        }  # fmt: skip
        logical = {key: _logical(key, lv) for key, lv in _sections(said.get("logical_volumes", {}))}
        extent = _number(said["extent_size"]) * SECTOR
    except (KeyError, StopIteration, TypeError, ValueError) as error:
        raise BadLvm(f"its description says nothing of {error}") from error
    if not SECTOR <= extent <= 1 << 40:
        raise BadLvm("its extents have an impossible size")
    return Group(name, extent, physical, logical)


def parse(text: str) -> Section:
    """Return the text as nested sections; raise ``BadLvm`` where it breaks its own rules."""
    tokens = _tokens(text)
    return _section(tokens, 0, top=True)


def unused(group: Group, physical: PhysicalVolume) -> Iterator[tuple[int, int]]:
    """Yield (first extent, count) of what no logical volume uses."""
    used = sorted(
        (place, -(-segment.count // max(1, len(segment.places))) if segment.kind == "striped" else segment.count)
        for volume in group.logical.values()
        for segment in volume.segments
        for name, place in segment.places
        if name == physical.name
    )
    at = 0
    for start, count in [*used, (physical.extents, 0)]:
        if start > at:
            yield at, min(start, physical.extents) - at
        at = max(at, start + count)


def _areas(sector: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield offset and size of the areas that hold descriptions: the second list of the label."""
    lists = 0
    for place in range(at, len(sector) - 15, 16):
        offset, size = struct.unpack_from("<QQ", sector, place)
        if offset == 0:
            lists += 1
            if lists == 2:
                return
        elif lists == 1:
            yield offset, size


def _texts(media: Media, area_at: int, area_size: int) -> Iterator[str]:
    """Yield the descriptions of one area that have their checksum; an area is a ring behind its header."""
    header = media.read_at(area_at, SECTOR)
    if len(header) < SECTOR or header[4:20] != _AREA_MAGIC or _crc(header[4:]) != int.from_bytes(header[:4], "little"):
        return
    for place in range(40, 40 + 4 * 24, 24):
        offset, size, checksum, _ = struct.unpack_from("<QQII", header, place)
        if not offset:
            return
        if not SECTOR <= offset < area_size or not 0 < size <= min(_MOST_TEXT, area_size):
            continue
        first = media.read_at(area_at + offset, min(size, area_size - offset))
        data = first + media.read_at(area_at + SECTOR, size - len(first)) if size > len(first) else first
        if _crc(data) == checksum:
            yield data.rstrip(b"\x00").decode("utf-8", "replace")


def _sequence(text: str) -> int:
    found = re.search(r"\bseqno = ([0-9]{1,9})\b", text)
    return int(found[1]) if found else 0


def _logical(name: str, said: Section) -> LogicalVolume:
    segments = [_segment(value) for key, value in _sections(said) if key.startswith("segment")]
    segments.sort(key=lambda segment: segment.start)
    ends = [0, *(segment.start + segment.count for segment in segments)]
    if [segment.start for segment in segments] != ends[:-1]:
        raise TypeError("a logical volume without holes")
    visible = "VISIBLE" in _list(said.get("status", []))
    return LogicalVolume(name, _text(said["id"]), visible, tuple(segments))


def _segment(said: Section) -> Segment:
    kind = _text(said["type"])
    kind = "striped" if kind == "linear" else kind
    if kind == "raid1":
        parts = [_text(part) for part in _list(said.get("raids", []))]
        places: list[tuple[str, int]] = [(part, 0) for part in parts[1::2]]
    else:
        flat = _list(said.get({"striped": "stripes", "mirror": "mirrors"}.get(kind, ""), []))
        places = [(_text(part), _number(at)) for part, at in zip(flat[::2], flat[1::2], strict=True)]
    start, count = _number(said["start_extent"]), _number(said["extent_count"])
    return Segment(start, count, kind, _number(said.get("stripe_size", 0)) * SECTOR, tuple(places))


def _sections(value: Value) -> Iterator[tuple[str, Section]]:
    if isinstance(value, dict):
        yield from ((key, section) for key, section in value.items() if isinstance(section, dict))


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError("a name")
    return value


def _number(value: Value) -> int:
    if not isinstance(value, int) or not 0 <= value < _MOST_EXTENTS:
        raise TypeError("a number")
    return value


def _list(value: Value) -> Sequence[Value]:
    return value if isinstance(value, list) else [value]


def _tokens(text: str) -> Iterator[Value | tuple[str]]:
    """Yield texts in quotation marks and numbers as they are, marks and bare names as tuples of one."""
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadLvm(f"its description breaks off after {at:,} characters")
        at = match.end()
        if match[1] is not None:
            yield re.sub(r"\\(.)", r"\1", match[1])
        elif match[2] is not None:
            yield int(match[2]) if match[2].isascii() and match[2].isdigit() and len(match[2]) < 20 else (match[2],)
        elif match[3] is not None:
            yield (match[3],)


def _section(tokens: Iterator[Value | tuple[str]], level: int, *, top: bool = False) -> Section:
    if level > _DEEPEST:
        raise BadLvm("its description is nested too deep")
    found: Section = {}
    for token in tokens:
        if token == ("}",) and not top:
            return found
        name = str(token[0]) if isinstance(token, tuple) else str(token)
        following = next(tokens, None)
        if following == ("{",):
            found[name] = _section(tokens, level + 1)
        elif following == ("=",):
            found[name] = _value(tokens)
        else:
            raise BadLvm(f"its description gives {name[:40]!r} no value")
    if not top:
        raise BadLvm("its description ends in the middle of a section")
    return found


def _value(tokens: Iterator[Value | tuple[str]]) -> Value:
    token = next(tokens, ("",))
    if token != ("[",):
        return str(token[0]) if isinstance(token, tuple) else token
    found: list[Value] = []
    for part in tokens:
        if part == ("]",):
            return found
        if part != (",",):
            found.append(str(part[0]) if isinstance(part, tuple) else part)
    raise BadLvm("its description ends in the middle of a list")


def _crc(data: bytes) -> int:
    """Return LVM's checksum: CRC-32 with another start and no complement at its end."""
    return zlib.crc32(data, _CRC_START ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

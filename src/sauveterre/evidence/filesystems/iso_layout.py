"""ISO 9660 byte by byte: descriptors, folder records, and what Rock Ridge adds to them.

Sources: ECMA-119, 3rd edition; IEEE P1281 (SUSP) and P1282 (RRIP); Microsoft's Joliet specification.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECTOR = 2048
DESCRIPTOR_AT = 0x8000
PRIMARY, SUPPLEMENTARY, TERMINATOR = 1, 2, 255
FOLDER, MORE_EXTENTS = 0x02, 0x80
_JOLIET = (b"%/@", b"%/C", b"%/E")
_MOST_CONTINUATIONS = 32
_NAME_CONTINUES, _COMPONENT_CONTINUES = 1, 1
_CREATED, _MODIFIED, _ACCESSED, _LONG_TIMES = 1, 2, 4, 0x80


def is_descriptor(data: bytes, kind: int = PRIMARY) -> bool:
    """Say whether a sector is a volume descriptor of a kind (8.1)."""
    return len(data) >= SECTOR and data[0] == kind and data[1:7] == b"CD001\x01"


def is_joliet(data: bytes) -> bool:
    """Say whether a supplementary descriptor's names are in UCS-2."""
    return is_descriptor(data, SUPPLEMENTARY) and data[88:91] in _JOLIET


@dataclass(frozen=True, slots=True)
class Record:
    """A folder record (9.1)."""

    extent: int
    """First block; behind the extended attributes, if there are any."""
    size: int
    recorded: datetime | None
    flags: int
    interleaved: bool
    name: bytes
    system: bytes


def record(data: bytes) -> Record | None:
    """Read one record; None when it is none."""
    length = data[0] if data else 0
    if length < 34 or length > len(data) or 33 + data[32] > length:
        return None
    after = 33 + data[32] + (1 - data[32] % 2)
    return Record(
        extent=int.from_bytes(data[2:6], "little") + data[1],
        size=int.from_bytes(data[10:14], "little"),
        recorded=recorded(data[18:25]),
        flags=data[25],
        interleaved=bool(data[26]),
        name=data[33 : 33 + data[32]],
        system=data[after:length],
    )


def records(data: bytes) -> Iterator[tuple[int, Record]]:
    """Yield the records of a folder, each with its place; none crosses a sector, whose rest is zeros."""
    at = 0
    while at < len(data):
        found = record(data[at : at + data[at]])
        if found is None:
            at = (at // SECTOR + 1) * SECTOR
            continue
        yield at, found
        at += data[at]


def recorded(stamp: bytes) -> datetime | None:
    """Read the seven bytes of a recording time (9.1.5); None for one that no calendar has."""
    year, month, day, hour, minute, second, zone = stamp
    quarters = zone - 256 if zone > 127 else zone
    try:
        return datetime(1900 + year, month, day, hour, minute, second, tzinfo=UTC) - timedelta(minutes=15 * quarters)
    except ValueError:
        return None


def _recorded_long(stamp: bytes) -> datetime | None:
    """Read the seventeen bytes of a time in digits (8.4.26.1)."""
    zone = stamp[16] - 256 if stamp[16] > 127 else stamp[16]
    try:
        clock = datetime.strptime(stamp[:14].decode("ascii"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return clock + timedelta(milliseconds=10 * int(stamp[14:16])) - timedelta(minutes=15 * zone)
    except (ValueError, OverflowError):
        return None


def plain_name(name: bytes) -> bytes:
    """Return an ISO 9660 name without its version, and without a dot that nothing follows."""
    return name.partition(b";")[0].removesuffix(b".") or name


def joliet_name(name: bytes) -> bytes:
    """Return a Joliet name without its version, in UTF-8."""
    return name.decode("utf-16-be", "replace").partition(";")[0].encode()


@dataclass(slots=True)
class RockRidge:
    """What the fields of the system use area say of a file."""

    name: bytes = b""
    mode: int = 0
    target: bytes | None = None
    modified: datetime | None = None
    created: datetime | None = None
    accessed: datetime | None = None
    child: int | None = None
    """Where a folder lies that was moved because it lay too deep."""
    is_moved: bool = False
    is_packed: bool = False


def rock_ridge(system: bytes, read: Callable[[int, int, int], bytes]) -> RockRidge:
    """Read a system use area; ``read`` gives bytes by block, offset and size."""
    found = RockRidge()
    link: list[bytes] = []
    joins = False
    for kind, data in _fields(system, read):
        if kind == b"NM" and data:
            found.name += data[1:] if not data[0] & 6 else b""
        elif kind == b"PX" and len(data) >= 4:
            found.mode = int.from_bytes(data[:4], "little")
        elif kind == b"SL" and data:
            joins = _components(data[1:], link, joins=joins)
            found.target = b"/".join(link)
        elif kind == b"TF" and data:
            found.created, found.modified, found.accessed = _times(data)
        elif kind == b"CL" and len(data) >= 4:
            found.child = int.from_bytes(data[:4], "little")
        elif kind == b"RE":
            found.is_moved = True
        elif kind == b"ZF":
            found.is_packed = True
    return found


def shared_prefix(system: bytes) -> int | None:
    """Return how many bytes of each system use area are others', from the root's own record; None without SUSP."""
    if len(system) >= 7 and system[:2] == b"SP" and system[4:6] == b"\xbe\xef":
        return system[6]
    return None


def _fields(system: bytes, read: Callable[[int, int, int], bytes]) -> Iterator[tuple[bytes, bytes]]:
    for _ in range(_MOST_CONTINUATIONS):
        more = b""
        at = 0
        while at + 4 <= len(system):
            length = system[at + 2]
            if length < 4 or at + length > len(system):
                break
            kind, data = system[at : at + 2], system[at + 4 : at + length]
            if kind == b"ST":
                break
            if kind == b"CE" and len(data) >= 24:
                block, offset, size = (int.from_bytes(data[n : n + 4], "little") for n in (0, 8, 16))
                more = read(block, offset, min(size, SECTOR * 16))
            else:
                yield kind, data
            at += length
        if not more:
            return
        system = more


def _components(data: bytes, link: list[bytes], *, joins: bool) -> bool:
    """Add the components of a link; say whether the last one goes on in the next field."""
    at = 0
    while at + 2 <= len(data):
        flags, length = data[at], data[at + 1]
        name = {2: b".", 4: b"..", 8: b""}.get(flags & 14, data[at + 2 : at + 2 + length])
        if joins and link:
            link[-1] += name
        else:
            link.append(name)
        joins = bool(flags & _COMPONENT_CONTINUES)
        at += 2 + length
    return joins


def _times(data: bytes) -> tuple[datetime | None, datetime | None, datetime | None]:
    """Return when a file was created, modified and read, as far as a TF field says."""
    flags, at = data[0], 1
    width = 17 if flags & _LONG_TIMES else 7
    found: dict[int, datetime | None] = {}
    for bit in (_CREATED, _MODIFIED, _ACCESSED):
        if flags & bit and at + width <= len(data):
            stamp = data[at : at + width]
            found[bit] = _recorded_long(stamp) if width == 17 else recorded(stamp)
            at += width
    return found.get(_CREATED), found.get(_MODIFIED), found.get(_ACCESSED)


def nanoseconds(when: datetime | None) -> int | None:
    """Return a moment as nanoseconds since 1970."""
    if when is None:
        return None
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1_000


def block_size(descriptor: bytes) -> int:
    """Return the size of a logical block (8.4.12)."""
    size: int = struct.unpack_from("<H", descriptor, 128)[0]
    return size if size in (512, 1024, 2048) else SECTOR

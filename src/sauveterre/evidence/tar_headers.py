"""The headers of TAR archives: V7, POSIX ustar, PAX (POSIX.1-2001) and GNU (tar 1.34's manual, "Basic Tar Format").

Pure: bytes in, values out. Names stay the bytes that they are.
"""

from dataclasses import dataclass, field

RECORD = 512

FILE_TYPES = b"07\x00"
HARD_LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, FOLDER, FIFO = b"1", b"2", b"3", b"4", b"5", b"6"
LONG_NAME, LONG_LINK, PAX, PAX_GLOBAL, PAX_SOLARIS = b"L", b"K", b"x", b"g", b"X"
GNU_SPARSE, GNU_LABEL, GNU_DUMP_FOLDER, GNU_CONTINUED = b"S", b"V", b"D", b"M"
LINK_LIKE = frozenset((HARD_LINK, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, FOLDER, FIFO))
"""Types with no data after their header, whatever size it states."""
EXTENSIONS = frozenset((LONG_NAME, LONG_LINK, PAX, PAX_GLOBAL, PAX_SOLARIS))
"""Types that tell about the header that follows and are no member themselves."""

_GNU_MAGIC = b"ustar  \x00"
_POSIX_MAGIC = b"ustar\x00"
_PAX_KEYS = frozenset((b"path", b"linkpath", b"size", b"mtime"))
_SPARSE_PAIRS_IN_HEADER = 4
_SPARSE_PAIRS_IN_EXTENSION = 21
SPARSE_PAIRS = 1 << 18
"""Most pieces of one sparse file that are read."""


class BadHeader(ValueError):
    """A record is no header, or an extension says what cannot be; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Header:
    """One 512-byte header as it stands."""

    name: bytes
    size: int
    modified: int | None
    kind: bytes
    target: bytes
    sparse: tuple[tuple[int, int], ...] = ()
    """Old GNU format: (offset, length) of the pieces that hold data."""
    sparse_goes_on: bool = False
    real_size: int | None = None


def read_header(record: bytes) -> Header:
    """Read a header; raise ``BadHeader`` when its checksum is wrong."""
    if len(record) < RECORD:
        raise BadHeader("the archive ends inside a header")
    if not _sum_is_right(record):
        raise BadHeader("there is no header where one should be")
    name, kind = _text(record[0:100]), record[156:157]
    gnu = record[257:265] == _GNU_MAGIC
    prefix = _text(record[345:500]) if record[257:263] == _POSIX_MAGIC else b""
    sparse = gnu and kind == GNU_SPARSE
    return Header(
        name=prefix + b"/" + name if prefix else name,
        size=_number(record[124:136]),
        modified=_moment(record[136:148]),
        kind=kind,
        target=_text(record[157:257]),
        sparse=_pairs(record[386:482], _SPARSE_PAIRS_IN_HEADER) if sparse else (),
        sparse_goes_on=sparse and record[482] not in b"\x000",
        real_size=_number(record[483:495]) if sparse else None,
    )


def read_sparse_extension(record: bytes) -> tuple[tuple[tuple[int, int], ...], bool]:
    """Return the pieces in a record that goes on with an old GNU sparse header, and whether another follows."""
    if len(record) < RECORD:
        raise BadHeader("the archive ends inside a map of a sparse file")
    return _pairs(record, _SPARSE_PAIRS_IN_EXTENSION), record[504] not in b"\x000"


def read_pax(data: bytes) -> dict[bytes, list[bytes]]:
    """Read the PAX records that matter, ``LENGTH KEY=VALUE`` and a line end; a key's last value counts.

    Raises ``BadHeader`` where a record is not as long as it says.
    """
    found: dict[bytes, list[bytes]] = {}
    at = 0
    while at < len(data) and data[at] != 0:
        space = data.find(b" ", at, at + 20)
        digits = data[at:space] if space > 0 else b""
        length = int(digits) if digits.isdigit() else 0
        record = data[space + 1 : at + length]
        if at + length > len(data) or not record.endswith(b"\n") or b"=" not in record:
            raise BadHeader("an extended header breaks its own format")
        key, value = record[:-1].split(b"=", 1)
        if key in _PAX_KEYS or key.startswith(b"GNU.sparse."):
            found.setdefault(key, []).append(value)
        at += length
    return found


@dataclass(slots=True)
class Extensions:
    """What extension headers said about the next member; ``None`` where they said nothing."""

    name: bytes | None = None
    target: bytes | None = None
    pax: dict[bytes, list[bytes]] = field(default_factory=dict)

    def last(self, key: bytes) -> bytes | None:
        """Return a PAX value."""
        values = self.pax.get(key)
        return values[-1] if values else None

    def whole_number(self, key: bytes) -> int | None:
        """Return a PAX value as a number of bytes; raise ``BadHeader`` for what is none."""
        value = self.last(key)
        if value is None:
            return None
        if not value.isdigit() or len(value) > 20:
            raise BadHeader(f"an extended header states no number for {key.decode('utf-8', 'replace')}")
        return int(value)

    def modified(self) -> int | None:
        """Return the modification time in nanoseconds since 1970."""
        whole, _, part = (self.last(b"mtime") or b"").partition(b".")
        if not whole.removeprefix(b"-").isdigit() or len(whole) > 20 or (part and not part.isdigit()):
            return None
        nanoseconds = int(part[:9].ljust(9, b"0"))
        return int(whole) * 1_000_000_000 + (-nanoseconds if whole.startswith(b"-") else nanoseconds)


def sparse_map(extensions: Extensions) -> tuple[tuple[int, int], ...] | None:
    """Return the pieces that PAX sparse formats 0.0 and 0.1 state; None where the file is not sparse in them."""
    joined = extensions.last(b"GNU.sparse.map")
    if joined is not None:
        numbers = joined.split(b",")
        offsets, lengths = numbers[::2], numbers[1::2]
    elif extensions.last(b"GNU.sparse.numblocks") is not None:
        offsets = extensions.pax.get(b"GNU.sparse.offset", [])
        lengths = extensions.pax.get(b"GNU.sparse.numbytes", [])
    else:
        return None
    return pieces(offsets, lengths)


def pieces(offsets: list[bytes], lengths: list[bytes]) -> tuple[tuple[int, int], ...]:
    """Return a map's pieces; raise ``BadHeader`` when they are no numbers, overlap or are too many."""
    if len(offsets) != len(lengths) or len(offsets) > SPARSE_PAIRS:
        raise BadHeader("the map of a sparse file breaks its own format")
    if not all(each.isdigit() and len(each) <= 20 for each in (*offsets, *lengths)):
        raise BadHeader("the map of a sparse file holds what is no number")
    found = tuple((int(offset), int(length)) for offset, length in zip(offsets, lengths, strict=True))
    end = 0
    for offset, length in found:
        if offset < end:
            raise BadHeader("the pieces of a sparse file overlap")
        end = offset + length
    return found


def _sum_is_right(record: bytes) -> bool:
    stated = record[148:156].strip(b" \x00")
    if not stated or any(digit not in b"01234567" for digit in stated):
        return False
    counted = record[:148] + b" " * 8 + record[156:RECORD]
    total, expected = sum(counted), int(stated, 8)
    return total == expected or total - 256 * sum(byte > 127 for byte in counted) == expected


def _text(data: bytes) -> bytes:
    return data.split(b"\x00", 1)[0]


def _number(data: bytes) -> int:
    """Read an octal number, or a base-256 one whose first bit is set (GNU); what is neither is 0."""
    if data[0] & 0x80:
        return max(0, _base_256(data))
    digits = data.strip(b" \x00")
    return int(digits, 8) if digits and all(digit in b"01234567" for digit in digits) else 0


def _base_256(data: bytes) -> int:
    value = int.from_bytes(data, "big", signed=False)
    bits = 8 * len(data)
    return value - (1 << bits) if data[0] == 0xFF else value - (1 << (bits - 1))


def _moment(data: bytes) -> int | None:
    """Return a header's time in nanoseconds since 1970; None for an empty field."""
    if not data.strip(b" \x00"):
        return None
    seconds = _base_256(data) if data[0] & 0x80 else _number(data)
    return seconds * 1_000_000_000


def _pairs(data: bytes, count: int) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for at in range(0, count * 24, 24):
        if data[at] == 0:
            break
        found.append((_number(data[at : at + 12]), _number(data[at + 12 : at + 24])))
    return tuple(found)

"""JPEG (ITU-T T.81): every marker segment from SOI to EOI, and the entropy-coded data between them.

Segments are stepped over by their lengths, so a thumbnail in one of them is no file of its own. Any number of scans,
restart markers, baseline, progressive, lossless and arithmetic coding.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from sauveterre.evidence.carving.view import LEAST_CUT, MOST_CUT, Found, View, cut_off, whole

NAME = "jpeg"
PREFIXES = frozenset({b"\xff\xd8\xff"})
LEAD = 0
HEAD = re.compile(rb"\xff\xd8\xff[\xc0-\xcf\xdb\xdd\xe0-\xef\xfe]")

_EOI, _SOS, _DQT, _DNL, _DRI, _DHT, _DAC, _COM = 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xC4, 0xCC, 0xFE
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_DHT, 0xC8, _DAC}
_PASSED_OVER = frozenset(range(0xE0, 0xF0)) | {_COM}
_MARKER = re.compile(rb"\xff(?=[^\x00\xd0-\xd7\xff])")
_ZEROS_BYTES = 4096
_ZEROS = re.compile(rb"\x00{%d}" % _ZEROS_BYTES)
_FILL_BYTES = 16


@dataclass(slots=True)
class _Picture:
    """What the segments so far have said."""

    components: frozenset[int] = frozenset()
    tables: set[int] = field(default_factory=set)
    data_start: int = 0


def suffix(view: View) -> str:  # noqa: ARG001
    """Name it as every camera does."""
    return "jpg"


def walk(view: View) -> Found | None:
    """Follow a JPEG; one that is cut off counts from 1 KiB of its picture data on, up to what cannot belong to it."""
    picture, at = _Picture(), 2
    while True:
        marker, start = _marker(view, at)
        if marker == _EOI:
            return whole(start) if picture.data_start and at > picture.data_start else None
        end = _segment_end(view, marker, start, picture)
        if end is None:
            return _cut(view, at, picture)
        at = end
        if marker == _SOS:
            picture.data_start = picture.data_start or at
            at, there = view.search(_MARKER, at, width=2, end=at + MOST_CUT)
            if not there:
                return _cut(view, at, picture)


def _marker(view: View, at: int) -> tuple[int, int]:
    """Return the marker at a place, 0 if there is none, and where what it begins starts."""
    data = view.read(at, _FILL_BYTES)
    rest = data.lstrip(b"\xff")
    if not rest or len(rest) == len(data):
        return 0, at
    return rest[0], at + len(data) - len(rest) + 1


def _segment_end(view: View, marker: int, start: int, picture: _Picture) -> int | None:
    """Return where a segment ends; None when it is none, or not what the standard lets it be."""
    check = _CHECKS.get(marker)
    if check is None and marker not in _PASSED_OVER:
        return None
    head = view.read(start, 2)
    length = int.from_bytes(head, "big")
    if length < 2 or start + length > view.size:
        return None
    if check is not None and not check(view.read(start + 2, length - 2), picture):
        return None
    return start + length


def _cut(view: View, end: int, picture: _Picture) -> Found | None:
    """Return a picture that breaks off; a long run of zeros is no part of it."""
    start = picture.data_start
    if not start or end - start < LEAST_CUT:
        return None
    length, _ = view.search(_ZEROS, start, width=_ZEROS_BYTES, end=end)
    return cut_off(length, start) if length - start >= LEAST_CUT else None


def _quantisation(body: bytes, picture: _Picture) -> bool:
    at = 0
    while at < len(body):
        precision, number = body[at] >> 4, body[at] & 15
        table = body[at + 1 : at + 65 + 64 * precision]
        if precision > 1 or number > 3 or len(table) < 64 << precision or not any(table):
            return False
        at += 1 + len(table)
    picture.tables.add(_DQT)
    return at > 0


def _huffman(body: bytes, picture: _Picture) -> bool:
    at = 0
    while at < len(body):
        kind, number, counts = body[at] >> 4, body[at] & 15, body[at + 1 : at + 17]
        room = sum(count << (15 - length) for length, count in enumerate(counts))
        if kind > 1 or number > 3 or len(counts) < 16 or not 0 < room <= 1 << 16:
            return False
        at += 17 + sum(counts)
    picture.tables.add(_DHT)
    return 0 < at == len(body)


def _arithmetic(body: bytes, picture: _Picture) -> bool:
    picture.tables.add(_DAC)
    return len(body) % 2 == 0 and len(body) > 0


def _frame(body: bytes, picture: _Picture) -> bool:
    if picture.components or len(body) < 9:
        return False
    precision, _, width, count = struct.unpack_from(">BHHB", body)
    parts = [body[at : at + 3] for at in range(6, len(body), 3)]
    picture.components = frozenset(part[0] for part in parts)
    return (
        2 <= precision <= 16
        and width > 0
        and len(body) == 6 + 3 * count
        and len(picture.components) == count
        and all(1 <= part[1] >> 4 <= 4 and 1 <= part[1] & 15 <= 4 and part[2] <= 3 for part in parts)
    )


def _scan(body: bytes, picture: _Picture) -> bool:
    if not picture.components or not picture.tables or len(body) < 6 or len(body) != 4 + 2 * body[0]:
        return False
    parts = body[1:-3]
    first, last, bits = body[-3:]
    return (
        picture.components.issuperset(parts[::2])
        and all(tables >> 4 <= 3 and tables & 15 <= 3 for tables in parts[1::2])
        and max(first, last) <= 63
        and bits >> 4 <= 13
        and bits & 15 <= 13
    )


_CHECKS: dict[int, Callable[[bytes, _Picture], bool]] = {
    _DQT: _quantisation,
    _DHT: _huffman,
    _DAC: _arithmetic,
    _SOS: _scan,
    _DRI: lambda body, _: len(body) == 2,
    _DNL: lambda body, _: len(body) == 2,
    **dict.fromkeys(_FRAMES, _frame),
}

"""TIFF 6.0, and camera files built on it: every directory, to the last byte that one of them points at."""

import re
import struct
from dataclasses import dataclass, field

from sauveterre.evidence.carving.view import Found, View, whole

NAME = "tiff"
PREFIXES = frozenset({b"II*", b"MM\x00"})
LEAD = 0
HEAD = re.compile(rb"II\*\x00|MM\x00\*")

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_NUMBERS = {3: "H", 4: "I", 13: "I"}
_WIDTH, _HEIGHT = 256, 257
_DIRECTORIES = frozenset({330, 34665, 34853, 40965})
_DATA = ((273, 279), (324, 325), (513, 514))
"""Tags that say where data lies, and those that say how much."""
_KEPT = _DIRECTORIES.union(*_DATA)
_MOST_DIRECTORIES, _MOST_FIELDS, _MOST_PARTS = 64, 512, 1 << 16


@dataclass(slots=True)
class _Reach:
    """How far a file reaches, as far as its directories were read."""

    order: str
    end: int = 8
    has_data: bool = False
    waiting: list[int] = field(default_factory=list)


def suffix(view: View) -> str:  # noqa: ARG001
    """Name it as most do; camera files built on it too."""
    return "tif"


def walk(view: View) -> Found | None:
    """Follow all directories; a file that reaches past the medium does not count."""
    head = view.read(0, 8)
    reach = _Reach("<" if head.startswith(b"II") else ">")
    if len(head) < 8:
        return None
    reach.waiting.append(struct.unpack_from(reach.order + "I", head, 4)[0])
    seen = set[int]()
    while reach.waiting:
        at = reach.waiting.pop()
        if at == 0 or at in seen:
            continue
        seen.add(at)
        if len(seen) > _MOST_DIRECTORIES or not _directory(view, at, reach, first=len(seen) == 1):
            return None
    return whole(reach.end) if reach.has_data and reach.end <= view.size else None


def _directory(view: View, at: int, reach: _Reach, *, first: bool) -> bool:
    """Take up one directory; say whether it is sound."""
    data = view.read(at, 2)
    count = struct.unpack(reach.order + "H", data)[0] if at >= 8 and len(data) == 2 else 0
    body = view.read(at + 2, 12 * count + 4)
    if not 1 <= count <= _MOST_FIELDS or len(body) < 12 * count:
        return False
    reach.end = max(reach.end, at + 2 + 12 * count + 4)
    fields: dict[int, tuple[int, ...]] = {}
    last = 0
    for place in range(0, 12 * count, 12):
        tag, kind, number = struct.unpack_from(reach.order + "HHI", body, place)
        size = _SIZES.get(kind, 0) * number
        if tag < last or not size:
            return False
        last = tag
        start = at + 10 + place if size <= 4 else struct.unpack_from(reach.order + "I", body, place + 8)[0]
        if start + size > view.size:
            return False
        reach.end = max(reach.end, start + size)
        fields[tag] = _numbers(view, reach.order, kind, number, start) if tag in _KEPT else ()
    reach.waiting += [place for tag in _DIRECTORIES for place in fields.get(tag, ())]
    reach.waiting += struct.unpack_from(reach.order + "I", body, 12 * count) if len(body) == 12 * count + 4 else ()
    _take_data(fields, reach)
    return not first or (_WIDTH in fields and _HEIGHT in fields)


def _numbers(view: View, order: str, kind: int, number: int, start: int) -> tuple[int, ...]:
    number = min(number, _MOST_PARTS)
    code = _NUMBERS.get(kind)
    if code is None:
        return ()
    data = view.read(start, number * struct.calcsize(code))
    return struct.unpack_from(f"{order}{len(data) // struct.calcsize(order + code)}{code}", data)


def _take_data(fields: dict[int, tuple[int, ...]], reach: _Reach) -> None:
    for where, how_much in _DATA:
        parts = zip(fields.get(where, ()), fields.get(how_much, ()), strict=False)
        for start, size in parts:
            reach.end = max(reach.end, start + size)
            reach.has_data = True

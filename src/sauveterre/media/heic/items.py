"""The picture of a HEIC file as coded pieces: what is decoded by which configuration, and where it lies in the picture.

Source of the format: ISO/IEC 14496-12, 8.11 (``meta`` and what is in it); ISO/IEC 23008-12, 6.5, 6.6 and annex B (item
properties, grids, HEVC items). Only the structure that telephones write is understood; everything else is None.
"""

from collections.abc import Iterator
from dataclasses import dataclass

MATRIX_601 = (5, 6)
"""The numbers of ITU-R BT.601 among the matrices of ISO/IEC 23091-2."""

_UNDERSTOOD = frozenset({b"hvcC", b"ispe", b"irot", b"colr", b"pixi"})
_NOT_HERE = frozenset({b"clap", b"imir"})
"""Properties that change the picture in ways that are left to libheif."""


@dataclass(frozen=True, slots=True)
class Colour:
    """How samples become RGB (the ``nclx`` form of a ``colr`` property)."""

    matrix: int
    full_range: bool


@dataclass(frozen=True, slots=True)
class Still:
    """A picture of one coded piece, or of a grid of them."""

    configuration: bytes
    """The decoder's (``hvcC``)."""
    tiles: tuple[bytes, ...]
    """The pieces, row by row."""
    columns: int
    tile_width: int
    tile_height: int
    width: int
    """Of the whole before it is turned; the last tiles of rows and columns may reach beyond it."""
    height: int
    turns: int
    """Quarter turns anticlockwise, 0 to 3."""
    colour: Colour | None
    """None where the file leaves it to what is coded."""


@dataclass(frozen=True, slots=True)
class _Item:
    kind: bytes
    data: bytes
    properties: tuple[tuple[bytes, bytes], ...]

    def one(self, kind: bytes) -> bytes:
        """Return the payload of the only property of a kind."""
        (found,) = (payload for name, payload in self.properties if name == kind)
        return found


def still_of(data: bytes) -> Still | None:
    """Return the primary picture of a HEIC file; None for whatever is broken, or built in another way."""
    try:
        meta = _Meta(data)
        primary = meta.item(meta.primary)
        if primary.kind == b"hvc1":
            return _still(primary, (primary,), (1, *_size(primary)))
        if primary.kind == b"grid":
            tiles = tuple(meta.item(number) for number in meta.tiles_of(meta.primary))
            return _still(primary, tiles, _grid(primary, len(tiles)))
    except (ValueError, KeyError, IndexError):
        pass
    return None


def _still(primary: _Item, tiles: tuple[_Item, ...], layout: tuple[int, int, int]) -> Still | None:
    columns, width, height = layout
    first = tiles[0]
    shape = _size(first)
    alike = {(tile.kind, tile.one(b"hvcC"), _size(tile), _colour(tile)) for tile in tiles}
    if first.kind != b"hvc1" or len(alike) != 1 or (first is not primary and _turns(first)):
        return None
    rows = len(tiles) // columns
    fits = _covers(columns, shape[0], width) and _covers(rows, shape[1], height)
    colour, turns = _colour(primary), _turns(primary)
    halved = turns and (width % 2 or height % 2)  # half a colour sample at an edge: libheif turns this in its own way
    if not fits or halved or colour != _colour(first):
        return None
    pieces = tuple(tile.data for tile in tiles)
    return Still(first.one(b"hvcC"), pieces, columns, *shape, width, height, turns, colour)


def _covers(count: int, length: int, whole: int) -> bool:
    """Tell whether so many tiles cover a side, each with a part of it; tiles that are cut in no pair of samples."""
    return (count - 1) * length < whole <= count * length and (count == 1 or length % 2 == 0)


def _size(item: _Item) -> tuple[int, int]:
    payload = _Cursor(item.one(b"ispe"), 4)
    return payload.number(4), payload.number(4)


def _turns(item: _Item) -> int:
    found = [payload[0] & 3 for name, payload in item.properties if name == b"irot"]
    return found[0] if found else 0


def _colour(item: _Item) -> Colour | None:
    for name, payload in item.properties:
        if name == b"colr" and payload[:4] == b"nclx":
            return Colour(int.from_bytes(payload[8:10], "big"), bool(payload[10] >> 7))
    return None


def _grid(item: _Item, count: int) -> tuple[int, int, int]:
    """Return the columns, width and height that a grid states (ISO/IEC 23008-12, 6.6.2.3)."""
    payload = _Cursor(item.data)
    _, wide, rows, columns = (payload.number(1) for _ in range(4))
    length = 4 if wide & 1 else 2
    if (rows + 1) * (columns + 1) != count:
        raise ValueError("a grid with too few or too many tiles")
    return columns + 1, payload.number(length), payload.number(length)


class _Cursor:
    """Numbers out of a stretch of bytes; ``ValueError`` beyond its end."""

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self.data = data
        self.at = at
        self.end = len(data) if end is None else end

    def number(self, size: int) -> int:
        """Return the next big-endian number of so many bytes."""
        return int.from_bytes(self.take(size), "big")

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        self.at += size
        if self.at > self.end:
            raise ValueError("a box ends too early")
        return self.data[self.at - size : self.at]

    def boxes(self) -> "Iterator[tuple[bytes, _Cursor]]":
        """Yield the boxes from here to the end."""
        while self.at < self.end:
            start = self.at
            size, kind = self.number(4), self.take(4)
            size = self.number(8) if size == 1 else size or self.end - start
            end = start + size
            if not self.at <= end <= self.end:
                raise ValueError("a box reaches beyond what it is in")
            yield kind, _Cursor(self.data, self.at, end)
            self.at = end

    def table(self) -> "dict[bytes, _Cursor]":
        """Return the boxes from here to the end, where there is one of each kind."""
        boxes = list(self.boxes())
        found = dict(boxes)
        if len(found) != len(boxes):
            raise ValueError("two boxes where one is expected")
        return found


class _Meta:
    """The tables of a file's ``meta`` box."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        (meta,) = (box for kind, box in _Cursor(data).boxes() if kind == b"meta")
        meta.number(4)
        self._boxes = meta.table()
        box, version = self._opened(b"pitm")
        self.primary = box.number(4 if version else 2)
        self._kinds = self._read_kinds()
        self._places = self._read_places()
        self._strange: set[int] = set()
        self._properties = self._read_properties()

    def item(self, number: int) -> _Item:
        """Return an item with its bytes."""
        method, extents = self._places[number]
        if method > 1 or number in self._strange:
            raise ValueError("an item that takes more than is understood here")
        home = self._boxes[b"idat"] if method else _Cursor(self._data)
        parts = [home.data[home.at + offset : home.at + offset + length] for offset, length in extents]
        if any(home.at + offset + length > home.end for offset, length in extents):
            raise ValueError("an item beyond the end of the file")
        return _Item(self._kinds[number], b"".join(parts), tuple(self._properties[number]))

    def tiles_of(self, grid: int) -> list[int]:
        """Return the items that a grid is made of, in order."""
        box, version = self._opened(b"iref")
        length = 4 if version else 2
        for kind, reference in box.boxes():
            if kind == b"dimg" and reference.number(length) == grid:
                numbers = [reference.number(length) for _ in range(reference.number(2))]
                if len(set(numbers)) == len(numbers):
                    return numbers
        raise ValueError("a grid of nothing, or of the same tile again and again")

    def _opened(self, kind: bytes) -> tuple[_Cursor, int]:
        """Return a box after its version, and that."""
        box = self._boxes[kind]
        version = box.number(4) >> 24
        return box, version

    def _read_kinds(self) -> dict[int, bytes]:
        box, version = self._opened(b"iinf")
        box.number(4 if version else 2)
        kinds = {}
        for _, entry in box.boxes():
            number = entry.number(4 if entry.number(4) >> 24 > 2 else 2)
            entry.number(2)
            kinds[number] = entry.take(4)
        return kinds

    def _read_places(self) -> dict[int, tuple[int, list[tuple[int, int]]]]:
        """Read where the bytes of each item lie: 0, in the file; 1, in ``idat``. All are not more than the file has."""
        box, version = self._opened(b"iloc")
        sizes = box.number(2)
        offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        if not offset + length:
            raise ValueError("items without a place")
        places, total = {}, 0
        for _ in range(box.number(4 if version == 2 else 2)):
            number = box.number(4 if version == 2 else 2)
            method = box.number(2) & 15 if version else 0
            box.number(2)
            start = box.number(base)
            extents = []
            for _ in range(box.number(2)):
                box.number(index if version else 0)
                extents.append((start + box.number(offset), box.number(length)))
                total += extents[-1][1]
            places[number] = method, extents
        if total > len(self._data):
            raise ValueError("items that share their bytes")
        return places

    def _read_properties(self) -> dict[int, list[tuple[bytes, bytes]]]:
        """Read each item's properties, and which items have one that must be understood and is not."""
        inside = self._boxes[b"iprp"].table()
        known = list(inside[b"ipco"].boxes())
        box = inside[b"ipma"]
        head = box.number(4)
        found: dict[int, list[tuple[bytes, bytes]]] = {}
        for _ in range(box.number(4)):
            number = box.number(4 if head >> 24 else 2)
            for _ in range(box.number(1)):
                which = box.number(2 if head & 1 else 1)
                top = 15 if head & 1 else 7
                essential, place = which >> top, which & (1 << top) - 1
                kind, payload = known[place - 1]
                if kind in _UNDERSTOOD:
                    found.setdefault(number, []).append((kind, payload.data[payload.at : payload.end]))
                elif essential or kind in _NOT_HERE:
                    self._strange.add(number)
        return found

"""The properties of a node: a heap in its data, with a tree of numbers and values in it ([MS-PST] 2.3.1 to 2.3.3)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from sauveterre.evidence.outlook.nodes import BadNode, Node, NodeFile

TEXT, BYTE_TEXT, BINARY, OBJECT, TIME, NUMBER = 0x1F, 0x1E, 0x102, 0x0D, 0x40, 0x03
MOST_HEAP_BLOCKS = 2_048
MOST_LEVELS = 8
MOST_RECORDS = 10_000
SHORT_BYTES = 2_000
"""Most bytes kept of a value that is read whole."""
_HEAP, _PROPERTIES, _TREE = 0xEC, 0xBC, 0xB5
_INLINE = frozenset((NUMBER, 0x02, 0x04, 0x0B))
_HEAP_KINDS = 0x1F
"""The low bits of an id: all zero for a piece of the heap, else the id is that of a node inside."""


@dataclass(frozen=True, slots=True)
class Value:
    """A property's type and its value as stored: a number of at most four bytes, or where the bytes are."""

    kind: int
    stored: int


class Properties:
    """The properties of one node, by number."""

    def __init__(self, file: NodeFile, node: Node) -> None:
        """Read the tree; raise ``BadNode`` when there is none."""
        self._file = file
        self._heap: list[bytes] = []
        for block in file.blocks(node):
            self._heap.append(block)
            if len(self._heap) > MOST_HEAP_BLOCKS:
                raise BadNode(f"its properties take more than {MOST_HEAP_BLOCKS:,} blocks")
        first = self._heap[0] if self._heap else b""
        if len(first) < 12 or first[2] != _HEAP or first[3] != _PROPERTIES:
            raise BadNode("it holds no properties")
        self.inside = file.nodes_in(node)
        self._seen = 0
        root = self._piece(int.from_bytes(first[4:8], "little"))
        if len(root) < 8 or root[0] != _TREE or root[1:3] != b"\x02\x06":
            raise BadNode("its properties are no tree")
        self.values = dict(self._records(int.from_bytes(root[4:8], "little"), root[3]))

    def text(self, number: int) -> str:
        """Return a short text; empty where there is none."""
        value = self.values.get(number)
        if value is None or value.kind not in (TEXT, BYTE_TEXT):
            return ""
        encoding = "utf-16-le" if value.kind == TEXT else "cp1252"
        return self.short(number).decode(encoding, "replace")

    def number(self, number: int) -> int | None:
        """Return a number, None where there is none."""
        value = self.values.get(number)
        return value.stored if value is not None and value.kind == NUMBER else None

    def short(self, number: int) -> bytes:
        """Return the first bytes of a value."""
        found = b""
        for block in self.content(number):
            found += block
            if len(found) >= SHORT_BYTES:
                break
        return found[:SHORT_BYTES]

    def content(self, number: int) -> Iterator[bytes]:
        """Yield a value's bytes as stored, block by block."""
        value = self.values.get(number)
        if value is None:
            return
        if value.kind in _INLINE:
            yield value.stored.to_bytes(4, "little")
        elif value.stored & _HEAP_KINDS:
            yield from filter(None, self._file.blocks(self._node(value.stored)))
        elif value.stored:
            yield from filter(None, (self._piece(value.stored),))

    def size(self, number: int) -> int | None:
        """Return how many bytes a value has where that is known without reading it."""
        value = self.values.get(number)
        return len(self._piece(value.stored)) if value is not None and not value.stored & _HEAP_KINDS else None

    def object(self, number: int) -> Node:
        """Return the node that a value of the type ``OBJECT`` leads to."""
        data = self.short(number)
        if number not in self.values or self.values[number].kind != OBJECT or len(data) < 4:
            raise BadNode("it leads to nothing")
        return self._node(int.from_bytes(data[:4], "little"))

    def _node(self, number: int) -> Node:
        if number not in self.inside:
            raise BadNode(f"it refers to the node {number}, which is not inside it")
        return self.inside[number]

    def _piece(self, place: int) -> bytes:
        """Return a piece of the heap by its id: 5 bits of zero, 11 of a number from 1, 16 of a block."""
        block, number = place >> 16, place >> 5 & 0x7FF
        data = self._heap[block] if block < len(self._heap) else b""
        at = int.from_bytes(data[:2], "little")
        count = int.from_bytes(data[at : at + 2], "little")
        if not 1 <= number <= count or at + 4 + 2 * (count + 1) > len(data):
            raise BadNode(f"its heap holds no piece {place}")
        start, end = struct.unpack_from("<2H", data, at + 4 + 2 * (number - 1))
        if not start <= end <= at:
            raise BadNode(f"piece {place} of its heap lies outside of it")
        return data[start:end]

    def _records(self, place: int, levels: int) -> Iterator[tuple[int, Value]]:
        if not place:
            return
        data = self._piece(place)
        self._seen += 1 + len(data) // 8
        if levels > MOST_LEVELS or self._seen > MOST_RECORDS:
            raise BadNode("its tree of properties is too deep or too large")
        if levels:
            for at in range(0, len(data) - 5, 6):
                yield from self._records(int.from_bytes(data[at + 2 : at + 6], "little"), levels - 1)
            return
        for at in range(0, len(data) - 7, 8):
            number, kind, stored = struct.unpack_from("<HHI", data, at)
            yield number, Value(kind, stored)

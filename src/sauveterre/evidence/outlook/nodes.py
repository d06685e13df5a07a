"""The lower layers of an Outlook file: blocks, and the nodes made of them ([MS-PST] 2.2, Unicode format).

Enough to go from a node to its data and to the nodes inside it. Every count and place is held against the file.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.outlook.encoding import decoded

MAGIC = b"!BDN"
VERSIONS = range(23, 36)
"""Of the Unicode format with pages of 512 bytes."""
PAGE = 512
MOST_LEVELS = 8
"""Of an index."""
MOST_LISTS = 2
"""Lists of blocks, or of nodes, above the blocks or nodes themselves."""
MOST_BLOCK = 8_192
_ENTRIES = 488
_NODE_TREE, _BLOCK_TREE = 0x81, 0x80
_LEAF_SIZES = {_NODE_TREE: 32, _BLOCK_TREE: 24}
_TRAILER, _UNIT = 16, 64
_INTERNAL = 2
_MORE_BLOCKS, _SUBNODES = 1, 2


class BadNode(ValueError):
    """The file is not as its format demands; the message is the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node: the block (tree) of its data, and that of the nodes inside it. 0 where it has none."""

    data: int
    inside: int


class NodeFile:
    """The nodes of an Outlook file."""

    def __init__(self, media: Media) -> None:
        """Read the header; raise ``BadNode`` for a file of another format."""
        self._media = media
        head = self._read(0, 564)
        if not head.startswith(MAGIC) or int.from_bytes(head[10:12], "little") not in VERSIONS:
            raise BadNode("its format (from before 2003, or of a newer cache) is not read so deep")
        _, self._nodes, _, self._blocks = struct.unpack_from("<4Q", head, 216)
        self._method = head[513]

    def node(self, number: int) -> Node:
        """Return a node of the file."""
        _, data, inside = struct.unpack_from("<3Q", self._found(self._nodes, _NODE_TREE, number))
        return Node(data, inside)

    def nodes_in(self, node: Node) -> dict[int, Node]:
        """Return the nodes inside a node, by their numbers."""
        return dict(self._inside(node.inside, MOST_LISTS)) if node.inside else {}

    def node_in(self, node: Node, number: int) -> Node:
        """Return a node inside a node."""
        found = self.nodes_in(node).get(number)
        if found is None:
            raise BadNode(f"there is no node {number} where one should be")
        return found

    def blocks(self, node: Node) -> Iterator[bytes]:
        """Yield a node's data, block by block."""
        if node.data:
            yield from self._leaves(node.data, MOST_LISTS)

    def _leaves(self, block: int, levels: int) -> Iterator[bytes]:
        if not block & _INTERNAL:
            yield self._block(block)
            return
        data = self._block(block)
        kind, _, count = struct.unpack_from("<BBH", data.ljust(4, b"\0"))
        if kind != _MORE_BLOCKS or levels == 0 or len(data) < 8 + 8 * count:
            raise BadNode(f"block {block} is no list of blocks")
        for below in struct.unpack_from(f"<{count}Q", data, 8):
            yield from self._leaves(below, levels - 1)

    def _inside(self, block: int, levels: int) -> Iterator[tuple[int, Node]]:
        data = self._block(block)
        kind, level, count = struct.unpack_from("<BBH", data.ljust(4, b"\0"))
        size = 16 if level else 24
        if kind != _SUBNODES or levels == 0 or len(data) < 8 + size * count:
            raise BadNode(f"block {block} is no list of nodes")
        for at in range(8, 8 + size * count, size):
            if level:
                yield from self._inside(int.from_bytes(data[at + 8 : at + 16], "little"), levels - 1)
            else:
                number, below, inside = struct.unpack_from("<3Q", data, at)
                yield number & 0xFFFFFFFF, Node(below, inside)

    def _block(self, block: int) -> bytes:
        entry = self._found(self._blocks, _BLOCK_TREE, block & ~1)
        place, size = struct.unpack_from("<QH", entry, 8)
        if size > MOST_BLOCK:
            raise BadNode(f"block {block} states {size:,} bytes")
        whole = -(-(size + _TRAILER) // _UNIT) * _UNIT
        data, trailer = self._read(place, size), self._read(place + whole - _TRAILER, _TRAILER)
        if _checksum(data) != int.from_bytes(trailer[4:8], "little"):
            raise BadNode(f"block {block} does not have its checksum")
        return data if block & _INTERNAL else decoded(data, self._method, block & 0xFFFFFFFF)

    def _found(self, place: int, kind: int, key: int) -> bytes:
        """Return the entry of a key in one of the two trees."""
        for _ in range(MOST_LEVELS):
            page = self._read(place, PAGE)
            count, _, size, level = page[_ENTRIES : _ENTRIES + 4]
            least = 24 if level else _LEAF_SIZES[kind]
            if page[496] != kind or _checksum(page[:496]) != int.from_bytes(page[500:504], "little"):
                raise BadNode(f"there is no page of its index at byte {place:,}, or it was damaged")
            if size < least or count * size > _ENTRIES:
                raise BadNode(f"the page of its index at byte {place:,} holds no entries")
            entries = [page[at : at + size] for at in range(0, count * size, size)]
            if level == 0:
                return next((entry for entry in entries if _key(entry) == key), None) or _missing(key)
            below = [entry for entry in entries if _key(entry) <= key]
            if not below:
                _missing(key)
            place = int.from_bytes(below[-1][16:24], "little")
        raise BadNode("its index leads in a circle")

    def _read(self, place: int, size: int) -> bytes:
        data = self._media.read_at(place, size) if place + size <= self._media.size else b""
        if len(data) < size:
            raise BadNode(f"it ends before byte {place + size:,}, which it refers to")
        return data


def _checksum(data: bytes) -> int:
    """CRC-32 without the two inversions ([MS-PST] 5.3)."""
    return crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def _key(entry: bytes) -> int:
    return int.from_bytes(entry[:8], "little")


def _missing(key: int) -> bytes:
    raise BadNode(f"its index does not hold {key}")

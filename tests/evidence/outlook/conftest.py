"""A writer of small files of Outlook after [MS-PST], Unicode format: what libpff reads of them is what it says."""

import struct
import zlib
from datetime import UTC, datetime

import pytest

from sauveterre.evidence.outlook.encoding import CYCLIC, PERMUTED, decoded

EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
ROOT, TOP = 0x122, 0x8022
ROW = [0x67F20003, 0x67F30003, 0x0E200003]
UNPERMUTED = decoded(bytes(range(256)), PERMUTED, 0)
PERMUTATION = bytes(UNPERMUTED.index(value) for value in range(256))


def crc(data):
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def signature(place, bid):
    return ((place ^ bid) >> 16 ^ (place ^ bid)) & 0xFFFF


class Writer:
    def __init__(self, method=0, damage=None):
        self.out, self.method, self.damage = bytearray(0x4600), method, damage
        self.blocks, self.nodes, self.next = [], [], 1

    def block(self, data, *, internal=False):
        """2.2.2.8: data, then a trailer at the end of 64 bytes. Only what holds users' data is encoded."""
        bid = self.next * 4 + 2 * internal
        self.next += 1
        data = data if self.damage is None else self.damage(data)
        if not internal:
            data = data.translate(PERMUTATION) if self.method == PERMUTED else data
            data = decoded(data, CYCLIC, bid) if self.method == CYCLIC else data
        place, size = len(self.out), -(-(len(data) + 16) // 64) * 64
        trailer = struct.pack("<HHIQ", len(data), signature(place, bid), crc(data), bid)
        self.out += data + bytes(size - 16 - len(data)) + trailer
        self.blocks.append((bid, place, len(data)))
        return bid

    def data(self, data):
        """2.2.2.8.3.2: one block, or a list of blocks."""
        if len(data) <= 8176:
            return self.block(data)
        bids = [self.block(data[at : at + 8176]) for at in range(0, len(data), 8176)]
        head = struct.pack("<BBHI", 1, 1, len(bids), len(data))
        return self.block(head + struct.pack(f"<{len(bids)}Q", *bids), internal=True)

    def inside(self, nodes):
        """2.2.2.8.3.3: a list of the nodes inside a node."""
        rows = b"".join(struct.pack("<QQQ", *row) for row in sorted(nodes))
        return self.block(struct.pack("<BBHI", 2, 0, len(nodes), 0) + rows, internal=True) if nodes else 0

    def node(self, nid, parent, heap, nodes=()):
        self.nodes.append((nid, self.data(heap), self.inside(list(nodes)), parent))

    def tree(self, kind, entries, size):
        """2.2.2.7.7: one leaf page, or leaves below one page."""
        most = 488 // size
        leaves = [self.page(kind, entries[at : at + most], size, 0) for at in range(0, len(entries), most)]
        if len(leaves) == 1:
            return leaves[0][1:]
        return self.page(kind, [(key, struct.pack("<QQQ", key, bid, at)) for key, bid, at in leaves], 24, 1)[1:]

    def page(self, kind, entries, size, level):
        self.out += bytes(-len(self.out) % 512)
        bid, place = self.next * 4, len(self.out)
        self.next += 1
        body = b"".join(packed for _, packed in entries).ljust(488, b"\0")
        body += struct.pack("<BBBBI", len(entries), 488 // size, size, level, 0)
        self.out += body + struct.pack("<BBHIQ", kind, kind, signature(place, bid), crc(body), bid)
        return entries[0][0], bid, place

    def finished(self):
        """2.2.2.6: the header."""
        nodes = [(nid, struct.pack("<QQQII", nid, bid, sub, above, 0)) for nid, bid, sub, above in sorted(self.nodes)]
        nbt = self.tree(0x81, nodes, 32)
        blocks = [(bid, struct.pack("<QQHHI", bid, place, size, 2, 0)) for bid, place, size in sorted(self.blocks)]
        bbt = self.tree(0x80, blocks, 24)
        root = struct.pack("<I8Q", 0, len(self.out), 0x4400, 0, 0, *nbt, *bbt) + bytes([2, 0, 0, 0])
        middle = b"SM" + struct.pack("<HHBBIIQQI", 23, 19, 1, 1, 0, 0, 0, self.next * 4, 1)
        middle += struct.pack("<32I", *[0x400] * 32) + bytes(8) + root + bytes(4) + b"\xff" * 256
        middle += bytes([0x80, self.method, 0, 0]) + struct.pack("<Q", self.next * 4)
        head = b"!BDN" + struct.pack("<I", crc(middle[:471])) + middle + struct.pack("<I", crc(middle[:516]))
        self.out[: len(head)] = head
        return bytes(self.out)

    def heap(self, client, pieces):
        """2.3.1: a heap; piece N has the id N * 32."""
        body = bytearray(struct.pack("<HBBII", 0, 0xEC, client, 0x20, 0))
        ends = [len(body)]
        for piece in pieces:
            body += piece
            ends.append(len(body))
        body += bytes(len(body) % 2)
        struct.pack_into("<H", body, 0, len(body))
        return bytes(body) + struct.pack(f"<HH{len(ends)}H", len(pieces), 0, *ends)

    def properties(self, values, nodes=None):
        """2.3.3: values by tag; what is longer than a heap takes goes into ``nodes``."""
        pieces, rows = [struct.pack("<BBBBI", 0xB5, 2, 6, 0, 0x40), b""], []
        for tag, value in sorted(values.items()):
            number, kind = tag >> 16, tag & 0xFFFF
            if kind in (0x0003, 0x000B):
                rows.append(struct.pack("<HHI", number, kind, value))
                continue
            data = {0x1F: lambda v: v.encode("utf-16-le"), 0x40: ticks}.get(kind, bytes)(value)
            if len(data) > 3580:
                place = (0x800 + len(nodes)) << 5 | 0x1F
                nodes.append((place, self.data(data), 0))
            else:
                pieces.append(data)
                place = len(pieces) * 32
            rows.append(struct.pack("<HHI", number, kind, place))
        pieces[1] = b"".join(rows)
        return self.heap(0xBC, pieces)

    def table(self, ids):
        """2.3.4: a table with three columns of 4 bytes; the first is the id of each row."""
        columns = sorted(enumerate(ROW), key=lambda column: column[1])
        info = struct.pack("<BB4HIII", 0x7C, 3, 12, 12, 12, 13, 0x40, 0x80 if ids else 0, 0)
        info += b"".join(struct.pack("<IHBB", tag, 4 * place, 4, place) for place, tag in columns)
        index = struct.pack("<BBBBI", 0xB5, 4, 4, 0, 0x60 if ids else 0)
        keys = b"".join(struct.pack("<II", each, place) for place, each in enumerate(ids))
        rows = b"".join(struct.pack("<IIIB", each, 1, 0, 0xE0) for each in ids)
        return self.heap(0x7C, [info, index, keys, rows] if ids else [info, index])

    def message(self, values, attachments=()):
        ids = [(0x400 + number) << 5 | 5 for number in range(len(attachments))]
        nodes = [(0x692, self.data(self.table([])), 0)]
        if ids:
            nodes.append((0x671, self.data(self.table(ids)), 0))
        nodes += [self.attachment(nid, dict(each)) for nid, each in zip(ids, attachments, strict=True)]
        return self.properties({0x001A001F: "IPM.Note", **values}, nodes), nodes

    def attachment(self, nid, values):
        nodes = []
        inside = values.pop("message", None)
        if inside is not None:
            body, below = self.message(*inside)
            nodes.append((0x200024, self.data(body), self.inside(below)))
            values |= {0x3701000D: struct.pack("<II", 0x200024, len(body)), 0x37050003: 5}
        made = self.properties(values, nodes)
        return nid, self.data(made), self.inside(nodes)

    def folder(self, nid, parent, name, folders=(), messages=()):
        values = {0x3001001F: name, 0x36020003: len(messages), 0x36030003: 0, 0x360A000B: bool(folders)}
        self.node(nid, parent, self.properties(values))
        for kind, rows in ((0x0D, folders), (0x0E, messages), (0x0F, ())):
            self.node(nid & ~0x1F | kind, 0, self.table(list(rows)))


def ticks(moment):
    return struct.pack("<Q", int((moment - EPOCH).total_seconds()) * 10_000_000)


@pytest.fixture(scope="session")
def outlook_file():
    """Write a file with one folder of messages, each (properties, attachments); damage comes before checksums."""

    def write(messages, method=0, folder="Wetter", damage=None, orphans=()):
        writer = Writer(method, damage)
        store = bytes(4) + b"r" * 16 + struct.pack("<I", TOP)
        writer.node(0x21, 0, writer.properties({0x3001001F: "store", 0x0FF90102: b"r" * 16, 0x35E00102: store}))
        names = {0x00010003: 251, 0x00020102: bytes(16), 0x00030102: struct.pack("<IHH", 0x8501, 4, 0)}
        writer.node(0x61, 0, writer.properties({**names, 0x00040102: bytes(4)}))
        ids = [(0x10000 + number) << 5 | 4 for number in range(1, len(messages) + 1)]
        writer.folder(ROOT, ROOT, "", [TOP])
        writer.folder(TOP, ROOT, "Top", [0x8042])
        writer.folder(0x8042, TOP, folder, [], ids)
        for nid, message in zip(ids, messages, strict=True):
            writer.node(nid, 0x8042, *writer.message(*message))
        for number, message in enumerate(orphans):
            writer.node((0x20000 + number) << 5 | 4, 0x9982, *writer.message(*message))
        return writer.finished()

    return write

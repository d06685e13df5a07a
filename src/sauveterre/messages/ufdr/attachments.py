"""Files that messages carry: the package holds them plain, where the report or the device's own paths say."""

import hashlib
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.ufdr.context import Source
from sauveterre.messages.ufdr.index import DIGESTS, KnownFile, is_hex
from sauveterre.records.entry import Entry, EntryKind
from sauveterre.records.tree import Tree

BLOCK = 1 << 20


def entry_of(source: Source, file: KnownFile, place: str, model: str) -> Entry:
    """Return the entry of a file at a place in the tree; the strongest digest that is claimed is in its locator."""
    claimed = next(((name, file.digests[name]) for name in DIGESTS if name in file.digests), None)
    locator = f"file {file.id or place}" + (f" {claimed[0]} {claimed[1]}" if claimed else "")
    return Entry(
        path=place.encode("utf-8", "surrogatepass"),
        size=file.size,
        locator=locator,
        kind=EntryKind.FILE,
        allocated=None,
        modified=None,
        provenance=source.at(f"model {model} file {file.id or place}"),
        note="; ".join(f"the report states {name} {digest}" for name, digest in file.digests.items()),
    )


def open_checked(tree: Tree, entry: Entry) -> BinaryIO:
    """Open a file; raise ``UnreadableSource`` when it does not hold the bytes whose digest the report claims."""
    place = entry.path.decode("utf-8", "surrogatepass")
    name, _, digest = entry.locator.rpartition(" ")
    kind = name.rpartition(" ")[2]
    if kind in DIGESTS and is_hex(digest, DIGESTS[kind]):
        found = hashlib.new(kind.lower(), usedforsecurity=False)
        with tree.open(place) as stream:
            while block := stream.read(BLOCK):
                found.update(block)
        if found.hexdigest() != digest:
            raise UnreadableSource(f"{place} does not hold the bytes whose digest the report states ({kind} {digest})")
    return tree.open(place)

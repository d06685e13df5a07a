"""The front door: which message stores lie in a tree, and which reader reads them."""

from sauveterre.errors import UnknownFormat
from sauveterre.messages.readers import READERS
from sauveterre.records.message_reader import MessageReader
from sauveterre.records.store import StoreLocation
from sauveterre.records.tree import Tree


def find_stores(tree: Tree) -> list[StoreLocation]:
    """Return every message store in the tree, in order of reader, then of the tree."""
    return [location for reader in READERS for location in reader.find(tree)]


def reader_named(name: str) -> MessageReader:
    """Return the reader with this ``NAME``; raise ``UnknownFormat`` when there is none."""
    for reader in READERS:
        if name == reader.NAME:
            return reader
    known = ", ".join(reader.NAME for reader in READERS)
    raise UnknownFormat(f"no message reader is called {name!r}; there are: {known}")

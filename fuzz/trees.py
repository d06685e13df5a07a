"""Putting files through all that a reader of messages does."""

import contextlib
import io
from collections.abc import Callable, Mapping
from typing import BinaryIO

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.records.entry import Entry
from sauveterre.records.message_reader import MessageReader
from sauveterre.records.store import StoreLocation

MOST_ATTACHMENTS = 8
"""Of one store, whose bytes are read too."""


class Files:
    """A tree in memory."""

    identity = "folder:fuzzed"

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Hold files by path."""
        self.files = files

    def paths(self) -> list[str]:
        """Return the paths in order."""
        return sorted(self.files)

    def open(self, path: str) -> BinaryIO:
        """Open one file; raise ``UnreadableSource`` when there is none."""
        if path not in self.files:
            raise UnreadableSource(f"{path} is not there")
        return io.BytesIO(self.files[path])


def through(reader: MessageReader, files: Mapping[str, bytes], key: str | None, root: str) -> None:
    """Find, read, list and open. Errors of the family end a step; anything else goes through to the fuzzer."""
    tree = Files(files)
    location = StoreLocation(reader.NAME, root, needs_key=key is not None)
    with contextlib.suppress(SauveterreError):
        list(reader.find(tree))
    with contextlib.suppress(SauveterreError):
        for record in reader.read(tree, location, key):
            if not record.provenance.locator:
                raise AssertionError(f"a record leads nowhere: {record}")
    entries: list[Entry] = []
    with contextlib.suppress(SauveterreError):
        entries += reader.attachments(tree, location, key)
    for entry in entries[:MOST_ATTACHMENTS]:
        with contextlib.suppress(SauveterreError), reader.open_attachment(tree, location, key, entry) as stream:
            while stream.read(1 << 16):
                pass


def one_file(reader: MessageReader, path: str, key: str | None = None) -> Callable[[bytes], None]:
    """Return how to feed a reader a file of that name."""
    return lambda data: through(reader, {path: data}, key, path)

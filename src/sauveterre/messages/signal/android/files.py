"""The bytes of attachments: which of them a store holds, and their plain form, handed out only when it is right."""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.signal.crypto import CHUNK, ChunkStream
from sauveterre.records.entry import Entry, EntryKind
from sauveterre.records.provenance import Provenance
from sauveterre.records.tree import Tree

FOLDER = "attachments"
"""The folder that the files seem to lie in, as a source of their own."""
NO_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class File:
    """One file that a store holds."""

    name: str
    size: int | None
    sha256: str
    """Of the plain bytes, as the row states it; empty when it does not."""
    place: Provenance
    chunks: Callable[[BinaryIO], Iterator[bytes]]
    """Decrypts; raises ``UnreadableSource`` at the end where a checksum is wrong."""
    path: str
    """In the tree."""

    @property
    def locator(self) -> str:
        """How the file is found again."""
        return f"file {self.name}"

    def entry(self) -> Entry:
        """Return the file as an entry."""
        return Entry(
            path=f"{FOLDER}/{self.name}".encode(),
            size=self.size,
            locator=self.locator,
            kind=EntryKind.FILE,
            allocated=True,
            modified=None,
            provenance=self.place,
        )


class _Owned(io.BufferedReader):
    """A reader over decrypted chunks that closes the file below with itself."""

    def __init__(self, raw: ChunkStream, below: BinaryIO) -> None:
        super().__init__(raw, CHUNK)
        self._below = below

    def close(self) -> None:
        """Close both. Closing twice is harmless."""
        super().close()
        self._below.close()


def open_file(tree: Tree, file: File) -> BinaryIO:
    """Open the plain bytes; raise ``UnreadableSource`` when they are not those that the row states.

    The file is read once to check it and again as the caller reads; nothing is written to disk.
    """
    size = NO_LIMIT if file.size is None else file.size
    digest, left = hashlib.sha256(), size
    with tree.open(file.path) as stream:
        for chunk in file.chunks(stream):
            digest.update(chunk[:left])
            left -= min(left, len(chunk))
    if left and file.size is not None:
        raise UnreadableSource(f"{file.path} ends {left} bytes before the end that its row states")
    if file.sha256 and digest.hexdigest() != file.sha256:
        raise UnreadableSource(f"{file.path} does not hold the bytes whose digest the row states ({file.sha256})")
    stream = tree.open(file.path)
    return _Owned(ChunkStream(file.chunks(stream), size), stream)

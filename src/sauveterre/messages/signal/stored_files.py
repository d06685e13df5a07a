"""A file that Signal keeps on a device: plain, or ``IV16 || AES-256-CBC || HMAC-SHA256`` under a key of its own.

The plain bytes may be filled up with zeros, so the stated size decides where they end; some rows state a wrong one, and
then the stated digest decides. Nothing is handed out that fails a check that the row allows.
"""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.signal.crypto import CHUNK, ChunkStream, Sealed
from sauveterre.messages.signal.frames import file_chunks
from sauveterre.records.tree import Tree

KEY_BYTES = 64
NO_LIMIT = 1 << 62


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What a row says of one file."""

    path: str
    """In the tree."""
    key: bytes
    """AES-256 key, then HMAC-SHA256 key; empty for a plain file."""
    size: int | None
    sha256: str | None
    """Of the plain bytes."""


def open_stored(tree: Tree, file: StoredFile) -> BinaryIO:
    """Open the plain bytes; raise ``UnreadableSource`` when a check fails. The file is read more than once."""
    if file.key and len(file.key) != KEY_BYTES:
        raise UnreadableSource(f"{file.path} is encrypted, and its row holds a key of {len(file.key)} bytes, not 64")
    if file.key:
        with tree.open(file.path) as stream:
            is_right, _, size = Sealed(file.key[32:], file.key[:32]).verify(stream)
        if not is_right:
            raise UnreadableSource(f"{file.path} ({size} bytes) fails its own checksum: it was damaged or exchanged")
    return _plain(tree, file, _end(tree, file))


def _end(tree: Tree, file: StoredFile) -> int:
    """Return where the plain bytes end: at the stated size, or where the digest is right."""
    short = NO_LIMIT if file.size is None or file.size <= 0 else file.size
    if file.sha256 is None:
        return short if file.key else NO_LIMIT
    first, whole, left = hashlib.sha256(), hashlib.sha256(), short
    with _plain(tree, file, NO_LIMIT) as stream:
        for chunk in file_chunks(stream):
            first.update(chunk[:left])
            whole.update(chunk)
            left -= min(left, len(chunk))
    if first.hexdigest() == file.sha256:
        return short
    if whole.hexdigest() == file.sha256:
        return NO_LIMIT
    raise UnreadableSource(f"{file.path} does not hold the bytes whose digest the row states ({file.sha256})")


class _Owned(io.BufferedReader):
    """A reader over decrypted chunks that closes the file below with itself."""

    def __init__(self, raw: ChunkStream, below: BinaryIO) -> None:
        super().__init__(raw, CHUNK)
        self._below = below

    def close(self) -> None:
        """Close both. Closing twice is harmless."""
        super().close()
        self._below.close()


def _plain(tree: Tree, file: StoredFile, end: int) -> BinaryIO:
    stream = tree.open(file.path)
    chunks: Iterator[bytes] = file_chunks(stream)
    if file.key:
        chunks = Sealed(file.key[32:], file.key[:32]).decrypt(stream)
    return _Owned(ChunkStream(chunks, end), stream)

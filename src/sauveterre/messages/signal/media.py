"""Media of a backup: how a message names them, which of them are there, and their plain bytes.

A local backup keeps each file once, encrypted, under ``files/``; its name is SHA-256 of the plain digest and
the file's own key. An export keeps them plain under the same names. Nothing is handed out that fails its own
checks.
"""

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.protobuf import Decoder, Fields, Malformed
from sauveterre.messages.signal.context import HELD
from sauveterre.messages.signal.crypto import CHUNK, ChunkStream, Sealed
from sauveterre.messages.signal.frames import file_chunks
from sauveterre.messages.signal.schema import MEDIA
from sauveterre.messages.signal.store import Store
from sauveterre.records.entry import Entry, EntryKind

FOLDER = "attachments"
"""The folder that media entries seem to lie in, as a source of their own."""


@dataclass(frozen=True, slots=True)
class Medium:
    """What a message says of one file."""

    name: str
    """The media name: 64 hex digits."""
    sha256: str
    """Of the plain bytes."""
    size: int
    local_key: bytes
    ordinal: int
    """The frame or line that names it first."""


def media_name(pointer: Fields) -> str | None:
    """Return the media name of a file pointer, or None when it does not say enough for one."""
    locator = pointer.get("locatorInfo", {})
    digest, key = locator.get("plaintextHash", b""), locator.get("localKey", b"")
    if len(digest) != 32 or len(key) != 64:
        return None
    return hashlib.sha256(digest + key).hexdigest()


def entry_path(name: str) -> str:
    """Return the path under which ``attachments`` lists a medium."""
    return f"{FOLDER}/{name}"


def held_at(media: Mapping[str, str], pointer: Fields) -> str | None:
    """Return the path among the attachments of what a pointer leads to; None when its bytes are not there."""
    if HELD in pointer:
        path: str | None = pointer[HELD]
        return path
    name = media_name(pointer)
    return entry_path(name) if name is not None and name in media else None


def referenced(store: Store) -> Iterator[Medium]:
    """Yield every distinct medium that a message names and whose file is there, in order of first sight.

    Frames that are damaged are passed over: reading the store reports them.
    """
    seen: set[str] = set()
    decoder = Decoder(MEDIA, keep_unknown=False)
    for count, part in enumerate(store.parts()):
        if part.fault or count == 0:
            continue
        try:
            frame = store.decode(decoder, part.data, "Frame")
        except Malformed:
            continue
        for pointer in _pointers(frame.get("chatItem")):
            name = media_name(pointer)
            if name is not None and name in store.media and name not in seen:
                seen.add(name)
                locator = pointer["locatorInfo"]
                digest, key = locator["plaintextHash"].hex(), locator["localKey"]
                yield Medium(name, digest, locator.get("size", 0), key, part.ordinal)


def _pointers(value: object) -> Iterator[Fields]:
    """Yield the file pointers inside a decoded message, in order; its depth is bounded by the decoder."""
    if isinstance(value, list):
        for item in value:
            yield from _pointers(item)
    elif isinstance(value, dict):
        if "locatorInfo" in value:
            yield value
        for name, item in value.items():
            if not name.startswith("#"):
                yield from _pointers(item)


def entry(store: Store, medium: Medium) -> Entry:
    """Return the entry of one medium."""
    return Entry(
        path=entry_path(medium.name).encode(),
        size=medium.size,
        locator=f"media {medium.name}",
        kind=EntryKind.FILE,
        allocated=True,
        modified=None,
        provenance=store.provenance(medium.ordinal, f"media {medium.name}"),
    )


def open_medium(store: Store, medium: Medium) -> BinaryIO:
    """Open the plain bytes of a medium; raise ``UnreadableSource`` when a checksum is wrong.

    The file is read once to check it and again as the caller reads; nothing is written to disk.
    """
    path = store.media[medium.name]
    sealed = None
    if store.keys is not None:
        sealed = Sealed(medium.local_key[32:], medium.local_key[:32])
        with store.tree.open(path) as stream:
            is_right, _, size = sealed.verify(stream)
        if not is_right:
            raise UnreadableSource(f"{path} ({size} bytes) fails its own checksum: it was damaged or exchanged")
    with _plain(store, path, sealed, medium.size) as plain:
        digest = hashlib.sha256()
        for chunk in file_chunks(plain):
            digest.update(chunk)
    if digest.hexdigest() != medium.sha256:
        raise UnreadableSource(f"{path} does not hold the bytes whose digest the message states ({medium.sha256})")
    return _plain(store, path, sealed, medium.size)


class _Owned(io.BufferedReader):
    """A reader over decrypted chunks that closes the file below with itself."""

    def __init__(self, raw: ChunkStream, below: BinaryIO) -> None:
        super().__init__(raw, CHUNK)
        self._below = below

    def close(self) -> None:
        """Close both. Closing twice is harmless."""
        super().close()
        self._below.close()


def _plain(store: Store, path: str, sealed: Sealed | None, size: int) -> BinaryIO:
    stream = store.tree.open(path)
    chunks = file_chunks(stream) if sealed is None else sealed.decrypt(stream)
    return _Owned(ChunkStream(chunks, size), stream)

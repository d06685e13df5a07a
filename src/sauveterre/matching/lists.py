"""The front door to hash lists: which reader reads one, and its records with the identity of the file."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sauveterre.errors import UnknownFormat, UnreadableSource
from sauveterre.matching.bulk import HashRows
from sauveterre.matching.origins import origin_of
from sauveterre.matching.readers import READERS
from sauveterre.records.hash_list import ListRecord, Origin
from sauveterre.records.list_reader import ListReader

HEAD = 8_192


def recognise(head: bytes) -> ListReader:
    """Return the first reader that recognises the first 8,192 bytes; raise ``UnknownFormat`` when none does."""
    for reader in READERS:
        if reader.recognises(head):
            return reader
    known = ", ".join(reader.NAME for reader in READERS)
    raise UnknownFormat(
        f"No reader of hash lists recognises the first {len(head):,} bytes (known: {known}); "
        "ask the sender for one of these formats"
    )


@dataclass(frozen=True, slots=True)
class OpenedList:
    """A list on disk, recognised and identified, ready to be read once or many times."""

    path: Path
    identity: str
    """``sha256:…`` of the whole file: what the provenance of its records names."""
    reader: ListReader
    origin: Origin

    def records(self) -> Iterator[ListRecord]:
        """Yield its items, withdrawals and problems, with the file's name as the path in their provenance."""
        yield from self._read(self.reader.read)

    def rows(self) -> Iterator[ListRecord | HashRows]:
        """Yield the same, but bare hashes many at once where the reader can."""
        yield from self._read(getattr(self.reader, "read_rows", self.reader.read))

    def _read(self, read: Callable[..., Iterator[Any]]) -> Iterator[Any]:
        try:
            with self.path.open("rb") as stream:
                yield from read(stream, identity=self.identity, name=self.path.name)
        except OSError as error:
            raise _unreadable(self.path, error) from error


def open_list(path: Path) -> OpenedList:
    """Recognise and identify the list in a file; raise ``UnknownFormat`` or ``UnreadableSource``."""
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD)
            reader = recognise(head)
            stream.seek(0)
            identity = "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnknownFormat as error:
        raise UnknownFormat(f"{path.name}: {error}") from error
    return OpenedList(path, identity, reader, origin_of(reader.NAME, head))


def read_list(path: Path) -> Iterator[ListRecord]:
    """Yield the records of the list in a file, in one step; raise as ``open_list`` and its reader do."""
    return open_list(path).records()


def _unreadable(path: Path, error: OSError) -> UnreadableSource:
    return UnreadableSource(
        f"The hash list {path.name} cannot be read ({error.strerror or error}); check the file and its permissions"
    )

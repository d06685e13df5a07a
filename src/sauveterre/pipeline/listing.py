"""A listing on its way from the child that lists to the process that keeps it: a file of entries, in bounded memory.

The child is trusted with nothing: what it writes is read back as plain values, and made into entries again here.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import Any

import msgpack

from sauveterre.errors import UnreadableSource
from sauveterre.records.entry import Cause, Entry, EntryKind
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.pulse import heard
from sauveterre.records.store import StoreLocation

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS = {kind.value: kind for kind in EntryKind}
_CAUSES = {cause.value: cause for cause in Cause}
_MICROSECOND = timedelta(microseconds=1)
MOST_RECORD_BYTES = 1 << 22
_BLOCK = 1 << 16
_POLL_SECONDS = 0.002


@dataclass(frozen=True, slots=True)
class Listing:
    """One source's entries in order, what was wrong while listing, and the sources among the entries."""

    file: Path
    """Where the entries lie; it belongs to whoever asked for the listing."""
    count: int
    problems: tuple[Problem, ...]
    stores: tuple[StoreLocation, ...]
    """Message stores, and other sources that spread over many entries."""

    def entries(self) -> Iterator[Entry]:
        """Read the entries back, one at a time; raise ``UnreadableSource`` when they are not all there."""
        held = 0
        for entry in read_entries(self.file):
            held += 1
            yield entry
        self.check(held)

    def check(self, held: int) -> None:
        """Raise ``UnreadableSource`` when this is not how many entries there are."""
        if held != self.count:
            raise UnreadableSource(
                f"the listing in {self.file.name} holds {held:,} entries and {self.count:,} were announced; process "
                "the exhibit again"
            )


def write_entries(file: Path, entries: Iterable[Entry]) -> int:
    """Write entries to a file, and return how many there are."""
    packer = msgpack.Packer()
    count = 0
    with file.open("wb") as out:
        for entry in heard(entries):
            out.write(packer.pack(_packed(entry)))
            count += 1
    return count


def read_entries(file: Path, ended: Callable[[], bool] = lambda: True) -> Iterator[Entry]:
    """Yield the entries of a file that may still grow until ``ended``.

    Raises ``UnreadableSource`` when it is not what was written.
    """
    with file.open("rb", buffering=0) as stream:
        unpacker = msgpack.Unpacker(max_buffer_size=MOST_RECORD_BYTES, use_list=False)
        try:
            for block in growing_blocks(stream, ended):
                unpacker.feed(block)
                yield from (_entry(values) for values in unpacker)
        except (msgpack.UnpackException, LookupError, ValueError, TypeError, AttributeError, OverflowError) as error:
            raise UnreadableSource(
                f"the listing in {file.name} is damaged ({type(error).__name__}); process the exhibit again"
            ) from error


def growing_blocks(stream: FileIO, ended: Callable[[], bool]) -> Iterator[bytes]:
    """Yield the blocks of a file that may still grow until ``ended``."""
    while True:
        last = ended()
        if block := stream.read(_BLOCK):
            yield block
        elif last:
            return
        else:
            time.sleep(_POLL_SECONDS)


def scratch_file(folder: Path) -> Path:
    """Return a new, empty file for a listing, which the caller removes."""
    descriptor, name = tempfile.mkstemp(prefix="listing-", dir=folder)
    os.close(descriptor)
    return Path(name)


def _packed(entry: Entry) -> tuple[Any, ...]:
    """Return an entry as plain values, in the order of its fields; text as bytes, since it may hold lone surrogates."""
    where = entry.provenance
    return (
        entry.path, entry.size, _bytes(entry.locator), entry.kind.value, entry.allocated, _ticks(entry.modified),
        _bytes(where.source), _bytes(where.path), _bytes(where.locator), where.reader,
        _bytes(entry.refusal), _bytes(entry.failure), entry.cause.value, entry.opens,
        _ticks(entry.created), _ticks(entry.accessed), _ticks(entry.changed), _bytes(entry.note),
    )  # fmt: skip


def _entry(values: tuple[Any, ...]) -> Entry:
    (
        path, size, locator, kind, allocated, modified, source, shown, where, reader, refusal, failure, cause, opens,
        created, accessed, changed, note,
    ) = values  # fmt: skip
    if not (
        type(path) is bytes
        and (size is None or type(size) is int)
        and (allocated is None or type(allocated) is bool)
        and type(reader) is type(opens) is str
    ):
        raise TypeError("an entry has a value of another kind than it may have")
    return Entry(
        path,
        size,
        _text(locator),
        _KINDS[kind],
        allocated,
        _moment(modified),
        Provenance(_text(source), _text(shown), _text(where), reader),
        _text(refusal),
        _text(failure),
        _CAUSES[cause],
        opens,
        _moment(created),
        _moment(accessed),
        _moment(changed),
        _text(note),
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogatepass")


def _ticks(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - EPOCH) // _MICROSECOND


def _moment(ticks: int | None) -> datetime | None:
    return None if ticks is None else EPOCH + timedelta(microseconds=ticks)

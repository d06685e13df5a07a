"""A listing on its way from the child that lists to the process that keeps it: a file of entries, in bounded memory.

The child is trusted with nothing: what it writes is read back as plain values, and made into entries again here.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
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
_TIMES = ("modified", "created", "accessed", "changed")
_PLAIN = tuple(field.name for field in fields(Entry) if field.name not in (*_TIMES, "kind", "cause", "provenance"))
_TYPES: dict[str, Any] = dict.fromkeys(_PLAIN, str) | {
    "path": bytes,
    "size": int | None,
    "allocated": bool | None,
}
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
            for block in _blocks(stream, ended):
                unpacker.feed(block)
                yield from (_entry(values) for values in unpacker)
        except (msgpack.UnpackException, ValueError, TypeError, AttributeError, OverflowError) as error:
            raise UnreadableSource(
                f"the listing in {file.name} is damaged ({type(error).__name__}); process the exhibit again"
            ) from error


def _blocks(stream: FileIO, ended: Callable[[], bool]) -> Iterator[bytes]:
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
    where = entry.provenance
    return (
        entry.kind.value,
        entry.cause.value,
        *(_ticks(getattr(entry, name)) for name in _TIMES),
        where.source.encode("utf-8", "surrogatepass"),
        where.path.encode("utf-8", "surrogatepass"),
        where.locator.encode("utf-8", "surrogatepass"),
        where.reader,
        *(_plain(getattr(entry, name)) for name in _PLAIN),
    )


def _plain(value: Any) -> Any:
    return ("s", value.encode("utf-8", "surrogatepass")) if isinstance(value, str) else value


def _entry(values: tuple[Any, ...]) -> Entry:
    kind, cause, *times = values[:6]
    source, path, locator = (text.decode("utf-8", "surrogatepass") for text in values[6:9])
    rest: dict[str, Any] = {
        name: value[1].decode("utf-8", "surrogatepass") if isinstance(value, tuple) else value
        for name, value in zip(_PLAIN, values[10:], strict=True)
    }
    if not all(isinstance(rest[name], kinds) for name, kinds in _TYPES.items()):
        raise TypeError("an entry has a value of another kind than it may have")
    rest |= {name: _moment(value) for name, value in zip(_TIMES, times, strict=True)}
    return Entry(
        kind=EntryKind(kind),
        cause=Cause(cause),
        provenance=Provenance(source, path, locator, str(values[9])),
        **rest,
    )


def _ticks(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - EPOCH) // _MICROSECOND


def _moment(ticks: int | None) -> datetime | None:
    return None if ticks is None else EPOCH + timedelta(microseconds=ticks)

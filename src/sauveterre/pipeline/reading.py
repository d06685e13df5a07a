"""Inside a child: a source listed and its entries digested, with nothing decoded."""

from pathlib import Path
from typing import BinaryIO, cast

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.evidence.opening import container_kind, peek_at
from sauveterre.media.alarms import opened
from sauveterre.media.digests import Reading, read_once
from sauveterre.media.md5.lanes import md5_of_many
from sauveterre.pipeline.endings import Read, foreseen, not_read
from sauveterre.pipeline.listing import Listing, write_entries
from sauveterre.pipeline.opener import content_of, shared_opener
from sauveterre.records.entry import Cause, Entry, EntryKind, Outcome
from sauveterre.records.limits import Limits
from sauveterre.records.reader import Container
from sauveterre.records.source import Source

HELD_BYTES = 32 << 20
"""At most so much of a batch waits for the others of it, to be digested together."""


def list_into(file: Path, source: Source, limits: Limits, keys: tuple[str, ...]) -> Listing:
    """List a source into a file; what spreads over several of its entries is not looked for."""
    container = shared_opener(limits, keys).container(source)
    count = write_entries(file, container.entries())
    return Listing(file, count, tuple(container.problems), stores=())


def read_batch(source: Source, entries: list[Entry], limits: Limits, keys: tuple[str, ...]) -> list[Read]:
    """Read entries of a source, each once. Never raises for what they hold."""
    try:
        container = shared_opener(limits, keys).container(source)
    except SauveterreError as error:
        return [not_read(error)] * len(entries)
    opened()
    reads: list[Read] = []
    waiting: dict[int, bytes] = {}
    held = 0
    for place, entry in enumerate(entries):
        read, short = _read(container, entry, limits, None, md5_of_short=held > HELD_BYTES)
        reads.append(read)
        if short is not None:
            waiting[place] = short
            held += len(short)
    for place, md5 in zip(waiting, md5_of_many(list(waiting.values())), strict=True):
        reads[place] = reads[place]._replace(md5=md5)
    return reads


def write_batch(
    folder: Path, source: Source, entries: list[Entry], limits: Limits, keys: tuple[str, ...]
) -> list[Read]:
    """Read entries of a source, and write each to a file of the folder, under its place in the batch."""
    try:
        container = shared_opener(limits, keys).container(source)
    except SauveterreError as error:
        return [not_read(error)] * len(entries)
    opened()
    return [read_entry(container, entry, limits, folder / str(place)) for place, entry in enumerate(entries)]


def read_entry(container: Container, entry: Entry, limits: Limits, file: Path | None = None) -> Read:
    """Read one entry and digest it, copying it to a file where one is named; never raises for what it holds.

    A layer of an image is only looked at.
    """
    return _read(container, entry, limits, file, md5_of_short=True)[0]


def _read(
    container: Container, entry: Entry, limits: Limits, file: Path | None, *, md5_of_short: bool
) -> tuple[Read, bytes | None]:
    """Read one entry; with it comes the content whose MD5 is still to be had."""
    ended = foreseen(entry)
    if ended is not None:
        return Read(*ended), None
    if entry.kind is EntryKind.REGION:
        reason = "is no file; `sauveterre process` looks for files in it"
        return Read(Outcome.SKIPPED, Cause.SPECIAL, reason), None
    try:
        with content_of(container, entry) as stream:
            if entry.kind is EntryKind.VOLUME:
                kind = entry.opens or container_kind(peek_at(stream, entry.path.rpartition(b"/")[2]))
                return _layer(entry, kind), None
            reading = _digested(stream, file, limits, md5_of_short=md5_of_short)
    except SauveterreError as error:
        return not_read(error), None
    except (OSError, ValueError, EOFError) as error:
        why = UnreadableSource(f"{entry.provenance.path} could not be read to its end: {error}")
        return not_read(why), None
    found = reading.digests
    read = Read(Outcome.PROCESSED, size=reading.size, md5=found.md5, sha1=found.sha1, sha256=found.sha256)
    return read, None if found.md5 else reading.head


def _digested(stream: BinaryIO, file: Path | None, limits: Limits, *, md5_of_short: bool) -> Reading:
    if file is None:
        return read_once(stream, wanted=_nothing, most_bytes=limits.entry_bytes, md5_of_short=md5_of_short)
    with file.open("xb") as copy:
        return read_once(cast(BinaryIO, _Copying(stream, copy)), wanted=_nothing, most_bytes=limits.entry_bytes)


class _Copying:
    """A stream that writes what is read of it."""

    def __init__(self, stream: BinaryIO, copy: BinaryIO) -> None:
        self._stream = stream
        self._copy = copy

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self._copy.write(block)
        return block


def _layer(entry: Entry, kind: str | None) -> Read:
    if kind is not None:
        return Read(Outcome.PROCESSED, opens=kind)
    reason = f"{entry.provenance.path} holds no file system, volume or archive that is read"
    return Read(Outcome.PARTIAL, Cause.UNSUPPORTED, reason)


def _nothing(_head: bytes) -> bool:
    return False

"""Digests of everything in a source, through all the layers of an image: walked, read once, nothing decoded.

One child lists a source while the others already read what it has listed, a batch at a time; memory does not grow
with the number of entries. What reads evidence is loaded by the children alone, so this starts fast.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sauveterre.errors import SauveterreError
from sauveterre.media.casualty import Casualty
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.endings import Read, Unopened, not_read
from sauveterre.pipeline.listing import Listing, read_entries, scratch_file
from sauveterre.pipeline.naming import inside
from sauveterre.records.entry import Entry, EntryKind, display_path
from sauveterre.records.limits import Clocks, Limits
from sauveterre.records.problem import Problem
from sauveterre.records.source import Source, Step

PRELOAD = "sauveterre.pipeline.reading"
"""What children find loaded: nothing that decodes."""
BATCH_ENTRIES = 256
BATCH_BYTES = 8 << 20
IN_FLIGHT = 3
"""Batches for each child that are handed out before the first answer is waited for."""


@dataclass(frozen=True, slots=True)
class Digested:
    """One entry, in which source it lies, and what was read of it."""

    source: str
    """From what was named down, parted by ``!`` at each container."""
    reader: str
    entry: Entry
    read: Read

    @property
    def name(self) -> str:
        """The entry's name from the outermost source down, for people."""
        return inside(self.source, self.reader, display_path(self.entry.path))


def digest_all(
    path: Path,
    sandbox: Sandbox,
    limits: Limits,
    keys: tuple[str, ...] = (),
    reading: "Callable[[Source], EntryReading] | None" = None,
) -> Iterator[Digested | Unopened | Problem]:
    """Yield every entry of what the path names, and of the layers of images inside it, with its digests.

    Archives inside it are entries like others. Raises ``UnreadableSource`` or ``UnknownFormat`` when the path itself
    cannot be opened; a layer that cannot is yielded as ``Unopened``. ``reading`` says how the entries of a source are
    read, where they are to be more than read.
    """
    reading = reading or (lambda source: EntryReading(sandbox, source, limits, keys))
    path = path.expanduser().absolute()
    root = Source(path, f"{'folder' if path.is_dir() else 'file'}:{path.name}")
    begun = _Listing(sandbox, root, limits, keys)
    waiting = deque([(root, path.name, sandbox.run(_kind, path, seconds=limits.entry_seconds))])
    while waiting:
        source, name, reader = waiting.popleft()
        with begun if source is root else _Listing(sandbox, source, limits, keys) as listing:
            for entry, read in reading(source).all(listing.entries()):
                yield Digested(name, reader, entry, read)
                if read.opens:
                    child = source.child(Step(read.opens, entry.locator), f"{source.identity}!{entry.locator}")
                    waiting.append((child, inside(name, reader, display_path(entry.path)), read.opens))
            try:
                yield from listing.problems()
            except SauveterreError as error:
                if source is root:
                    raise
                yield Unopened(name, reader, str(error))


class _Listing:
    """A source's entries, as a child finds them."""

    def __init__(self, sandbox: Sandbox, source: Source, limits: Limits, keys: tuple[str, ...]) -> None:
        self._file = scratch_file(sandbox.scratch)
        clocks = limits.listing_clocks(_size(source.path))
        self._future: Future[Listing] = sandbox.submit(list_to_file, self._file, source, limits, keys, seconds=clocks)
        self._held = 0

    def entries(self) -> Iterator[Entry]:
        """Yield entries while they are found."""
        for entry in read_entries(self._file, self._future.done):
            self._held += 1
            yield entry

    def problems(self) -> tuple[Problem, ...]:
        """Return what was wrong; raise why the source could not be opened or listed to its end."""
        listing = self._future.result()
        listing.check(self._held)
        return listing.problems

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.unlink(missing_ok=True)


class EntryReading:
    """The entries of one source, read and digested by all children."""

    def __init__(self, sandbox: Sandbox, source: Source, limits: Limits, keys: tuple[str, ...]) -> None:
        """Read within these limits, trying these keys on what is locked."""
        self.sandbox = sandbox
        self.source = source
        self.limits = limits
        self.keys = keys

    def all(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, Read]]:
        """Yield each entry with what was read of it, in the order of the listing."""
        waiting: deque[tuple[list[Entry], Future[list[Read]]]] = deque()
        for batch in batches(entries):
            waiting.append((batch, self.submit(batch)))
            if len(waiting) > IN_FLIGHT * self.sandbox.workers:
                yield from self._ended(*waiting.popleft())
        while waiting:
            yield from self._ended(*waiting.popleft())

    def clocks(self, batch: list[Entry]) -> Clocks:
        """Return how long a batch may take."""
        limits = self.limits
        total = sum(limits.seconds_for(entry.size) for entry in batch)
        return Clocks(total=total, silence=limits.silence_seconds, opening=limits.listing_seconds)

    def submit(self, batch: list[Entry]) -> "Future[list[Read]]":
        """Have a batch read by a child."""
        arguments = (self.source, batch, self.limits, self.keys)
        return self.sandbox.submit(_read, *arguments, seconds=self.clocks(batch))

    def take(self, batch: list[Entry], future: "Future[list[Read]]") -> Iterator[tuple[Entry, Read]]:
        """Take a batch that came to its end."""
        return zip(batch, future.result(), strict=True)

    def _ended(self, batch: list[Entry], future: "Future[list[Read]]") -> Iterator[tuple[Entry, Read]]:
        """Yield how a batch ended; where it took its child with it, its entries are read again one by one."""
        try:
            yield from self.take(batch, future)
        except Casualty as casualty:
            if len(batch) == 1:
                yield batch[0], not_read(casualty)
                return
            for entry in batch:
                yield from self._ended([entry], self.submit([entry]))


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Cut a listing into runs of at most 256 entries, and of 8 MiB unless one entry alone is larger."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        more = (entry.size or 0) if entry.kind is EntryKind.FILE else 0
        if batch and (len(batch) == BATCH_ENTRIES or size + more > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += more
    if batch:
        yield batch


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _kind(path: Path) -> str:
    from sauveterre.pipeline.roots import root_kind

    return root_kind(path)


def list_to_file(*arguments: Any) -> Listing:
    """List a source into a file, in a child: as ``reading.list_into``."""
    from sauveterre.pipeline.reading import list_into

    return list_into(*arguments)


def _read(*arguments: Any) -> list[Read]:
    from sauveterre.pipeline.reading import read_batch

    return read_batch(*arguments)

"""Inspection: a source and all sources inside it, entry by entry, with no database."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sauveterre.errors import SauveterreError
from sauveterre.media.casualty import Casualty
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.endings import Unopened
from sauveterre.pipeline.inventory import inside, list_source, root_source
from sauveterre.pipeline.listing import scratch_file
from sauveterre.pipeline.processing import Processed, failed, nested_source, process_entry
from sauveterre.records.entry import Entry, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.problem import Problem
from sauveterre.records.source import Source, Step

IN_FLIGHT = 64


@dataclass(frozen=True, slots=True)
class Inspected:
    """One entry, in which source it lies, and how it ended."""

    source: str
    """From what was named down, parted by ``!`` at each container."""
    entry: Entry
    processed: Processed


def inspect(
    path: Path, sandbox: Sandbox, limits: Limits, keys: tuple[str, ...] = ()
) -> Iterator[Inspected | Unopened | Problem]:
    """Yield every entry of what the path names, outermost source first.

    Raises ``UnreadableSource`` or ``UnknownFormat`` when the path itself cannot be opened; a source inside it
    that cannot is yielded as ``Unopened``.
    """
    root, reader = root_source(path)
    scratch = scratch_file(sandbox.scratch)
    waiting = [(root, path.name, reader)]
    while waiting:
        source, name, reader = waiting.pop(0)
        try:
            listing = sandbox.run(list_source, source, limits, keys, scratch, seconds=limits.listing_seconds)
        except SauveterreError as error:
            if source is root:
                raise
            yield Unopened(name, reader, str(error))
            continue
        yield from listing.problems
        for store in listing.stores:
            child = source.child(Step(store.reader, store.root), source.identity)
            waiting.append((child, inside(name, reader, store.root), store.reader))
        for entry, processed in _processed(sandbox, source, listing.entries(), limits, keys):
            yield Inspected(name, entry, processed)
            nested = nested_source(source, entry, processed)
            if nested is not None:
                below = inside(name, reader, display_path(entry.path))
                waiting.append((nested, below, nested.steps[-1].reader))


def _processed(
    sandbox: Sandbox, source: Source, entries: Iterator[Entry], limits: Limits, keys: tuple[str, ...]
) -> Iterator[tuple[Entry, Processed]]:
    while some := list(islice(entries, IN_FLIGHT)):
        futures = [
            sandbox.submit(process_entry, source, entry, limits, keys, seconds=limits.entry_clocks(entry.size))
            for entry in some
        ]
        for entry, future in zip(some, futures, strict=True):
            try:
                yield entry, future.result()
            except Casualty as casualty:
                yield entry, failed(casualty)

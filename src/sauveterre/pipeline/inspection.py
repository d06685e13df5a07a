"""Inspection: a source and all sources inside it, entry by entry, with no database."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sauveterre.errors import LimitExceeded, SauveterreError
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.attempts import Asked, Attempts
from sauveterre.pipeline.budgets import Budget, begins_budget
from sauveterre.pipeline.endings import Unopened
from sauveterre.pipeline.inventory import list_source
from sauveterre.pipeline.listing import Listing, scratch_file
from sauveterre.pipeline.naming import inside
from sauveterre.pipeline.processing import Processed, left_closed, nested_source, unread
from sauveterre.pipeline.roots import root_size, root_source
from sauveterre.records.entry import Entry, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.problem import Problem
from sauveterre.records.source import Source, Step

IN_FLIGHT = 256


@dataclass(frozen=True, slots=True)
class Inspected:
    """One entry, in which source it lies, and how it ended."""

    source: str
    """From what was named down, parted by ``!`` at each container."""
    entry: Entry
    processed: Processed


@dataclass(frozen=True, slots=True)
class _Found:
    """A source that is still to be listed."""

    source: Source
    name: str
    reader: str
    size: int | None
    budget: Budget | None

    def below(self, source: Source, path: str, size: int | None, limits: Limits) -> "_Found":
        """Return a source inside this one; the first archive on the way down begins a budget."""
        reader = source.steps[-1].reader
        budget = Budget.of(size, limits) if begins_budget(source.steps) else self.budget
        return _Found(source, inside(self.name, self.reader, path), reader, size, budget)


def inspect(
    path: Path, sandbox: Sandbox, limits: Limits, keys: tuple[str, ...] = ()
) -> Iterator[Inspected | Unopened | Problem]:
    """Yield every entry of what the path names, outermost source first.

    Raises ``UnreadableSource`` or ``UnknownFormat`` when the path itself cannot be opened; a source inside it
    that cannot is yielded as ``Unopened``.
    """
    root, reader = root_source(path)
    scratch = scratch_file(sandbox.scratch)
    waiting = deque([_Found(root, path.name, reader, root_size(path), None)])
    while waiting:
        found = waiting.popleft()
        try:
            listing = _listed(found, sandbox, limits, keys, scratch)
        except SauveterreError as error:
            if found.source is root:
                raise
            yield Unopened(found.name, found.reader, str(error))
            continue
        yield from listing.problems
        for store in listing.stores:
            child = found.source.child(Step(store.reader, store.root), found.source.identity)
            waiting.append(found.below(child, store.root, None, limits))
        for entry, processed in _processed(found, listing, Attempts(sandbox, found.source, limits, keys)):
            nested = nested_source(found.source, entry, processed)
            refused = found.budget.open_source() if nested is not None and found.budget else ""
            if nested is not None and not refused:
                waiting.append(found.below(nested, display_path(entry.path), entry.size, limits))
            yield Inspected(found.name, entry, left_closed(processed, refused) if refused else processed)


def _listed(found: _Found, sandbox: Sandbox, limits: Limits, keys: tuple[str, ...], file: Path) -> Listing:
    """List a source; raise ``LimitExceeded`` when its entries are more than its budget has left."""
    clocks = limits.listing_clocks(found.size)
    listing: Listing = sandbox.run(list_source, found.source, limits, keys, file, seconds=clocks)
    if found.budget and (refused := found.budget.list(listing.count)):
        raise LimitExceeded(f"{found.name}: {refused}")
    return listing


def _processed(found: _Found, listing: Listing, attempts: Attempts) -> Iterator[tuple[Entry, Processed]]:
    """Yield how each entry ended, in the order of the listing."""
    budget, entries = found.budget, listing.entries()
    while some := list(islice(entries, IN_FLIGHT)):
        refused = [budget.announce(entry) if budget else "" for entry in some]
        read = iter(attempts.read([Asked(entry) for entry, why in zip(some, refused, strict=True) if not why]))
        for entry, why in zip(some, refused, strict=True):
            if why:
                yield entry, unread(why)
                continue
            processed = next(read)
            if budget and processed.fingerprint:
                budget.read(entry, processed.fingerprint.size)
            yield entry, processed

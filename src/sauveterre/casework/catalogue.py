"""A source's listing in the database: what it holds, entry by entry, and what is wrong with it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sauveterre.casework.batches import Batches
from sauveterre.casework.models import Entry, EntryState, Problem, Source, SourceState
from sauveterre.casework.nesting import SharedBudget, forget_below
from sauveterre.casework.rows import copy_rows, storable
from sauveterre.errors import LimitExceeded
from sauveterre.media.fingerprint import DECODERS
from sauveterre.pipeline.attempts import deadly
from sauveterre.pipeline.endings import KILLERS, foreseen
from sauveterre.pipeline.listing import Listing
from sauveterre.pipeline.opening import reader_version
from sauveterre.pipeline.processing import ANY, Processed, unread, version_of
from sauveterre.records import problem
from sauveterre.records.entry import Entry as EntryRecord
from sauveterre.records.entry import display_path

ENTRY_COLUMNS = [
    "source_id", "ordinal", "path", "path_raw", "size", "locator", "kind", "allocated", "modified", "created",
    "accessed", "changed", "opens", "note", "refusal", "failure", "state", "cause", "reason", "extractor", "version",
    "attempts",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Killer:
    """An entry that killed what read it, when its source was last listed."""

    cause: str
    extractor: str
    version: int


def write_listing(row: Source, listing: Listing, shared: SharedBudget | None) -> list[dict[str, int]]:
    """Write what a source holds instead of what it held before; return the jobs that are to read it.

    Raises ``LimitExceeded``, and changes nothing, when that is more than its budget has left.
    """
    if shared is not None and (refused := shared.budget.list(listing.count)):
        raise LimitExceeded(f"{row.path}: {refused}")
    killers: dict[str, Killer] = {}
    if row.announced is not None:
        killers = killers_of(row)
        forget_below(row)
    batches = Batches()

    def rows() -> Iterator[list[Any]]:
        for ordinal, entry in enumerate(listing.entries()):
            ended = ended_by_listing(entry, shared, killers.get(entry.locator))
            if ended is None:
                batches.take(ordinal, entry.kind, entry.size)
            yield entry_row(row.pk, ordinal, entry, ended, killers.get(entry.locator))

    copy_rows(Entry, ENTRY_COLUMNS, rows())
    write_problems(row, listing.problems)
    row.state, row.reason = (SourceState.LISTED if batches.ended() else SourceState.DONE), ""
    row.announced, row.reader_version = listing.count, reader_version(row.kind)
    row.attempts, row.reached = 0, None
    row.save(update_fields=["state", "reason", "identity", "announced", "reader_version", "attempts", "reached"])
    return batches.jobs(row.pk)


def pending_batches(row: Source) -> list[dict[str, int]]:
    """Return the jobs that are to read what still waits in a source."""
    batches = Batches()
    waiting = row.entries.filter(state=EntryState.PENDING).order_by("ordinal")
    for ordinal, kind, size in waiting.values_list("ordinal", "kind", "size").iterator(chunk_size=5_000):
        batches.take(ordinal, kind, size)
    return batches.jobs(row.pk)


def ended_by_listing(entry: EntryRecord, shared: SharedBudget | None, killer: Killer | None) -> Processed | None:
    """Return how an entry ends that will not be read; None for one that will."""
    if ended := foreseen(entry):
        outcome, cause, reason = ended
        return Processed(outcome=outcome, cause=cause, reason=reason)
    if killer is not None and killer.extractor == ANY:
        return deadly()
    refused = shared.budget.announce(entry) if shared is not None else ""
    return unread(refused) if refused else None


def entry_row(
    source_id: int, ordinal: int, entry: EntryRecord, ended: Processed | None, killer: Killer | None
) -> list[Any]:
    """Return the values of an entry's columns; one that waits keeps what is known of how it killed its reader."""
    known = killer or Killer("", "", 0)
    state = EntryState.PENDING.value if ended is None else ended.outcome.value
    cause, reason = (known.cause, "") if ended is None else (ended.cause.value, ended.reason)
    extractor, version = (known.extractor, known.version) if ended is None else (ended.extractor, ended.version)
    return [
        source_id, ordinal, display_path(entry.path), entry.path, entry.size, entry.locator, entry.kind,
        entry.allocated, entry.modified, entry.created, entry.accessed, entry.changed, entry.opens, entry.note,
        entry.refusal, entry.failure, state, cause, reason, extractor, version, 0,
    ]  # fmt: skip


def killers_of(row: Source) -> dict[str, Killer]:
    """Return which entries killed a decoder of today's version, or the program, by locator: they are not tried again.

    What may have been the source's own reader is: it is another one now.
    """
    found = row.entries.filter(cause__in=[cause.value for cause in KILLERS]).values_list(
        "locator", "cause", "extractor", "version"
    )
    return {
        locator: Killer(cause, extractor, version)
        for locator, cause, extractor, version in found
        if extractor in {ANY, *DECODERS} and version == version_of(extractor)
    }


def write_problems(row: Source, problems: Iterable[problem.Problem]) -> None:
    """Write what was wrong while listing or reading."""
    Problem.objects.bulk_create(
        Problem(
            source=row,
            path=storable(found.provenance.path),
            locator=storable(found.provenance.locator),
            reader=found.provenance.reader,
            what=storable(found.what),
        )
        for found in problems
    )

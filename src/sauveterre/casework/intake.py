"""Exhibits on their way into the database: what a job computes, and what it then writes.

Each function here works outside any transaction and returns the writing as a function of its own, which the
job runs in one transaction with its own completion.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.db import transaction
from django.db.models import F, Q, QuerySet

from sauveterre.casework import audit, crosschecking, nesting, suspects, verifying
from sauveterre.casework.catalogue import pending_batches, write_listing, write_problems
from sauveterre.casework.models import Entry, EntryState, Exhibit, Source, SourceState
from sauveterre.casework.outcomes import Ended, write_outcomes
from sauveterre.casework.presence import require_children, require_there
from sauveterre.casework.rows import UNKEPT, copy_facts, storable
from sauveterre.casework.sources import entry_record, keys_of, path_of, source_record, way_of
from sauveterre.errors import LimitExceeded, Locked, SauveterreError, UnreadableSource
from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.attempts import Asked, Attempts
from sauveterre.pipeline.endings import cause_of
from sauveterre.pipeline.integrity import read_file
from sauveterre.pipeline.inventory import list_source
from sauveterre.pipeline.listing import Listing, scratch_file
from sauveterre.pipeline.messages import read_store
from sauveterre.pipeline.opening import reader_version
from sauveterre.pipeline.processing import nested_source
from sauveterre.pipeline.record_file import RecordFile
from sauveterre.pipeline.roots import root_identity, root_size
from sauveterre.records.entry import Cause
from sauveterre.records.limits import Clocks, Limits

LAST = -1
"""The priority of what may end the program: all else is safe by then."""


class Defer(Protocol):
    """Puts jobs into the queue."""

    def __call__(self, task: str, rows: list[dict[str, Any]], *, priority: int = 0) -> None:
        """Put one job for each row of arguments."""


def nothing() -> None:
    """Write nothing: what the job was for is done, or is no more."""


def inventory(sandbox: Sandbox, source_id: int, *, defer: Defer) -> Callable[[], None]:
    """List a source in the sandbox; read its messages too when it is a store."""
    row = _to_list().filter(pk=source_id).first()
    if row is None or row.state != SourceState.NEW:
        return nothing  # asked for twice: two keys may come in at once
    require_there(row.exhibit)
    if suspects.is_deadly(row.attempts):
        return _not_opened(row, suspects.deadly_source(), defer)
    files, tried = _Files.new(sandbox.scratch), row.exhibit.keys.count()
    try:
        listing, facts = _listed(sandbox, row, files, defer)
    except SauveterreError as error:
        files.remove()
        require_children(error)
        if isinstance(error, Locked):
            return _locked(row, error, tried=tried, defer=defer)
        return _not_opened(row, error, defer)

    def write() -> None:
        try:
            with transaction.atomic():
                _write_inventory(row, listing, facts, sandbox.limits, defer)
        except (LimitExceeded, UnreadableSource) as error:  # too much, or not what a reader writes
            _not_opened(_as_before(row), error, defer)()
        except UNKEPT as error:
            _not_opened(_as_before(row), _unkept(error), defer)()
        finally:
            files.remove()

    return write


def _to_list() -> QuerySet[Source]:
    return Source.objects.select_related("exhibit__operation", "parent_entry")


def _as_before(row: Source) -> Source:
    """Return a source as it stands in the database, where its new listing was taken back; its identity is known."""
    found = _to_list().get(pk=row.pk)
    found.identity = row.identity
    return found


@dataclass(frozen=True, slots=True)
class _Files:
    """What a child leaves of a source until it is written: its entries, and what it states as a message store."""

    entries: Path
    facts: Path

    @classmethod
    def new(cls, scratch: Path) -> "_Files":
        return cls(scratch_file(scratch), scratch_file(scratch))

    def remove(self) -> None:
        for file in (self.entries, self.facts):
            file.unlink(missing_ok=True)


def _listed(sandbox: Sandbox, row: Source, files: _Files, defer: Defer) -> tuple[Listing, RecordFile | None]:
    """List a source into a file, and read what it states when it is a message store."""
    clocks, keys = _inventory_clocks(row, sandbox.limits), keys_of(row.exhibit)

    def run(function: Callable[..., Any], *arguments: Any, stage: int) -> Any:
        return sandbox.run(function, *arguments, seconds=clocks, label=suspects.source_label(row.pk, stage))

    path = path_of(row.exhibit)
    if not row.identity and row.kind == verifying.FOLDER:
        row.identity = root_identity(path)
    elif not row.identity:
        row.identity = verifying.keep_identity(row, run(read_file, path, stage=suspects.IDENTITY), defer)
    source = source_record(row)
    listing: Listing = run(list_source, source, sandbox.limits, keys, files.entries, stage=suspects.LISTING)
    if not row.is_store:
        return listing, None
    return listing, run(read_store, source, sandbox.limits, keys, files.facts, stage=suspects.FACTS)


def _inventory_clocks(row: Source, limits: Limits) -> Clocks:
    """Return how long a source may take to be listed; a message store is read meanwhile: as long as it says more."""
    return limits.reading_clocks() if row.is_store else listing_clocks(row, limits)


def listing_clocks(row: Source, limits: Limits) -> Clocks:
    """Return how long a source may take: a medium, or a region of one, may be terabytes that are read whole."""
    if not row.steps:
        return limits.listing_clocks(root_size(path_of(row.exhibit)))
    return limits.listing_clocks(row.parent_entry.size if row.parent_entry else None)


def _write_inventory(row: Source, listing: Listing, facts: RecordFile | None, limits: Limits, defer: Defer) -> None:
    was_closed_for = row.reason
    shared = nesting.held_budget(row, limits, listing=True)
    waiting = write_listing(row, listing, shared)
    if facts is not None:
        copy_facts(row.pk, facts.records())
    defer("process", waiting)
    made, refused = nesting.add_stores(row, source_record(row), listing.stores, shared)
    write_problems(row, refused)
    _have_listed(made, defer)
    if shared is not None:
        shared.save()
    if row.parent_entry_id:
        _reopen(row.parent_entry_id, was_closed_for)
    if crosschecking.has_second_reader(row):
        defer("crosscheck", [{"source_id": row.pk}])
    if row.state == SourceState.DONE:
        verifying.verify_after(row, defer)
    _record(row, "source-listed", entries=listing.count, problems=len(listing.problems), identity=row.identity)


def _reopen(entry_id: int, reason: str) -> None:
    """Say that an entry is understood in full whose source did not open before, and does now."""
    closed = Q(cause=Cause.ENCRYPTED.value) | Q(reason=reason) if reason else Q(cause=Cause.ENCRYPTED.value)
    Entry.objects.filter(closed, pk=entry_id, state=EntryState.PARTIAL).update(
        state=EntryState.PROCESSED, cause="", reason=""
    )


def _have_listed(made: Iterable[Source], defer: Defer) -> None:
    defer("inventory", [{"source_id": source.pk} for source in made])


def _locked(row: Source, error: Locked, *, tried: int, defer: Defer) -> Callable[[], None]:
    """Mark a source as locked, unless a key came in while the others were tried."""
    not_opened = _not_opened(row, error, defer)

    def write() -> None:
        Source.objects.select_for_update(no_key=True).get(pk=row.pk)
        if row.exhibit.keys.count() > tried:
            defer("inventory", [{"source_id": row.pk}])
        else:
            not_opened()

    return write


def _not_opened(row: Source, error: SauveterreError, defer: Defer) -> Callable[[], None]:
    """Say why a source is not open; the entry that it lies in is then understood only in part.

    What an earlier version listed is kept when a later one, or a bad cable, cannot list it again.
    """
    reason, cause, before = storable(str(error)), cause_of(error), row.reason

    def write() -> None:
        row.state, row.reason = (SourceState.LOCKED if isinstance(error, Locked) else SourceState.FAILED), reason
        if row.announced is not None:
            waiting = pending_batches(row)
            row.state = SourceState.LISTED if waiting else SourceState.DONE
            row.reason = f"what version {row.reader_version} of its reader listed stands, for now: {reason}"
            defer("process", waiting)
        row.reader_version = reader_version(row.kind)
        row.save(update_fields=["state", "reason", "identity", "reader_version"])
        if row.parent_entry_id and row.announced is None and not row.is_store:
            open_or_closed = Q(state=EntryState.PROCESSED) | Q(state=EntryState.PARTIAL, reason=before)
            Entry.objects.filter(open_or_closed, pk=row.parent_entry_id).update(
                state=EntryState.PARTIAL, cause=cause.value, reason=reason
            )
        _record(row, "source-not-opened", state=str(row.state), reason=reason)
        if row.state != SourceState.LISTED:
            verifying.verify_after(row, defer)

    return write


def _unkept(error: Exception) -> Casualty:
    """Say that the database refused what was found, without repeating what that is."""
    return Casualty(
        CasualtyReason.FAILED,
        f"what was found cannot be kept in the database ({type(error).__name__}); report it with the program's version",
    )


def process(sandbox: Sandbox, source_id: int, first: int, last: int, *, defer: Defer) -> Callable[[], None]:
    """Process a batch of entries in the sandbox, each for itself: what one breaks, it breaks alone.

    What was in hand when the whole program died is set apart, to be read last and alone.
    """
    row = Source.objects.select_related("exhibit__operation").filter(pk=source_id).first()
    if row is None or row.state == SourceState.NEW:
        return nothing  # it is to be listed anew, and gets new jobs with its new listing
    require_there(row.exhibit)
    tried = row.exhibit.keys.count()
    pending = list(row.entries.filter(ordinal__range=(first, last), state=EntryState.PENDING).order_by("ordinal"))
    apart = [{"entry_id": entry.pk} for entry in pending if entry.attempts]
    ended = _read(sandbox, row, [entry for entry in pending if not entry.attempts], labelled=True)

    def write() -> None:
        told = _without_newly_keyed(row, ended, tried)
        _write_ended(row, told, sandbox.limits, defer)
        if len(told) < len(ended):
            defer("process", [{"source_id": source_id, "first": first, "last": last}])
        defer("suspect", apart, priority=LAST)
        _close_source(row, defer)

    return write


def _without_newly_keyed(row: Source, ended: list[Ended], tried: int) -> list[Ended]:
    """Leave out what was found locked, where a key came in while the others were tried: it is read once more."""
    locked = [one for one in ended if one.processed.is_locked]
    if not locked:
        return ended
    Exhibit.objects.select_for_update(no_key=True).get(pk=row.exhibit_id)
    return ended if row.exhibit.keys.count() == tried else [one for one in ended if not one.processed.is_locked]


def suspect(sandbox: Sandbox, entry_id: int, *, defer: Defer) -> Callable[[], None]:
    """Process an entry that was in hand when the whole program died; one that was so twice is not read any more.

    That it is tried is committed before it is, in a transaction of its own: the next start has to know.
    """
    entry = Entry.objects.select_related("source__exhibit__operation").filter(pk=entry_id).first()
    if entry is None or entry.state != EntryState.PENDING:
        return nothing
    row = entry.source
    if suspects.is_deadly(entry.attempts):
        ended = [Ended(entry, entry_record(entry, source_record(row), row.kind), suspects.deadly_entry(), None)]
    else:
        require_there(row.exhibit)
        Entry.objects.filter(pk=entry_id).update(attempts=F("attempts") + 1)
        ended = _read(sandbox, row, [entry], labelled=False)

    def write() -> None:
        _write_ended(row, ended, sandbox.limits, defer)
        _close_source(row, defer)

    return write


def _read(sandbox: Sandbox, row: Source, pending: list[Entry], *, labelled: bool) -> list[Ended]:
    """Read entries of a source side by side; ``labelled``, the next start is told what was in hand."""
    source = source_record(row)
    attempts = Attempts(sandbox, source, sandbox.limits, keys_of(row.exhibit))
    asked = []
    for entry in pending:
        record = entry_record(entry, source, row.kind)
        known = suspects.known_killer(entry.cause, entry.extractor, entry.version)
        label = suspects.entry_label(entry.pk) if labelled else ""
        asked.append(Asked(record, known, label))
    try:
        ended = attempts.read(asked)
    except Casualty as casualty:
        require_children(casualty)
        raise
    return [
        Ended(entry, one.entry, processed, nested_source(source, one.entry, processed))
        for entry, one, processed in zip(pending, asked, ended, strict=True)
    ]


def _write_ended(row: Source, ended: list[Ended], limits: Limits, defer: Defer) -> None:
    """Write a batch; when the database refuses it, write entry by entry, and fail the one that it refuses."""
    try:
        with transaction.atomic():
            _write_pending(row, ended, limits, defer)
    except UNKEPT as error:
        if len(ended) > 1:
            for one in ended:
                _write_ended(row, [one], limits, defer)
        else:
            row.entries.filter(pk=ended[0].entry.pk).update(
                state=EntryState.FAILED, cause=Cause.PROGRAM.value, reason=str(_unkept(error))
            )


def _write_pending(row: Source, ended: list[Ended], limits: Limits, defer: Defer) -> None:
    """Write how entries ended that still wait for it: a batch may have been read twice, or its source listed anew."""
    numbers = [one.entry.pk for one in ended]
    waiting = row.entries.select_for_update(no_key=True).filter(pk__in=numbers, state=EntryState.PENDING)
    still = set(waiting.order_by("pk").values_list("pk", flat=True))
    ended = [one for one in ended if one.entry.pk in still]
    shared = nesting.held_budget(row, limits)
    ended = nesting.within_budget(shared, row, ended)
    write_outcomes(row, ended)
    again = [one.entry for one in ended if one.entry.extractor]
    nesting.forget_sources_of(again, {way_of(one.nested.steps) for one in ended if one.nested is not None})
    made = [nesting.add_nested(row, one) for one in ended]
    _have_listed([source for source in made if source is not None], defer)
    if shared is not None:
        shared.save()


def _close_source(row: Source, defer: Defer) -> None:
    """Close a source whose last entry has ended. Holding the row keeps two last batches from missing each other."""
    Source.objects.select_for_update(no_key=True).filter(pk=row.pk).first()
    if not row.entries.filter(state=EntryState.PENDING).exists():
        closed = Source.objects.filter(pk=row.pk, state=SourceState.LISTED).update(state=SourceState.DONE)
        if closed:
            counts = {state.value: row.entries.filter(state=state).count() for state in EntryState}
            _record(row, "source-done", **counts)
            verifying.verify_after(row, defer)


def _record(row: Source, action: str, **detail: Any) -> None:
    audit.record(
        actor=audit.SYSTEM,
        action=action,
        subject=f"exhibit {row.exhibit.number} {row.path} ({row.kind})",
        operation=row.exhibit.operation,
        **detail,
    )

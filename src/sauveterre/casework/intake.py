"""Exhibits on their way into the database: what a job computes, and what it then writes.

Each function here works outside any transaction and returns the writing as a function of its own, which the
job runs in one transaction with its own completion.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import psycopg
from django.db import DataError, transaction
from django.db.models import F

from sauveterre.casework import audit
from sauveterre.casework.models import Entry, EntryState, Problem, Source, SourceState
from sauveterre.casework.outcomes import Ended, write_outcomes
from sauveterre.casework.rows import copy_facts, copy_rows, storable
from sauveterre.casework.sources import entry_record, keys_of, source_record, source_row
from sauveterre.errors import Locked, SauveterreError, WorkspaceError
from sauveterre.evidence.segments import files_of
from sauveterre.media.casualty import Casualty
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.endings import foreseen
from sauveterre.pipeline.inventory import inside, list_source, root_identity
from sauveterre.pipeline.listing import Listing, scratch_file
from sauveterre.pipeline.messages import read_store
from sauveterre.pipeline.opening import reader_version
from sauveterre.pipeline.processing import Processed, failed, nested_source, process_entry
from sauveterre.records import entry as entries
from sauveterre.records import problem
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source as SourceRecord
from sauveterre.records.source import Step

LIMITS = Limits()
BATCH_ENTRIES = 256
BATCH_BYTES = 64 << 20
STRUCTURE = (entries.EntryKind.VOLUME, entries.EntryKind.REGION)
"""Kinds of entry that are only looked at, whatever their size."""
UNKEPT = (DataError, psycopg.DataError)
"""Refusals of a value, not of the database's state: trying again would not help."""
ENTRY_COLUMNS = [
    "source_id", "ordinal", "path", "path_raw", "size", "locator", "kind", "allocated", "modified", "created",
    "accessed", "changed", "opens", "note", "refusal", "failure", "state", "cause", "reason", "extractor", "version",
    "attempts",
]  # fmt: skip


class Defer(Protocol):
    """Puts jobs into the queue."""

    def __call__(self, task: str, rows: list[dict[str, Any]]) -> None:
        """Put one job for each row of arguments."""


def inventory(sandbox: Sandbox, source_id: int, *, defer: Defer) -> Callable[[], None]:
    """List a source in the sandbox; read its messages too when it is a store."""
    row = Source.objects.select_related("exhibit__operation").get(pk=source_id)
    source, keys = source_record(row), keys_of(row.exhibit)
    _require_there(row, source)
    if row.state != SourceState.NEW:
        return lambda: None  # asked for twice: two keys may come in at once
    file = scratch_file(sandbox.scratch)
    try:
        if not row.identity:
            row.identity = sandbox.run(root_identity, source.path, seconds=_whole_seconds(source.path))
            source = source_record(row)
        listing = sandbox.run(list_source, source, LIMITS, keys, file, seconds=LIMITS.listing_seconds)
        facts = sandbox.run(read_store, source, LIMITS, keys, seconds=LIMITS.listing_seconds) if row.is_store else []
    except SauveterreError as error:
        file.unlink()
        if isinstance(error, Locked):
            return _locked(row, str(error), tried=len(keys), defer=defer)
        return _not_opened(row, SourceState.FAILED, str(error))

    def write() -> None:
        try:
            with transaction.atomic():
                _write_listing(row, listing, defer)
                _write_problems(row, [fact for fact in facts if isinstance(fact, problem.Problem)])
                copy_facts(row.pk, (fact for fact in facts if not isinstance(fact, problem.Problem)))
                _add_stores(row, source, listing, defer)
        except UNKEPT as error:
            _not_opened(row, SourceState.FAILED, _unkept(error))()
        finally:
            file.unlink(missing_ok=True)

    return write


def _whole_seconds(path: Path) -> float:
    """Return how long an exhibit's own file may take to be read whole."""
    return LIMITS.listing_seconds + sum(file.stat().st_size for file in files_of(path)) / LIMITS.seconds_per_bytes


def _require_there(row: Source, source: SourceRecord) -> None:
    """Raise ``WorkspaceError`` while a medium is not connected: that is no fault of what it holds."""
    if not os.path.lexists(source.path):
        raise WorkspaceError(
            f"exhibit {row.exhibit.number} is not at {row.exhibit.path}; connect its medium and run the command again: "
            "nothing is lost"
        )


def _locked(row: Source, reason: str, *, tried: int, defer: Defer) -> Callable[[], None]:
    """Mark a source as locked, unless a key came in while the others were tried."""
    not_opened = _not_opened(row, SourceState.LOCKED, reason)

    def write() -> None:
        Source.objects.select_for_update().get(pk=row.pk)
        if row.exhibit.keys.count() > tried:
            defer("inventory", [{"source_id": row.pk}])
        else:
            not_opened()

    return write


def _not_opened(row: Source, state: SourceState, reason: str) -> Callable[[], None]:
    """Say why a source is not open; the entry that it lies in is then understood only in part."""

    def write() -> None:
        row.state, row.reason = state, storable(reason)
        row.save(update_fields=["state", "reason"])
        if row.parent_entry_id and not row.is_store:
            Entry.objects.filter(pk=row.parent_entry_id, state=EntryState.PROCESSED).update(
                state=EntryState.PARTIAL, reason=storable(reason)
            )
        _record(row, "source-not-opened", state=str(state), reason=storable(reason))

    return write


def _write_listing(row: Source, listing: Listing, defer: Defer) -> None:
    """Write what a source holds, entry by entry, and put one job for each batch of it."""
    batches = Batches()

    def rows() -> Iterator[list[Any]]:
        for ordinal, entry in enumerate(listing.entries()):
            batches.take(ordinal, entry)
            yield _entry_row(row.pk, ordinal, entry)

    copy_rows(Entry, ENTRY_COLUMNS, rows())
    _write_problems(row, listing.problems)
    defer("process", [{"source_id": row.pk, "first": first, "last": last} for first, last in batches.ended()])
    row.state, row.reason = (SourceState.LISTED if batches.ended() else SourceState.DONE), ""
    row.announced, row.reader_version = listing.count, reader_version(row.kind)
    row.save(update_fields=["state", "reason", "identity", "announced", "reader_version"])
    _record(row, "source-listed", entries=listing.count, problems=len(listing.problems), identity=row.identity)


def _entry_row(source_id: int, ordinal: int, entry: entries.Entry) -> list[Any]:
    ended = foreseen(entry)
    state, cause, reason = ended if ended else (EntryState.PENDING, entries.Cause.NONE, "")
    return [
        source_id, ordinal, entries.display_path(entry.path), entry.path, entry.size, entry.locator, entry.kind,
        entry.allocated, entry.modified, entry.created, entry.accessed, entry.changed, entry.opens, entry.note,
        entry.refusal, entry.failure, state.value, cause.value, reason, "", 0, 0,
    ]  # fmt: skip


def _write_problems(row: Source, problems: tuple[problem.Problem, ...] | list[problem.Problem]) -> None:
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


class Batches:
    """Cuts a listing into runs of at most 256 entries or 64 MiB, as (first, last) ordinals."""

    def __init__(self) -> None:
        """Begin with none."""
        self._ended: list[tuple[int, int]] = []
        self._first = self._last = self._count = self._size = 0

    def take(self, ordinal: int, entry: entries.Entry) -> None:
        """Take the next entry; what has ended already is in no batch of its own."""
        if foreseen(entry) is not None:
            return
        size = entry.size or 0 if entry.kind not in STRUCTURE else 0
        if self._count and (self._count == BATCH_ENTRIES or self._size + size > BATCH_BYTES):
            self._ended.append((self._first, ordinal - 1))
            self._count = self._size = 0
        if not self._count:
            self._first = ordinal
        self._last = ordinal
        self._count, self._size = self._count + 1, self._size + size

    def ended(self) -> list[tuple[int, int]]:
        """Return all batches, the last one with what it has so far."""
        return [*self._ended, (self._first, self._last)] if self._count else self._ended


def _add_stores(row: Source, source: SourceRecord, listing: Listing, defer: Defer) -> None:
    """Make a source of its own of each message store among the entries."""
    for store in listing.stores:
        child = source.child(Step(store.reader, store.root), source.identity)
        path = inside(row.path, row.kind, store.root)
        _add_source(row, None, child, path, store.reader, defer, needs_key=store.needs_key)


def _add_source(
    parent: Source,
    entry: Entry | None,
    record: SourceRecord,
    path: str,
    kind: str,
    defer: Defer,
    *,
    needs_key: bool | None = None,
) -> None:
    made = source_row(parent.exhibit, record, path=path, kind=kind)
    made.parent, made.parent_entry = parent, entry
    made.is_store, made.needs_key = needs_key is not None, bool(needs_key)
    made.save()
    defer("inventory", [{"source_id": made.pk}])


def process(sandbox: Sandbox, source_id: int, first: int, last: int, *, defer: Defer) -> Callable[[], None]:
    """Process a batch of entries in the sandbox, each for itself: what one breaks, it breaks alone."""
    row = Source.objects.select_related("exhibit__operation").get(pk=source_id)
    source, keys = source_record(row), keys_of(row.exhibit)
    _require_there(row, source)
    pending = row.entries.filter(ordinal__range=(first, last), state=EntryState.PENDING).order_by("ordinal")
    listed = [(entry, entry_record(entry, source, row.kind)) for entry in pending]
    futures = [
        sandbox.submit(process_entry, source, record, LIMITS, keys, seconds=LIMITS.seconds_for(record.size))
        for _, record in listed
    ]
    ended = []
    for (entry, record), future in zip(listed, futures, strict=True):
        try:
            processed = future.result()
        except Casualty:
            processed = _alone(sandbox, source, record, keys)
        ended.append(Ended(entry, processed, nested_source(source, record, processed)))

    def write() -> None:
        _write_ended(row, ended, defer)
        _close_source(row)

    return write


def _write_ended(row: Source, ended: list[Ended], defer: Defer) -> None:
    """Write a batch; when the database refuses it, write entry by entry, and fail the one that it refuses."""
    try:
        with transaction.atomic():
            write_outcomes(row, ended)
            for one in ended:
                if one.nested is not None:
                    path = inside(row.path, row.kind, one.entry.path)
                    _add_source(row, one.entry, one.nested, path, one.nested.steps[-1].reader, defer)
    except UNKEPT as error:
        if len(ended) > 1:
            for one in ended:
                _write_ended(row, [one], defer)
        else:
            row.entries.filter(pk=ended[0].entry.pk).update(state=EntryState.FAILED, reason=_unkept(error))


def _unkept(error: Exception) -> str:
    """Say that the database refused what was found, without repeating what that is."""
    return (
        f"what was found cannot be kept in the database ({type(error).__name__}); report it with the program's version"
    )


def _alone(sandbox: Sandbox, source: SourceRecord, entry: entries.Entry, keys: tuple[str, ...]) -> Processed:
    """Try an entry once more whose child died: the machine may have been short of memory, not the file bad."""
    seconds = LIMITS.seconds_for(entry.size)
    try:
        processed: Processed = sandbox.run(process_entry, source, entry, LIMITS, keys, seconds=seconds)
    except Casualty as casualty:
        return failed(casualty)
    return processed


def _close_source(row: Source) -> None:
    """Close a source whose last entry has ended. Holding the row keeps two last batches from missing each other."""
    Source.objects.select_for_update().get(pk=row.pk)
    if not row.entries.filter(state=EntryState.PENDING).exists():
        Source.objects.filter(pk=row.pk, state=SourceState.LISTED).update(state=SourceState.DONE, reason=F("reason"))
        counts = {state.value: row.entries.filter(state=state).count() for state in EntryState}
        _record(row, "source-done", **counts)


def _record(row: Source, action: str, **detail: Any) -> None:
    audit.record(
        actor=audit.SYSTEM,
        action=action,
        subject=f"exhibit {row.exhibit.number} {row.path} ({row.kind})",
        operation=row.exhibit.operation,
        **detail,
    )

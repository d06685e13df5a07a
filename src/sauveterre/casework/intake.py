"""Exhibits on their way into the database: what a job computes, and what it then writes.

Each function here works outside any transaction and returns the writing as a function of its own, which the
job runs in one transaction with its own completion.
"""

import os
from collections.abc import Callable
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
from sauveterre.media.casualty import Casualty
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.inventory import Listing, foreseen, inside, list_source
from sauveterre.pipeline.messages import read_store
from sauveterre.pipeline.processing import Processed, nested_source, process_entry
from sauveterre.records import entry as entries
from sauveterre.records import problem
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source as SourceRecord
from sauveterre.records.source import Step

LIMITS = Limits()
BATCH_ENTRIES = 256
BATCH_BYTES = 64 << 20
UNKEPT = (DataError, psycopg.DataError)
"""Refusals of a value, not of the database's state: trying again would not help."""
ENTRY_COLUMNS = [
    "source_id", "ordinal", "path", "path_raw", "size", "locator", "kind", "allocated", "modified", "refusal",
    "failure", "state", "reason",
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
    try:
        listing = sandbox.run(list_source, source, LIMITS, keys, seconds=LIMITS.listing_seconds)
        facts = sandbox.run(read_store, source, LIMITS, keys, seconds=LIMITS.listing_seconds) if row.is_store else []
    except Locked as error:
        return _locked(row, str(error), tried=len(keys), defer=defer)
    except SauveterreError as error:
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

    return write


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
    def entry_row(ordinal: int, entry: entries.Entry) -> list[Any]:
        ended = foreseen(entry)
        path = entries.display_path(entry.path)
        state, reason = (ended[0].value, ended[1]) if ended else (EntryState.PENDING.value, "")
        return [
            row.pk, ordinal, path, entry.path, entry.size, entry.locator, entry.kind, entry.allocated,
            entry.modified, entry.refusal, entry.failure, state, reason,
        ]  # fmt: skip

    copy_rows(Entry, ENTRY_COLUMNS, (entry_row(n, entry) for n, entry in enumerate(listing.entries)))
    _write_problems(row, listing.problems)
    batches = _batches(listing.entries)
    defer("process", [{"source_id": row.pk, "first": first, "last": last} for first, last in batches])
    row.state, row.reason = (SourceState.LISTED if batches else SourceState.DONE), ""
    row.save(update_fields=["state", "reason"])
    _record(row, "source-listed", entries=len(listing.entries), problems=len(listing.problems))


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


def _batches(listed: tuple[entries.Entry, ...]) -> list[tuple[int, int]]:
    """Cut a listing into runs of at most 256 entries or 64 MiB, as (first, last) ordinals."""
    batches: list[tuple[int, int]] = []
    first, count, size = 0, 0, 0
    for ordinal, entry in enumerate(listed):
        if foreseen(entry) is not None:
            continue
        if count and (count == BATCH_ENTRIES or size + (entry.size or 0) > BATCH_BYTES):
            batches.append((first, ordinal - 1))
            count, size = 0, 0
        if not count:
            first = ordinal
        count, size = count + 1, size + (entry.size or 0)
    return [*batches, (first, len(listed) - 1)] if count else batches


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
        return Processed(entries.Outcome.FAILED, str(casualty))
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

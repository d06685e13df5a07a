"""Sources inside sources: each made once, within the budget that it shares with all that lies around it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import connection
from django.db.models import Model

from sauveterre.casework.models import Entry, Source
from sauveterre.casework.models import Problem as ProblemRow
from sauveterre.casework.outcomes import Ended
from sauveterre.casework.rows import FACT_MODELS
from sauveterre.casework.sources import source_row, way_of
from sauveterre.pipeline.budgets import Budget, begins_budget
from sauveterre.pipeline.naming import inside
from sauveterre.pipeline.opening import STORE_READERS
from sauveterre.pipeline.processing import left_closed
from sauveterre.records import source as sources
from sauveterre.records.limits import Limits
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.store import StoreLocation


@dataclass(slots=True)
class SharedBudget:
    """A budget whose row is held until the transaction ends, so that nobody spends the same twice."""

    holder: Source
    budget: Budget

    def save(self) -> None:
        """Write what was spent."""
        self.holder.spent_entries = self.budget.entries
        self.holder.spent_bytes = self.budget.size
        self.holder.spent_sources = self.budget.sources
        self.holder.save(update_fields=["spent_entries", "spent_bytes", "spent_sources"])


def budget_holder(row: Source) -> int | None:
    """Return the number of the outermost embedded container that a source is, or lies in; None where there is none."""
    steps = tuple(sources.Step(*step) for step in row.steps)
    return row.pk if begins_budget(steps) else row.budget_id


def held_budget(row: Source, limits: Limits, *, listing: bool = False) -> SharedBudget | None:
    """Return the budget of a source, held for the caller's transaction; None for what has no bounds but its own.

    A container that is being listed has spent nothing yet: what was below it before goes with its old listing.
    """
    number = budget_holder(row)
    if number is None:
        return None
    holder = (
        Source.objects.select_for_update(of=("self",), no_key=True)
        .select_related("parent_entry__content")
        .get(pk=number)
    )
    entry = holder.parent_entry
    packed = None if entry is None else entry.content.size if entry.content else entry.size
    if listing and holder.pk == row.pk:
        return SharedBudget(holder, Budget.of(packed, limits))
    spent = Budget.of(
        packed, limits, entries=holder.spent_entries, size=holder.spent_bytes, sources=holder.spent_sources
    )
    return SharedBudget(holder, spent)


def within_budget(shared: SharedBudget | None, row: Source, ended: list[Ended]) -> list[Ended]:
    """Spend what was read and what is to be opened; what is too much is left closed, and says so."""
    if shared is None:
        return ended
    ways = {way_of(one.nested.steps) for one in ended if one.nested is not None}
    there = set(Source.objects.filter(exhibit_id=row.exhibit_id, way__in=ways).values_list("way", flat=True))
    return [_paid(shared.budget, one, opened=one.nested is not None and way_of(one.nested.steps) in there)
            for one in ended]  # fmt: skip


def _paid(budget: Budget, one: Ended, *, opened: bool) -> Ended:
    if one.processed.fingerprint is not None and not one.entry.extractor:
        budget.read(one.record, one.processed.fingerprint.size)
    if one.nested is None or opened or not (refused := budget.open_source()):
        return one
    return replace(one, processed=left_closed(one.processed, refused), nested=None)


def add_nested(row: Source, one: Ended) -> Source | None:
    """Make a source of an entry that turned out to be one; None when it is none, or one already."""
    if one.nested is None or Source.objects.filter(exhibit_id=row.exhibit_id, way=way_of(one.nested.steps)).exists():
        return None
    made = _below(row, one.nested, inside(row.path, row.kind, one.entry.path))
    made.parent_entry = one.entry
    made.save()
    return made


def add_stores(
    row: Source, record: sources.Source, stores: Iterable[StoreLocation], shared: SharedBudget | None
) -> tuple[list[Source], list[Problem]]:
    """Make a source of each message store, and each other one that spreads over many entries; say what is too much."""
    made: list[Source] = []
    refused: list[Problem] = []
    for store in stores:
        if shared is not None and (why := shared.budget.open_source()):
            path = inside(row.path, row.kind, store.root)
            refused.append(Problem(Provenance(record.identity, path, store.root, store.reader), f"{path}: {why}"))
            continue
        child = record.child(sources.Step(store.reader, store.root), record.identity)
        one = _below(row, child, inside(row.path, row.kind, store.root))
        one.is_store, one.needs_key = store.reader in STORE_READERS, store.needs_key
        one.save()
        made.append(one)
    return made, refused


def _below(row: Source, record: sources.Source, path: str) -> Source:
    made = source_row(row.exhibit, record, path=path, kind=record.steps[-1].reader)
    made.parent, made.budget_id = row, budget_holder(row)
    return made


def forget_below(row: Source) -> None:
    """Remove all that was read out of a source, before it is listed anew."""
    below = _descendants(row.pk)
    models: tuple[type[Model], ...] = (*FACT_MODELS.values(), ProblemRow, Entry)
    for model in models:
        rows = model._default_manager.filter(source_id__in=[row.pk, *below])
        rows._raw_delete(rows.db)  # millions of them, and nothing that stays refers to one
    Source.objects.filter(pk__in=below).delete()


def forget_sources_of(entries: Iterable[Entry], kept: set[str]) -> None:
    """Remove sources that entries turned out to be before, and do not any more; ``kept`` are the ways that stay."""
    for child in Source.objects.filter(parent_entry__in=list(entries)).exclude(way__in=kept):
        forget_below(child)
        child.delete()


def _descendants(number: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE below (id) AS (
                SELECT id FROM casework_source WHERE parent_id = %s
                UNION SELECT child.id FROM casework_source child JOIN below ON child.parent_id = below.id
            ) SELECT id FROM below
            """,
            [number],
        )
        return [row[0] for row in cursor.fetchall()]

"""Exhibits, their sources and entries: what was seized, and whether everything in it is accounted for."""

from dataclasses import dataclass, field

from django.db.models import Count, Q, QuerySet

from sauveterre.casework.models import Entry, EntryState, Exhibit, Problem, Source, SourceState
from sauveterre.casework.selectors.access import Sight


@dataclass(frozen=True, slots=True)
class Account:
    """How the entries of something ended. ``found`` is always the sum of the others."""

    processed: int = 0
    partial: int = 0
    failed: int = 0
    skipped: int = 0
    pending: int = 0

    @property
    def found(self) -> int:
        """All entries, however they ended."""
        return self.processed + self.partial + self.failed + self.skipped + self.pending

    @property
    def ended(self) -> int:
        """Entries that are done with."""
        return self.found - self.pending

    @property
    def complete(self) -> bool:
        """Whether found = processed + partial + failed + skipped."""
        return self.pending == 0


@dataclass(frozen=True, slots=True)
class ExhibitRow:
    """An exhibit with its account."""

    exhibit: Exhibit
    account: Account
    sources: int
    locked: int
    failed_sources: int
    problems: int


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source with its account and how deep it lies in the tree."""

    source: Source
    account: Account
    problems: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far reading is."""

    account: Account
    waiting_sources: int
    """Sources that are not yet listed: their entries are not yet counted."""
    problems: int
    failures: list[Entry] = field(default_factory=list)

    @property
    def running(self) -> bool:
        """Whether something is left to do."""
        return bool(self.account.pending or self.waiting_sources)

    @property
    def percent(self) -> int:
        """Ended entries in whole percent, rounded down."""
        return 100 * self.account.ended // self.account.found if self.account.found else 0


def entries(sight: Sight) -> QuerySet[Entry]:
    """Return all entries of the operation."""
    return Entry.objects.filter(source__exhibit__operation=sight.operation)


def accounts(rows: QuerySet[Entry], *, by: str) -> dict[int, Account]:
    """Count entries by how they ended, for each value of a field."""
    counts: dict[int, dict[str, int]] = {}
    for key, state, n in rows.values_list(by, "state").annotate(n=Count("pk")).order_by():
        counts.setdefault(key, {})[state] = n
    return {key: Account(**states) for key, states in counts.items()}


def account(sight: Sight) -> Account:
    """Count all entries of the operation."""
    states = entries(sight).values_list("state").annotate(n=Count("pk")).order_by()
    return Account(**dict(states))


def exhibit_rows(sight: Sight) -> list[ExhibitRow]:
    """Return every exhibit with its account."""
    counted = accounts(entries(sight), by="source__exhibit_id")
    exhibits = sight.operation.exhibits.annotate(
        n_sources=Count("sources"),
        n_locked=Count("sources", filter=Q(sources__state=SourceState.LOCKED)),
        n_failed=Count("sources", filter=Q(sources__state=SourceState.FAILED)),
    )
    problems = dict(problem_rows(sight).values_list("source__exhibit_id").annotate(n=Count("pk")).order_by())
    return [
        ExhibitRow(
            row,
            counted.get(row.pk, Account()),
            row.n_sources,
            row.n_locked,
            row.n_failed,
            problems.get(row.pk, 0),
        )
        for row in exhibits
    ]


def exhibit(sight: Sight, key: int) -> Exhibit | None:
    """Return one exhibit of the operation, or None."""
    return sight.operation.exhibits.filter(pk=key).first()


def source_rows(sight: Sight, *, of: Exhibit | None = None, limit: int = 2_000) -> list[SourceRow]:
    """Return sources in the order of their paths, so that a parent stands before its children."""
    rows = Source.objects.filter(exhibit__operation=sight.operation).select_related("exhibit")
    found = entries(sight)
    if of is not None:
        rows, found = rows.filter(exhibit=of), found.filter(source__exhibit=of)
    counted = accounts(found, by="source_id")
    ordered = rows.annotate(n_problems=Count("problems")).order_by("exhibit__number", "path", "kind")[:limit]
    return [SourceRow(row, counted.get(row.pk, Account()), row.n_problems) for row in ordered]


def source(sight: Sight, key: int) -> Source | None:
    """Return one source of the operation with its exhibit, or None."""
    rows = Source.objects.filter(exhibit__operation=sight.operation)
    return rows.select_related("exhibit", "parent").filter(pk=key).first()


def entry_rows(sight: Sight, *, state: str, path: str, of: Source | None = None, exhibit: int = 0) -> QuerySet[Entry]:
    """Return entries of the operation, an exhibit or a source, by state and a part of the path (empty: any)."""
    rows = entries(sight).select_related("source__exhibit", "content")
    if of is not None:
        rows = rows.filter(source=of)
    if exhibit:
        rows = rows.filter(source__exhibit=exhibit)
    if state in EntryState.values:
        rows = rows.filter(state=state)
    return rows.filter(path__icontains=path) if path else rows


def problem_rows(sight: Sight, *, exhibit: int = 0) -> QuerySet[Problem]:
    """Return the damage that was found while reading, everywhere or in one exhibit."""
    rows = Problem.objects.filter(source__exhibit__operation=sight.operation)
    if exhibit:
        rows = rows.filter(source__exhibit=exhibit)
    return rows.select_related("source__exhibit").order_by("pk")


def progress(sight: Sight) -> Progress:
    """Return how far reading is, with the newest failures."""
    waiting = Source.objects.filter(exhibit__operation=sight.operation, state=SourceState.NEW).count()
    failed = entries(sight).filter(state=EntryState.FAILED).select_related("source__exhibit")
    return Progress(account(sight), waiting, problem_rows(sight).count(), list(failed.order_by("-pk")[:5]))


def source_count(sight: Sight) -> int:
    """Count the sources of the operation."""
    return Source.objects.filter(exhibit__operation=sight.operation).count()

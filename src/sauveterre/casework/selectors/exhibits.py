"""Exhibits, their sources and entries: what was seized, and whether everything in it is accounted for."""

from collections.abc import Iterable
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


def accounts(sight: Sight, *, exhibit: int = 0) -> dict[int, Account]:
    """Count entries by how they ended, for each source of the operation or of one exhibit."""
    sources = Source.objects.filter(exhibit__operation=sight.operation)
    if exhibit:
        sources = sources.filter(exhibit=exhibit)
    rows = Entry.objects.filter(source__in=list(sources.values_list("pk", flat=True)))
    counts: dict[int, dict[str, int]] = {}
    for source, state, n in rows.values_list("source_id", "state").annotate(n=Count("pk")).order_by():
        counts.setdefault(source, {})[state] = n
    return {source: Account(**states) for source, states in counts.items()}


def together(found: Iterable[Account]) -> Account:
    """Add accounts up."""
    sums: dict[str, int] = {}
    for one in found:
        for state in EntryState.values:
            sums[state] = sums.get(state, 0) + getattr(one, state)
    return Account(**sums)


def account(sight: Sight) -> Account:
    """Count all entries of the operation."""
    return together(accounts(sight).values())


def exhibit_rows(sight: Sight) -> list[ExhibitRow]:
    """Return every exhibit with its account."""
    counted = accounts(sight)
    parts: dict[int, list[Account]] = {}
    for key, of in Source.objects.filter(exhibit__operation=sight.operation).values_list("pk", "exhibit_id"):
        parts.setdefault(of, []).append(counted.get(key, Account()))
    exhibits = sight.operation.exhibits.annotate(
        n_sources=Count("sources"),
        n_locked=Count("sources", filter=Q(sources__state=SourceState.LOCKED)),
        n_failed=Count("sources", filter=Q(sources__state=SourceState.FAILED)),
    )
    problems = dict(problem_rows(sight).values_list("source__exhibit_id").annotate(n=Count("pk")).order_by())
    return [
        ExhibitRow(
            row,
            together(parts.get(row.pk, [])),
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
    if of is not None:
        rows = rows.filter(exhibit=of)
    counted = accounts(sight, exhibit=of.pk if of else 0)
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

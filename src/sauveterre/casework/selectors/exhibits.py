"""Exhibits, their sources and entries: what was seized, and whether everything in it is accounted for."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from django.core.files.storage import default_storage
from django.db.models import Count, Prefetch, Q, QuerySet

from sauveterre.casework.models import Entry, EntryState, Exhibit, ExhibitPhoto, Problem, Source, SourceState
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.paging import Page, keyset
from sauveterre.casework.selectors.standing import Part, files
from sauveterre.casework.storage import photo_name
from sauveterre.records.entry import EntryKind

DEEPEST = 64
S = TypeVar("S", bound=Source)


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


class Stage(StrEnum):
    """How far an exhibit is."""

    REGISTERED = "registered"
    """Nothing was made of it yet, or nobody said where that lies."""
    LISTING = "listing"
    PROCESSING = "processing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ExhibitRow:
    """An exhibit with its account."""

    exhibit: Exhibit
    account: Account
    sources: int
    to_list: int
    """Sources that are not yet listed: their entries are not yet counted."""
    locked: int
    failed_sources: int
    problems: int
    mismatches: int
    """Readings of its medium that gave another digest than was stated."""
    to_sign: int
    """Lines of its custody log that no second officer has signed."""

    @property
    def stage(self) -> Stage:
        """How far it is."""
        if not self.exhibit.path:
            return Stage.REGISTERED
        if self.to_list:
            return Stage.LISTING
        return Stage.PROCESSING if self.account.pending else Stage.DONE


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source with its account."""

    source: Source
    account: Account
    problems: int

    @property
    def part(self) -> str:
        """Its own part of its path: what its parent's path does not say."""
        return own_part(self.source)


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


def exhibit_rows(sight: Sight, *, only: Exhibit | None = None) -> list[ExhibitRow]:
    """Return every exhibit with its account, or one of them."""
    counted = accounts(sight, exhibit=only.pk if only else 0)
    exhibits = sight.operation.exhibits.prefetch_related(
        Prefetch("sources", Source.objects.only("exhibit_id", "state").order_by("pk")), "checks"
    )
    if only is not None:
        exhibits = exhibits.filter(pk=only.pk)
    problems = dict(problem_rows(sight).values_list("source__exhibit_id").annotate(n=Count("pk")).order_by())
    unsigned = exhibits.order_by().filter(custody__isnull=False, custody__signature__isnull=True)
    to_sign = dict(unsigned.values_list("pk").annotate(n=Count("custody")))
    return [_exhibit_row(one, counted, problems.get(one.pk, 0), to_sign.get(one.pk, 0)) for one in exhibits]


def _exhibit_row(one: Exhibit, counted: dict[int, Account], problems: int, to_sign: int) -> ExhibitRow:
    sources = list(one.sources.all())
    states = Counter(source.state for source in sources)
    return ExhibitRow(
        exhibit=one,
        account=together(counted.get(source.pk, Account()) for source in sources),
        sources=len(sources),
        to_list=states[SourceState.NEW],
        locked=states[SourceState.LOCKED],
        failed_sources=states[SourceState.FAILED],
        problems=problems,
        mismatches=sum(check.agrees is False for check in one.checks.all()),
        to_sign=to_sign,
    )


def exhibit(sight: Sight, key: int) -> Exhibit | None:
    """Return one exhibit of the operation, or None."""
    return sight.operation.exhibits.filter(pk=key).first()


def photo(sight: Sight, key: int, photo: int) -> ExhibitPhoto | None:
    """Return one photograph of an exhibit of the operation, or None."""
    return ExhibitPhoto.objects.filter(exhibit__operation=sight.operation, exhibit=key, pk=photo).first()


def photo_bytes(found: ExhibitPhoto) -> bytes | None:
    """Return what is kept of a photograph, a JPEG; None where the store has lost it."""
    try:
        with default_storage.open(photo_name(found.exhibit_id, found.sha256)) as stream:
            return bytes(stream.read())
    except OSError:
        return None


def source_rows(sight: Sight, *, of: Exhibit | None = None, limit: int = 2_000) -> list[SourceRow]:
    """Return sources, each below the one that it was found in."""
    rows = Source.objects.filter(exhibit__operation=sight.operation).select_related("exhibit", "parent")
    if of is not None:
        rows = rows.filter(exhibit=of)
    counted = accounts(sight, exhibit=of.pk if of else 0)
    ordered = tree_order(rows.annotate(n_problems=Count("problems")))[:limit]
    return [SourceRow(row, counted.get(row.pk, Account()), row.n_problems) for row in ordered]


def tree_order(sources: "Iterable[S]") -> "list[S]":
    """Order sources by exhibit, each before all that was found in it, and those in one parent by path."""
    children: dict[int | None, list[S]] = {}
    for source in sorted(sources, key=lambda one: (one.exhibit.number, one.path, one.kind, one.pk)):
        children.setdefault(source.parent_id, []).append(source)
    ordered: list[S] = []
    waiting = children.get(None, [])[::-1]
    while waiting:
        source = waiting.pop()
        ordered.append(source)
        waiting += children.get(source.pk, [])[::-1]
    return ordered


def own_part(source: Source) -> str:
    """Return what a source's path says beyond its parent's; the whole of it where that is all there is."""
    parent = "" if source.parent is None else source.parent.path
    own = source.path.removeprefix(parent).lstrip("!/") if source.path.startswith(parent) else ""
    return own or source.path


def way_down(source: Source) -> list[tuple[Source, str]]:
    """Return a source's ancestors and itself, outermost first, each with its own part of the path."""
    way: list[Source] = [source]
    while way[0].parent is not None and len(way) < DEEPEST:
        way.insert(0, way[0].parent)
    return [(one, own_part(one)) for one in way]


def source(sight: Sight, key: int) -> Source | None:
    """Return one source of the operation with its exhibit, or None."""
    rows = Source.objects.filter(exhibit__operation=sight.operation)
    return rows.select_related("exhibit", "parent", "parent_entry", "crosscheck").filter(pk=key).first()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries of a list are wanted; what is empty does not narrow it."""

    state: str = ""
    path: str = ""
    """A part of it."""
    cause: str = ""
    """Of ``records.entry.Cause``; ``unstated`` is none where there should be one."""
    lying: str = ""
    """A key of ``LYING``."""
    again: bool = False
    """Tried more than once."""
    extractor: str = ""
    """``name`` or ``name/version``."""
    part: str = ""
    """Of ``standing.Part``: where it stands."""


_FILE = ~Q(kind__in=[EntryKind.VOLUME, EntryKind.REGION, EntryKind.CARVED])
LYING = {
    "live": Q(allocated=True) & _FILE,
    "deleted": Q(allocated=False) & _FILE,
    "unknown": Q(allocated__isnull=True) & _FILE,
    "carved": Q(kind=EntryKind.CARVED),
    "structure": Q(kind__in=[EntryKind.VOLUME, EntryKind.REGION]),
}
"""How an entry lies on its medium. Each one lies in exactly one way."""
UNSTATED = "unstated"


def entry_rows(sight: Sight, wanted: Wanted, *, of: Source | None = None, exhibit: int = 0) -> QuerySet[Entry]:
    """Return the wanted entries of the operation, an exhibit or a source."""
    rows = entries(sight).select_related("source__exhibit", "content")
    if of is not None:
        rows = rows.filter(source=of)
    if exhibit:
        rows = rows.filter(source__exhibit=exhibit)
    if wanted.state in EntryState.values:
        rows = rows.filter(state=wanted.state)
    if wanted.cause == UNSTATED:
        rows = rows.filter(cause="").exclude(state__in=[EntryState.PROCESSED, EntryState.PENDING])
    elif wanted.cause:
        rows = rows.filter(cause=wanted.cause)
    if wanted.again:
        rows = rows.filter(attempts__gt=1)
    if wanted.extractor:
        name, _, version = wanted.extractor.partition("/")
        rows = rows.filter(extractor=name, **({"version": int(version)} if version.isdecimal() else {}))
    rows = rows.filter(LYING.get(wanted.lying, Q()))
    return rows.filter(path__icontains=wanted.path) if wanted.path else rows


def entry_page(sight: Sight, wanted: Wanted, *, exhibit: int, after: int) -> Page[Entry]:
    """Return a page of the wanted entries of the operation or an exhibit."""
    rows = entry_rows(sight, wanted, exhibit=exhibit)
    if wanted.part not in list(Part):
        return keyset(rows, after=after)
    narrowed = bool(exhibit) or replace(wanted, part="") != Wanted()
    return files(rows, sight.operation, Part(wanted.part), after=after, narrowed=narrowed)


def problem_rows(sight: Sight, *, exhibit: int = 0) -> QuerySet[Problem]:
    """Return the damage that was found while reading, everywhere or in one exhibit."""
    rows = Problem.objects.filter(source__exhibit__operation=sight.operation)
    if exhibit:
        rows = rows.filter(source__exhibit=exhibit)
    return rows.select_related("source__exhibit").order_by("pk")


def source_count(sight: Sight) -> int:
    """Count the sources of the operation."""
    return Source.objects.filter(exhibit__operation=sight.operation).count()

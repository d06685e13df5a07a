"""The accounting in full: what each source announced, what was catalogued of it, how that ended, by whom and why."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from sauveterre.casework.models import Crosscheck, Entry, EntryState, Exhibit, IntegrityCheck, Source
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.exhibits import Account, own_part, together, tree_order
from sauveterre.records.entry import Cause


@dataclass(frozen=True, slots=True)
class SourceLedger:
    """The account of one source, beside what its listing announced and what a second reader saw."""

    source: Source
    account: Account
    again: int
    """Entries that were tried more than once."""
    seconds: float
    """Time that reading its entries took, in all children together."""
    crosscheck: Crosscheck | None

    @property
    def part(self) -> str:
        """Its own part of its path: what its parent's path does not say."""
        return own_part(self.source)

    @property
    def catalogued(self) -> bool | None:
        """Whether all that was announced is in the catalogue; None until the source is listed."""
        return None if self.source.announced is None else self.source.announced == self.account.found

    @property
    def proven(self) -> bool:
        """Whether announced = catalogued = processed + partial + failed + skipped."""
        return self.catalogued is True and self.account.complete


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How many entries ended so for one cause; an empty cause is one that no reader stated."""

    state: str
    cause: str
    entries: int


@dataclass(frozen=True, slots=True)
class ExtractorCount:
    """What one version of an extractor gave the outcome of."""

    extractor: str
    version: int
    entries: int
    again: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Ledger:
    """The accounting of an operation or of one exhibit."""

    sources: list[SourceLedger]
    causes: list[CauseCount]
    extractors: list[ExtractorCount]

    @property
    def account(self) -> Account:
        """All sources together."""
        return together(one.account for one in self.sources)

    @property
    def announced(self) -> int:
        """What all listed sources announced."""
        return sum(one.source.announced or 0 for one in self.sources)

    @property
    def missing(self) -> list[SourceLedger]:
        """Sources of which the catalogue does not hold what they announced."""
        return [one for one in self.sources if one.catalogued is False]

    @property
    def unlisted(self) -> int:
        """Sources that are not listed: waiting, locked, or not to be opened."""
        return sum(one.catalogued is None for one in self.sources)

    @property
    def again(self) -> int:
        """Entries that were tried more than once."""
        return sum(one.again for one in self.sources)

    @property
    def proven(self) -> bool:
        """Whether every source's account is proven."""
        return all(one.proven for one in self.sources)


def ledger(sight: Sight, *, exhibit: Exhibit | None = None) -> Ledger:
    """Draw up the accounting in one pass over the entries."""
    sources = Source.objects.filter(exhibit__operation=sight.operation)
    entries = Entry.objects.filter(source__exhibit__operation=sight.operation)
    if exhibit is not None:
        sources, entries = sources.filter(exhibit=exhibit), entries.filter(source__exhibit=exhibit)
    counted = entries.values_list("source_id", "state", "cause", "extractor", "version").annotate(
        n=Count("pk"), again=Count("pk", filter=Q(attempts__gt=1)), took=Sum("seconds")
    )
    books = _Books()
    for source, state, cause, extractor, version, n, again, took in counted.order_by():
        books.enter(source, state, cause, (extractor, version), n, again, took or 0.0)
    ordered = tree_order(sources.select_related("exhibit", "parent", "crosscheck"))
    return Ledger([books.of(source) for source in ordered], books.by_cause(), books.by_extractor())


class _Books:
    """Adds counted rows up by source, by cause and by extractor."""

    def __init__(self) -> None:
        self._states: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._again: dict[int, int] = defaultdict(int)
        self._seconds: dict[int, float] = defaultdict(float)
        self._causes: dict[tuple[str, str], int] = defaultdict(int)
        self._extractors: dict[tuple[str, int], list[float]] = defaultdict(lambda: [0, 0, 0.0])

    def enter(
        self, source: int, state: str, cause: str, extractor: tuple[str, int], n: int, again: int, took: float
    ) -> None:
        self._states[source][state] += n
        self._again[source] += again
        self._seconds[source] += took
        if state not in {EntryState.PROCESSED, EntryState.PENDING}:
            self._causes[state, cause] += n
        if extractor[0]:
            sums = self._extractors[extractor]
            sums[0], sums[1], sums[2] = sums[0] + n, sums[1] + again, sums[2] + took

    def of(self, source: Source) -> SourceLedger:
        account = Account(**self._states.get(source.pk, {}))
        crosscheck = getattr(source, "crosscheck", None)
        return SourceLedger(source, account, self._again[source.pk], self._seconds[source.pk], crosscheck)

    def by_cause(self) -> list[CauseCount]:
        order = {state: place for place, state in enumerate(("failed", "partial", "skipped"))}
        counts = [CauseCount(state, cause, n) for (state, cause), n in self._causes.items()]
        return sorted(counts, key=lambda one: (order.get(one.state, 9), -one.entries, one.cause))

    def by_extractor(self) -> list[ExtractorCount]:
        return [
            ExtractorCount(name, version, int(n), int(again), took)
            for (name, version), (n, again, took) in sorted(self._extractors.items())
        ]


CAUSES = tuple(cause.value for cause in Cause if cause.value)


@dataclass(frozen=True, slots=True)
class Integrity:
    """What every reading of an exhibit's medium from end to end gave."""

    exhibit: Exhibit
    checks: list[IntegrityCheck]

    @property
    def mismatches(self) -> list[IntegrityCheck]:
        """Readings that gave another digest than was stated, or did not come to the end: each is a finding."""
        return [check for check in self.checks if check.agrees is False]

    @property
    def last(self) -> IntegrityCheck | None:
        """The latest digest; None while nobody read the medium from end to end."""
        return self.checks[-1] if self.checks else None

    @property
    def readings(self) -> int:
        """How often it was read from end to end."""
        return len({(check.phase, check.at.replace(microsecond=0)) for check in self.checks})

    @property
    def agrees(self) -> bool | None:
        """Whether all that was compared agrees; None while nothing was."""
        compared = [check.agrees for check in self.checks if check.agrees is not None]
        return all(compared) if compared else None


def integrity(sight: Sight, *, exhibit: Exhibit | None = None) -> list[Integrity]:
    """Return the readings of every exhibit's medium, or of one exhibit's; those never read are in it too."""
    exhibits = sight.operation.exhibits.exclude(path="").prefetch_related("checks")
    if exhibit is not None:
        exhibits = exhibits.filter(pk=exhibit.pk)
    return [Integrity(one, list(one.checks.all())) for one in exhibits]


def disagreeing(found: Iterable[SourceLedger]) -> list[Crosscheck]:
    """Return the comparisons in which a second reader did not see the same files: each is a finding."""
    return [one.crosscheck for one in found if one.crosscheck is not None and not one.crosscheck.agrees]

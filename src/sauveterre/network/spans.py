"""The facts of one track, walked through in the order of time: when a role was held, and what does not fit.

Facts of one moment are taken in the order that fits what was before: who holds the role loses it first, who
does not hold it gains it first. A list of members of the moment of an event may show the state before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from sauveterre.network.facts import MISSING, Fact, Step
from sauveterre.records.provenance import Provenance


@dataclass(slots=True)
class Span:
    """One time without a break in which a role was held."""

    start: datetime | None
    start_basis: str
    begun: Fact | None
    begun_by: str | None
    end: datetime | None = None
    end_basis: str = "unknown"
    ended: Fact | None = None
    ended_by: str | None = None
    open: bool = True
    seen: Fact | None = None
    """The last sighting inside."""
    last_seen: datetime | None = None
    last_listed: datetime | None = None
    """The last list of members that shows the role."""
    told: set[Provenance] = field(default_factory=set)

    @property
    def rows(self) -> tuple[Provenance, ...]:
        """The rows of its beginning, of its end and of the last sighting in between, sorted."""
        return tuple(sorted(self.told.union(self.seen.rows if self.seen is not None else ())))


@dataclass(frozen=True, slots=True)
class Clash:
    """Two facts of one track that do not go together."""

    first: Fact
    second: Fact


def spans_of(facts: Iterable[Fact]) -> tuple[list[Span], list[Clash]]:
    """Return the spans of one track, in the order of time and never overlapping, and its clashes."""
    facts = sorted(facts, key=lambda fact: (fact.step, fact.what, fact.by or "", fact.rows))
    walk = _Walk()
    dated = sorted(((fact.at, fact) for fact in facts if fact.at is not None), key=lambda pair: pair[0])
    for _, pairs in groupby(dated, key=lambda pair: pair[0]):
        walk.moment([fact for _, fact in pairs])
    for fact in facts:
        if fact.at is None:
            walk.undated(fact)
    return walk.spans, walk.clashes


class _Walk:
    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.clashes: list[Clash] = []

    @property
    def _open(self) -> Span | None:
        return self.spans[-1] if self.spans and self.spans[-1].open else None

    def moment(self, facts: list[Fact]) -> None:
        """Take all facts of one moment."""
        begins = [fact for fact in facts if fact.step is Step.BEGIN]
        ends = [fact for step in (Step.END, Step.CEASE) for fact in facts if fact.step is step]
        seen = [fact for fact in facts if fact.step is Step.SEEN]
        absent = [fact for fact in facts if fact.step is Step.ABSENT]
        order = [*seen, *ends, *begins] if self._open is not None else [*begins, *seen, *ends]
        for fact in order:
            self._take(fact)
        if begins or ends:
            return
        if seen:
            self.clashes.extend(Clash(one, other) for one in seen for other in absent)
        else:
            self._absent(absent)

    def _take(self, fact: Fact) -> None:
        if fact.step is Step.BEGIN:
            self._begin(fact)
        elif fact.step is Step.SEEN:
            self._see(fact)
        else:
            self._end(fact)

    def _begin(self, fact: Fact) -> None:
        span = self._open
        if span is None:
            self.spans.append(_opened(fact, "event"))
            return
        if span.begun is not None:
            if _retold(span.begun, fact):
                span.begun_by = span.begun_by or fact.by
            else:
                self.clashes.append(Clash(span.begun, fact))
        span.told.update(fact.rows)
        span.last_seen = fact.at

    def _see(self, fact: Fact) -> None:
        span = self._open
        if span is None:
            before = self.spans[-1].ended if self.spans else None
            if before is not None and not before.listed:
                self.clashes.append(Clash(before, fact))
            span = _opened(fact, "snapshot")
            self.spans.append(span)
        elif span.begun is not None and span.begun.at == fact.at:
            span.told.update(fact.rows)
            span.begun_by = span.begun_by or fact.by
        elif span.seen is None or span.seen.at != fact.at:
            span.seen = fact
        else:
            rows = tuple(sorted({*span.seen.rows, *fact.rows}))
            span.seen = Fact(fact.at, fact.step, fact.what, fact.by, fact.listed, rows)
        span.last_seen = fact.at
        if fact.listed:
            span.last_listed = fact.at

    def _end(self, fact: Fact) -> None:
        span = self._open
        if span is not None:
            _close(span, [fact])
            return
        if not self.spans:
            if fact.step is Step.END:
                self.spans.append(Span(None, "unknown", None, None))
                _close(self.spans[-1], [fact])
            return
        span = self.spans[-1]
        if span.ended is None or (fact.step is Step.CEASE and fact.at != span.end):
            return
        if _retold(span.ended, fact) or Step.CEASE in {span.ended.step, fact.step}:
            span.ended_by = span.ended_by or fact.by
            span.told.update(fact.rows)
        else:
            self.clashes.append(Clash(span.ended, fact))

    def _absent(self, facts: list[Fact]) -> None:
        span = self._open
        if span is None or not facts:
            return
        if span.begun is not None and span.start_basis == "event":
            self.clashes.extend(Clash(span.begun, fact) for fact in facts if fact.what != MISSING)
        _close(span, facts)

    def undated(self, fact: Fact) -> None:
        """Take a fact without a time: it can fill a gap, it never moves a dated end."""
        if not self.spans:
            if fact.step is Step.CEASE:
                return
            self.spans.append(Span(None, "unknown", None, None))
        if fact.step is Step.BEGIN:
            for span in self.spans:
                if span.start_basis != "event":
                    span.begun_by = span.begun_by or fact.by
                    span.told.update(fact.rows)
                    return
        elif fact.step is Step.SEEN:
            if self.spans[0].start is None:
                self.spans[0].told.update(fact.rows)
        elif self.spans[-1].end is None:
            span = self.spans[-1]
            span.open = False
            span.ended_by = span.ended_by or fact.by
            span.told.update(fact.rows)


def _opened(fact: Fact, basis: str) -> Span:
    listed = fact.at if fact.listed else None
    return Span(fact.at, basis, fact, fact.by, last_seen=fact.at, last_listed=listed, told=set(fact.rows))


def _close(span: Span, facts: list[Fact]) -> None:
    last = facts[0]
    span.open = False
    span.end, span.ended, span.ended_by = last.at, last, last.by
    span.end_basis = "snapshot" if last.listed else "event"
    if not last.listed:
        span.last_seen = last.at
    for fact in facts:
        span.told.update(fact.rows)


def _retold(told: Fact, fact: Fact) -> bool:
    """Whether two rows can be the same happening: of one moment or of one kind, and not by two accounts."""
    return (told.at == fact.at or told.what == fact.what) and (told.by is None or fact.by is None or told.by == fact.by)

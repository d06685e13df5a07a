"""The joint action: targets, measures and what followed, and the public figures drawn from them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class MeasureKind(StrEnum):
    """A planned or executed act on an action day."""

    SEARCH = "search"
    ARREST = "arrest"
    HEARING = "hearing"
    SEIZURE = "seizure"


class OutcomeKind(StrEnum):
    """What followed a measure."""

    PLANNED = "planned"
    DONE = "done"
    NOT_FOUND = "not_found"
    POSTPONED = "postponed"
    CUSTODY = "custody"
    CHARGED = "charged"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Measure:
    """One act against one target. Counted as executed unless planned, not found or postponed."""

    target: str
    country: str
    """ISO 3166-1 alpha-2."""
    kind: MeasureKind
    day: date
    outcome: OutcomeKind
    unit: str = ""

    @property
    def executed(self) -> bool:
        """Whether the act took place."""
        return self.outcome not in {OutcomeKind.PLANNED, OutcomeKind.NOT_FOUND, OutcomeKind.POSTPONED}


@dataclass(frozen=True, slots=True)
class Figures:
    """The operation's public figures. ``arrests_by_country`` adds up to ``arrests``: checked when made."""

    arrests: int
    arrests_by_country: tuple[tuple[str, int], ...]
    searches: int
    countries: tuple[str, ...]
    first_day: date | None
    last_day: date | None

    def __post_init__(self) -> None:
        total = sum(count for _, count in self.arrests_by_country)
        if total != self.arrests:
            raise ValueError(f"arrests by country add up to {total}, the total says {self.arrests}")

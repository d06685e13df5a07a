"""The joint action: targets, measures, and the public figures that follow from them."""

from dataclasses import dataclass

from django.db.models import QuerySet

from sauveterre.casework.models import ActionDay, Measure, Target
from sauveterre.casework.selectors.access import Sight
from sauveterre.exchange.communique import communique
from sauveterre.exchange.figures import figures
from sauveterre.exchange.wording import LANGUAGES
from sauveterre.records import action as records


@dataclass(frozen=True, slots=True)
class Board:
    """The state of the joint action."""

    targets: list[Target]
    days: list[ActionDay]
    measures: list[Measure]
    arrests: list[Measure]
    """The measures that the figures count as arrests: one for each arrested target."""
    figures: records.Figures
    statements: list[tuple[str, str]]
    """The text for the public, by language."""

    @property
    def sum(self) -> int:
        """What the arrests by country add up to."""
        return sum(count for _, count in self.figures.arrests_by_country)

    @property
    def adds_up(self) -> bool:
        """Whether countries, total and listed rows agree."""
        return self.sum == self.figures.arrests == len(self.arrests)


def board(sight: Sight) -> Board:
    """Return targets, measures and the figures drawn from them."""
    measures = list(measure_rows(sight))
    drawn = figures(record_of(row) for row in measures)
    return Board(
        targets=list(sight.operation.targets.order_by("country", "label")),
        days=list(sight.operation.action_days.order_by("day")),
        measures=measures,
        arrests=arrests(measures),
        figures=drawn,
        statements=[(language, communique(drawn, language)) for language in LANGUAGES],
    )


def measure_rows(sight: Sight) -> QuerySet[Measure]:
    """Return the measures by day, country and target."""
    rows = Measure.objects.filter(target__operation=sight.operation).select_related("target", "day")
    return rows.order_by("day__day", "target__country", "target__label", "kind")


def record_of(row: Measure) -> records.Measure:
    """Return a measure as the core's record."""
    return records.Measure(
        target=row.target.label,
        country=row.target.country,
        kind=records.MeasureKind(row.kind),
        day=row.day.day,
        outcome=records.OutcomeKind(row.outcome),
        unit=row.target.unit,
    )


def executed(rows: list[Measure]) -> list[Measure]:
    """Return the measures that took place."""
    return [row for row in rows if record_of(row).executed]


def arrests(rows: list[Measure]) -> list[Measure]:
    """Return each target's first executed arrest, of rows in the order of their days."""
    first: dict[int, Measure] = {}
    for row in executed(rows):
        if row.kind == records.MeasureKind.ARREST:
            first.setdefault(row.target_id, row)
    return list(first.values())

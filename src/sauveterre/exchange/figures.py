"""The operation's public figures, worked out from its measures."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from sauveterre.records.action import Figures, Measure, MeasureKind


def figures(measures: Iterable[Measure]) -> Figures:
    """Count what was done, each arrested person once.

    A target with several executed arrests counts on the first day, on that day in the first country by code.
    Searches are counted one by one. Days and countries are those of executed measures of any kind.

    Returns:
        Figures whose arrests by country add up to their total, most first, then by code.

    """
    done = [measure for measure in measures if measure.executed]
    arrested: dict[str, tuple[date, str]] = {}
    for measure in done:
        if measure.kind is MeasureKind.ARREST:
            candidate = (measure.day, measure.country)
            known = arrested.get(measure.target)
            arrested[measure.target] = candidate if known is None else min(known, candidate)
    by_country = Counter(country for _, country in arrested.values())
    days = [measure.day for measure in done]
    return Figures(
        arrests=len(arrested),
        arrests_by_country=tuple(sorted(by_country.items(), key=lambda pair: (-pair[1], pair[0]))),
        searches=sum(measure.kind is MeasureKind.SEARCH for measure in done),
        countries=tuple(sorted({measure.country for measure in done})),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
    )

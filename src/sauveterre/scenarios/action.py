"""The made-up action days: searches and arrests in four countries, and some that came to nothing."""

import csv
import io
from collections import Counter

from sauveterre.scenarios.cast import NAMESAKES, REINSTALLED, Cast
from sauveterre.scenarios.truth import TrueFigures

ARRESTED = {"FR": 4, "ES": 3, "BE": 2, "HU": 1}
MISSED = {"DE": "not_found", "BG": "not_found", "RO": "postponed", "FR": "postponed"}
UNITS = {"FR": "Antenne Occitanie"}
DAYS = ("2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04", "2026-06-05")
AFTER = ("custody", "charged", "custody", "released")
"""What followed each arrest in turn: all of them took place."""
HEADER = ("target", "country", "unit", "kind", "day", "outcome")

Row = tuple[str, str, str, str, str, str]


def measures(cast: Cast) -> list[Row]:
    """Return the measures, one row each: a search beside every arrest, then those that did not take place."""
    rows: list[Row] = []
    left = _by_country(cast)
    for country, count in ARRESTED.items():
        for _ in range(count):
            number = len(rows) // 2
            head = (left[country].pop(0), country, _unit(country))
            day = DAYS[number % (len(DAYS) - 1)]
            rows += [(*head, "search", day, "done"), (*head, "arrest", day, AFTER[number % len(AFTER)])]
    for country, outcome in MISSED.items():
        head = (left[country].pop(0), country, _unit(country))
        rows += [
            (*head, "search", DAYS[4], "done" if country == "DE" else outcome),
            (*head, "arrest", DAYS[4], outcome),
        ]
    return rows


def as_csv(rows: list[Row]) -> str:
    """Return the rows as comma-separated text with a header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    return buffer.getvalue()


def true_figures(rows: list[Row]) -> TrueFigures:
    """Return what the public figures must be: only what took place counts."""
    done = [row for row in rows if row[5] not in ("planned", "not_found", "postponed")]
    arrests = Counter(row[1] for row in done if row[3] == "arrest")
    days = sorted({row[4] for row in done})
    return TrueFigures(
        arrests=sum(arrests.values()),
        arrests_by_country=dict(sorted(arrests.items())),
        searches=sum(row[3] == "search" for row in done),
        countries=sorted({row[1] for row in done}),
        days=days,
    )


def _unit(country: str) -> str:
    return UNITS.get(country, f"Partner {country}")


def _by_country(cast: Cast) -> dict[str, list[str]]:
    skipped = {*NAMESAKES, *REINSTALLED, *REINSTALLED.values()}
    found: dict[str, list[str]] = {}
    for account in cast.accounts:
        if account.country and account.index not in skipped:
            found.setdefault(account.country, []).append(account.stable_id)
    return found

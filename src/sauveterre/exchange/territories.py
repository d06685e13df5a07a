"""Which unit is in charge of a place: an editable table, the most specific line wins."""

import csv
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from sauveterre.errors import InvalidInput
from sauveterre.records.referral import Place

COLUMNS = ("country", "region", "city", "postal_prefix", "unit")


@dataclass(frozen=True, slots=True)
class Territory:
    """One line of the table: a unit, and the place it answers for. Empty text stands for any."""

    country: str
    region: str
    city: str
    postal_prefix: str
    unit: str

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """How narrow the line is: a city before a postal prefix (the longer first) before a region."""
        return bool(self.city), len(self.postal_prefix), bool(self.region)

    @property
    def place(self) -> str:
        """The place in words for a reason."""
        parts = (self.city, f"{self.postal_prefix}…" if self.postal_prefix else "", self.region, self.country)
        return ", ".join(part for part in parts if part)

    def covers(self, place: Place) -> bool:
        """Say whether the place states all that this line names; case and accents do not matter."""
        return (
            folded(self.country) == folded(place.country)
            and (not self.region or folded(self.region) == folded(place.region))
            and (not self.city or folded(self.city) == folded(place.city))
            and (not self.postal_prefix or folded(place.postal_code).startswith(folded(self.postal_prefix)))
        )


def folded(text: str) -> str:
    """Return a text as it is compared: no case, no accents, one space for each run of spaces and hyphens."""
    plain = unicodedata.normalize("NFKD", text.replace("-", " ").replace("’", "'"))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(letters.casefold().split())


def read_territories(lines: Iterable[str]) -> tuple[Territory, ...]:
    """Read the table: CSV with a header of ``COLUMNS``; blank lines and comments (``#``) are left out.

    Raises ``InvalidInput`` with the line when a country is not two letters, a unit is missing, or two lines
    name the same place.
    """
    kept = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and line.lstrip()[:1] != "#"]
    try:
        rows = list(csv.reader([line for _, line in kept]))
    except csv.Error as error:
        raise InvalidInput(f"The table of territories is not CSV: {error}; correct it and try again.") from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise InvalidInput(f"The table of territories must begin with the line {','.join(COLUMNS)}.")
    territories: dict[tuple[str, ...], Territory] = {}
    for (number, _), row in zip(kept[1:], rows[1:], strict=False):
        cells = [cell.strip() for cell in row]
        if len(cells) != len(COLUMNS) or len(cells[0]) != 2 or not cells[4]:
            raise InvalidInput(
                f"Line {number} of the table of territories needs {len(COLUMNS)} cells, a country of two "
                "letters and a unit; correct it and try again."
            )
        territory = Territory(cells[0].upper(), *cells[1:])
        key = tuple(folded(cell) for cell in cells[:4])
        if key in territories:
            raise InvalidInput(
                f"Line {number} of the table of territories names {territory.place} a second time; keep one line."
            )
        territories[key] = territory
    return tuple(territories.values())


@cache
def default_territories() -> tuple[Territory, ...]:
    """Return the table that comes with the project: a starting point for a unit's own."""
    text = resources.files("sauveterre.exchange").joinpath("data/territories.csv").read_text(encoding="utf-8")
    return read_territories(text.splitlines())


def unit_in_charge(places: Iterable[Place], table: Iterable[Territory]) -> tuple[str, str] | None:
    """Return the unit for the first of the places that is most narrowly covered, and why; None for nowhere.

    Between equally narrow lines a stated place goes before an estimated one, then the order of places counts.
    """
    territories = tuple(table)
    best: tuple[tuple[bool, int, bool, bool], str, str] | None = None
    for place in places:
        for territory in territories:
            rank = (*territory.rank, place.kind != "estimated")
            if territory.covers(place) and (best is None or rank > best[0]):
                kind = place.kind or "stated"
                best = (
                    rank,
                    territory.unit,
                    f"{territory.place} (place: {kind}, {place.provenance.locator})",
                )
    return None if best is None else best[1:]

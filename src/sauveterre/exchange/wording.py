"""Words for people, in English and French: countries, dates, counts and lists."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Literal

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")

_MONTHS: dict[Language, tuple[str, ...]] = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
           "novembre", "décembre"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CountryNames:
    """A country of ISO 3166-1 in both languages, alone and in a sentence (``in Spain``, ``en Espagne``)."""

    code: str
    en: str
    fr: str
    in_en: str
    in_fr: str


@cache
def countries() -> dict[str, CountryNames]:
    """Return every country of ISO 3166-1 by its two-letter code."""
    text = resources.files("sauveterre.exchange").joinpath("data/countries.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["code"]: CountryNames(**row) for row in rows}


def country_name(code: str, language: Language) -> str:
    """Return a country's name; the code itself where ISO 3166-1 does not know it."""
    names = countries().get(code)
    if names is None:
        return code
    return names.fr if language == "fr" else names.en


def in_country(code: str, language: Language) -> str:
    """Return ``in Spain`` or ``en Espagne``; ``(XX)`` for a code that ISO 3166-1 does not know."""
    names = countries().get(code)
    if names is None:
        return f"({code})"
    return names.in_fr if language == "fr" else names.in_en


def day(at: date, language: Language) -> str:
    """Return ``1 November 2026`` or ``1er novembre 2026``."""
    return f"{_day_month(at, language)} {at.year}"


def moment(at: datetime | None, language: Language) -> str:
    """Return a time to the minute with its offset from UTC, or a dash where it is unknown."""
    if at is None:
        return "–"
    offset = at.strftime("%z")
    zone = "UTC" if offset in {"", "+0000"} else f"UTC{offset[:3]}:{offset[3:5]}"
    return f"{day(at, language)} {at:%H:%M} {zone}"


def day_range(first: date, last: date, language: Language) -> str:
    """Return ``on 13 November 2026`` or ``from 13 to 17 November 2026``; French likewise, in lower case."""
    on, start, end = ("le", "du", "au") if language == "fr" else ("on", "from", "to")
    if first == last:
        return f"{on} {day(first, language)}"
    if first.year != last.year:
        return f"{start} {day(first, language)} {end} {day(last, language)}"
    if first.month != last.month:
        return f"{start} {_day_month(first, language)} {end} {day(last, language)}"
    return f"{start} {_day_number(first, language)} {end} {day(last, language)}"


def count(number: int, one: str, many: str, language: Language) -> str:
    """Return ``1 arrest`` or ``1,200 arrests``; in French zero is singular."""
    singular = number in {0, 1} if language == "fr" else number == 1
    return f"{figure(number, language)} {one if singular else many}"


def figure(number: int, language: Language) -> str:
    """Return a number with its thousands parted as the language does it."""
    return f"{number:,}".replace(",", "\u202f") if language == "fr" else f"{number:,}"


def percent(share: float, language: Language) -> str:
    """Return a share of 1 in whole percent: ``80%`` or ``80 %``."""
    return f"{round(share * 100)}\u202f%" if language == "fr" else f"{round(share * 100)}%"


def listed(items: Sequence[str], language: Language) -> str:
    """Return ``a, b and c``."""
    if len(items) < 2:
        return "".join(items)
    joint = "et" if language == "fr" else "and"
    return f"{', '.join(items[:-1])} {joint} {items[-1]}"


def _day_number(at: date, language: Language) -> str:
    return "1er" if language == "fr" and at.day == 1 else str(at.day)


def _day_month(at: date, language: Language) -> str:
    return f"{_day_number(at, language)} {_MONTHS[language][at.month - 1]}"

"""The report of an operation as a PDF, set by typst from a template of this package.

What is said reaches the template as JSON, never as part of its text, so nothing in it can act as markup. Works
offline with the fonts that typst carries; the same report gives the same bytes.
"""

import json
from collections.abc import Sequence
from importlib import resources
from typing import TypedDict

import typst

from sauveterre.exchange.communique import communique
from sauveterre.exchange.report import OperationReport, ReportedGroup, ReportedIntegrity, SourceCount
from sauveterre.exchange.report_words import WORDS
from sauveterre.exchange.wording import Language, country_name, figure, moment

NAME = "report"
MOST_SOURCES = 400
"""Lines of the accounting: what is beyond stands in one line, and in the sum."""


class _Table(TypedDict):
    names: list[str]
    lines: list[list[str]]
    total: list[str]
    numbers: list[int]
    """Columns of numbers, set to the right."""
    widths: list[int]
    """Shares of the width; 0 is as wide as needed."""


class _Section(TypedDict):
    title: str
    basis: str
    mark: str
    note: str
    table: _Table


def report_pdf(report: OperationReport, language: Language) -> bytes:
    """Return the report as a PDF of A4 pages."""
    template = resources.files("sauveterre.exchange").joinpath("data/report.typ").read_bytes()
    pdf = typst.compile(
        template,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(report_content(report, language), ensure_ascii=False)},
        timestamp=int(report.as_of.timestamp()),
    )
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave no single PDF")
    return pdf


def report_content(report: OperationReport, language: Language) -> dict[str, object]:
    """Return all that the page says, in the language, as plain data for the template."""
    words = WORDS[language]
    return {
        "language": language,
        "title": f"{words['title']}{words['colon']} {report.operation}",
        "unit": report.unit,
        "as_of": f"{words['as_of']} {moment(report.as_of, language)}",
        "handling": " · ".join(report.handling),
        "opening": communique(report.figures, language, home=report.home),
        "words": {"none": words["none"]},
        "boxes": [
            {"figure": figure(number, language), "label": label}
            for number, label in (
                (sum(source.found for source in report.sources), words["entries"]),
                (len(report.groups), words["groups"]),
                (report.persons, words["persons"]),
                (report.figures.arrests, words["arrests"]),
                (report.figures.searches, words["searches"]),
            )
        ],
        "sections": [
            _accounting(report, language),
            _causes(report, language),
            _integrity(report, language),
            _groups(report, language),
            _administrators(report, language),
            _suppliers(report, language),
            _spaces(report, language),
            _countries(report, language),
            _arrests(report, language),
        ],
    }


def _accounting(report: OperationReport, language: Language) -> _Section:
    words = WORDS[language]
    shown = report.sources if len(report.sources) <= MOST_SOURCES else report.sources[: MOST_SOURCES - 1]
    lines = [[source.name, *_numbers([source], language)] for source in shown]
    rest = report.sources[len(shown) :]
    if rest:
        lines.append([f"{figure(len(rest), language)} {words['further']}", *_numbers(rest, language)])
    total = [words["total"], *_numbers(report.sources, language)] if report.sources else []
    names = ["source", "announced", "found", "processed", "partial", "failed", "skipped", "waiting"]
    widths = [1, 0, 0, 0, 0, 0, 0, 0]
    return _section(words, "accounting", "fact", names, lines, total, numbers=list(range(1, 8)), widths=widths)


def _numbers(sources: Sequence[SourceCount], language: Language) -> list[str]:
    """Return the sums of sources; one that is not listed announces nothing."""
    announced = [source.announced for source in sources if source.announced is not None]
    sums = [
        sum(getattr(source, name) for source in sources)
        for name in ("found", "processed", "partial", "failed", "skipped", "waiting")
    ]
    return [figure(sum(announced), language) if announced else "–", *(figure(number, language) for number in sums)]


def _causes(report: OperationReport, language: Language) -> _Section:
    words = WORDS[language]
    lines = [
        [words[f"cause_{one.cause}"], *(figure(number, language) for number in (one.partial, one.failed, one.skipped))]
        for one in report.causes
    ]
    sums = [sum(getattr(one, name) for one in report.causes) for name in ("partial", "failed", "skipped")]
    total = [words["total"], *(figure(number, language) for number in sums)] if report.causes else []
    names = ["cause", "partial", "failed", "skipped"]
    return _section(words, "causes", "fact", names, lines, total, numbers=[1, 2, 3], widths=[1, 0, 0, 0])


def _integrity(report: OperationReport, language: Language) -> _Section:
    words = WORDS[language]
    lines = [
        [
            one.exhibit,
            one.digest or "–",
            ", ".join(words[f"by_{name}"] for name in one.compared) or "–",
            words[_result(one)],
        ]
        for one in report.integrity
    ]
    names = ["exhibit", "digest", "compared", "result"]
    return _section(words, "integrity", "assessment", names, lines, numbers=[], widths=[1, 2, 1, 1])


def _result(one: ReportedIntegrity) -> str:
    if one.agrees is None:
        return "nothing" if one.digest else "unread"
    return "agrees" if one.agrees else "differs"


def _groups(report: OperationReport, language: Language) -> _Section:
    lines = [
        [
            group.title or "–",
            _short(group),
            figure(group.members, language),
            figure(len(group.administrators), language),
            "–" if group.messages is None else figure(group.messages, language),
        ]
        for group in report.groups
    ]
    names = ["group", "identifier", "members", "administrators_count", "messages"]
    return _section(WORDS[language], "groups", "fact", names, lines, numbers=[2, 3, 4], widths=[2, 1, 0, 0, 0])


def _administrators(report: OperationReport, language: Language) -> _Section:
    words = WORDS[language]
    lines = [
        [
            group.title or _short(group),
            administrator.label,
            moment(administrator.start, language) if administrator.start is not None else words["unknown"],
            moment(administrator.end, language)
            if administrator.end is not None
            else words["still" if administrator.still else "unknown"],
        ]
        for group in report.groups
        for administrator in group.administrators
    ]
    names = ["group", "account", "from", "to"]
    return _section(words, "administrators", "fact", names, lines, numbers=[], widths=[2, 2, 1, 1])


def _suppliers(report: OperationReport, language: Language) -> _Section:
    lines = [
        [
            supplier.label,
            supplier.group,
            figure(supplier.shares, language),
            figure(supplier.first_shares, language),
            "; ".join(supplier.reasons),
        ]
        for supplier in report.suppliers
    ]
    names = ["account", "group", "shares", "first_shares", "reasons"]
    words = WORDS[language]
    return _section(words, "suppliers", "assessment", names, lines, numbers=[2, 3], widths=[2, 2, 0, 0, 3])


def _spaces(report: OperationReport, language: Language) -> _Section:
    lines = [
        [space.key, space.kind, figure(space.links, language), figure(space.groups, language)]
        for space in report.spaces
    ]
    names = ["space", "kind", "links", "groups_count"]
    return _section(WORDS[language], "spaces", "fact", names, lines, numbers=[2, 3], widths=[1, 0, 0, 0])


def _countries(report: OperationReport, language: Language) -> _Section:
    lines = [
        [country_name(item.country, language), item.country, figure(item.persons, language)]
        for item in report.countries
    ]
    names = ["country", "code", "persons"]
    return _section(WORDS[language], "countries", "assessment", names, lines, numbers=[2], widths=[1, 0, 0])


def _arrests(report: OperationReport, language: Language) -> _Section:
    words = WORDS[language]
    lines = [
        [country_name(code, language), code, figure(number, language)]
        for code, number in report.figures.arrests_by_country
    ]
    total = [words["total"], "", figure(report.figures.arrests, language)]
    names = ["country", "code", "arrests"]
    return _section(words, "by_country", "fact", names, lines, total, numbers=[2], widths=[1, 0, 0])


def _section(
    words: dict[str, str],
    name: str,
    basis: str,
    names: list[str],
    lines: list[list[str]],
    total: list[str] | None = None,
    *,
    numbers: list[int],
    widths: list[int],
) -> _Section:
    table: _Table = {
        "names": [f"{words[key][:1].upper()}{words[key][1:]}" for key in names],
        "lines": lines,
        "total": total or [],
        "numbers": numbers,
        "widths": widths,
    }
    return {
        "title": words[f"{name}_title"],
        "basis": basis,
        "mark": words[basis],
        "note": words[f"{name}_note"],
        "table": table,
    }


def _short(group: ReportedGroup) -> str:
    kind, colon, _ = group.identifier.partition(":")
    return kind if colon else f"{group.identifier[:16]}…"

"""The report of an operation as a PDF, set by typst from a template of this package.

What is said reaches the template as JSON, never as part of its text, so nothing in it can act as markup. Works
offline with the fonts that typst carries; the same report gives the same bytes.
"""

import json
from importlib import resources
from typing import TypedDict

import typst

from sauveterre.exchange.communique import communique
from sauveterre.exchange.report import OperationReport, ReportedGroup
from sauveterre.exchange.wording import Language, country_name, figure, moment

NAME = "report"


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
    words = _WORDS[language]
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
            _groups(report, language),
            _administrators(report, language),
            _suppliers(report, language),
            _spaces(report, language),
            _countries(report, language),
            _arrests(report, language),
        ],
    }


def _accounting(report: OperationReport, language: Language) -> _Section:
    words = _WORDS[language]
    counts = [
        (source.found, source.processed, source.partial, source.failed, source.skipped) for source in report.sources
    ]
    lines = [
        [source.name, *(figure(number, language) for number in numbers)]
        for source, numbers in zip(report.sources, counts, strict=True)
    ]
    sums = [figure(sum(column), language) for column in zip(*counts, strict=True)]
    names = ["source", "found", "processed", "partial", "failed", "skipped"]
    total = [words["total"], *sums] if sums else []
    return _section(
        words, "accounting", "fact", names, lines, total, numbers=[1, 2, 3, 4, 5], widths=[1, 0, 0, 0, 0, 0]
    )


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
    return _section(_WORDS[language], "groups", "fact", names, lines, numbers=[2, 3, 4], widths=[2, 1, 0, 0, 0])


def _administrators(report: OperationReport, language: Language) -> _Section:
    words = _WORDS[language]
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
    words = _WORDS[language]
    return _section(words, "suppliers", "assessment", names, lines, numbers=[2, 3], widths=[2, 2, 0, 0, 3])


def _spaces(report: OperationReport, language: Language) -> _Section:
    lines = [
        [space.key, space.kind, figure(space.links, language), figure(space.groups, language)]
        for space in report.spaces
    ]
    names = ["space", "kind", "links", "groups_count"]
    return _section(_WORDS[language], "spaces", "fact", names, lines, numbers=[2, 3], widths=[1, 0, 0, 0])


def _countries(report: OperationReport, language: Language) -> _Section:
    lines = [
        [country_name(item.country, language), item.country, figure(item.persons, language)]
        for item in report.countries
    ]
    names = ["country", "code", "persons"]
    return _section(_WORDS[language], "countries", "assessment", names, lines, numbers=[2], widths=[1, 0, 0])


def _arrests(report: OperationReport, language: Language) -> _Section:
    words = _WORDS[language]
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


_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "title": "Report of the operation",
        "as_of": "as of",
        "colon": ":",
        "none": "None.",
        "total": "Total",
        "fact": "fact",
        "assessment": "assessment",
        "unknown": "not known",
        "still": "still held when last seen",
        "entries": "files found",
        "groups": "discussion groups",
        "persons": "persons",
        "arrests": "arrests",
        "searches": "searches",
        "accounting_title": "Every file accounted for",
        "accounting_note": "Found = processed + partial + failed + skipped, for every source.",
        "source": "Source",
        "found": "Found",
        "processed": "Processed",
        "partial": "Partial",
        "failed": "Failed",
        "skipped": "Skipped",
        "groups_title": "Discussion groups",
        "groups_note": "As the services’ own data states them.",
        "group": "Group",
        "identifier": "Identifier",
        "members": "Members",
        "administrators_count": "Administrators",
        "messages": "Messages",
        "administrators_title": "Administrators",
        "administrators_note": "Roles that the services’ own data states, and when they were held.",
        "account": "Account",
        "from": "From",
        "to": "To",
        "suppliers_title": "Suppliers",
        "suppliers_note": "Worked out by the program from who shared what first; to be verified.",
        "shares": "Shares",
        "first_shares": "First",
        "reasons": "Reasons",
        "spaces_title": "Storage spaces",
        "spaces_note": "Places that links in messages lead to; the links themselves are not shown.",
        "space": "Space",
        "kind": "Kind",
        "links": "Links",
        "groups_count": "Groups",
        "countries_title": "Countries",
        "countries_note": "Countries that something suggests for a person; never nationality. To be verified.",
        "country": "Country",
        "code": "Code",
        "by_country_title": "Arrests by country",
        "by_country_note": "Each person once; the sum is the total above.",
    },
    "fr": {
        "title": "Compte rendu de l’opération",
        "as_of": "situation au",
        "colon": " :",
        "none": "Aucun.",
        "total": "Total",
        "fact": "fait",
        "assessment": "appréciation",
        "unknown": "inconnu",
        "still": "encore tenu à la dernière observation",
        "entries": "fichiers trouvés",
        "groups": "groupes de discussion",
        "persons": "personnes",
        "arrests": "interpellations",
        "searches": "perquisitions",
        "accounting_title": "Chaque fichier est compté",
        "accounting_note": "Trouvés = traités + partiels + en échec + écartés, pour chaque source.",
        "source": "Source",
        "found": "Trouvés",
        "processed": "Traités",
        "partial": "Partiels",
        "failed": "En échec",
        "skipped": "Écartés",
        "groups_title": "Groupes de discussion",
        "groups_note": "Tels que les données des services les énoncent.",
        "group": "Groupe",
        "identifier": "Identifiant",
        "members": "Membres",
        "administrators_count": "Administrateurs",
        "messages": "Messages",
        "administrators_title": "Administrateurs",
        "administrators_note": "Rôles que les données des services énoncent, et quand ils ont été tenus.",
        "account": "Compte",
        "from": "Du",
        "to": "Au",
        "suppliers_title": "Fournisseurs",
        "suppliers_note": "Déduits par le programme de qui a partagé quoi en premier ; à vérifier.",
        "shares": "Partages",
        "first_shares": "Premiers",
        "reasons": "Motifs",
        "spaces_title": "Espaces de stockage",
        "spaces_note": "Lieux où mènent des liens trouvés dans les messages ; les liens eux-mêmes ne figurent pas ici.",
        "space": "Espace",
        "kind": "Genre",
        "links": "Liens",
        "groups_count": "Groupes",
        "countries_title": "Pays",
        "countries_note": "Pays qu’un élément suggère pour une personne ; jamais une nationalité. À vérifier.",
        "country": "Pays",
        "code": "Code",
        "by_country_title": "Interpellations par pays",
        "by_country_note": "Chaque personne une fois ; la somme est le total ci-dessus.",
    },
}

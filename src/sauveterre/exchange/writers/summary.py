"""A package for people: one HTML page that stands alone, prints well, and says of everything how it is known.

No script, no picture, nothing from elsewhere: the page forbids itself to load anything. All texts are escaped.
"""

from collections.abc import Iterable
from html import escape

from sauveterre.exchange.handling import handling_text
from sauveterre.exchange.package import ASSESSMENT, FACT, JUDGEMENT, OUTSIDE, Package, PackagePerson, PackageRole
from sauveterre.exchange.wording import Language, count, country_name, moment, percent
from sauveterre.records.provenance import Provenance

NAME = "summary"

_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "title": "Package for",
        "purpose": "Purpose",
        "created": "Created",
        "origin": "From",
        "reference": "Reference",
        "handling": "Handling",
        "person": "person",
        "people": "people",
        "account": "account",
        "accounts": "accounts",
        "content": "content known by its hashes",
        "contents": "contents known by their hashes",
        "hit": "of them on a list of known hashes",
        "hits": "of them on a list of known hashes",
        "legend": "Everything below is marked:",
        FACT: "fact",
        ASSESSMENT: "assessment",
        JUDGEMENT: "judgement",
        "fact_meaning": "what the data states",
        "assessment_meaning": "what the program worked out, to be verified",
        "judgement_meaning": "what a named officer decided",
        "identifiers": "Accounts and identifiers",
        "attribution": "Why the accounts are one person’s",
        "confidence": "confidence",
        "indications": "What suggests a country (never nationality)",
        "roles": "Roles in groups",
        "shared": "Contents shared, by hash",
        "none": "None.",
        "service": "Service",
        "type": "Type",
        "value": "Value",
        "country": "Country",
        "basis": "Known as",
        "weight": "Weight",
        "reason": "Reason",
        "group": "Group",
        "role": "Role",
        "from": "From",
        "to": "To",
        "lists": "Lists",
        "rows": "Rows",
        "granted": "granted by",
        "outside": "Holds only persons for whom something suggests this country. No picture is included.",
        "elsewhere": OUTSIDE,
        "colon": ":",
    },
    "fr": {
        "title": "Dossier pour",
        "purpose": "Finalité",
        "created": "Établi le",
        "origin": "De",
        "reference": "Référence",
        "handling": "Conditions d’utilisation",
        "person": "personne",
        "people": "personnes",
        "account": "compte",
        "accounts": "comptes",
        "content": "contenu connu par ses empreintes",
        "contents": "contenus connus par leurs empreintes",
        "hit": "figurant sur une liste d’empreintes connues",
        "hits": "figurant sur une liste d’empreintes connues",
        "legend": "Chaque élément ci-dessous est marqué :",
        FACT: "fait",
        ASSESSMENT: "appréciation",
        JUDGEMENT: "décision",
        "fact_meaning": "ce que les données énoncent",
        "assessment_meaning": "ce que le programme a déduit, à vérifier",
        "judgement_meaning": "ce qu’un enquêteur nommé a décidé",
        "identifiers": "Comptes et identifiants",
        "attribution": "Pourquoi les comptes sont d’une même personne",
        "confidence": "confiance",
        "indications": "Ce qui suggère un pays (jamais une nationalité)",
        "roles": "Rôles dans les groupes",
        "shared": "Contenus partagés, par empreinte",
        "none": "Aucun.",
        "service": "Service",
        "type": "Type",
        "value": "Valeur",
        "country": "Pays",
        "basis": "Nature",
        "weight": "Poids",
        "reason": "Motif",
        "group": "Groupe",
        "role": "Rôle",
        "from": "Du",
        "to": "Au",
        "lists": "Listes",
        "rows": "Lignes",
        "granted": "accordé par",
        "outside": "Ne contient que des personnes pour lesquelles un élément suggère ce pays. Aucune image jointe.",
        "elsewhere": "un compte hors de ce dossier",
        "colon": " :",
    },
}

_STYLE = """
body{font:11pt/1.45 "Source Sans 3","Segoe UI",system-ui,sans-serif;color:#1b1f24;background:#fff;margin:2rem auto;max-width:62rem;padding:0 1rem}
h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.2rem;margin:2rem 0 .4rem;border-bottom:2px solid #24496b;padding-bottom:.2rem}
h3{font-size:1rem;margin:1.1rem 0 .3rem}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{border:1px solid #c5ccd3;padding:.3rem .45rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:#eef2f5}.handling{border:2px solid #8a1c1c;padding:.5rem .8rem;margin:1rem 0}
.mark{font-weight:600;white-space:nowrap}.fact::before{content:"● "}.assessment::before{content:"○ "}.judgement::before{content:"◆ "}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.6rem 0}dt{font-weight:600}dd{margin:0}
.rows{color:#4c5661;font-size:.82rem}section{break-inside:auto}
@media print{body{margin:0;max-width:none}h2,h3{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}}
"""  # noqa: E501


def summary_html(package: Package, language: Language) -> str:
    """Return the page as HTML text, in UTF-8 when written. Give it a package that was confined."""
    words = _WORDS[language]
    title = f"{words['title']} {country_name(package.country, language)}"
    parts = [
        f"<h1>{escape(title)}{words['colon']} {escape(package.operation)}</h1>",
        f"<p>{escape(words['outside'])}</p>",
        _handling(package, language),
        _head(package, language),
        _legend(words),
        *(_person(package, person, language) for person in package.persons),
    ]
    body = "\n".join(parts).replace(OUTSIDE, words["elsewhere"])
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        "</body>\n</html>\n"
    )


def _handling(package: Package, language: Language) -> str:
    items = "".join(
        f"<li><strong>{escape(code)}</strong> – {escape(handling_text(code, language))}</li>"
        for code in package.handling
    )
    return f'<div class="handling"><strong>{_WORDS[language]["handling"]}</strong><ul>{items}</ul></div>'


def _head(package: Package, language: Language) -> str:
    words = _WORDS[language]
    counts = (
        count(len(package.persons), words["person"], words["people"], language),
        count(len(package.accounts), words["account"], words["accounts"], language),
        count(len(package.contents), words["content"], words["contents"], language),
        count(package.hits, words["hit"], words["hits"], language),
    )
    lines = (
        (words["purpose"], package.purpose),
        (words["origin"], package.origin or "–"),
        (words["reference"], package.reference or "–"),
        (words["created"], moment(package.created, language)),
    )
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in lines)
    return f"<dl>{listed}</dl><p>{escape(' · '.join(counts))}</p>"


def _legend(words: dict[str, str]) -> str:
    items = "".join(
        f"<li>{_mark(basis, words)}{words['colon']} {escape(words[f'{basis}_meaning'])}</li>"
        for basis in (FACT, ASSESSMENT, JUDGEMENT)
    )
    return f"<p>{escape(words['legend'])}</p><ul>{items}</ul>"


def _person(package: Package, person: PackagePerson, language: Language) -> str:
    words = _WORDS[language]
    own = {account.stable_id for account in person.accounts}
    contents = [
        (content.sha256, content.group or "–", ", ".join(content.lists) or "–", _mark(FACT, words), _rows(content.rows))
        for content in package.contents
        if content.account in own
    ]
    names = words["value"], words["group"], words["lists"], words["basis"], words["rows"]
    return (
        f"<section><h2>{escape(person.label)}</h2>"
        + _attribution(person, language)
        + f"<h3>{escape(words['identifiers'])}</h3>{_identifiers(person, words)}"
        + f"<h3>{escape(words['indications'])}</h3>{_indications(person, language)}"
        + f"<h3>{escape(words['roles'])}</h3>{_roles(person.roles, language)}"
        + (f"<h3>{escape(words['shared'])}</h3>{_table(names, contents, words)}" if contents else "")
        + "</section>"
    )


def _attribution(person: PackagePerson, language: Language) -> str:
    words = _WORDS[language]
    if len(person.accounts) < 2 and not person.reasons:
        return ""
    sure = "" if person.confidence is None else f" ({words['confidence']} {percent(person.confidence / 100, language)})"
    reasons = escape("; ".join(person.reasons) or "–")
    return (
        f"<p>{escape(words['attribution'])}{escape(sure)}{words['colon']} {reasons} {_mark(person.basis, words)}</p>"
        f"<p>{_rows(person.rows)}</p>"
    )


def _identifiers(person: PackagePerson, words: dict[str, str]) -> str:
    lines = []
    for account in person.accounts:
        key = f"{account.service} · {account.stable_id}"
        if not account.identifiers:
            lines.append((key, "–", "–", "–", "–"))
        lines += [
            (key, stated.type, stated.value, _mark(FACT, words), _rows((stated.provenance,)))
            for stated in account.identifiers
        ]
    names = words["service"], words["type"], words["value"], words["basis"], words["rows"]
    return _table(names, lines, words)


def _indications(person: PackagePerson, language: Language) -> str:
    words = _WORDS[language]
    lines = [
        (
            country_name(indication.country, language),
            f"{indication.basis} ({percent(indication.weight, language)})",
            indication.reason,
            _mark(ASSESSMENT, words),
            _rows(indication.rows),
        )
        for indication in person.indications
    ]
    names = words["country"], words["weight"], words["reason"], words["basis"], words["rows"]
    return _table(names, lines, words)


def _roles(roles: Iterable[PackageRole], language: Language) -> str:
    words = _WORDS[language]
    lines = [
        (
            f"{role.group_title or '–'} ({_short(role.group)})",
            f"{role.role} · {role.account}",
            moment(role.start, language),
            moment(role.end, language),
            _granted("; ".join(role.reasons), role.granted_by, words) or "–",
            _mark(role.basis, words),
            _rows(role.rows),
        )
        for role in roles
    ]
    names = (words["group"], words["role"], words["from"], words["to"], words["reason"], words["basis"], words["rows"])
    return _table(names, lines, words)


def _granted(reasons: str, by: str, words: dict[str, str]) -> str:
    return "; ".join(part for part in (reasons, f"{words['granted']} {by}" if by else "") if part)


def _short(group: str) -> str:
    """Return a group's identifier short enough to read; the table and the CASE document hold it whole."""
    kind, colon, _ = group.partition(":")
    return kind if colon else f"{group[:16]}…"


class _Markup(str):
    """Text that is markup already and must not be escaped again."""

    __slots__ = ()


def _mark(basis: str, words: dict[str, str]) -> _Markup:
    return _Markup(f'<span class="mark {escape(basis)}">{escape(words[basis])}</span>')


def _rows(rows: Iterable[Provenance]) -> _Markup:
    lines = (escape(f"{row.path} · {row.locator} ({row.reader}; {row.source[:23]}…)") for row in rows)
    return _Markup(f'<span class="rows">{"<br>".join(lines) or "–"}</span>')


def _table(names: Iterable[str], lines: Iterable[tuple[str, ...]], words: dict[str, str]) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(
        f"<tr>{''.join(f'<td>{item if isinstance(item, _Markup) else escape(item)}</td>' for item in line)}</tr>"
        for line in lines
    )
    if not body:
        return f"<p>{escape(words['none'])}</p>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

"""A country's package as a bag: the same content for machines (CASE), for spreadsheets and for people."""

import json
from pathlib import Path

from sauveterre.exchange.handling import handling_text
from sauveterre.exchange.package import Package, confine
from sauveterre.exchange.wording import LANGUAGES
from sauveterre.exchange.writers.bagit import write_bag
from sauveterre.exchange.writers.case_uco import case_json
from sauveterre.exchange.writers.persons_csv import persons_csv
from sauveterre.exchange.writers.summary import summary_html

NAME = "package"
PROFILE = "sauveterre-package 1"


def write_package(package: Package, folder: Path) -> Path:
    """Write a package as a BagIt bag and return its folder. The same package gives the same bytes.

    The keys of accounts that are not the package's are taken out of its texts first (see ``package.confine``).

    Args:
        package: what the country is given.
        folder: where the bag goes; it must not exist. It appears whole or not at all.

    Raises ``InvalidInput`` when the folder exists or the CASE document would not hold together.

    """
    confined = confine(package)
    payload = {
        "case.jsonld": case_json(confined),
        "persons.csv": persons_csv(confined),
        "handling.json": _json(
            {code: {language: handling_text(code, language) for language in LANGUAGES} for code in confined.handling}
        ),
        "package.json": _json(_description(confined)),
    }
    for language in LANGUAGES:
        payload[f"summary.{language}.html"] = summary_html(confined, language).encode()
    info = (
        ("Source-Organization", confined.origin or "not stated"),
        ("Bagging-Date", confined.created.date().isoformat()),
        ("External-Identifier", confined.reference or f"{confined.operation} {confined.country}"),
        ("Bag-Group-Identifier", confined.operation),
        ("External-Description", f"{confined.purpose} [{', '.join(confined.handling)}]"),
    )
    return write_bag(folder, payload, info)


def _description(package: Package) -> dict[str, object]:
    return {
        "profile": PROFILE,
        "operation": package.operation,
        "country": package.country,
        "reference": package.reference,
        "origin": package.origin,
        "created": package.created.isoformat(),
        "purpose": package.purpose,
        "handling": list(package.handling),
        "persons": len(package.persons),
        "accounts": len(package.accounts),
        "contents": len(package.contents),
        "hits": package.hits,
        "sources": sorted({row.source for row in package.statements()}),
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()

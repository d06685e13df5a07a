"""Countries: what each partner gets."""

from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count

from sauveterre.casework.models import CountryPackage, Measure, Person
from sauveterre.casework.selectors.access import Sight
from sauveterre.exchange import wording

FILES = 500


@dataclass(frozen=True, slots=True)
class CountryRow:
    """A country with the persons whom the data suggests for it, and the packages made for it."""

    code: str
    persons: int
    packages: list[CountryPackage]
    measures: int


def country_rows(sight: Sight) -> list[CountryRow]:
    """Return the countries with persons or packages, most persons first; the unknown one (empty code) last."""
    people = dict(
        Person.objects.filter(operation=sight.operation).values_list("country").annotate(n=Count("pk")).order_by()
    )
    made: dict[str, list[CountryPackage]] = {}
    for package in sight.operation.packages.order_by("country", "-made_at"):
        made.setdefault(package.country, []).append(package)
    measures = dict(
        Measure.objects.filter(target__operation=sight.operation)
        .values_list("target__country")
        .annotate(n=Count("pk"))
        .order_by()
    )
    rows = [
        CountryRow(code, people.get(code, 0), made.get(code, []), measures.get(code, 0))
        for code in people.keys() | made.keys()
    ]
    return sorted(rows, key=lambda row: (not row.code, -row.persons, row.code))


def package(sight: Sight, key: int) -> CountryPackage | None:
    """Return one package of the operation, or None."""
    return sight.operation.packages.filter(pk=key).first()


def package_files(found: CountryPackage) -> list[tuple[str, int]]:
    """List a package's files as (path in the package, bytes); empty where the folder is no longer there."""
    folder = Path(found.folder)
    if not folder.is_dir():
        return []
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [(path.relative_to(folder).as_posix(), path.stat().st_size) for path in files[:FILES]]


def country_name(code: str, language: str) -> str:
    """Return a country's name in French, or in English for every other language; the code where none is known."""
    return wording.country_name(code, "fr" if language.startswith("fr") else "en")

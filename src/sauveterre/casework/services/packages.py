"""Packages for partners: only that country's persons, with the rows that prove what is said of them."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sauveterre.casework import audit
from sauveterre.casework.assessing import latest_referrals
from sauveterre.casework.models import CountryPackage, Officer, Operation, Person
from sauveterre.casework.packaging import package_of
from sauveterre.casework.services.operations import require_member
from sauveterre.casework.snapshot import one_moment
from sauveterre.errors import InvalidInput
from sauveterre.exchange.writers.package import write_package
from sauveterre.referrals.reading import read_referral


def countries_of(operation: Operation) -> list[str]:
    """Return the countries that any person is indicated for."""
    persons = Person.objects.filter(operation=operation).exclude(country="")
    return list(persons.values_list("country", flat=True).distinct().order_by("country"))


def make_package(*, operation: Operation, country: str, by: Officer) -> CountryPackage:
    """Write a country's package into the workspace; raise ``InvalidInput`` when nobody is indicated for it."""
    require_member(operation=operation, officer=by)
    country = country.strip().upper()
    if country not in countries_of(operation):
        raise InvalidInput(
            f"no person of {operation.name} is indicated for {country!r}; run `sauveterre assess`, or choose one "
            f"of {', '.join(countries_of(operation)) or 'none yet'}"
        )
    created = timezone.now()
    with one_moment():
        referrals = [read_referral(bytes(row.original), row.name) for row in latest_referrals(operation)]
        package = package_of(operation, country, created=created, origin=by.unit, referrals=referrals)
    folder = _next_folder(Path(settings.WORKSPACE) / "packages" / f"{operation.pk:04d}", country)
    written = write_package(package, folder)
    digest = hashlib.sha256((written / "tagmanifest-sha256.txt").read_bytes()).hexdigest()
    with transaction.atomic():
        made = CountryPackage.objects.create(
            operation=operation,
            country=country,
            persons=len(package.persons),
            folder=str(written),
            digest=digest,
            made_by=by.username,
        )
        audit.record(
            actor=by.username, action="package-made", subject=country, operation=operation,
            persons=len(package.persons), digest=digest,
        )  # fmt: skip
    return made


def _next_folder(parent: Path, country: str) -> Path:
    """Return a folder that does not exist yet, also after a run that was killed before it was entered."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = 1
    while (folder := parent / f"{country}-{number:03d}").exists():
        number += 1
    return folder

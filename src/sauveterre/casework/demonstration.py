"""The demonstration: a made-up operation through the real chain, and what was found beside what is true."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sauveterre.casework.accounting import accounts_of
from sauveterre.casework.comparison import compare
from sauveterre.casework.jobs import assess
from sauveterre.casework.models import Officer, Operation
from sauveterre.casework.progress import progress_of
from sauveterre.casework.runner import run_jobs
from sauveterre.casework.services.action import import_measures
from sauveterre.casework.services.exhibits import add_exhibit
from sauveterre.casework.services.hash_lists import add_hash_list
from sauveterre.casework.services.operations import create_operation
from sauveterre.casework.services.packages import countries_of, make_package
from sauveterre.casework.services.referrals import add_referral
from sauveterre.casework.services.reports import write_reports
from sauveterre.records.accounting import Accounting
from sauveterre.records.progress import Progress
from sauveterre.scenarios.score import Score
from sauveterre.scenarios.truth import Truth

LISTS = (("known_national.json", False), ("ignorable.txt", True), ("pdq_partners.txt", False))


@dataclass(frozen=True, slots=True)
class Demonstrated:
    """What came of it."""

    operation: Operation
    scores: list[Score]
    accounting: list[Accounting]
    seconds: dict[str, float]
    """Wall time by part of the chain."""


def demonstrate(
    *, material: Path, truth: Truth, by: Officer, reports: Path, tick: Callable[[Progress], None]
) -> Demonstrated:
    """Run a drawn operation from the referral to the communiqué in the open workspace."""
    clock = _Clock()
    operation = create_operation(name=truth.operation, by=by)
    take_in(operation, material, truth, by=by)
    clock.note("taking in")
    run_jobs(tick=lambda: tick(progress_of(operation)))
    clock.note("processing")
    assess.defer(operation_id=operation.pk, by=by.username)
    run_jobs(workers=1)
    clock.note("assessment")
    import_measures(operation=operation, text=(material / "measures.csv").read_text("utf-8"), by=by)
    for country in countries_of(operation):
        make_package(operation=operation, country=country, by=by)
    write_reports(operation=operation, folder=reports, by=by)
    clock.note("packages and reports")
    return Demonstrated(operation, compare(operation, truth), accounts_of(operation), clock.seconds)


def take_in(operation: Operation, material: Path, truth: Truth, *, by: Officer) -> None:
    """Take in the referral, the exhibits with their keys, and the hash lists."""
    for path in (material / "referral.xml", *sorted((material / "referral_files").glob("*.xml"))):
        add_referral(operation=operation, name=path.name, data=path.read_bytes(), by=by)
    for exhibit in truth.exhibits:
        add_exhibit(
            operation=operation,
            path=material / exhibit.path,
            by=by,
            seal=f"S-{exhibit.number}",
            description=exhibit.what,
            keys=(exhibit.key,) if exhibit.key else (),
        )
    for name, ignorable in LISTS:
        path = material / "lists" / name
        add_hash_list(operation=operation, path=path, name=path.stem, version="2026-05", ignorable=ignorable, by=by)


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def note(self, part: str) -> None:
        now = time.monotonic()
        self.seconds[part], self._last = round(now - self._last, 2), now

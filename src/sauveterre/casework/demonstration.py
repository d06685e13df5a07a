"""The demonstration: a made-up operation through the real chain, and what was found beside what is true."""

import hashlib
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
from sauveterre.casework.services.custody import enter_line, sign_line
from sauveterre.casework.services.exhibits import add_exhibit
from sauveterre.casework.services.hash_lists import add_hash_list
from sauveterre.casework.services.operations import add_member, create_operation, local_officer
from sauveterre.casework.services.packages import countries_of, make_package
from sauveterre.casework.services.photos import add_photo
from sauveterre.casework.services.referrals import add_referral
from sauveterre.casework.services.reports import write_reports
from sauveterre.records.accounting import Accounting
from sauveterre.records.digest import Digest
from sauveterre.records.progress import Progress
from sauveterre.scenarios.score import Score
from sauveterre.scenarios.seizure import ACT, SECOND_OFFICER, SEIZURES, WHERE, custody_of, photograph
from sauveterre.scenarios.truth import TrueExhibit, Truth

LISTS = (
    ("known_national.json", False),
    ("ignorable.txt", True),
    ("pdq_partners.txt", False),
    ("film_partners.csv", False),
)

UNSIGNED = "imaged"
"""The custody line that still waits for its second signature, so that one can be seen waiting."""


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
    second = local_officer(SECOND_OFFICER)
    add_member(operation=operation, officer=second, by=by)
    for exhibit in truth.exhibits:
        _take_in_exhibit(operation, material, exhibit, by=by, second=second)
    for name, ignorable in LISTS:
        path = material / "lists" / name
        add_hash_list(operation=operation, path=path, name=path.stem, version="2026-05", ignorable=ignorable, by=by)


def _take_in_exhibit(operation: Operation, material: Path, true: TrueExhibit, *, by: Officer, second: Officer) -> None:
    """Enter one exhibit as the minutes have it, with its photograph, its custody log and what its imaging log says."""
    seizure = SEIZURES[true.number]
    path = material / true.path
    digests = (Digest("sha1", hashlib.sha1(path.read_bytes()).hexdigest()),) if true.kind == "image" else ()  # noqa: S324
    exhibit = add_exhibit(
        operation=operation,
        path=path,
        by=by,
        keys=(true.key,) if true.key else (),
        digests=digests,
        digest_origin="imaging log" if digests else "",
        seal=f"S-{true.number}",
        description=true.what,
        kind=seizure.kind,
        model=seizure.model,
        serial=seizure.serial,
        seized_at=seizure.seized_at,
        seized_where=f"{WHERE}, {seizure.room}",
        seized_by="search team 2",
        legal_act=ACT,
    )
    add_photo(exhibit=exhibit, name=f"S-{true.number}.jpg", data=photograph(true.number), caption="As seized", by=by)
    for line in custody_of(true.number):
        event = enter_line(
            exhibit=exhibit,
            act=line.act,
            happened_at=seizure.seized_at + line.after,
            place=line.place,
            given_by=line.given_by,
            received_by=line.received_by,
            seal=line.seal,
            by=by,
        )
        if line.act != UNSIGNED:
            sign_line(event=event, by=second)


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def note(self, part: str) -> None:
        now = time.monotonic()
        self.seconds[part], self._last = round(now - self._last, 2), now

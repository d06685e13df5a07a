"""Many exhibits at once, from a table or from a folder of media: first looked at, then all of them entered or none."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from enum import StrEnum
from pathlib import Path

from django.db import transaction

from sauveterre.casework import audit
from sauveterre.casework.models import Officer, Operation
from sauveterre.casework.services.exhibits import (
    add_exhibit,
    attach_medium,
    checked_register,
    readable_kind,
    require_open_to_exhibits,
)
from sauveterre.casework.services.operations import require_member
from sauveterre.errors import InvalidInput, SauveterreError, UnknownFormat
from sauveterre.evidence.segments import files_of
from sauveterre.exchange.register import RegisterLine, read_register, text_of
from sauveterre.records.digest import Digest
from sauveterre.records.entry import display_path
from sauveterre.records.register import Register

MOST = 1_000
"""Exhibits entered at once."""


class Verdict(StrEnum):
    """What would come of a line of a table, or of a file in a folder."""

    NEW = "new"
    ATTACH = "attach"
    """The exhibit is registered, and this line says where its medium lies."""
    THERE = "there"
    LEFT = "left"
    """Not a medium: left where it is."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One line of a table or one file of a folder, and what would come of it."""

    name: str
    """``line 3`` of a table, or the file's name."""
    verdict: Verdict
    line: int = 0
    """Of the table; 0 in a folder."""
    why: str = ""
    """A sentence for everything but what is new."""
    register: Register = field(default_factory=Register)
    path: Path | None = None
    digests: tuple[Digest, ...] = ()
    reader: str = ""
    number: int = 0
    """Of the exhibit that is there already."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do, in the order of the table or folder."""

    rows: tuple[Planned, ...]

    def count(self, verdict: Verdict) -> int:
        """Count the rows of which this would come."""
        return sum(row.verdict is verdict for row in self.rows)

    @property
    def entered(self) -> int:
        """How many exhibits would be new, or be given their medium."""
        return self.count(Verdict.NEW) + self.count(Verdict.ATTACH)

    @property
    def wrong(self) -> int:
        """How many rows cannot be entered; with one of them, nothing is."""
        return self.count(Verdict.WRONG)

    @property
    def mark(self) -> str:
        """What tells this plan from any other: a person confirms what was shown, and nothing else."""
        return hashlib.sha256(repr(self.rows).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def plan_table(*, operation: Operation, table: bytes, zone: tzinfo, by: Officer, folder: Path | None = None) -> Plan:
    """Say what a CSV table of exhibits would enter; paths that are not absolute lie in ``folder``.

    Raises ``InvalidInput`` for what is no table at all, or holds more than 1,000 lines.
    """
    require_member(operation=operation, officer=by)
    seals: dict[str, str] = {}
    paths: dict[Path, str] = {}
    rows = []
    for line in read_register(text_of(table), zone):
        row = _planned(operation, line, folder)
        rows.append(_unless_twice(row, seals, paths))
    return _bounded(rows)


def _planned(operation: Operation, line: RegisterLine, folder: Path | None) -> Planned:
    name = f"line {line.number}"
    row = Planned(name=name, verdict=Verdict.NEW, line=line.number, register=line.register, digests=line.digests)
    try:
        if line.wrong:
            raise InvalidInput(line.wrong)
        path = _path(line.path, folder)
        row = replace(row, path=path)
        there = operation.exhibits.filter(seal=line.register.get("seal") or None).first()
        if there is None and path is not None:
            there = operation.exhibits.filter(path_raw=os.fsencode(path)).first()
        if there is not None and (there.path or path is None):
            why = f"exhibit {there.number} has this seal number or path already"
            return replace(row, verdict=Verdict.THERE, why=why, number=there.number)
        if there is None:
            checked_register(operation, line.register, has_path=path is not None)
        reader = "" if path is None else readable_kind(operation, path)
    except SauveterreError as error:
        return replace(row, verdict=Verdict.WRONG, why=str(error))
    if there is not None:
        why = f"exhibit {there.number} is given its medium"
        return replace(row, verdict=Verdict.ATTACH, why=why, number=there.number, reader=reader)
    return replace(row, reader=reader)


def _path(text: str, folder: Path | None) -> Path | None:
    if not text:
        return None
    path = Path(text).expanduser()
    if not path.is_absolute() and folder is None:
        raise InvalidInput(f"{text} does not say where it begins; give the whole path, from / on")
    return (folder or Path("/")) / path


def _unless_twice(row: Planned, seals: dict[str, str], paths: dict[Path, str]) -> Planned:
    """Return a row, or call it wrong when an earlier line of the same table has its seal number or path."""
    if row.verdict not in {Verdict.NEW, Verdict.ATTACH}:
        return row
    seal = row.register.get("seal", "")
    if seal and seal in seals:
        return replace(row, verdict=Verdict.WRONG, why=f"{seals[seal]} has the seal number {seal!r} too")
    if row.path is not None and row.path in paths:
        return replace(row, verdict=Verdict.WRONG, why=f"{paths[row.path]} has the path {row.path} too")
    if seal:
        seals[seal] = row.name
    if row.path is not None:
        paths[row.path] = row.name
    return row


def plan_folder(*, operation: Operation, folder: Path, by: Officer) -> Plan:
    """Say which exhibits the folders, images and archives that lie directly in a folder would become.

    Segments of one image are one exhibit. Nothing is read but both ends of each file. Raises ``InvalidInput`` for
    what is no folder, or holds more than 1,000 files.
    """
    require_member(operation=operation, officer=by)
    folder = folder.expanduser().absolute()
    require_open_to_exhibits(folder)
    try:
        found = sorted(folder.iterdir(), key=lambda path: os.fsencode(path.name))
    except OSError as error:
        raise InvalidInput(f"{folder} is no folder that can be read: {error.strerror}; name another one") from error
    return _bounded(_media(operation, found))


def _media(operation: Operation, found: list[Path]) -> Iterator[Planned]:
    part_of = {part: path for path in found if path.is_file() for part in files_of(path)[1:]}
    for path in found:
        name = display_path(os.fsencode(path.name))
        if path.is_symlink():
            yield Planned(name=name, verdict=Verdict.LEFT, why="a link, which is not followed")
        elif path in part_of:
            whole = display_path(os.fsencode(part_of[path].name))
            yield Planned(name=name, verdict=Verdict.LEFT, why=f"a segment of {whole}")
        else:
            yield _medium(operation, path, name)


def _medium(operation: Operation, path: Path, name: str) -> Planned:
    there = operation.exhibits.filter(path_raw=os.fsencode(path)).first()
    if there is not None:
        why = f"exhibit {there.number} lies there already"
        return Planned(name=name, verdict=Verdict.THERE, why=why, path=path, number=there.number)
    try:
        reader = readable_kind(operation, path)
    except UnknownFormat:
        return Planned(name=name, verdict=Verdict.LEFT, why="neither a folder nor an image or archive that is read")
    except SauveterreError as error:
        return Planned(name=name, verdict=Verdict.WRONG, why=str(error), path=path)
    return Planned(name=name, verdict=Verdict.NEW, path=path, reader=reader, register=Register(description=name))


def _bounded(rows: Iterable[Planned]) -> Plan:
    plan = Plan(tuple(rows))
    if len(plan.rows) > MOST:
        raise InvalidInput(
            f"{len(plan.rows):,} exhibits are more than the {MOST:,} that are entered at once; part them"
        )
    return plan


@transaction.atomic
def import_exhibits(*, operation: Operation, plan: Plan, by: Officer, digest_origin: str = "") -> list[int]:
    """Enter what is new in a plan, all of it or nothing; return the numbers of the exhibits.

    Raises ``InvalidInput`` when a row is wrong, or became so since it was looked at.
    """
    require_member(operation=operation, officer=by)
    wrong = next((row for row in plan.rows if row.verdict is Verdict.WRONG), None)
    if wrong is not None:
        raise InvalidInput(f"{wrong.name}: {wrong.why}; nothing was entered")
    numbers = []
    for row in plan.rows:
        try:
            if row.verdict is Verdict.NEW:
                numbers.append(_enter(operation, row, by, digest_origin))
            elif row.verdict is Verdict.ATTACH and row.path is not None:
                exhibit = operation.exhibits.get(number=row.number)
                attach_medium(exhibit=exhibit, path=row.path, by=by)
                numbers.append(row.number)
        except SauveterreError as error:
            raise InvalidInput(f"{row.name}: {error}; nothing was entered") from error
    if numbers:
        audit.record(
            actor=by.username, action="exhibits-imported", subject=f"{len(numbers)} exhibits", operation=operation,
            numbers=numbers,
        )  # fmt: skip
    return numbers


def _enter(operation: Operation, row: Planned, by: Officer, digest_origin: str) -> int:
    exhibit = add_exhibit(
        operation=operation, by=by, path=row.path, digests=row.digests, digest_origin=digest_origin, **row.register
    )
    return exhibit.number

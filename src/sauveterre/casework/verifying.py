"""Whether a medium is still what was acquired: read from end to end before processing, after it and at each audit.

A folder is no medium: whether its files are what they were is told by an audit of each of them.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction

from sauveterre.casework import audit
from sauveterre.casework.models import Exhibit, IntegrityCheck, Phase, Source, SourceState
from sauveterre.casework.presence import require_children, require_there
from sauveterre.casework.rows import storable
from sauveterre.casework.sources import keys_of, path_of
from sauveterre.errors import SauveterreError
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.integrity import Reading, Subject, checks, digests_in, medium_size, read_file, read_medium
from sauveterre.pipeline.roots import root_size
from sauveterre.records.digest import Digest, Digests

FOLDER = "directory"
Defer = Callable[[str, list[dict[str, Any]]], None]


def keep_identity(row: Source, reading: Reading, defer: Defer) -> str:
    """Keep what an exhibit's own file was read to be, and return its identity.

    That is committed by itself, since reading may have taken hours and what follows may fail. The medium in an image
    is read beside the listing.
    """
    if reading.digests is None:
        raise ValueError("a file that was not read to its end has no identity")
    identity = f"sha256:{reading.digests.sha256}"
    with transaction.atomic():
        Source.objects.filter(pk=row.pk).update(identity=identity)
        _hold(row.exhibit, Phase.BEFORE, [reading], may_be_image=True)
        _record(row.exhibit, Phase.BEFORE, reading)
        defer("verify", [{"exhibit_id": row.exhibit_id, "phase": Phase.BEFORE.value}])
    return identity


def verify(sandbox: Sandbox, exhibit_id: int, phase: str) -> Callable[[], None]:
    """Read an exhibit's medium from end to end. Before processing, what was read for its identity is not read again."""
    exhibit = Exhibit.objects.select_related("operation").filter(pk=exhibit_id).first()
    if exhibit is None or medium_source(exhibit) is None:
        return _nothing
    before = Phase(phase) is Phase.BEFORE
    if before and _readings(exhibit, Phase.BEFORE, Subject.MEDIUM):
        return _nothing  # asked for twice
    medium = read_medium_of(sandbox, exhibit)
    readings = [] if medium is None else [medium]
    if not readings and not before:
        readings = [read_file_of(sandbox, exhibit)]
    return lambda: write_readings(exhibit, Phase(phase), readings)


def read_medium_of(sandbox: Sandbox, exhibit: Exhibit) -> Reading | None:
    """Read the medium in an exhibit's image; None when its file is no image format. Damage is the reading's trouble."""
    path, keys = path_of(exhibit), keys_of(exhibit)
    require_there(exhibit)
    try:
        size = sandbox.run(medium_size, path, sandbox.limits, keys, seconds=sandbox.limits.listing_clocks(None))
        if size is None:
            return None
        clocks = sandbox.limits.listing_clocks(max(size, root_size(path) or 0))
        reading: Reading | None = sandbox.run(read_medium, path, sandbox.limits, keys, seconds=clocks)
    except SauveterreError as error:
        require_children(error)
        return Reading(subject=Subject.MEDIUM, size=0, digests=None, trouble=str(error))
    return reading


def read_file_of(sandbox: Sandbox, exhibit: Exhibit) -> Reading:
    """Read an exhibit's own file with its segments. Damage is the reading's trouble."""
    path = path_of(exhibit)
    require_there(exhibit)
    size = root_size(path)
    try:
        reading: Reading = sandbox.run(read_file, path, seconds=sandbox.limits.listing_clocks(size))
    except SauveterreError as error:
        require_children(error)
        return Reading(subject=Subject.FILE, size=size or 0, digests=None, trouble=str(error))
    return reading


def medium_source(exhibit: Exhibit) -> Source | None:
    """Return the source that is an exhibit's own file; None for a folder, and while there is no path."""
    return exhibit.sources.filter(parent=None).exclude(kind=FOLDER).first() if exhibit.path else None


def verify_after(row: Source, defer: Defer) -> None:
    """Have the medium read again once nothing of its exhibit waits any more; called by whatever ends a source.

    Holding the exhibit keeps two last sources from missing each other.
    """
    exhibit = Exhibit.objects.select_for_update(no_key=True).get(pk=row.exhibit_id)
    waiting = exhibit.sources.filter(state__in=[SourceState.NEW, SourceState.LISTED])
    if medium_source(exhibit) is not None and not waiting.exists():
        defer("verify", [{"exhibit_id": exhibit.pk, "phase": Phase.AFTER.value}])


def write_readings(exhibit: Exhibit, phase: Phase, readings: Iterable[Reading]) -> None:
    """Write what readings of one phase gave, instead of what earlier ones of that phase did; the log keeps both."""
    found = list(readings)
    with transaction.atomic():
        known = [one for subject in Subject for one in _readings(exhibit, phase, subject)]
        _hold(exhibit, phase, [*known, *found])
        for reading in found:
            _record(exhibit, phase, reading)


def compare_given(exhibit: Exhibit) -> None:
    """Hold what was read before processing against what the examiner has given since; nothing is read again."""
    write_readings(exhibit, Phase.BEFORE, ())


def _hold(exhibit: Exhibit, phase: Phase, readings: Iterable[Reading], *, may_be_image: bool = False) -> None:
    """Hold readings against what is stated, the last one of each subject.

    A digest that the examiner gave may be that of the image's file or that of the medium in it: one that is the
    file's is compared with the file, any other with the medium.
    """
    found = {reading.subject: reading for reading in readings}
    given, of_file = _given(exhibit), _given_of_file(exhibit, found.get(Subject.FILE))
    is_image = may_be_image or Subject.MEDIUM in found or bool(_readings(exhibit, Phase.BEFORE, Subject.MEDIUM))
    for subject, reading in found.items():
        claims = [one for one in given if (one in of_file) == (subject is Subject.FILE)] if is_image else given
        _write(exhibit, phase, reading, claims)


def _write(exhibit: Exhibit, phase: Phase, reading: Reading, given: list[Digest]) -> None:
    earlier = [] if phase is Phase.BEFORE else _readings(exhibit, Phase.BEFORE, reading.subject)
    claims = [digest for one in earlier if one.digests for digest in digests_in(one.digests)]
    exhibit.checks.filter(phase=phase, subject=reading.subject).delete()
    IntegrityCheck.objects.bulk_create(
        IntegrityCheck(
            exhibit=exhibit,
            phase=phase,
            subject=reading.subject,
            algorithm=check.algorithm,
            computed=check.computed,
            stated=check.stated,
            stated_by=check.stated_by,
            size=reading.size,
            trouble=storable(reading.trouble),
        )
        for check in checks(reading, given=given, earlier=claims)
    )


def _record(exhibit: Exhibit, phase: Phase, reading: Reading) -> None:
    rows = exhibit.checks.filter(phase=phase, subject=reading.subject)
    audit.record(
        actor=audit.SYSTEM,
        action="medium-read",
        subject=f"exhibit {exhibit.number}",
        operation=exhibit.operation,
        phase=phase.value,
        what=reading.subject.value,
        size=reading.size,
        digests=[str(one) for one in digests_in(reading.digests)] if reading.digests else [],
        agree=sum(row.agrees is True for row in rows),
        differ=sum(row.agrees is False for row in rows),
        trouble=reading.trouble,
    )


def _readings(exhibit: Exhibit, phase: Phase, subject: Subject) -> list[Reading]:
    """Return what the rows of one phase say was read: one reading, or none."""
    rows = list(exhibit.checks.filter(phase=phase, subject=subject))
    if not rows:
        return []
    computed = {row.algorithm: row.computed for row in rows if row.computed}
    stated = {Digest(row.algorithm, row.stated): None for row in rows if row.stated_by == "container"}
    return [
        Reading(
            subject=subject,
            size=rows[0].size,
            digests=Digests(**computed) if computed else None,
            stated=tuple(stated),
            trouble=rows[0].trouble,
        )
    ]


def _given(exhibit: Exhibit) -> list[Digest]:
    return [Digest(row.algorithm, row.value) for row in exhibit.given_digests.all()]


def _given_of_file(exhibit: Exhibit, reading: Reading | None) -> set[Digest]:
    """Return which of the given digests are those of the exhibit's own file."""
    known = [reading] if reading is not None else _readings(exhibit, Phase.BEFORE, Subject.FILE)
    return {digest for one in known if one.digests for digest in digests_in(one.digests)} & set(_given(exhibit))


def _nothing() -> None:
    """Write nothing."""

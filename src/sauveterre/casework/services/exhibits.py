"""The register of exhibits: entering them, with their media or without, and giving them their keys and digests."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Unpack

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from sauveterre.casework import audit
from sauveterre.casework.jobs import inventory
from sauveterre.casework.models import Entry, Exhibit, ExhibitKind, GivenDigest, Officer, Operation, SourceState
from sauveterre.casework.models import Source as SourceRow
from sauveterre.casework.rows import storable
from sauveterre.casework.services.operations import require_member
from sauveterre.casework.services.refresh import read_locked_again
from sauveterre.casework.sources import keep_key, source_row
from sauveterre.casework.verifying import compare_given
from sauveterre.errors import InvalidInput, NotAllowed
from sauveterre.pipeline.roots import root_kind
from sauveterre.records.digest import Digest
from sauveterre.records.register import Register
from sauveterre.records.source import Source

LONGEST = 1_000
CLOCKS_DIFFER = timedelta(hours=1)


def add_exhibit(
    *,
    operation: Operation,
    by: Officer,
    path: Path | None = None,
    keys: tuple[str, ...] = (),
    digests: Sequence[Digest] = (),
    digest_origin: str = "",
    **register: Unpack[Register],
) -> Exhibit:
    """Enter an exhibit, with the folder, image or archive that was made of it or, until `attach_medium`, without.

    The bytes stay where they are. Their inventory waits for `process`: that reads an image whole first, for the digest
    that is its identity.

    Raises ``InvalidInput`` for what makes no sense or is entered already, and ``UnreadableSource`` or
    ``UnknownFormat`` when the path cannot be opened.
    """
    require_member(operation=operation, officer=by)
    kind = "" if path is None else readable_kind(operation, path)
    with transaction.atomic():
        Operation.objects.select_for_update(no_key=True).get(pk=operation.pk)  # two at once get two numbers
        values = checked_register(operation, register, has_path=path is not None)
        last = operation.exhibits.aggregate(last=Max("number"))["last"] or 0
        exhibit = Exhibit.objects.create(
            operation=operation, number=last + 1, added_by=by.username, path_raw=b"", **values
        )
        for key in keys:
            keep_key(exhibit, key)
        if path is not None:
            _take_in(exhibit, path, kind)
        _record(exhibit, by, "exhibit-added", kind=kind, keys=len(keys), register=_loggable(values))
        if digests:
            give_digests(exhibit=exhibit, digests=digests, origin=digest_origin, by=by)
    return exhibit


@transaction.atomic
def edit_exhibit(*, exhibit: Exhibit, by: Officer, **register: Unpack[Register]) -> tuple[str, ...]:
    """Change what the register says, line by line; return which lines did change. The log keeps what stood before."""
    require_member(operation=exhibit.operation, officer=by)
    Operation.objects.select_for_update(no_key=True).get(pk=exhibit.operation_id)
    exhibit.refresh_from_db()
    values = _checked(exhibit.operation, register, of=exhibit)
    changed = {name: value for name, value in values.items() if getattr(exhibit, name) != value}
    if not changed:
        return ()
    before = {name: getattr(exhibit, name) for name in changed}
    for name, value in changed.items():
        setattr(exhibit, name, value)
    exhibit.save(update_fields=list(changed))
    _record(exhibit, by, "exhibit-edited", before=_loggable(before), after=_loggable(changed))
    return tuple(changed)


def attach_medium(*, exhibit: Exhibit, path: Path, by: Officer, keys: tuple[str, ...] = ()) -> None:
    """Say where the image, archive or folder of a registered exhibit lies. The same path twice changes nothing.

    Raises as ``add_exhibit``, and ``InvalidInput`` when the exhibit has its medium already: what was read stays read.
    """
    require_member(operation=exhibit.operation, officer=by)
    if bytes(exhibit.path_raw) == os.fsencode(_absolute(path)):
        return
    kind = readable_kind(exhibit.operation, path)
    with transaction.atomic():
        Operation.objects.select_for_update(no_key=True).get(pk=exhibit.operation_id)
        exhibit.refresh_from_db()
        if exhibit.path:
            raise InvalidInput(
                f"exhibit {exhibit.number} lies at {exhibit.path} already; enter {path} as an exhibit of its own"
            )
        for key in keys:
            keep_key(exhibit, key)
        _take_in(exhibit, path, kind)
        _record(exhibit, by, "medium-attached", kind=kind, keys=len(keys), path=exhibit.path)


@transaction.atomic
def give_digests(*, exhibit: Exhibit, digests: Sequence[Digest], origin: str, by: Officer) -> int:
    """Write down what a medium's acquisition was said to give; return how many of the digests are new.

    What was read of the medium already is compared at once, and so is each later reading (``IntegrityCheck``).
    """
    require_member(operation=exhibit.operation, officer=by)
    origin = short_text("origin of the digests", origin)
    Exhibit.objects.select_for_update(no_key=True).get(pk=exhibit.pk)
    given = {(row.algorithm, row.value) for row in exhibit.given_digests.all()}
    new = [digest for digest in dict.fromkeys(digests) if (digest.algorithm, digest.hex) not in given]
    for digest in new:
        if digest.algorithm not in {"md5", "sha1", "sha256"}:
            raise InvalidInput(f"{digest} tells nothing of a whole medium; give its MD5, SHA-1 or SHA-256")
    GivenDigest.objects.bulk_create(
        GivenDigest(exhibit=exhibit, algorithm=one.algorithm, value=one.hex, origin=origin, given_by=by.username)
        for one in new
    )
    if new:
        _record(exhibit, by, "digests-given", digests=[str(one) for one in new], origin=origin)
        compare_given(exhibit)
    return len(new)


@transaction.atomic
def add_key(*, exhibit: Exhibit, key: str, by: Officer) -> int:
    """Give an exhibit a key of any kind, and try again what was locked; return how many sources and entries."""
    require_member(operation=exhibit.operation, officer=by)
    if not key.strip():
        raise InvalidInput("the key is empty; give the password, passphrase or recovery key that opens what is locked")
    Exhibit.objects.select_for_update(no_key=True).get(pk=exhibit.pk)  # against what ends at this very moment
    keep_key(exhibit, key.strip())
    locked = SourceRow.objects.select_for_update(no_key=True).filter(exhibit=exhibit, state=SourceState.LOCKED)
    numbers = list(locked.values_list("pk", flat=True))
    for number in numbers:
        inventory.defer(source_id=number)
    SourceRow.objects.filter(pk__in=numbers).update(state=SourceState.NEW, reason="")
    entries = read_locked_again(Entry.objects.filter(source__exhibit=exhibit))
    _record(exhibit, by, "key-added", sources=len(numbers), entries=entries)
    return len(numbers) + entries


def _take_in(exhibit: Exhibit, path: Path, kind: str) -> None:
    """Make the medium the exhibit's first source, and have it listed."""
    path = _absolute(path)
    _require_new(exhibit.operation, path)
    exhibit.path, exhibit.path_raw = storable(str(path)), os.fsencode(path)
    exhibit.description = exhibit.description or storable(path.name)
    exhibit.save(update_fields=["path", "path_raw", "description"])
    source = source_row(exhibit, Source(path, ""), path=path.name, kind=kind)
    source.save()
    inventory.defer(source_id=source.pk)


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def readable_kind(operation: Operation, path: Path) -> str:
    """Return the reader that opens a path; raise ``InvalidInput`` when it is an exhibit already.

    Raises ``UnreadableSource`` and ``UnknownFormat`` as ``root_kind``, which looks at both ends of a file and no more.
    """
    path = _absolute(path)
    _require_new(operation, path)
    require_open_to_exhibits(path)
    case, real = Path(settings.WORKSPACE).resolve(), path.resolve()
    if real == case or case in real.parents or real in case.parents:
        raise InvalidInput(f"{path} holds this workspace, or lies in it; name the folder of the medium alone")
    return root_kind(path)


def require_open_to_exhibits(path: Path) -> None:
    """Raise ``NotAllowed`` for a path outside the folders that the administrator opened for media, if any are named."""
    opened = [folder.resolve() for folder in settings.EVIDENCE_FOLDERS]
    if opened and not any(path.resolve().is_relative_to(folder) for folder in opened):
        names = ", ".join(str(folder) for folder in settings.EVIDENCE_FOLDERS)
        raise NotAllowed(f"{path} lies in none of the folders that media are taken in from: {names}")


def _require_new(operation: Operation, path: Path) -> None:
    there = operation.exhibits.filter(path_raw=os.fsencode(path)).first()
    if there is not None:
        raise InvalidInput(f"{path} is exhibit {there.number} already; nothing was added")


def checked_register(operation: Operation, register: Register, *, has_path: bool) -> Register:
    """Return the lines of a new exhibit as they are kept; raise ``InvalidInput`` for one that makes no sense."""
    values = _checked(operation, register)
    if not (has_path or values.get("seal") or values.get("description")):
        raise InvalidInput("an exhibit without a path needs a seal number or a description; give one")
    return values


def _checked(operation: Operation, register: Register, *, of: Exhibit | None = None) -> Register:
    values: Register = {**register}
    for name in set(values) - {"seized_at"}:
        values[name] = short_text(name.replace("_", " "), register[name])  # type: ignore[literal-required]
    if values.get("kind") and values["kind"] not in set(ExhibitKind):
        raise InvalidInput(f"{values['kind']!r} is no kind of medium; use one of {', '.join(ExhibitKind)}")
    at = values.get("seized_at")
    if at is not None and at.utcoffset() is None:
        raise InvalidInput("the time of the seizure names no zone; add its offset, such as +02:00")
    if at is not None and at > timezone.now() + CLOCKS_DIFFER:
        raise InvalidInput(f"the seizure is dated {at.isoformat()}, which is yet to come; correct it")
    if values.get("seal"):
        same = operation.exhibits.filter(seal=values["seal"]).exclude(pk=of.pk if of else 0).first()
        if same is not None:
            raise InvalidInput(
                f"the seal number {values['seal']!r} is that of exhibit {same.number} already; give this one its own"
            )
    return values


def short_text(name: str, text: str, *, longest: int = LONGEST) -> str:
    """Return a text as it is kept; raise ``InvalidInput`` when it is too long."""
    text = storable(text.strip())
    if len(text) > longest:
        raise InvalidInput(f"the {name} has more than {longest:,} characters; shorten it")
    return text


def _loggable(values: Mapping[str, object]) -> dict[str, str]:
    """Return what the log keeps of a register's lines: those that say something."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value)
        for name, value in values.items()
        if value
    }


def _record(exhibit: Exhibit, by: Officer, action: str, **detail: object) -> None:
    audit.record(
        actor=by.username, action=action, subject=f"exhibit {exhibit.number}", operation=exhibit.operation, **detail
    )

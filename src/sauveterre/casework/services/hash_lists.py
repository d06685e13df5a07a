"""Hash lists: taking versions in, so that every hit can name the one that gave it."""

from dataclasses import dataclass, replace
from pathlib import Path

from django.db import transaction

from sauveterre.casework import audit
from sauveterre.casework.assessing import fingerprints_of
from sauveterre.casework.claims import claimed_digests
from sauveterre.casework.list_store import Taken, read_version
from sauveterre.casework.models import HashList, Hit, Officer, Operation
from sauveterre.casework.services.operations import require_member
from sauveterre.casework.settling import rehit
from sauveterre.casework.storage import kept_list
from sauveterre.errors import InvalidInput
from sauveterre.matching.differences import Difference, difference
from sauveterre.pipeline.known import look_up, look_up_claims, open_built
from sauveterre.records.hash_list import Hit as HitRecord
from sauveterre.records.hash_list import Origin, Shape, Trust

LONGEST = 200
"""Characters of a name and an origin; half as many of a version."""
_UNSTATED = Origin()


@dataclass(frozen=True, slots=True)
class Update:
    """What a new version changes."""

    row: HashList | None
    """None where it was only looked at."""
    before: str
    """The version that it replaces."""
    items: int
    problems: int
    difference: Difference
    found: int
    """Contents of the operation that only the new version names."""
    opened: int
    """Those that only the old one named: they are open again, unless another list names them."""


def add_hash_list(
    *,
    operation: Operation,
    path: Path,
    name: str,
    version: str,
    ignorable: bool,
    by: Officer,
    origin: Origin = _UNSTATED,
) -> HashList:
    """Read a list or a Bloom filter to its end, keep it in the store, and register its first version.

    What ``origin`` leaves open is taken from the file where that says it. Raises ``UnknownFormat``,
    ``UnreadableSource`` or ``MalformedList`` and adds nothing when it is not whole, ``InvalidInput`` where the
    operation has a list of that name.
    """
    require_member(operation=operation, officer=by)
    _require_short(name, version)
    if operation.hash_lists.filter(name=name).exists():
        raise InvalidInput(
            f"the operation has a list {name!r} already; give a new version with `sauveterre hashlist update`, or "
            "another --name"
        )
    with read_version(path, None, name=name, version=version) as taken, transaction.atomic():
        row = _row(operation, name, version, taken, origin, by)
        if ignorable and not taken.is_filter:
            row.effect = HashList.Effect.IGNORABLE
        row.save()
        taken.keep(row)
        _enter(row, "hash-list-added")
    return row


def update_hash_list(
    *,
    operation: Operation,
    path: Path,
    name: str,
    version: str,
    by: Officer,
    shape: Shape | None = None,
    origin: Origin = _UNSTATED,
    preview: bool = False,
) -> Update:
    """Make a new version of a list, of a whole file or of a difference, and give its hits in place of the old ones.

    What stands in the assessment stays until the next one; what hits settle changes at once. Where ``shape`` does not
    say what the file is, it is taken as a whole list unless that would be a guess: raises ``InvalidInput`` where the
    file takes entries back or more than half of the list would go; and as ``add_hash_list``.
    """
    require_member(operation=operation, officer=by)
    _require_short(name, version)
    if operation.hash_lists.filter(name=name, version=version).exists():
        raise InvalidInput(f"{name} {version} is in this operation already; give the new one another --version")
    old = list(operation.hash_lists.filter(name=name, in_force=True).order_by("-pk"))
    if not old:
        raise InvalidInput(f"the operation has no hash list {name!r} in force; `sauveterre hashlist list` names all")
    before = old[0]
    base = before if shape is Shape.DIFFERENCE else None
    with read_version(path, base, name=name, version=version) as taken:
        row = _succeed(_row(operation, name, version, taken, origin, by), before)
        if row.kind != before.kind:
            raise InvalidInput(f"{name} is a {before.kind} and {path.name} a {row.kind}; add it under another --name")
        update, hits, claims = _compared(taken, before, row)
        if shape is None:
            _require_clear(path.name, taken, update.difference)
        if not preview:
            _replace(taken, old, row, (hits, claims), update)
    return update if preview else replace(update, row=row)


def _require_short(name: str, version: str) -> None:
    if not (0 < len(name) <= LONGEST and 0 < len(version) <= LONGEST // 2) or "\0" in name + version:
        raise InvalidInput(
            f"a list has a name of 1 to {LONGEST} characters and a version of 1 to {LONGEST // 2}; give others"
        )


def _row(operation: Operation, name: str, version: str, taken: Taken, given: Origin, by: Officer) -> HashList:
    """Return a first version that is not saved: what is given holds, then what the file says."""
    stated, reading = taken.reading.origin, taken.reading
    return HashList(
        operation=operation,
        name=name,
        version=version,
        reader=reading.reader,
        sha256=taken.parts[-1][0],
        items=reading.items,
        problems=reading.problem_count,
        scheme=reading.scheme,
        parts=taken.parts,
        added_by=by.username,
        origin=(given.publisher or stated.publisher)[:LONGEST],
        dated=given.dated or stated.dated,
        trust=stated.trust if given.trust is Trust.UNKNOWN else given.trust,
        kind=HashList.Kind.FILTER if taken.is_filter else HashList.Kind.LIST,
    )


def _succeed(row: HashList, before: HashList) -> HashList:
    """Have a version keep what nobody says anew: publisher, trust, and what its hits are for."""
    row.effect = before.effect
    row.origin = row.origin or before.origin
    row.trust = before.trust if row.trust == Trust.UNKNOWN else row.trust
    return row


def _require_clear(name: str, taken: Taken, changed: Difference) -> None:
    if taken.reading.takes_back:
        raise InvalidInput(
            f"{name} takes entries back ({taken.reading.takes_back:,}); say --as difference if it only changes the "
            "list, or --as whole if it is the list from end to end"
        )
    if changed.removed > changed.kept:
        raise InvalidInput(
            f"{name} lacks {changed.removed:,} of the {changed.removed + changed.kept:,} hashes of the list; say "
            "--as difference if it only changes the list, or --as whole if they are to go"
        )


def _compared(taken: Taken, before: HashList, row: HashList) -> tuple[Update, list[HitRecord], list[HitRecord]]:
    """Return what a new version changes, noted on its row too, and its hits on contents and on claimed digests.

    A filter changes and gives none.
    """
    reading = taken.reading
    if taken.is_filter:
        return Update(None, before.version, reading.items, 0, Difference(0, 0, 0, 0), 0, 0), [], []
    known = taken.known()
    changed = difference(open_built(kept_list(before.kept_as, before.name, before.version)), known)
    row.hashes_added, row.hashes_removed, row.hashes_changed = changed.added, changed.removed, changed.changed
    hits = look_up(fingerprints_of(row.operation), [known])
    on_it = Hit.objects.filter(hash_list__operation=row.operation, hash_list__name=row.name)
    was, now = set(on_it.values_list("content__sha256", flat=True)), {hit.sha256 for hit in hits}
    found, opened = len(now - was), len(was - now)
    contents = row.operation.contents.values_list("sha256", flat=True)
    claims = look_up_claims(claimed_digests(row.operation, set(contents)), [known])
    return Update(None, before.version, reading.items, reading.problem_count, changed, found, opened), hits, claims


@transaction.atomic
def _replace(
    taken: Taken, old: list[HashList], row: HashList, hits: tuple[list[HitRecord], list[HitRecord]], update: Update
) -> None:
    Operation.objects.select_for_update(no_key=True).get(pk=row.operation_id)  # assessments write before or after
    HashList.objects.filter(pk__in=[one.pk for one in old]).update(in_force=False)
    row.save()
    taken.keep(row)
    rehit(old, row, *hits)
    _enter(row, "hash-list-updated", before=update.before, found=update.found, opened=update.opened)


def _enter(row: HashList, action: str, **more: object) -> None:
    audit.record(
        actor=row.added_by, action=action, subject=f"{row.name} {row.version}", operation=row.operation,
        sha256=row.sha256, items=row.items, problems=row.problems, **more,
    )  # fmt: skip

"""Hash lists: taking a version in, so that every hit can name it."""

import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction

from sauveterre.casework import audit
from sauveterre.casework.models import HashList, Officer, Operation
from sauveterre.casework.services.operations import require_member
from sauveterre.errors import InvalidInput
from sauveterre.matching.lists import open_list
from sauveterre.records.hash_list import ListedMedia


def add_hash_list(
    *, operation: Operation, path: Path, name: str, version: str, ignorable: bool, by: Officer
) -> HashList:
    """Read a list to its end once, keep a copy of it in the store, and register it.

    Raises ``UnknownFormat``, ``UnreadableSource`` or ``MalformedList`` and adds nothing when it is not whole.
    """
    require_member(operation=operation, officer=by)
    if operation.hash_lists.filter(name=name, version=version).exists():
        raise InvalidInput(f"{name} {version} is in this operation already; give the new one another --version")
    opened = open_list(path)
    items = problems = 0
    schemes = set()
    for record in opened.records():
        if isinstance(record, ListedMedia):
            items += 1
            schemes.update({record.category.scheme} if record.category else set())
        else:
            problems += 1
    digest = opened.identity.partition(":")[2]
    kept = kept_list(digest)
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, kept.with_suffix(".part"))
    kept.with_suffix(".part").replace(kept)
    with transaction.atomic():
        added = HashList.objects.create(
            operation=operation,
            name=name,
            version=version,
            scheme=", ".join(sorted(schemes)),
            effect=HashList.Effect.IGNORABLE if ignorable else HashList.Effect.KNOWN,
            reader=opened.reader.NAME,
            sha256=digest,
            items=items,
            problems=problems,
        )
        audit.record(
            actor=by.username, action="hash-list-added", subject=f"{name} {version}", operation=operation,
            sha256=digest, items=items, problems=problems,
        )  # fmt: skip
    return added


def kept_list(sha256: str) -> Path:
    """Return where the store keeps the copy of a list."""
    return Path(settings.STORE) / "lists" / sha256

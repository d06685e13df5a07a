"""Hash lists: taking a version in, so that every hit can name it."""

import secrets
from pathlib import Path

from django.conf import settings
from django.db import transaction

from sauveterre.casework import audit
from sauveterre.casework.models import HashList, Officer, Operation
from sauveterre.casework.services.operations import require_member
from sauveterre.casework.storage import kept_list
from sauveterre.errors import InvalidInput
from sauveterre.pipeline.known import build_list


def add_hash_list(
    *, operation: Operation, path: Path, name: str, version: str, ignorable: bool, by: Officer
) -> HashList:
    """Read a list to its end, keep it in the store ready to be matched, and register it.

    Raises ``UnknownFormat``, ``UnreadableSource`` or ``MalformedList`` and adds nothing when it is not whole.
    """
    require_member(operation=operation, officer=by)
    if operation.hash_lists.filter(name=name, version=version).exists():
        raise InvalidInput(f"{name} {version} is in this operation already; give the new one another --version")
    lists = Path(settings.STORE) / "lists"
    lists.mkdir(parents=True, exist_ok=True)
    built = lists / f"{secrets.token_hex(8)}.part"
    try:
        reading = build_list(path, built, name=name, version=version)
        digest = reading.source.partition(":")[2]
        built.replace(kept_list(digest, name, version))
    finally:
        built.unlink(missing_ok=True)
    with transaction.atomic():
        added = HashList.objects.create(
            operation=operation,
            name=name,
            version=version,
            scheme=reading.scheme,
            effect=HashList.Effect.IGNORABLE if ignorable else HashList.Effect.KNOWN,
            reader=reading.reader,
            sha256=digest,
            items=reading.items,
            problems=len(reading.problems),
        )
        audit.record(
            actor=by.username, action="hash-list-added", subject=f"{name} {version}", operation=operation,
            sha256=digest, items=reading.items, problems=len(reading.problems),
        )  # fmt: skip
    return added

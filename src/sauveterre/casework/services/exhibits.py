"""Exhibits: taking them in, and giving them their keys."""

import os
from pathlib import Path

from django.db import transaction
from django.db.models import Max

from sauveterre.casework import audit
from sauveterre.casework.jobs import inventory
from sauveterre.casework.models import Exhibit, Officer, Operation, SourceState
from sauveterre.casework.models import Source as SourceRow
from sauveterre.casework.rows import storable
from sauveterre.casework.services.operations import require_member
from sauveterre.casework.sources import keep_key, source_row
from sauveterre.errors import InvalidInput
from sauveterre.pipeline.inventory import root_kind
from sauveterre.records.source import Source


def add_exhibit(
    *,
    operation: Operation,
    path: Path,
    by: Officer,
    seal: str = "",
    description: str = "",
    keys: tuple[str, ...] = (),
) -> Exhibit:
    """Take in a folder, image or archive; its bytes stay where they are.

    Its inventory waits for `process`: that reads an image whole first, for the digest that is its identity.

    Raises ``UnreadableSource`` or ``UnknownFormat`` when the path cannot be opened.
    """
    path = path.expanduser().absolute()
    kind = root_kind(path)
    with transaction.atomic():
        require_member(operation=operation, officer=by)
        Operation.objects.select_for_update().get(pk=operation.pk)  # two at once get two numbers
        last = operation.exhibits.aggregate(last=Max("number"))["last"] or 0
        exhibit = Exhibit.objects.create(
            operation=operation,
            number=last + 1,
            seal=storable(seal),
            description=storable(description or path.name),
            path=storable(str(path)),
            path_raw=os.fsencode(path),
            added_by=by.username,
        )
        source = source_row(exhibit, Source(path, ""), path=path.name, kind=kind)
        source.save()
        for key in keys:
            keep_key(exhibit, key)
        inventory.defer(source_id=source.pk)
        audit.record(
            actor=by.username,
            action="exhibit-added",
            subject=f"exhibit {exhibit.number}",
            operation=operation,
            kind=kind,
            keys=len(keys),
        )
    return exhibit


@transaction.atomic
def add_key(*, exhibit: Exhibit, key: str, by: Officer) -> int:
    """Give an exhibit a recovery key, and open again what was locked; return how many sources that is."""
    require_member(operation=exhibit.operation, officer=by)
    if not key.strip():
        raise InvalidInput("the key is empty; give the recovery key of 64 letters and digits")
    keep_key(exhibit, key.strip())
    locked = SourceRow.objects.select_for_update().filter(exhibit=exhibit, state=SourceState.LOCKED)
    numbers = list(locked.values_list("pk", flat=True))
    for number in numbers:
        inventory.defer(source_id=number)
    SourceRow.objects.filter(pk__in=numbers).update(state=SourceState.NEW, reason="")
    audit.record(
        actor=by.username,
        action="key-added",
        subject=f"exhibit {exhibit.number}",
        operation=exhibit.operation,
    )
    return len(numbers)

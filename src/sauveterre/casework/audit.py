"""The audit log: append-only, each row signed together with the signature before it.

``signature = HMAC-SHA256(key, previous || canonical JSON of the row)``: who has the database but not the
workspace's key cannot make a row. Rows are numbered without gaps. After each commit the last number and signature go
to ``store/audit.head`` as well, so that rows cut off at the end are missed too. Only one transaction at a
time may append (an advisory lock), which keeps the order of the chain that of the commits.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from sauveterre.casework import sealing
from sauveterre.casework.models import AuditEvent, Operation
from sauveterre.casework.rows import storable

LOCK = 7_331_001
START = "0" * 64
SYSTEM = "sauveterre"
CUT = "log-was-cut"
"""Written before the next event when the log is shorter than it was: the cut stays visible ever after."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where the log is not what was written."""

    sequence: int
    what: str


def _head_file() -> Path:
    return Path(settings.STORE) / "audit.head"


def _signature(event: AuditEvent) -> str:
    row = {
        "sequence": event.sequence,
        "at": event.at.astimezone(timezone.get_default_timezone()).isoformat(),
        "actor": event.actor,
        "action": event.action,
        "subject": event.subject,
        "operation": event.operation,
        "detail": event.detail,
    }
    canonical = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sealing.sign("audit", event.previous.encode() + canonical.encode())


@transaction.atomic
def record(*, actor: str, action: str, subject: str, operation: Operation | None = None, **detail: Any) -> AuditEvent:
    """Append one event within the caller's transaction; it stands or falls with what it tells of."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    last = AuditEvent.objects.order_by("-sequence").first()
    head, _ = _read_head()
    if action != CUT and head > (0 if last is None else last.sequence):
        record(actor=SYSTEM, action=CUT, subject=f"rows up to {head} had been written", head=head)
        last = AuditEvent.objects.order_by("-sequence").first()
    event = AuditEvent(
        sequence=1 if last is None else last.sequence + 1,
        at=timezone.now(),
        actor=actor,
        action=action,
        subject=storable(subject),
        operation="" if operation is None else operation.name,
        detail={name: storable(value) if isinstance(value, str) else value for name, value in detail.items()},
        previous=START if last is None else last.signature,
    )
    event.signature = _signature(event)
    event.save(force_insert=True)
    transaction.on_commit(lambda: _remember_head(event.sequence, event.signature))
    return event


def _remember_head(sequence: int, signature: str) -> None:
    path = _head_file()
    try:
        known = json.loads(path.read_text())["sequence"]
    except (OSError, ValueError, KeyError):
        known = 0
    if sequence > known:  # commits may reach this line out of order
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{sequence}")
        temporary.write_text(json.dumps({"sequence": sequence, "signature": signature}))
        temporary.replace(path)


def verify() -> Iterator[Break]:
    """Check the whole log, oldest first, and name every row that is not what was written."""
    previous, expected, at_head = START, 1, ""
    head, head_signature = _read_head()
    for event in AuditEvent.objects.order_by("sequence").iterator(chunk_size=2_000):
        if event.sequence != expected:
            yield Break(expected, f"row {expected} is missing: the next one is row {event.sequence}")
        elif event.previous != previous:
            yield Break(event.sequence, f"row {event.sequence} does not follow the row before it")
        if event.signature != _signature(event):
            yield Break(event.sequence, f"row {event.sequence} was changed, or moved from another place")
        if event.action == CUT:
            yield Break(event.sequence, f"row {event.sequence} says that the log was cut before it: {event.subject}")
        previous, expected = event.signature, event.sequence + 1
        if event.sequence == head:
            at_head = event.signature
    if head >= expected:
        yield Break(expected, f"rows {expected} to {head} are missing at the end of the log")
    elif at_head and at_head != head_signature:
        yield Break(head, f"row {head} is not the one that was last written")
    elif not head and expected > 1:
        last = expected - 1
        yield Break(last, f"the log's head file is missing: rows after row {last} could have been cut off")


def _read_head() -> tuple[int, str]:
    try:
        head = json.loads(_head_file().read_text())
        return int(head["sequence"]), str(head["signature"])
    except (OSError, ValueError, KeyError):
        return 0, ""


def latest(limit: int) -> list[tuple[datetime, str, str, str]]:
    """Return the newest events as (when, who, what, on what)."""
    events = AuditEvent.objects.order_by("-sequence")[:limit]
    return [(event.at, event.actor, event.action, event.subject) for event in events]

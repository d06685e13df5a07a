"""The custody log of an exhibit: lines that one officer enters and another one signs, and nobody ever changes."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from sauveterre.casework import audit
from sauveterre.casework.models import CustodyAct, CustodyEvent, CustodySignature, Exhibit, Officer
from sauveterre.casework.services.exhibits import CLOCKS_DIFFER, short_text
from sauveterre.casework.services.operations import require_member
from sauveterre.errors import InvalidInput, NotAllowed


@transaction.atomic
def enter_line(
    *,
    exhibit: Exhibit,
    act: str,
    happened_at: datetime,
    by: Officer,
    place: str = "",
    given_by: str = "",
    received_by: str = "",
    seal: str = "",
    note: str = "",
) -> CustodyEvent:
    """Enter what happened to an exhibit; it is valid once another officer has signed it.

    A line is never changed: a correction is a new line that names the wrong one in its note. The same line by the same
    officer twice is one line. Raises ``InvalidInput`` for what makes no sense.
    """
    require_member(operation=exhibit.operation, officer=by)
    Exhibit.objects.select_for_update(no_key=True).get(pk=exhibit.pk)
    texts = {
        "place": short_text("place", place),
        "given_by": short_text("name of who gave it", given_by, longest=200),
        "received_by": short_text("name of who received it", received_by, longest=200),
        "seal": short_text("seal number", seal),
        "note": short_text("note", note),
    }
    _require_sense(act, happened_at, texts)
    line = {"act": act, "happened_at": happened_at, "entered_by": by.username, **texts}
    same = exhibit.custody.filter(**line).first()
    if same is not None:
        return same
    event = CustodyEvent.objects.create(exhibit=exhibit, **line)
    _record(event, by, "custody-entered", act=act, happened_at=happened_at.isoformat())
    return event


def _require_sense(act: str, happened_at: datetime, texts: dict[str, str]) -> None:
    if act not in set(CustodyAct):
        raise InvalidInput(f"{act!r} is nothing that happens to an exhibit; use one of {', '.join(CustodyAct)}")
    if happened_at.utcoffset() is None:
        raise InvalidInput("the time names no zone; add its offset, such as +02:00")
    if happened_at > timezone.now() + CLOCKS_DIFFER:
        raise InvalidInput(f"{happened_at.isoformat()} is yet to come; enter the line when it has happened")
    if act == CustodyAct.HANDED_OVER and not (texts["given_by"] and texts["received_by"]):
        raise InvalidInput("a handing over names who gave and who received the exhibit; name both")
    if act == CustodyAct.SEALED and not texts["seal"]:
        raise InvalidInput("a sealing names the number of the seal; give it")


@transaction.atomic
def sign_line(*, event: CustodyEvent, by: Officer) -> CustodySignature:
    """Sign a line that another officer entered. Signing twice is signing once.

    Raises ``NotAllowed`` for the officer who entered it, and ``InvalidInput`` when somebody else has signed it.
    """
    require_member(operation=event.exhibit.operation, officer=by)
    if event.entered_by == by.username:
        raise NotAllowed(f"{by.username} entered this line; another member of the operation has to sign it")
    Exhibit.objects.select_for_update(no_key=True).get(pk=event.exhibit_id)
    signed = CustodySignature.objects.filter(event=event).first()
    if signed is not None and signed.signed_by != by.username:
        raise InvalidInput(f"{signed.signed_by} has signed this line already; nothing is left to sign")
    if signed is None:
        signed = CustodySignature.objects.create(event=event, signed_by=by.username)
        _record(event, by, "custody-signed", act=event.act)
    return signed


def _record(event: CustodyEvent, by: Officer, action: str, **detail: str) -> None:
    audit.record(
        actor=by.username,
        action=action,
        subject=f"exhibit {event.exhibit.number}",
        operation=event.exhibit.operation,
        line=event.pk,
        **detail,
    )

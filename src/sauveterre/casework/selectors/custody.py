"""The custody log: its lines with their signatures, who holds an exhibit, and what waits for a second officer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sauveterre.casework.models import CustodyAct, CustodyEvent, Exhibit
from sauveterre.casework.selectors.access import Sight
from sauveterre.exchange.writers.custody_csv import CustodyRow, custody_csv


@dataclass(frozen=True, slots=True)
class CustodyLine:
    """One line of an exhibit's log. It is valid when it is signed."""

    number: int
    """In the order of entry, from 1: what people call the line by."""
    event: CustodyEvent
    signed_by: str
    signed_at: datetime | None
    may_sign: bool
    """Whether the viewer may be its second officer."""

    @property
    def valid(self) -> bool:
        """Whether another officer has signed it."""
        return self.signed_at is not None


def custody(sight: Sight, exhibit: Exhibit) -> list[CustodyLine]:
    """Return the log of an exhibit in the order in which things happened."""
    rows = exhibit.custody.select_related("signature", "exhibit").order_by("pk")
    lines = [_line(sight, number, event) for number, event in enumerate(rows, start=1)]
    return sorted(lines, key=lambda line: (line.event.happened_at, line.number))


def _line(sight: Sight, number: int, event: CustodyEvent) -> CustodyLine:
    signature = getattr(event, "signature", None)
    if signature is None:
        return CustodyLine(number, event, "", None, event.entered_by != sight.viewer.username)
    return CustodyLine(number, event, signature.signed_by, signature.signed_at, may_sign=False)


def line_of(sight: Sight, exhibit: Exhibit, number: int) -> CustodyLine | None:
    """Return one line of an exhibit by its number, or None."""
    return next((line for line in custody(sight, exhibit) if line.number == number), None)


def event(sight: Sight, exhibit: Exhibit, key: int) -> CustodyEvent | None:
    """Return one event of an exhibit of the operation, or None."""
    rows = CustodyEvent.objects.filter(exhibit=exhibit, exhibit__operation=sight.operation)
    return rows.select_related("exhibit__operation").filter(pk=key).first()


def to_sign(sight: Sight) -> list[CustodyEvent]:
    """Return the lines of the operation that wait for a second officer and that the viewer may sign, oldest first."""
    waiting = CustodyEvent.objects.filter(exhibit__operation=sight.operation, signature__isnull=True)
    return list(waiting.exclude(entered_by=sight.viewer.username).select_related("exhibit").order_by("pk"))


def holder(lines: Sequence[CustodyLine]) -> CustodyLine | None:
    """Return the last valid line that says who holds the exhibit or where it lies; None where none does."""
    telling = (line for line in reversed(lines) if line.valid and (line.event.received_by or line.event.place))
    return next(telling, None)


def current_seal(exhibit: Exhibit, lines: Sequence[CustodyLine]) -> str:
    """Return the number of the seal that is on the exhibit now; empty where it was opened since."""
    for line in reversed(lines):
        if line.valid and line.event.act == CustodyAct.UNSEALED and not line.event.seal:
            return ""
        if line.valid and line.event.seal:
            return line.event.seal
    return exhibit.seal


def custody_rows(lines: Sequence[CustodyLine]) -> list[CustodyRow]:
    """Return a log as rows that leave the program."""
    return [
        CustodyRow(
            exhibit=line.event.exhibit.number,
            line=line.number,
            act=line.event.act,
            happened_at=line.event.happened_at,
            place=line.event.place,
            given_by=line.event.given_by,
            received_by=line.event.received_by,
            seal=line.event.seal,
            note=line.event.note,
            entered_by=line.event.entered_by,
            entered_at=line.event.entered_at,
            signed_by=line.signed_by,
            signed_at=line.signed_at,
        )
        for line in lines
    ]


def custody_table(sight: Sight, exhibit: Exhibit) -> bytes:
    """Return an exhibit's log as a CSV file."""
    return custody_csv(custody_rows(custody(sight, exhibit)))

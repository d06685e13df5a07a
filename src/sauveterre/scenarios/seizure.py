"""How the exhibits of *village* came to be: what was seized, where, under which act, and through whose hands it went.

All of it is invented: makers, serial numbers, places and acts exist nowhere.
"""

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PIL import Image, ImageDraw

SEARCH = datetime(2026, 5, 18, 4, 10, tzinfo=UTC)
ACT = "Order 2026/118 of the examining judge, Vieux-Moulin"
WHERE = "Vieux-Moulin, 3 rue de l'Exemple"
SECOND_OFFICER = "second-officer"
PHOTO_SIZE = (960, 720)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seizure:
    """One exhibit as the minutes of the search have it."""

    kind: str
    """As the register calls it."""
    model: str
    serial: str
    room: str
    minutes: int
    """After the search began."""

    @property
    def seized_at(self) -> datetime:
        """When it was found."""
        return SEARCH + timedelta(minutes=self.minutes)


SEIZURES = {
    "01": Seizure(kind="phone", model="Lumenor Pocket 5", serial="LN5-0004217", room="kitchen", minutes=12),
    "02": Seizure(kind="computer", model="Hazel Desk 2", serial="HD2-55120", room="study", minutes=31),
    "03": Seizure(kind="tablet", model="Obscura Works Field S", serial="OW-77-00931", room="bedroom", minutes=40),
    "04": Seizure(kind="optical disc", model="no maker", serial="", room="study, second drawer", minutes=47),
    "05": Seizure(kind="computer", model="Hazel Fold 1", serial="HF1-20094", room="living room", minutes=58),
    "06": Seizure(kind="usb stick", model="Brook 16", serial="", room="study", minutes=66),
    "07": Seizure(kind="memory card", model="Brook SD 8", serial="BR-8-3316", room="hall, in a camera", minutes=75),
}


@dataclass(frozen=True, slots=True)
class CustodyLine:
    """One line of an exhibit's custody log, and how long after the seizure it happened."""

    act: str
    after: timedelta
    place: str
    given_by: str = ""
    received_by: str = ""
    seal: str = ""


def custody_of(number: str) -> tuple[CustodyLine, ...]:
    """Return the custody log of one exhibit."""
    laboratory = "Digital laboratory, Rive-Haute"
    return (
        CustodyLine("seized", timedelta(0), WHERE, received_by="search team 2"),
        CustodyLine("sealed", timedelta(minutes=5), WHERE, seal=f"S-{number}"),
        CustodyLine(
            "handed over", timedelta(hours=6), laboratory, given_by="search team 2", received_by="evidence room"
        ),
        CustodyLine("imaged", timedelta(days=1), laboratory, received_by="examiner 4"),
    )


def photograph(number: str) -> bytes:
    """Draw a photograph of an exhibit: a plain thing on a table, with its label. A JPEG."""
    seizure = SEIZURES[number]
    table = Image.linear_gradient("L").resize(PHOTO_SIZE).point(lambda value: 150 + value // 5)
    picture = Image.merge("RGB", (table, table, table.point(lambda value: value - 12)))
    pen = ImageDraw.Draw(picture)
    width = {"phone": 200, "memory card": 160, "usb stick": 180}.get(seizure.kind, 420)
    height = {"usb stick": 70, "computer": 300, "optical disc": 420}.get(seizure.kind, 330)
    left, top = (PHOTO_SIZE[0] - width) // 2, 120
    pen.rounded_rectangle((left, top, left + width, top + height), radius=24, fill=(52, 58, 66), outline=(30, 34, 40))
    pen.rectangle((330, 600, 630, 690), fill=(250, 249, 244), outline=(120, 120, 120))
    pen.text((350, 615), f"S-{number}", fill=(20, 20, 20), font_size=34)
    pen.text((350, 656), seizure.model, fill=(60, 60, 60), font_size=20)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=85)
    return stream.getvalue()

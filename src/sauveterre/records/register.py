"""What the register of exhibits says of one of them, before anything in it is read."""

from datetime import datetime
from typing import TypedDict


class Register(TypedDict, total=False):
    """The lines that an officer fills in; what is left out is unknown."""

    seal: str
    """The number of its seal."""
    description: str
    kind: str
    """What medium it is, by the code that ``exchange.register.KINDS`` gives to each word for it."""
    model: str
    """Maker and model, as on the label."""
    serial: str
    seized_at: datetime | None
    seized_where: str
    seized_by: str
    legal_act: str
    """The act that allowed the seizure, by its reference."""

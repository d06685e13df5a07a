"""Files that are encrypted as a whole in a way that no key opens here: each is named, with what opens it."""

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.evidence.disk.layers import Layers, media_below
from sauveterre.evidence.encryption import found
from sauveterre.records.limits import Limits
from sauveterre.records.peek import HEAD_BYTES, TAIL_BYTES, Peek
from sauveterre.records.reader import Origin

NAME = "encrypted"
VERSION = 1


def recognises(peek: Peek) -> bool:
    """Say whether a mark of the table stands where it should."""
    return not peek.is_folder and found(peek.head, peek.tail) is not None


def open(origin: Origin, limits: Limits) -> Layers:  # noqa: ARG001
    """Raise ``Locked``, with what the file is and what opens it; it is never opened here."""
    media = media_below(origin)
    kind = found(media.read_at(0, HEAD_BYTES), media.read_at(max(0, media.size - TAIL_BYTES), TAIL_BYTES))
    if kind is None:
        raise UnreadableSource(f"{origin.identity} bears no mark of encryption; it was listed by another version")
    raise Locked(f"{origin.identity} is {kind.name}, which is not opened here; {kind.remedy}")

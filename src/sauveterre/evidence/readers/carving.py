"""Regions that no file system accounts for: the files in them, found by their content and followed to their ends.

Never chosen by what it looks like: only what lists a region, or a volume that nothing reads, has it opened here. The
formats that are looked for are loaded for the first one that is opened.
"""

from typing import TYPE_CHECKING

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.media import media_of
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

if TYPE_CHECKING:
    from sauveterre.evidence.carving.searched import Region

NAME = "carving"
VERSION = 1


def recognises(peek: Peek) -> bool:  # noqa: ARG001
    """Say no: a region is searched because something names it one, whatever it begins with."""
    return False


def open(origin: Origin, limits: Limits) -> "Region":
    """Open a region; nothing is read yet."""
    from sauveterre.evidence.carving.searched import Region

    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    return Region(media_of(origin.stream), origin.identity, limits)

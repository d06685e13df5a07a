"""ISO 9660, the file system of CDs and DVDs, with Rock Ridge and Joliet names."""

from sauveterre.evidence.filesystems.iso9660 import Iso9660, is_descriptor
from sauveterre.evidence.filesystems.volume import open_volume
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Container, Origin

NAME = "iso9660"
VERSION = 1


def recognises(peek: Peek) -> bool:
    """Say whether a primary volume descriptor lies where it has to."""
    return is_descriptor(peek.head)


def open(origin: Origin, limits: Limits) -> Container:
    """Open a volume; nothing is listed yet."""
    return open_volume(origin, limits, NAME, Iso9660)

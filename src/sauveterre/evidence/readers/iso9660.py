"""ISO 9660, the file system of CDs and DVDs, with Rock Ridge and Joliet names."""

from sauveterre.evidence.disk.layers import media_below
from sauveterre.evidence.filesystems.iso9660 import iso_tree
from sauveterre.evidence.filesystems.iso_layout import DESCRIPTOR_AT, SECTOR, is_descriptor
from sauveterre.evidence.filesystems.yal_volume import YalVolume
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Container, Origin

NAME = "iso9660"
VERSION = 1


def recognises(peek: Peek) -> bool:
    """Say whether a primary volume descriptor lies where it has to."""
    return is_descriptor(peek.head[DESCRIPTOR_AT : DESCRIPTOR_AT + SECTOR])


def open(origin: Origin, limits: Limits) -> Container:
    """Open a disc; nothing is listed yet."""
    media = media_below(origin)
    return YalVolume(origin, NAME, limits, media, iso_tree(media, origin.identity), has_regions=True)

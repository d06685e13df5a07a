"""HFS+ and HFSX, the older file systems of Apple, with resource forks."""

from sauveterre.evidence.filesystems.hfs import HEADER_AT, Hfs, header
from sauveterre.evidence.filesystems.volume import open_volume
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Container, Origin

NAME = "hfs"
VERSION = 1


def recognises(peek: Peek) -> bool:
    """Say whether a volume header lies where it has to, and states what can be."""
    return header(peek.head[HEADER_AT:]) is not None


def open(origin: Origin, limits: Limits) -> Container:
    """Open a volume; nothing is listed yet."""
    return open_volume(origin, limits, NAME, Hfs)

"""exFAT: larger memory cards and USB disks, with deleted files."""

from sauveterre.evidence.filesystems.fat import ExFatVolume
from sauveterre.evidence.filesystems.fat_layout import exfat
from sauveterre.evidence.filesystems.volume import open_volume
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Container, Origin

NAME = "exfat"
VERSION = 1


def recognises(peek: Peek) -> bool:
    """Say whether the first sector is an exFAT boot sector that states what can be."""
    return exfat(peek.head) is not None


def open(origin: Origin, limits: Limits) -> Container:
    """Open a volume; nothing is listed yet."""
    return open_volume(origin, limits, NAME, ExFatVolume)

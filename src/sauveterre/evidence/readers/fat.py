"""FAT12, FAT16 and FAT32: memory cards, USB sticks, older cameras and telephones, with deleted files."""

from sauveterre.evidence.filesystems.fat import FatVolume
from sauveterre.evidence.filesystems.fat_layout import fat
from sauveterre.evidence.filesystems.volume import open_volume
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Container, Origin

NAME = "fat"
VERSION = 1


def recognises(peek: Peek) -> bool:
    """Say whether the first sector is a boot sector of FAT that states what can be."""
    return fat(peek.head, peek.size) is not None


def open(origin: Origin, limits: Limits) -> Container:
    """Open a volume; nothing is listed yet."""
    return open_volume(origin, limits, NAME, FatVolume)

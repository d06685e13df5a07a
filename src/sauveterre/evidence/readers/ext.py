"""ext2, ext3 and ext4: the file systems of Linux, older Android devices and network storage."""

from sauveterre.evidence.disk.partition_tables import is_gpt, is_mbr
from sauveterre.evidence.filesystems.ext import Ext
from sauveterre.evidence.filesystems.ext_layout import SUPERBLOCK_AT, superblock
from sauveterre.evidence.filesystems.volume import open_volume
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Container, Origin

NAME = "ext"
VERSION = 1


def recognises(peek: Peek) -> bool:
    """Say whether a superblock lies where it has to, and is not what was left on a medium that was divided since."""
    if superblock(peek.head[SUPERBLOCK_AT : SUPERBLOCK_AT + 1024]) is None:
        return False
    return not is_mbr(peek.head, peek.size or 0) and not is_gpt(peek.head, peek.tail)


def open(origin: Origin, limits: Limits) -> Container:
    """Open a volume; nothing is listed yet."""
    return open_volume(origin, limits, NAME, Ext)

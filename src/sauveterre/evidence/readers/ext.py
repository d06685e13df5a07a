"""ext2, ext3 and ext4: the file systems of Linux, older Android devices and network storage."""

from sauveterre.evidence.disk.layers import media_below
from sauveterre.evidence.disk.partition_tables import is_gpt, is_mbr
from sauveterre.evidence.filesystems.ext import Ext
from sauveterre.evidence.filesystems.ext_layout import SUPERBLOCK_AT, superblock
from sauveterre.evidence.filesystems.volume import open_volume
from sauveterre.evidence.filesystems.yal_trees import yal_tree
from sauveterre.evidence.filesystems.yal_volume import YalVolume
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
    media = media_below(origin)
    stated = superblock(media.read_at(SUPERBLOCK_AT, 1024))
    if stated is not None and stated.cluster != stated.block:  # bigalloc, which The Sleuth Kit does not know
        return YalVolume(origin, NAME, limits, media, yal_tree(media, NAME, origin.identity), has_regions=True)
    return open_volume(origin, limits, NAME, Ext)

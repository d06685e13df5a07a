"""XFS, a file system of Linux servers and network storage."""

from sauveterre.evidence.disk.layers import media_below
from sauveterre.evidence.filesystems.yal_trees import yal_tree
from sauveterre.evidence.filesystems.yal_volume import YalVolume
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Container, Origin

NAME = "xfs"
VERSION = 1

_SMALLEST_BLOCK, _LARGEST_BLOCK = 512, 65_536


def recognises(peek: Peek) -> bool:
    """Say whether a superblock lies at the start, and states a block size that can be."""
    block = int.from_bytes(peek.head[4:8], "big")
    is_power = block & (block - 1) == 0
    return (
        peek.head[:4] == b"XFSB" and len(peek.head) >= 512 and is_power and _SMALLEST_BLOCK <= block <= _LARGEST_BLOCK
    )


def open(origin: Origin, limits: Limits) -> Container:
    """Open a volume; nothing is listed yet."""
    media = media_below(origin)
    tree = yal_tree(media, NAME, origin.identity)
    return YalVolume(origin, NAME, limits, media, tree, has_regions=True)

"""NTFS, the file system of Windows, with alternate streams, deleted files and shadow copies."""

from sauveterre.evidence.filesystems.ntfs import Ntfs
from sauveterre.evidence.filesystems.ntfs_layout import boot
from sauveterre.evidence.filesystems.volume import open_volume
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Container, Origin

NAME = "ntfs"
VERSION = 1


def recognises(peek: Peek) -> bool:
    """Say whether the first sector is an NTFS boot sector, with the table that it leads to behind it.

    The file ``$Boot`` of every volume is a boot sector and nothing more.
    """
    found = boot(peek.head)
    return found is not None and (peek.size is None or found.mft_at < peek.size)


def open(origin: Origin, limits: Limits) -> Container:
    """Open a volume; nothing is listed yet."""
    return open_volume(origin, limits, NAME, Ntfs)

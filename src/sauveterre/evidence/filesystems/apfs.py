"""APFS: a container, and the volumes in it, which share its space."""

from collections.abc import Sequence
from typing import Any

import pyfsapfs

from sauveterre.errors import Locked
from sauveterre.evidence.disk.libyal import LIBYAL_ERRORS, YalFile, opened
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.yal_trees import ApfsTree

_LARGEST_BLOCK = 1 << 16


def is_container(head: bytes) -> bool:
    """Say whether a container superblock lies at the start (Apple File System Reference, ``nx_superblock_t``)."""
    block = int.from_bytes(head[36:40], "little")
    is_power = block & (block - 1) == 0
    return len(head) >= 512 and head[32:36] == b"NXSB" and is_power and 4096 <= block <= _LARGEST_BLOCK


class ApfsVolumeMedia:
    """The whole container, for whoever opens one volume of it: that is where a volume's bytes lie."""

    def __init__(self, container: Media, number: int) -> None:
        """Take the container's medium, and which of its volumes is meant, from 1."""
        self.size = container.size
        self.container = container
        self.number = number

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read from the container."""
        return self.container.read_at(offset, size)


def open_container(media: Media, label: str) -> Any:
    """Open a container; raise ``UnreadableSource`` when it is damaged."""
    container = pyfsapfs.container()
    opened(label, "an APFS container", lambda: container.open_file_object(YalFile(media)))
    return container


def volume_of(container: Any, number: int, label: str) -> Any:
    """Return a volume by its number, from 1."""
    return opened(label, f"volume {number} of its APFS container", lambda: container.get_volume(number - 1))


def is_locked(volume: Any, label: str) -> bool:
    """Say whether a volume is encrypted and no key was tried."""
    return bool(opened(label, "an APFS volume", volume.is_locked))


def unlocked_tree(volume: Any, keys: Sequence[str], label: str) -> ApfsTree:
    """Return a volume's files, unlocked with one of the keys if it has to be; raise ``Locked`` when none opens it."""
    if is_locked(volume, label) and not any(_unlock(volume, key) for key in keys):
        raise Locked(
            f"{label} is an encrypted APFS volume, and "
            + ("none of the keys given opens it" if keys else "no key is given")
            + "; give the password of one of its users or its recovery key, and open it again"
        )
    return ApfsTree(volume)


def _unlock(volume: Any, key: str) -> bool:
    """Try a key as password, then as recovery key."""
    for use in (volume.set_password, volume.set_recovery_password):
        try:
            use(key)
            if volume.unlock():
                return True
        except LIBYAL_ERRORS:
            continue
    return False

"""One volume of an APFS container; it is opened from the container's list, never by what it begins with."""

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.layers import media_below
from sauveterre.evidence.filesystems.apfs import ApfsVolumeMedia, open_container, unlocked_tree, volume_of
from sauveterre.evidence.filesystems.yal_volume import YalVolume
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Container, Origin

NAME = "apfs_volume"
VERSION = 1


def recognises(peek: Peek) -> bool:  # noqa: ARG001
    """Say no: the container says which volume is meant."""
    return False


def open(origin: Origin, limits: Limits) -> Container:
    """Open a volume; raise ``Locked`` when it is encrypted and none of the keys opens it."""
    media = media_below(origin)
    if not isinstance(media, ApfsVolumeMedia):
        raise UnreadableSource(f"{origin.identity} is no volume of an APFS container; open the container")
    label = f"{origin.name.decode('utf-8', 'backslashreplace') or origin.identity} (volume {media.number})"
    volume = volume_of(open_container(media.container, label), media.number, label)
    tree = unlocked_tree(volume, origin.keys, label)
    return YalVolume(origin, NAME, limits, media, tree, has_regions=False)

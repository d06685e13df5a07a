"""APFS containers: the file system of Apple's computers and telephones. A volume for each of those in it."""

from collections.abc import Iterator
from dataclasses import replace

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.evidence.disk.layers import Layers, media_below
from sauveterre.evidence.disk.libyal import LIBYAL_ERRORS, opened
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.apfs import (
    ApfsVolumeMedia,
    is_container,
    is_locked,
    open_container,
    unlocked_tree,
    volume_of,
)
from sauveterre.evidence.filesystems.entries import UNALLOCATED
from sauveterre.evidence.filesystems.regions import Later
from sauveterre.evidence.filesystems.yal_space import unallocated
from sauveterre.evidence.filesystems.yal_trees import ApfsTree
from sauveterre.records.entry import Cause, EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "apfs"
VERSION = 1


def recognises(peek: Peek) -> bool:
    """Say whether a container superblock lies at the start."""
    return is_container(peek.head)


def open(origin: Origin, limits: Limits) -> "ApfsContainer":
    """Open a container and list its volumes."""
    return ApfsContainer(origin, limits, media_below(origin))


class ApfsContainer(Layers):
    """An opened container."""

    def __init__(self, origin: Origin, limits: Limits, media: Media) -> None:
        """List the volumes, then what no file of those that are open lies on."""
        super().__init__(origin.identity, NAME, limits)
        self._origin = origin
        self._media = media
        self._container = open_container(media, origin.identity)
        count = opened(origin.identity, "an APFS container", self._container.get_number_of_volumes)
        for number in range(1, count + 1):
            self._list(number)
        path, locator = UNALLOCATED
        free = Later(lambda: unallocated(media, self._trees(count)))
        self._add(path, locator, free, size=None, kind=EntryKind.REGION, opens="carving")
        self.restate(replace(self.entry_at(locator), allocated=None))

    def _list(self, number: int) -> None:
        label = f"volume {number}"
        try:
            volume = volume_of(self._container, number, label)
            name = (volume.get_name() or label).encode("utf-8", "surrogateescape")
            note = "is encrypted" if is_locked(volume, label) else ""
            failure = ""
        except (UnreadableSource, *LIBYAL_ERRORS) as error:
            name, note, failure = label.encode(), "", f"cannot be opened: {error}"
        self.add(
            name.replace(b"/", b":"),
            label,
            ApfsVolumeMedia(self._media, number),
            opens="apfs_volume",
            note=note,
            failure=failure,
            cause=Cause.DAMAGED if failure else Cause.NONE,
        )

    def _trees(self, count: int) -> Iterator[ApfsTree]:
        """Yield the files of the volumes that the keys open; what lies on a locked one counts as free."""
        for number in range(1, count + 1):
            label = f"volume {number}"
            try:
                yield unlocked_tree(volume_of(self._container, number, label), self._origin.keys, label)
            except (Locked, UnreadableSource):
                continue

"""Microsoft's virtual disks, through libvhdi: VHD and VHDX, fixed, dynamic, and differencing with their parents."""

import pyvhdi

from sauveterre.evidence.disk.layers import Layers, media_below
from sauveterre.evidence.disk.libyal import YalFile, opened, yal_media
from sauveterre.evidence.disk.media import Media, media_of
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "vhd"
VERSION = 1

_VHD, _VHDX = b"conectix", b"vhdxfile"
_DIFFERENTIAL = 4
_MOST_PARENTS = 32


def recognises(peek: Peek) -> bool:
    """Say whether either end is that of a virtual disk: a fixed one says so only in its last sector."""
    return not peek.is_folder and (peek.head.startswith((_VHD, _VHDX)) or peek.tail.startswith(_VHD))


def open(origin: Origin, limits: Limits) -> "VhdImage":
    """Open a disk with its parents, where these lie beside it."""
    return VhdImage(origin, limits)


class VhdImage(Layers):
    """An opened disk."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        """Open the disk and those that it is a difference from."""
        super().__init__(origin.identity, NAME, limits, self._let_go)
        self._origin = origin
        self._files: list[pyvhdi.file] = []
        try:
            file = self._opened(media_below(origin), origin.identity, 1)
            size = opened(origin.identity, "a virtual disk", file.get_media_size)
        except BaseException:
            self._let_go()
            raise
        self.add_media(yal_media(origin.identity, file, size))

    def _opened(self, image: Media, label: str, level: int) -> pyvhdi.file:
        file = pyvhdi.file()
        below = YalFile(image)
        opened(label, "a virtual disk", lambda: file.open_file_object(below))
        self._files.append(file)
        if opened(label, "a virtual disk", file.get_disk_type) == _DIFFERENTIAL:
            self._add_parent(file, label, level)
        return file

    def _add_parent(self, file: pyvhdi.file, label: str, level: int) -> None:
        path = opened(label, "a virtual disk", file.get_parent_filename) or ""
        name = path.replace("\\", "/").rpartition("/")[2].encode("utf-8", "surrogateescape")
        stream = self._origin.sibling(name) if name and level < _MOST_PARENTS else None
        if stream is not None:
            parent = self._opened(media_of(stream), path, level + 1)
            wanted = opened(label, "a virtual disk", file.get_parent_identifier)
            if opened(path, "a virtual disk", parent.get_identifier) == wanted:
                opened(label, "a virtual disk", lambda: file.set_parent(parent))
                return
        self._problem(
            "parent",
            f"the disk holds only what changed since {path or 'its parent'}, which does not lie beside it or was "
            "changed since: what is in there cannot be read; put both into one folder and add this one again",
        )

    def _let_go(self) -> None:
        for file in self._files:
            file.close()

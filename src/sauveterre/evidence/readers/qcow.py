"""QEMU's images, QCOW version 1 to 3, with the images that they overlay and the snapshots that they hold.

Version 2 and 3 are read by ``disk.qcow2``, version 1 by libqcow.
"""

import os
from typing import BinaryIO

import pyqcow

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.layers import Layers, media_below
from sauveterre.evidence.disk.libyal import YalFile, opened, yal_media
from sauveterre.evidence.disk.media import Media, media_of
from sauveterre.evidence.disk.qcow2 import MAGIC, Header, Qcow2Media, read_header, read_snapshots
from sauveterre.records.entry import display_path
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "qcow"
VERSION = 1

_MOST_BELOW = 16
_VERSIONS = (1, 2, 3)
_CRYPT_1 = 36
_FORMATS_BELOW = (b"", b"raw", b"qcow2")


def recognises(peek: Peek) -> bool:
    """Say whether the first bytes are those of a QCOW image."""
    return not peek.is_folder and peek.head.startswith(MAGIC) and _version(peek.head) in _VERSIONS


def open(origin: Origin, limits: Limits) -> "QcowImage":
    """Open an image with all that it overlays, where that lies beside it."""
    return QcowImage(origin, limits)


class QcowImage(Layers):
    """An opened image."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        """Read the headers of the image and of those below it."""
        self._origin = origin
        self._handle = pyqcow.file()
        self._handle_is_open = False
        super().__init__(origin.identity, NAME, limits, self._let_go)
        image = media_below(origin)
        if _version(image.read_at(0, 8)) == 1:
            self.add_media(self._first_version(image))
            return
        header = read_header(image, origin.identity)
        data = self._data_file(header)
        below = self._below(header, 1)
        self.add_media(Qcow2Media(origin.identity, image, header, below=below, data=data), note=_overlay(header))
        if header.corrupt:
            self._problem("header", "the image is marked as corrupt by the program that wrote it; it was read as it is")
        self._list_snapshots(image, header, below, data)

    def _list_snapshots(self, image: Media, header: Header, below: Media | None, data: Media | None) -> None:
        for snapshot in read_snapshots(image, header):
            media = Qcow2Media(self._identity, image, header, below=below, data=data, snapshot=snapshot)
            taken = f", taken {snapshot.taken:%Y-%m-%d %H:%M:%S} UTC" if snapshot.taken else ""
            self.add(
                b"snapshot %d" % snapshot.number,
                f"snapshot {snapshot.number}",
                media,
                note=f"an earlier state of the medium, named {snapshot.name!r}{taken}",
            )

    def _below(self, header: Header, level: int) -> Media | None:
        """Return what an image overlays; None where it overlays nothing, or where that is missing."""
        if not header.backing:
            return None
        stream = self._beside(header.backing, "overlays")
        if stream is None or level > _MOST_BELOW:
            return None
        if header.backing_format not in _FORMATS_BELOW:
            self._problem(
                "header",
                f"the image overlays one in the format {display_path(header.backing_format)}, which is not read below "
                "another one: convert it with `qemu-img convert -O raw` and add that",
            )
            return None
        image = media_of(stream)
        head = image.read_at(0, 8)
        if not head.startswith(MAGIC):
            return image
        label = display_path(os.path.basename(header.backing))  # noqa: PTH119 - a name in evidence, not a path
        below = read_header(image, label)
        return Qcow2Media(label, image, below, below=self._below(below, level + 1), data=self._data_file(below))

    def _data_file(self, header: Header) -> Media | None:
        if header.encrypted:
            raise _encrypted(self._identity)
        if not header.data_file:
            return None
        stream = self._beside(header.data_file, "keeps its clusters in")
        if stream is None:
            raise UnreadableSource(
                f"{self._identity} keeps its clusters in {display_path(header.data_file)}, which is missing; put both "
                "into one folder"
            )
        return media_of(stream)

    def _beside(self, path: bytes, relation: str) -> BinaryIO | None:
        name = path.replace(b"\\", b"/").rpartition(b"/")[2]
        stream = self._origin.sibling(name) if name else None
        if stream is None:
            self._problem(
                "header",
                f"the image {relation} {display_path(path)}, which does not lie beside it: what is in there cannot be "
                "read; put both into one folder and add this one again",
            )
        return stream

    def _first_version(self, image: Media) -> Media:
        if any(image.read_at(_CRYPT_1, 4)):
            raise _encrypted(self._identity)
        file = YalFile(image)
        opened(self._identity, "a QCOW image", lambda: self._handle.open_file_object(file))
        self._handle_is_open = True
        backing = self._handle.get_backing_filename()
        if backing:
            self._problem(
                "header",
                f"the image overlays {backing}, and overlays of version 1 are not read: convert it with "
                "`qemu-img convert -O raw` and add that",
            )
        size = opened(self._identity, "a QCOW image", self._handle.get_media_size)
        return yal_media(self._identity, self._handle, size)

    def _let_go(self) -> None:
        if self._handle_is_open:
            self._handle.close()


def _version(head: bytes) -> int:
    return int.from_bytes(head[4:8], "big")


def _encrypted(label: str) -> UnreadableSource:
    return UnreadableSource(
        f"{label} is encrypted by QEMU itself; convert it with `qemu-img convert` and its password, and add what comes "
        "out"
    )


def _overlay(header: Header) -> str:
    return f"overlays {display_path(header.backing)}" if header.backing else ""

"""Apple disk images: UDIF (``.dmg``) in every packing, and sparse images (``.sparseimage``) through libmodi."""

import pymodi

from sauveterre.evidence.disk.layers import Layers, media_below
from sauveterre.evidence.disk.libyal import YalFile, opened, yal_media
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.disk.udif import MAGIC, UdifMedia, read_runs
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "dmg"
VERSION = 1

_SPARSE = b"sprs\x00\x00\x00\x03"


def recognises(peek: Peek) -> bool:
    """Say whether a stream ends as UDIF images do, or begins as sparse ones."""
    return not peek.is_folder and (peek.tail.startswith(MAGIC) or peek.head.startswith(_SPARSE))


def open(origin: Origin, limits: Limits) -> "DmgImage":
    """Open an image."""
    return DmgImage(origin, limits)


class DmgImage(Layers):
    """An opened Apple disk image."""

    def __init__(self, origin: Origin, limits: Limits) -> None:
        """List the runs of the image."""
        self._image = media_below(origin)
        self._handle = pymodi.handle()
        self._library: Media | None = None
        super().__init__(origin.identity, NAME, limits, self._let_go)
        if self._image.read_at(0, len(_SPARSE)) == _SPARSE:
            self.add_media(self._through_library())
        else:
            size, stated, runs = read_runs(self._image, origin.identity)
            if stated > size:
                self._problem(
                    "trailer",
                    f"the medium is said to have {stated:,} bytes and its runs cover {size:,}; no more are shown, the "
                    "image is damaged or incomplete: look for another copy",
                )
            self.add_media(UdifMedia(origin.identity, self._image, size, runs, self._through_library))

    def _through_library(self) -> Media:
        if self._library is None:
            file = YalFile(self._image)
            opened(self._identity, "an Apple disk image", lambda: self._handle.open_file_object(file))
            size = opened(self._identity, "an Apple disk image", self._handle.get_media_size)
            self._library = yal_media(self._identity, self._handle, size)
        return self._library

    def _let_go(self) -> None:
        if self._library is not None:
            self._handle.close()

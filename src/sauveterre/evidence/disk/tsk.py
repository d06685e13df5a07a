"""A medium as The Sleuth Kit sees it."""

import pytsk3

from sauveterre.errors import SauveterreError
from sauveterre.evidence.disk.media import Media


class TskImage(pytsk3.Img_Info):  # type: ignore[misc]
    """A medium that TSK reads through; it caches in pieces of 64 KiB by itself.

    An error of the medium reaches the caller of TSK as an ``OSError`` or ``RuntimeError`` in TSK's words, or not at
    all: ``trouble`` keeps the first one as it was.
    """

    def __init__(self, media: Media) -> None:
        """Take a medium that stays with the caller and outlives this."""
        self.trouble: SauveterreError | None = None
        self._media = media
        super().__init__(url="", type=pytsk3.TSK_IMG_TYPE_EXTERNAL)

    def get_size(self) -> int:
        """How many bytes there are."""
        return self._media.size

    def read(self, offset: int, size: int) -> bytes:
        """Read from a position; past the end there are fewer bytes, or none."""
        size = min(size, self._media.size - offset)
        if offset < 0 or size <= 0:
            return b""
        try:
            return self._media.read_at(offset, size)
        except SauveterreError as error:
            self.trouble = self.trouble or error
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Nothing to let go of: the medium stays with the caller."""


def tsk_image(media: Media) -> TskImage:
    """Return a medium as an image that ``FS_Info`` and ``Volume_Info`` open."""
    return TskImage(media)

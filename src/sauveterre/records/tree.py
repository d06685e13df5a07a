"""The files of a source by path: what a reader of many-file stores is given."""

from collections.abc import Iterable
from typing import BinaryIO, Protocol


class Tree(Protocol):
    """Read-only access to the files of one source, wherever they lie (folder, archive, image)."""

    identity: str
    """As ``Source.identity``."""

    def paths(self) -> Iterable[str]:
        """Every file's path as shown to people, parted by ``/``, in the order of the source."""

    def open(self, path: str) -> BinaryIO:
        """Open one file for reading; raise ``UnreadableSource`` when it cannot be read."""

"""What a reader is given to open: a folder on disk, or a seekable stream."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


def no_sibling(_name: bytes) -> BinaryIO | None:
    """Know of no other file."""
    return None


@dataclass(slots=True)
class FolderOrigin:
    """A folder on disk; what the examiner named, so it lies in no other container."""

    path: Path
    identity: str
    depth: int = 0
    name: bytes = b""
    keys: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """The folder's path."""
        return str(self.path)

    @property
    def stream(self) -> None:
        """A folder has no bytes of its own."""
        return None

    def sibling(self, name: bytes) -> BinaryIO | None:
        """Return None: a folder stands alone."""
        return no_sibling(name)


@dataclass(slots=True)
class StreamOrigin:
    """A seekable stream. It stays with whoever opened it: a container does not close it."""

    stream: BinaryIO
    identity: str
    depth: int = 0
    name: bytes = b""
    """Of the file or entry, without its folders; empty where it has none."""
    keys: tuple[str, ...] = ()
    """What the unit holds to open what is locked: passwords, recovery keys. Never logged."""
    find_sibling: Callable[[bytes], BinaryIO | None] = no_sibling

    @property
    def folder(self) -> None:
        """A stream is no folder."""
        return None

    def sibling(self, name: bytes) -> BinaryIO | None:
        """Return another file of the same folder by its name, None when there is none; it stays with the opener."""
        return self.find_sibling(name)

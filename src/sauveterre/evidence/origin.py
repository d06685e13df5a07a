"""What a reader is given to open: a folder on disk, or a seekable stream."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(slots=True)
class FolderOrigin:
    """A folder on disk; what the examiner named, so it lies in no other container."""

    path: Path
    identity: str
    depth: int = 0

    @property
    def folder(self) -> str:
        """The folder's path."""
        return str(self.path)

    @property
    def stream(self) -> None:
        """A folder has no bytes of its own."""
        return None


@dataclass(slots=True)
class StreamOrigin:
    """A seekable stream. It stays with whoever opened it: a container does not close it."""

    stream: BinaryIO
    identity: str
    depth: int = 0

    @property
    def folder(self) -> None:
        """A stream is no folder."""
        return None

"""What can be told of a stream, or of a folder, before it is opened: enough for a reader to recognise its own."""

from dataclasses import dataclass

HEAD_BYTES = 0x11000
"""How much of a stream's start a peek holds: the superblock of Btrfs, the farthest one, begins at 65,600."""
TAIL_BYTES = 512
"""How much of its end: Apple disk images and fixed virtual disks state there what they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peek:
    """The two ends of a stream. For a folder, everything but ``name`` is empty."""

    head: bytes = b""
    tail: bytes = b""
    size: int | None = None
    """None where only reading to the end would tell."""
    name: bytes = b""
    """The last segment of its path, as stored: a hint, where the content alone does not tell."""
    is_folder: bool = False

"""What a child has in hand at this moment, in a file that outlives it, and outlives the whole program.

The child writes through a mapping of the file: no system call, and what it wrote is there however it ends. Whoever
started it learns from the file which clock ended it; the program's next start learns what it was reading when it died.
"""

import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path

_LAYOUT = struct.Struct("<QcB")
LONGEST_LABEL = 200
_BYTES = _LAYOUT.size + LONGEST_LABEL
NO_CLOCK, TOTAL, SILENCE = b"-", b"t", b"s"


@dataclass(frozen=True, slots=True)
class Held:
    """What was in a hand."""

    label: str
    """What its caller calls the task; empty where nothing was in hand, or nothing that has a name."""
    pulses: int
    """Signs of life that the task had given: how far it was."""
    clock: bytes
    """What the alarm then set stood for."""


class Hand:
    """The child's side: one file, under the number of the process."""

    def __init__(self, folder: Path) -> None:
        """Begin with nothing in hand."""
        descriptor = os.open(folder / str(os.getpid()), os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, bytes(_BYTES))
            self._page = mmap.mmap(descriptor, _BYTES)
        finally:
            os.close(descriptor)

    def take(self, label: str) -> None:
        """Take a task in hand."""
        text = label.encode()[:LONGEST_LABEL]
        self._page[_LAYOUT.size : _LAYOUT.size + len(text)] = text
        _LAYOUT.pack_into(self._page, 0, 0, NO_CLOCK, len(text))

    def note(self, pulses: int) -> None:
        """Note how far the task is."""
        struct.pack_into("<Q", self._page, 0, pulses)

    def set_clock(self, clock: bytes) -> None:
        """Note what the alarm stands for that is set now."""
        self._page[8:9] = clock

    def keep(self) -> None:
        """Have the disk know what is in hand, for a machine that goes down with the program."""
        self._page.flush()

    def let_go(self) -> None:
        """Have nothing in hand."""
        _LAYOUT.pack_into(self._page, 0, 0, NO_CLOCK, 0)


def read_hand(file: Path) -> Held | None:
    """Return what a child has or had in hand; None where there is no such file."""
    try:
        page = file.read_bytes()
    except FileNotFoundError:
        return None
    if len(page) < _LAYOUT.size:
        return None
    pulses, clock, length = _LAYOUT.unpack_from(page)
    return Held(page[_LAYOUT.size : _LAYOUT.size + length].decode("utf-8", "replace"), pulses, clock)

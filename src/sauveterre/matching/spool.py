"""Numbers that wait on disk until all have come: a column that grows without taking memory."""

import tempfile
from array import array
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HELD = 1 << 16
"""Numbers that are held before they are written."""
_BLOCK = 1 << 20


class Spool:
    """Numbers of one type, as ``array`` names it (``I``, ``Q``), in a file without a name."""

    def __init__(self, code: str, folder: Path) -> None:
        """Open the file in a folder; it is gone when closed, however the process ends."""
        self._held = array(code)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  (closed by close)
        self._written = 0

    def __len__(self) -> int:
        return self._written + len(self._held)

    def append(self, number: int) -> None:
        """Put one number behind the others."""
        self._held.append(number)
        if len(self._held) >= _HELD:
            self._flush()

    def extend(self, numbers: NDArray[Any]) -> None:
        """Put numbers of the same type behind the others."""
        self._flush()
        numbers.tofile(self._file)
        self._written += len(numbers)

    def write_into(self, column: NDArray[Any]) -> None:
        """Copy all to a column of the same length, block by block."""
        self._flush()
        self._file.seek(0)
        at = 0
        while block := self._file.read(_BLOCK):
            numbers = np.frombuffer(block, column.dtype)
            column[at : at + len(numbers)] = numbers
            at += len(numbers)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _flush(self) -> None:
        if self._held:
            self._file.write(self._held)
            self._written += len(self._held)
            del self._held[:]

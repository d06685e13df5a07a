"""Many bare hashes at once: blocks of lines of one length, which need no look at each.

Lists of national size are mostly that. A block that holds anything else is left to whoever reads line by line.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256"}
"""By hex digits. Sixty-four are PDQ where the list says so: the caller knows."""

_NONE = 255
_VALUES = np.full(256, _NONE, np.uint8)
for _digit in range(16):
    _VALUES[ord(f"{_digit:x}")] = _VALUES[ord(f"{_digit:X}")] = _digit


@dataclass(frozen=True, slots=True, eq=False)
class HashRows:
    """Hashes of one algorithm that stand in lines one after another, each an item without anything else."""

    algorithm: str
    digests: NDArray[np.uint8]
    """N × bytes of the algorithm."""
    first_line: int


def rows_of_block(block: bytes, first_line: int) -> HashRows | None:
    """Return the hashes of a block of whole lines; None unless every line is a bare hash of the same length."""
    width = block.find(b"\n") + 1
    digits = width - 2 if block[width - 2 : width - 1] == b"\r" else width - 1
    algorithm = ALGORITHMS.get(digits)
    if algorithm is None or len(block) % width:
        return None
    lines = np.frombuffer(block, np.uint8).reshape(-1, width)
    if not (lines[:, digits:] == np.frombuffer(block, np.uint8)[digits:width]).all():
        return None
    values = _VALUES[lines[:, :digits]]
    if (values == _NONE).any():
        return None
    return HashRows(algorithm, ((values[:, 0::2] << 4) | values[:, 1::2]).astype(np.uint8), first_line)

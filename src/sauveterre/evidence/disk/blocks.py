"""A medium that comes in blocks, each fetched and unpacked as a whole: compressed and mapped images are made so."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from sauveterre.errors import UnreadableSource
from sauveterre.records.pulse import pulse

KEPT_BYTES = 8 << 20
"""How much of a medium is kept unpacked, so that small reads do not unpack a block again and again."""


def gathered(piece: Callable[[int, int], bytes], offset: int, size: int) -> bytes:
    """Read piece by piece up to ``size`` bytes or the first error, which is raised only when it comes first of all.

    ``piece`` returns at least one byte of those that are asked for, or none where there are no more.
    """
    parts: list[bytes] = []
    while size > 0:
        pulse()
        try:
            part = piece(offset, size)
        except UnreadableSource:
            if parts:
                break
            raise
        if not part:
            break
        parts.append(part)
        offset, size = offset + len(part), size - len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


class BlockMedia:
    """A medium of equal blocks, the last one perhaps shorter. Threads may share it; ``load`` is then called by many."""

    def __init__(self, size: int, block_size: int, load: Callable[[int], bytes]) -> None:
        """Take how many bytes there are, and what returns the block of a number or raises ``UnreadableSource``."""
        self.size = size
        self._block_size = block_size
        self._load = load
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._most = max(2, KEPT_BYTES // block_size)
        self._lock = threading.Lock()

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read at a position: the bytes before the first damaged block, or ``UnreadableSource`` when there are none."""
        return gathered(self._piece, offset, min(size, self.size - offset))

    def _piece(self, offset: int, size: int) -> bytes:
        number, skip = divmod(offset, self._block_size)
        return self._block(number)[skip : skip + size]

    def _block(self, number: int) -> bytes:
        with self._lock:
            block = self._kept.get(number)
            if block is not None:
                self._kept.move_to_end(number)
                return block
        block = self._load(number)
        with self._lock:
            self._kept[number] = block
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return block

"""A medium that comes in blocks, each fetched and unpacked as a whole: compressed and mapped images are made so."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from sauveterre.errors import UnreadableSource

KEPT_BYTES = 8 << 20
"""How much of a medium is kept unpacked, so that small reads do not unpack a block again and again."""


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
        size = min(size, self.size - offset)
        parts: list[bytes] = []
        while size > 0:
            number, skip = divmod(offset, self._block_size)
            try:
                part = self._block(number)[skip : skip + size]
            except UnreadableSource:
                if parts:
                    break
                raise
            if not part:
                break
            parts.append(part)
            offset, size = offset + len(part), size - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

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

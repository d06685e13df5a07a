"""Which addresses of a file system were met already."""

_CHUNK_BITS = 10
_MASK = (1 << _CHUNK_BITS) - 1


class Seen:
    """A set of addresses at one bit each where they lie close together, as those of records do."""

    def __init__(self) -> None:
        """Start with none."""
        self._chunks: dict[int, bytearray] = {}

    def add(self, address: int) -> bool:
        """Remember an address; say whether it is new."""
        chunk = self._chunks.get(address >> _CHUNK_BITS)
        if chunk is None:
            chunk = self._chunks[address >> _CHUNK_BITS] = bytearray(1 << (_CHUNK_BITS - 3))
        at, bit = (address & _MASK) >> 3, 1 << (address & 7)
        if chunk[at] & bit:
            return False
        chunk[at] |= bit
        return True

    def __contains__(self, address: int) -> bool:
        chunk = self._chunks.get(address >> _CHUNK_BITS)
        return chunk is not None and bool(chunk[(address & _MASK) >> 3] & (1 << (address & 7)))

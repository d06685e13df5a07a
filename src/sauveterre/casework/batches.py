"""A listing cut into the batches that jobs work off."""

from sauveterre.records.entry import STRUCTURE

BATCH_ENTRIES = 256
BATCH_BYTES = 64 << 20


class Batches:
    """Runs of at most 256 pending entries or 64 MiB, as (first, last) ordinals."""

    def __init__(self) -> None:
        """Begin with none."""
        self._ended: list[tuple[int, int]] = []
        self._first = self._last = self._count = self._size = 0

    def take(self, ordinal: int, kind: str, size: int | None) -> None:
        """Take the next entry that is to be read; layers of images are only looked at, whatever their size."""
        more = 0 if kind in STRUCTURE else size or 0
        if self._count and (self._count == BATCH_ENTRIES or self._size + more > BATCH_BYTES):
            self._ended.append((self._first, self._last))
            self._count = self._size = 0
        if not self._count:
            self._first = ordinal
        self._last = ordinal
        self._count, self._size = self._count + 1, self._size + more

    def ended(self) -> list[tuple[int, int]]:
        """Return all batches, the last one with what it has so far."""
        return [*self._ended, (self._first, self._last)] if self._count else self._ended

    def jobs(self, source_id: int) -> list[dict[str, int]]:
        """Return the arguments of one job for each batch of a source."""
        return [{"source_id": source_id, "first": first, "last": last} for first, last in self.ended()]

"""What a second, independent reader says of the same volume."""

from dataclasses import dataclass

MOST_DIFFERENCES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two listings of the live files of one volume, and the digests of some of them, held against each other."""

    first: str
    second: str
    """What read the volume: libraries by their names."""
    listed_first: int
    listed_second: int
    agreeing: int
    """Paths with the same size in both."""
    sampled: int
    """Files that both read to the end."""
    digests_agreeing: int
    differences: tuple[str, ...]
    """One sentence each, with the path: at most ``MOST_DIFFERENCES``."""
    unlisted: int = 0
    """How many differences there are beyond those."""

    @property
    def agrees(self) -> bool:
        """Whether both say the same."""
        return not self.differences and self.sampled == self.digests_agreeing

"""The bounds that content may not pass. Built once by whoever reads the settings; handed in."""

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds for one source and for the child process that reads it."""

    ratio: int = 1_000
    """Most bytes that one compressed byte of an entry may become (above ``ratio_floor``)."""
    ratio_floor: int = 16 * MEBIBYTE
    """Below this many bytes the ratio is not looked at: small files of zeros are not bombs."""
    depth: int = 8
    """Most containers inside one another; the layers of a disk image do not count."""
    layers: int = 16
    """Most layers of disk images inside one another."""
    entry_bytes: int = 64 << 30
    """Most bytes read of one entry."""
    nested_bytes: int = 4 << 30
    """Most bytes unpacked for one container inside another."""
    entries: int = 5_000_000
    """Most entries in one source: about half a kilobyte of memory each while they are listed."""
    memory_bytes: int = 3 << 30
    """Address space of a child process."""
    entry_seconds: float = 60.0
    """Wall time for one entry, plus one second for each ``seconds_per_bytes`` of it."""
    seconds_per_bytes: int = 20 * MEBIBYTE
    listing_seconds: float = 3_600.0
    """Wall time for listing one source."""
    picture_pixels: int = 400_000_000
    """Most pixels decoded of one picture."""

    def seconds_for(self, size: int | None) -> float:
        """Return the wall time that an entry of this size may take."""
        return self.entry_seconds + min(size or 0, self.entry_bytes) / self.seconds_per_bytes

"""The bounds that content may not pass. Built once by whoever reads the settings; handed in."""

from dataclasses import dataclass

MEBIBYTE = 1 << 20
LONGEST_SECONDS = 30 * 24 * 3_600.0
"""The total of a task that may take as long as it gives signs of life."""
ENTRIES_PER_SECOND = 100
"""Names that a folder gives in a second at the very least, on the slowest medium."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """What one task may take, in seconds. The first clock that runs out ends the child that the task runs in."""

    total: float
    """By the clock on the wall."""
    cpu: float | None = None
    """Of a processor's time; None for as much as there is in the total."""
    silence: float | None = None
    """Without any block read or entry listed; None where the task gives no such sign."""
    opening: float = 0.0
    """Added to the first two until the task says that what it works on is open."""
    more: float = 0.0
    """Most that the task may add to the first two by itself, when it finds that its content takes long by nature."""


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
    """Most entries in one source: about half a kilobyte of memory each while they are listed. And the most in all
    sources below one embedded container."""
    nested_sources: int = 10_000
    """Most sources below one embedded container, itself among them."""
    memory_bytes: int = 3 << 30
    """Address space of a child process."""
    entry_seconds: float = 600.0
    """Wall time for one entry, plus one second for each ``slowest_bytes`` of it."""
    entry_cpu_seconds: float = 60.0
    """A processor's time for one entry, plus one second for each ``seconds_per_bytes`` of it."""
    seconds_per_bytes: int = 20 * MEBIBYTE
    """Bytes that a second of a processor's time is enough for."""
    slowest_bytes: int = 2 * MEBIBYTE
    """Bytes that come in a second from the slowest medium that is read at all."""
    listing_seconds: float = 3_600.0
    """Wall time for opening and listing one source, plus one second for each ``slowest_bytes`` of it."""
    silence_seconds: float = 120.0
    """Most time without any block read or entry listed."""
    result_bytes: int = 1 << 30
    """Most that a child may hand back for one task."""
    picture_pixels: int = 400_000_000
    """Most pixels decoded of one picture, or of one frame of a film."""
    film_pixels: int = 400_000_000_000
    """Most pixels decoded of one film, all its frames together: two hours of full high definition, if every frame has
    to be. Frames count for 131,072 at least."""
    film_pixels_per_second: int = 40_000_000
    """Pixels of a film that a second of a processor's time is enough for: the clocks of an entry go on for as long as
    its frames may take."""

    @property
    def film_seconds(self) -> float:
        """Return the most time that decoding one film may be given beyond that of its entry."""
        return self.film_pixels / self.film_pixels_per_second

    def seconds_for(self, size: int | None) -> float:
        """Return the wall time that an entry of this size may take."""
        return self.entry_seconds + self._most_read(size) / self.slowest_bytes

    def entry_clocks(self, size: int | None) -> Clocks:
        """Return the clocks for reading one entry of this size, in a source that may have to be opened first."""
        return Clocks(
            total=self.seconds_for(size),
            cpu=self.entry_cpu_seconds + self._most_read(size) / self.seconds_per_bytes,
            silence=self.silence_seconds,
            opening=self.listing_seconds,
            more=self.film_seconds,
        )

    def listing_clocks(self, size: int | None) -> Clocks:
        """Return the clocks for reading or listing a source from end to end; a folder has no size but its entries."""
        long = self.entries / ENTRIES_PER_SECOND if size is None else size / self.slowest_bytes
        return Clocks(total=self.listing_seconds + long, silence=self.silence_seconds)

    def reading_clocks(self) -> Clocks:
        """Return the clocks for what is read row by row: as long as rows come."""
        return Clocks(total=LONGEST_SECONDS, silence=self.silence_seconds)

    def _most_read(self, size: int | None) -> int:
        return min(size or 0, self.entry_bytes)

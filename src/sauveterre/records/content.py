"""Content: bytes, once, and what can be told of them without looking at them."""

from dataclasses import dataclass

from sauveterre.records.camera import Camera
from sauveterre.records.digest import Digests
from sauveterre.records.video import HashedFilm

_SILENT = Camera()


@dataclass(frozen=True, slots=True)
class Picture:
    """What was measured on a decoded picture."""

    width: int
    height: int
    pdq: bytes
    """32 bytes, most significant bit first: the PDQ hash of the picture as stored (no EXIF rotation)."""
    quality: int
    """PDQ quality, 0 to 100; below 50 the hash must not be matched."""
    thumbnail: bytes
    """A JPEG of at most 256 pixels a side, without metadata. Protected material like its original."""
    camera: Camera = _SILENT
    taken_raw: str = ""
    """The camera's own wall clock as stored (``2026:05:01 10:00:00`` and offset, if any)."""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """All that is kept of a content."""

    digests: Digests
    size: int
    """Bytes actually read."""
    kind: str
    """Media type told from the content, never from the name: ``image/jpeg``, ``application/octet-stream``."""
    picture: Picture | None = None
    film: HashedFilm | None = None
    """Of films, of sound, and beside ``picture`` of pictures that move."""
    trouble: str = ""
    """Why the content could be digested but not wholly understood (a truncated picture); empty when it was."""

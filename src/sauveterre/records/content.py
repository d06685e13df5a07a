"""Content: bytes, once, and what can be told of them without looking at them."""

from dataclasses import dataclass

from sauveterre.records.camera import Camera
from sauveterre.records.digest import Digests
from sauveterre.records.video import HashedFilm

_SILENT = Camera()


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a picture's file says of itself. It states, it does not prove."""

    source: str
    """Where it stands: ``EXIF``, ``XMP``, ``IPTC`` …"""
    name: str
    """As its standard calls it: ``CreatorTool``."""
    value: str
    """As written, bounded, without controls."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A smaller picture inside the file of a picture: of the same scene, or of what the file showed before an edit."""

    origin: str
    """Where it stands: ``EXIF thumbnail``, ``MPF picture``, ``HEIF thumbnail`` …"""
    width: int
    height: int
    pdq: bytes
    quality: int
    digests: Digests | None = None
    """Of its own file; None where it is stored as none."""
    size: int | None = None
    """Bytes of its own file."""


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
    statements: tuple[Statement, ...] = ()
    """What else its file says of its making, history and content."""
    embedded: tuple[Embedded, ...] = ()
    turned: bytes = b""
    """Three more PDQ hashes: of the picture turned by 180°, mirrored top to bottom, and mirrored left to right.

    With its own they tell all eight orientations. Empty where they are not known."""
    frames: int | None = 1
    """Frames, pages or pictures that its file holds, of which the first or main one was measured; None: not counted."""
    basis: str = ""
    """What was measured in its stead (``embedded preview``); empty where it was the picture itself."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """All that is kept of a content."""

    digests: Digests
    size: int
    """Bytes actually read."""
    kind: str
    """Media type told from the content, never from the name: ``image/jpeg``, ``application/octet-stream``."""
    picture: Picture | None = None
    trouble: str = ""
    """Why the content could be digested but not wholly understood (a truncated picture); empty when it was."""
    unsupported: bool = False
    """Whether that is because nothing here reads its form, and not because of what is wrong with it."""
    film: HashedFilm | None = None
    """Of films, of sound, and beside ``picture`` of pictures that move."""

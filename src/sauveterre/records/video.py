"""A film: what its container states, and the hashes of some of its frames."""

from dataclasses import dataclass

from sauveterre.records.camera import Camera

_SILENT = Camera()
TILE_SIDE = 192
"""Pixels of the longer side of a frame on a sheet."""


@dataclass(frozen=True, slots=True)
class HashedFrame:
    """One frame of a film, as vPDQ lists it."""

    number: int
    """Its place in the order of showing, from 0."""
    pdq: bytes
    """32 bytes, most significant bit first, of the frame as stored (not turned upright)."""
    quality: int
    """PDQ quality, 0 to 100; below 50 the hash must not be matched."""
    seconds: float
    """After the first frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """What a container states of itself, without a frame being decoded. Empty or None where it is silent."""

    container: str
    """The name of the demultiplexer that reads it: ``mov``, ``matroska``, ``avi``, ``mp3``, ``gif``."""
    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    """Frames in a second, on average."""
    video_codec: str = ""
    """Empty when there is no moving picture: the content is sound alone. A cover picture is none."""
    audio_codecs: tuple[str, ...] = ()
    """One for each track of sound, in their order. Sound is flagged, and never decoded or played."""
    camera: Camera = _SILENT
    created_raw: str = ""
    """The moment of creation as stored; MP4 states it in UTC, and phones add a second one with their own zone."""
    place_raw: str = ""
    """The place as stored, by ISO 6709 (``+48.00+002.00/``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedFilm:
    """All that is kept of a film."""

    film: Film
    frames: tuple[HashedFrame, ...] = ()
    """In the order of showing."""
    sheet: bytes = b""
    """A JPEG of up to 16 frames side by side, without metadata. Protected material like its original."""
    trouble: str = ""
    """Why it could not be wholly decoded, in one sentence; empty when it was."""

"""A container opened for its facts: duration, codecs, size, what it says of its making. No frame is decoded for them.

Only the demultiplexer of the kind that the content begins with is let near it, so a text file cannot pose as a
playlist and name other files. Metadata keys: QuickTime File Format (``com.apple.quicktime.*``), ISO 14496-12,
Matroska tags.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

import av
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from sauveterre.errors import SauveterreError
from sauveterre.media.formats import CONTAINERS
from sauveterre.records.camera import Camera
from sauveterre.records.video import Film

LONGEST_TEXT = 256
"""Characters kept of one field."""
LONGEST_REASON = 160
"""Characters kept of what a decoder says is wrong."""

_CREATED = ("com.apple.quicktime.creationdate", "creation_time", "date", "ICRD")
_PLACE = ("com.apple.quicktime.location.ISO6709", "location", "location-eng")
_MAKE = ("com.apple.quicktime.make", "com.android.manufacturer", "make")
_MODEL = ("com.apple.quicktime.model", "com.android.model", "model")
_SOFTWARE = ("com.apple.quicktime.software", "software", "encoder", "ENCODER")


class Unplayable(SauveterreError):
    """Nothing can be read of a film or sound; the message is one sentence that says why."""

    exit_code = 3


@contextmanager
def opened(stream: BinaryIO, kind: str) -> Iterator[InputContainer]:
    """Open a seekable stream of one of the kinds in ``CONTAINERS``, from its beginning.

    Raises ``Unplayable`` for whatever the demultiplexer or a decoder says while the block runs; errors of our own
    family, such as the stream's, pass through.
    """
    name = CONTAINERS.get(kind)
    if name is None:
        raise Unplayable(f"no film or sound is read from content of the kind {kind}; it is kept as it is")
    stream.seek(0)
    try:
        with av.open(stream, "r", format=name, metadata_errors="replace") as container:
            yield container
    except (SauveterreError, MemoryError):
        raise
    except Exception as error:
        raise Unplayable(
            f"the content begins like {kind}, but it cannot be played: {reason(error)}; "
            "look at it with a tool that repairs films"
        ) from error


def moving_picture(container: InputContainer) -> VideoStream | None:
    """Return the first stream of moving pictures, or None: a cover picture is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic and stream.width and stream.height:
            return stream
    return None


def film_of(container: InputContainer, kind: str) -> Film:
    """Return what the container states."""
    picture = moving_picture(container)
    sound = tuple(_codec(stream) for stream in container.streams.audio)
    texts = [container.metadata, *(stream.metadata for stream in container.streams)]
    rate = picture.average_rate if picture is not None else None
    return Film(
        container=CONTAINERS[kind],
        seconds=container.duration / av.time_base if container.duration and container.duration > 0 else None,
        width=picture.width if picture is not None else None,
        height=picture.height if picture is not None else None,
        frame_rate=float(rate) if rate else None,
        video_codec=_codec(picture) if picture is not None else "",
        audio_codecs=sound,
        camera=Camera(make=_first(texts, _MAKE), model=_first(texts, _MODEL), software=_first(texts, _SOFTWARE)),
        created_raw=_first(texts, _CREATED),
        place_raw=_first(texts, _PLACE),
    )


def reason(error: Exception) -> str:
    """Return what a decoder said, bounded and in one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return plain(text, LONGEST_REASON)


def plain(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return printable text with single spaces, bounded."""
    kept = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(kept.split())[:longest]


def _codec(stream: Stream) -> str:
    """Return the name of a stream's coding; ``unknown`` where no decoder knows it."""
    context = getattr(stream, "codec_context", None)
    return "unknown" if context is None else context.name


def _first(texts: list[Mapping[str, str]] | list[dict[str, str]], names: tuple[str, ...]) -> str:
    found = (text[name] for name in names for text in texts if text.get(name))
    return plain(next(found, ""))

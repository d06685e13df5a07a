"""A content to its fingerprint: the front door of this package. Pure: no process, clock or network in it.

Decoders are imported where they are used: only children load them.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, cast

from sauveterre.media.digests import Reading, read_once
from sauveterre.media.formats import FORMATS, is_film, may_move
from sauveterre.media.jpeg_frames import refusal
from sauveterre.media.jxl.header import JPEG_XL
from sauveterre.media.kind import UNKNOWN, kind_of
from sauveterre.media.raw import PREVIEWED
from sauveterre.records.content import Fingerprint, Picture
from sauveterre.records.limits import Limits
from sauveterre.records.video import HashedFilm

DIGESTS, PICTURE, FILM = "digests", "picture", "film"
EXTRACTORS = {DIGESTS: 2, PICTURE: 5, FILM: 1}
"""What gives a fingerprint, with its version: raised when the same content would now give another one."""
DECODERS = frozenset({PICTURE, FILM})
"""The extractors that decode; where one does not survive a content, the content is digested without it."""
ONLY_FIRST = (
    "the JPEG XL picture moves, and only its first frame was decoded; look at the rest with a program that plays it"
)
UNDECODED = "was digested and not decoded: its decoder did not survive it, and is left alone until its next version"


def extractor_of(kind: str) -> str:
    """Return the extractor that a kind of content goes through."""
    if is_film(kind):
        return FILM
    return PICTURE if kind in FORMATS else DIGESTS


def fingerprint(
    stream: BinaryIO,
    *,
    limits: Limits,
    size_hint: int | None = None,
    decode: bool = True,
    reference: bool = False,
    md5_later: Callable[[bytes], None] | None = None,
) -> Fingerprint:
    """Return digests, size, kind and, for a picture, a film or sound, all that is measured on it.

    The stream is read once, from where it stands, in blocks, and what its decoder has to read again is kept, or read
    there again where that is possible; ``size_hint`` is what its container states and only saves memory. Bad content
    never raises: it gives a fingerprint whose ``trouble`` says why it is not whole. Without ``decode`` a content is
    only digested, and its ``trouble`` says so. ``reference`` hashes the exact way. ``md5_later`` is given a content of
    less than a mebibyte, whose MD5 is then left empty: for ``md5_of_many``, which takes several at once.
    Whatever the stream itself raises (``UnreadableSource``, ``LimitExceeded``) passes through.

    The decoders underneath may still crash, hang or eat memory: call this in the sandbox.
    """
    kind = UNKNOWN
    with _Copying(stream, limits) as copying:

        def wanted(head: bytes) -> bool:
            nonlocal kind
            kind = kind_of(head)
            if decode and is_film(kind) and not stream.seekable():
                copying.begin(head)
                return False
            return decode and extractor_of(kind) in DECODERS

        reading = read_once(
            cast(BinaryIO, copying), wanted=wanted, most_bytes=limits.entry_bytes, size_hint=size_hint,
            md5_of_short=md5_later is None,
        )  # fmt: skip
        if md5_later is not None and not reading.digests.md5:
            md5_later(reading.head)
        seen = _Seen()
        if extractor_of(kind) in DECODERS and not decode:
            seen = _Seen(trouble=f"the {_named(kind)} {UNDECODED}")
        elif extractor_of(kind) in DECODERS:
            content = reading.whole if reading.whole is not None else copying.again()
            if content is None:
                seen = _Seen(trouble=_only_once(kind, reading, limits))
            elif is_film(kind):
                seen = _film_of(content, kind, limits, reference=reference)
            else:
                seen = _picture_of(content, kind, reading, limits, reference=reference)
    return Fingerprint(reading.digests, reading.size, kind, seen.picture, seen.trouble, seen.unsupported, seen.film)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a decoder saw."""

    picture: Picture | None = None
    film: HashedFilm | None = None
    trouble: str = ""
    unsupported: bool = False


def _film_of(content: bytes | BinaryIO, kind: str, limits: Limits, *, reference: bool) -> _Seen:
    from sauveterre.media.video.opening import Unplayable
    from sauveterre.media.video.reading import read_film
    from sauveterre.media.video.sampling import Sampling

    stream = BytesIO(content) if isinstance(content, bytes) else content
    try:
        film = read_film(stream, kind, limits, Sampling(reference=reference))
    except Unplayable as trouble:
        return _Seen(trouble=str(trouble))
    return _Seen(film=film, trouble=film.trouble)


def _picture_of(content: bytes | BinaryIO, kind: str, reading: Reading, limits: Limits, *, reference: bool) -> _Seen:
    from sauveterre.media.picture import picture_of

    picture, trouble = picture_of(content, kind, limits, reference=reference)
    if picture is None:
        why = refusal(reading.whole or reading.head) if kind == "image/jpeg" else ""
        return _Seen(trouble=why or trouble, unsupported=bool(why) or kind in PREVIEWED)
    if not may_move(kind, reading.whole or reading.head):
        return _Seen(picture, None, trouble)
    if kind == JPEG_XL:
        return _Seen(picture, None, trouble or ONLY_FIRST, unsupported=not trouble)
    from sauveterre.media.video.moving import read_moving

    film = read_moving(content, FORMATS[kind], limits)
    return _Seen(picture, film, trouble or (film.trouble if film is not None else ""))


def _named(kind: str) -> str:
    return f"{FORMATS[kind]} picture" if kind in FORMATS else f"film or sound ({kind})"


def _only_once(kind: str, reading: Reading, limits: Limits) -> str:
    if is_film(kind):
        return (
            f"the {_named(kind)} of {reading.size:,} bytes is larger than the {limits.nested_bytes:,} that may be "
            "unpacked, and its container gives it only once; raise nested_bytes, or unpack it and add the folder"
        )
    return (
        f"the {_named(kind)} of {reading.size:,} bytes is too large to be kept in memory, and its "
        "container gives it only once; unpack it and add the folder to decode it"
    )


@dataclass(slots=True)
class _Copying:
    """A stream that is copied into scratch while it passes by, from where that is asked for."""

    stream: BinaryIO
    limits: Limits
    copy: BinaryIO | None = None

    def __enter__(self) -> "_Copying":
        return self

    def __exit__(self, *exc: object) -> None:
        if self.copy is not None:
            self.copy.close()

    def begin(self, head: bytes) -> None:
        """Copy from here on, behind what has passed by already."""
        self.copy = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=1 << 24))  # noqa: SIM115  (closed by __exit__)
        self._keep(head)

    def read(self, size: int = -1) -> bytes:
        block = self.stream.read(size)
        self._keep(block)
        return block

    def _keep(self, block: bytes) -> None:
        if self.copy is None:
            return
        if self.copy.tell() + len(block) <= self.limits.nested_bytes:
            self.copy.write(block)
            return
        self.copy.close()
        self.copy = None

    def again(self) -> BinaryIO | None:
        """Return the content to be read again, from its copy or from the stream itself; None where it came but once."""
        return self.copy if self.copy is not None else self.stream if self.stream.seekable() else None

"""A content to its fingerprint: the front door of this package. Pure: no process, clock or network in it."""

from collections.abc import Callable
from typing import BinaryIO

from sauveterre.media.decoding import FORMATS
from sauveterre.media.digests import read_once
from sauveterre.media.jpeg_frames import refusal
from sauveterre.media.kind import JPEG_XL, UNKNOWN, kind_of
from sauveterre.media.picture import picture_of
from sauveterre.media.raw import PREVIEWED
from sauveterre.records.content import Fingerprint, Picture
from sauveterre.records.limits import Limits

DIGESTS, PICTURE = "digests", "picture"
EXTRACTORS = {DIGESTS: 2, PICTURE: 3}
"""What gives a fingerprint, with its version: raised when the same content would now give another one."""
NOT_DECODED = {
    JPEG_XL: "the JPEG XL picture was digested and not decoded, as nothing here reads that format yet; save a copy as "
    "PNG and add it to see it"
}
"""Kinds of pictures that are named and not decoded, and what is said of them."""
UNDECODED = "was digested and not decoded: its decoder did not survive it, and is left alone until its next version"


def extractor_of(kind: str) -> str:
    """Return the extractor that a kind of content goes through."""
    return PICTURE if kind in FORMATS or kind in NOT_DECODED else DIGESTS


def fingerprint(
    stream: BinaryIO,
    *,
    limits: Limits,
    size_hint: int | None = None,
    decode: bool = True,
    reference: bool = False,
    md5_later: Callable[[bytes], None] | None = None,
) -> Fingerprint:
    """Return digests, size, kind and, for a picture, all that is measured on it.

    The stream is read once, from where it stands, in blocks; ``size_hint`` is what its container states and only
    saves memory. Bad content never raises: it gives a fingerprint whose ``trouble`` says why it is not whole. Without
    ``decode`` a picture is only digested, and its ``trouble`` says so. ``reference`` hashes pictures the exact way.
    ``md5_later`` is given a content of less than a mebibyte, whose MD5 is then left empty: for ``md5_of_many``, which
    takes several at once.
    Whatever the stream itself raises (``UnreadableSource``, ``LimitExceeded``) passes through.

    The decoders underneath may still crash, hang or eat memory: call this in the sandbox.
    """
    kind = UNKNOWN

    def wanted(head: bytes) -> bool:
        nonlocal kind
        kind = kind_of(head)
        return decode and kind in FORMATS

    reading = read_once(
        stream, wanted=wanted, most_bytes=limits.entry_bytes, size_hint=size_hint, md5_of_short=md5_later is None
    )
    if md5_later is not None and not reading.digests.md5:
        md5_later(reading.head)
    picture: Picture | None = None
    trouble = NOT_DECODED.get(kind, "")
    unsupported = bool(trouble)
    if kind in FORMATS and not decode:
        trouble = f"the {FORMATS[kind]} picture {UNDECODED}"
    elif kind in FORMATS:
        if reading.whole is not None:
            picture, trouble = picture_of(reading.whole, kind, limits, reference=reference)
        elif stream.seekable():
            picture, trouble = picture_of(stream, kind, limits, reference=reference)
        else:
            trouble = (
                f"the {FORMATS[kind]} picture of {reading.size:,} bytes is too large to be kept in memory, and its "
                "container gives it only once; unpack it and add the folder to decode it"
            )
    if picture is None and decode:
        why = refusal(reading.whole or reading.head) if kind == "image/jpeg" else ""
        trouble, unsupported = why or trouble, unsupported or bool(why) or kind in PREVIEWED
    return Fingerprint(reading.digests, reading.size, kind, picture, trouble, unsupported)

"""A decoded picture to its PDQ hash: the fast way where that is as good, and the reference way where it is not."""

from typing import BinaryIO

from sauveterre.media.decoding import Decoded, decode
from sauveterre.media.pdq.hashing import Pdq, pdq_and_turned
from sauveterre.records.limits import Limits

LEAST_QUALITY = 50
"""Below this PDQ quality a hash from a scaled decode is taken anew from full size."""
REFERENCE_PIXELS = 1 << 26
"""Most pixels that are hashed the reference way: it takes eight bytes of memory for each."""


def hash_of(decoded: Decoded, content: bytes | BinaryIO, kind: str, limits: Limits) -> Pdq:
    """Return the hash of ``hashes_of`` without those of the picture turned."""
    return hashes_of(decoded, content, kind, limits)[0]


def hashes_of(decoded: Decoded, content: bytes | BinaryIO, kind: str, limits: Limits) -> tuple[Pdq, bytes]:
    """Hash a decoded picture, as it is and turned; one of low quality once more the exact way, at full size.

    Flat pictures have coefficients so close together that rounding decides: only the reference's own arithmetic
    gives the reference's bits. ``content`` is decoded again when ``decoded`` is scaled.
    """
    found = pdq_and_turned(decoded.pixels, height=decoded.height, width=decoded.width, scale=decoded.scale)
    if found[0].quality >= LEAST_QUALITY:
        return found
    if decoded.scale > 1:
        decoded = decode(content, kind, limits, full_size=True)
    exact = decoded.height * decoded.width <= REFERENCE_PIXELS
    return pdq_and_turned(decoded.pixels, reference=exact)

"""A decoded picture to its PDQ hash: the fast way where that is as good, and the reference way where it is not."""

from typing import BinaryIO

import numpy as np

from sauveterre.media.decoding import Decoded, decode
from sauveterre.media.pdq.hashing import Pdq, Pixels, pdq_and_turned
from sauveterre.records.limits import Limits

LEAST_QUALITY = 50
"""Below this PDQ quality a hash from a scaled decode is taken anew from full size."""
REFERENCE_PIXELS = 1 << 26
"""Most pixels that are hashed the reference way: it takes eight bytes of memory for each."""
CLIPPED = 3
"""Values at either end of 0 to 255 that count as black or white."""


def hash_of(decoded: Decoded, content: bytes | BinaryIO, kind: str, limits: Limits) -> Pdq:
    """Return the hash of ``hashes_of`` without those of the picture turned."""
    return hashes_of(decoded, content, kind, limits)[0]


def hashes_of(
    decoded: Decoded, content: bytes | BinaryIO, kind: str, limits: Limits, *, reference: bool = False
) -> tuple[Pdq, bytes]:
    """Hash a decoded picture, as it is and turned. ``content`` is decoded again where ``decoded`` is scaled too much.

    One of low quality is hashed once more the exact way, at full size: flat pictures have coefficients so close
    together that rounding decides, and only the reference's own arithmetic gives the reference's bits. One in black
    and white is decoded at full size: at every edge its samples overshoot, and are clipped only there. ``reference``
    asks for the exact way whatever the picture.
    """
    if decoded.scale > 1 and (reference or _is_black_and_white(decoded.pixels)):
        decoded = decode(content, kind, limits, full_size=True)
    if not reference:
        found = pdq_and_turned(decoded.pixels, height=decoded.height, width=decoded.width, scale=decoded.scale)
        if found[0].quality >= LEAST_QUALITY:
            return found
        if decoded.scale > 1:
            decoded = decode(content, kind, limits, full_size=True)
    exact = decoded.height * decoded.width <= REFERENCE_PIXELS
    return pdq_and_turned(decoded.pixels, reference=exact)


def _is_black_and_white(pixels: Pixels) -> bool:
    """Whether at least half of the samples, of every eighth row, are at an end of their range."""
    shifted = pixels[::8] + np.uint8(CLIPPED)
    return 2 * int(np.count_nonzero(shifted < 2 * CLIPPED)) >= shifted.size

"""A decoded picture to what is kept of it: hash, quality, thumbnail, and what it says of its making."""

from typing import BinaryIO

import numpy as np
import simplejpeg
from PIL import Image

from sauveterre.media.counting import frames_of
from sauveterre.media.decoding import Undecodable, decode
from sauveterre.media.hashes import hashes_of
from sauveterre.media.previews import embedded_in
from sauveterre.records.content import Picture
from sauveterre.records.limits import Limits

THUMBNAIL_SIDE = 256
"""Pixels of a thumbnail's longer side."""
THUMBNAIL_QUALITY = 80

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


def picture_of(
    content: bytes | BinaryIO, kind: str, limits: Limits, *, reference: bool = False
) -> tuple[Picture | None, str]:
    """Return what is kept of a picture, and what was wrong with it (empty when nothing was).

    ``content`` is the whole file, or a seekable stream of it; ``reference`` asks for the exact hash. Never raises for
    bad content: the picture is then None and the sentence says why. Errors of the stream itself pass through.
    """
    try:
        decoded = decode(content, kind, limits)
        pdq, turned = hashes_of(decoded, content, kind, limits, reference=reference)
        thumbnail = thumbnail_of(decoded.shown, orientation=decoded.metadata.orientation)
        embedded = embedded_in(decoded.metadata.previews, limits)
    except Undecodable as trouble:
        return None, str(trouble)
    except MemoryError:
        return None, "the picture needs more memory than it may have; raise memory_bytes to hash it"
    metadata = decoded.metadata
    picture = Picture(
        width=decoded.width,
        height=decoded.height,
        pdq=pdq.hash,
        quality=pdq.quality,
        thumbnail=thumbnail,
        camera=metadata.camera,
        taken_raw=metadata.taken_raw,
        latitude=metadata.latitude,
        longitude=metadata.longitude,
        statements=metadata.statements,
        embedded=embedded,
        turned=turned,
        frames=frames_of(content, kind) if isinstance(content, bytes) else None,
        basis=decoded.basis,
    )
    return picture, decoded.damage


def thumbnail_of(
    image: Image.Image, *, orientation: int = 1, side: int = THUMBNAIL_SIDE, quality: int = THUMBNAIL_QUALITY
) -> bytes:
    """Return a grey or RGB picture as a JPEG of at most ``side`` pixels a side, upright, with no metadata in it."""
    longer = max(*image.size, side)
    width, height = (max(1, round(length * side / longer)) for length in image.size)
    small = image.resize((width, height), Image.Resampling.HAMMING, reducing_gap=1.0)
    if orientation in _UPRIGHT:
        small = small.transpose(_UPRIGHT[orientation])
    pixels = np.atleast_3d(np.asarray(small))
    colours = ("GRAY", "Gray") if image.mode == "L" else ("RGB", "420")
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), quality, *colours))

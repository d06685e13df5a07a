"""Pictures inside the file of a picture: a thumbnail may outlive what it was made from.

Whoever edits a picture often leaves the old thumbnail in its file; what was covered or cut away can still be seen, and
still be found on a list.
"""

import io
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from PIL import Image

from sauveterre.media.blocks import Preview
from sauveterre.media.decoding import Undecodable, decode
from sauveterre.media.digests import read_once
from sauveterre.media.hashes import hash_of
from sauveterre.media.pdq.hashing import pdq_of_pixels
from sauveterre.records.content import Embedded
from sauveterre.records.limits import Limits

MOST_PIXELS = 1 << 26
"""Pixels of an embedded picture that is decoded."""
JPEG = "image/jpeg"


def embedded_in(previews: Iterable[Preview], limits: Limits) -> tuple[Embedded, ...]:
    """Return what is kept of embedded pictures, each once. One that cannot be decoded is left out."""
    limits = replace(limits, picture_pixels=min(limits.picture_pixels, MOST_PIXELS))
    found: dict[bytes, Embedded] = {}
    for preview in previews:
        embedded = _of_image(preview.origin, preview.image) if preview.image else _of_file(preview, limits)
        if embedded is not None:
            found.setdefault(preview.data or embedded.pdq, embedded)
    return tuple(found.values())


def _of_image(origin: str, image: Image.Image) -> Embedded:
    pdq = pdq_of_pixels(np.atleast_3d(np.asarray(image)))
    return Embedded(origin, image.width, image.height, pdq.hash, pdq.quality)


def _of_file(preview: Preview, limits: Limits) -> Embedded | None:
    data = preview.data
    try:
        decoded = decode(data, JPEG, limits)
        pdq = hash_of(decoded, data, JPEG, limits)
    except Undecodable:
        return None
    digests = read_once(io.BytesIO(data), wanted=lambda _: False, most_bytes=len(data)).digests
    return Embedded(preview.origin, decoded.width, decoded.height, pdq.hash, pdq.quality, digests, len(data))

"""Photographs of exhibits drawn anew: what is kept holds the pixels that are seen, and nothing else of the file."""

from pathlib import Path

from sauveterre.errors import InvalidInput
from sauveterre.media.kind import kind_of
from sauveterre.records.limits import Limits

KINDS = ("image/jpeg", "image/png", "image/heic", "image/heif")
SIDE = 1_600
"""Most pixels of the longer side: a label is still read."""
QUALITY = 88


def redraw(file: Path, limits: Limits) -> tuple[bytes, int, int]:
    """Return a photograph as a JPEG of at most 1,600 pixels a side, upright and without metadata; its width and height.

    To be run in the sandbox. Raises ``InvalidInput`` for what is no whole JPEG, PNG or HEIC picture.
    """
    import simplejpeg  # only children load decoders

    from sauveterre.media.decoding import Undecodable, decode
    from sauveterre.media.picture import thumbnail_of

    data = file.read_bytes()
    kind = kind_of(data[: 1 << 16])
    if kind not in KINDS:
        raise InvalidInput(f"a photograph is a JPEG, PNG or HEIC file, and this is {kind}; save it as one of them")
    try:
        decoded = decode(data, kind, limits, full_size=True)
    except Undecodable as trouble:
        raise InvalidInput(f"the photograph cannot be shown: {trouble}") from trouble
    if decoded.damage:
        raise InvalidInput(f"the photograph is not whole: {decoded.damage}; take the file from the camera again")
    drawn = thumbnail_of(decoded.shown, orientation=decoded.metadata.orientation, side=SIDE, quality=QUALITY)
    height, width, _, _ = simplejpeg.decode_jpeg_header(drawn)
    return drawn, width, height

"""A JPEG XL file to its pixels, and to the blocks in which it states its making. This loads the decoder, libjxl."""

from contextlib import suppress
from typing import Any

import numpy as np
from imagecodecs import BrotliError, brotli_decode, jpegxl_decode
from numpy.typing import NDArray

from sauveterre.media.blocks import LARGEST_BLOCK, Blocks
from sauveterre.media.jxl.boxes import CONTAINER, boxes_of
from sauveterre.media.jxl.header import Header, Layout
from sauveterre.media.pdq.hashing import Pixels

BYTES_A_PIXEL = 16
"""What the decoder takes at most beside the pixels themselves, as measured on photographs, twice over."""
_EXIF, _XMP = b"Exif", b"xml "
_OFFSET = 4
"""Bytes before an EXIF block that say where in it TIFF begins."""


def pixels_of(data: bytes, header: Header) -> tuple[Pixels, Exception | None]:
    """Return the pixels of the first frame, upright, and what the decoder stumbled over on its way.

    Transparency is dropped; of deep samples the upper eight bits are kept, and light beyond white is cut off. Raises
    what the decoder raises where it gave no pixel.
    """
    out = None if header.layout is None else _room(header, header.layout)
    try:
        decoded = jpegxl_decode(data, index=0, numthreads=1, out=out)
    except Exception as error:
        if out is None or not out.any():
            raise
        return _plain(out, header), error
    return _plain(decoded, header), None


def _room(header: Header, layout: Layout) -> NDArray[Any]:
    sample: type[np.generic] = np.float32
    if not layout.is_float:
        sample = np.uint8 if layout.bits <= 8 else np.uint16 if layout.bits <= 16 else np.uint32
    shape = (header.height, header.width) if layout.channels == 1 else (header.height, header.width, layout.channels)
    return np.zeros(shape, sample)


def _plain(decoded: NDArray[Any], header: Header) -> Pixels:
    """Return height × width × 1 or 3 samples of eight bits; grey with further channels comes plane by plane."""
    size = (header.height, header.width)
    samples = decoded if decoded.shape[:2] == size else decoded[0]
    samples = np.atleast_3d(samples)
    if samples.shape[:2] != size:
        raise ValueError("it is of another size than it states")
    samples = samples[:, :, : 3 if samples.shape[2] >= 3 else 1]
    return np.ascontiguousarray(_eight_bit(samples))


def _eight_bit(samples: NDArray[Any]) -> Pixels:
    if samples.dtype.kind == "f":
        samples = np.nan_to_num(samples).clip(0, 1) * 255 + 0.5
    else:
        samples = samples >> 8 * (samples.dtype.itemsize - 1)
    return samples.astype(np.uint8, copy=False)


def blocks_of_jxl(data: bytes) -> Blocks:
    """Return the EXIF and XMP of a container, also where they are compressed. Never raises for bad content."""
    found: dict[bytes, bytes] = {}
    for name, first, end in boxes_of(data) if data.startswith(CONTAINER) else ():
        if name == b"brob":
            name, content = data[first : first + 4], data[first + 4 : end]
            if name in {_EXIF, _XMP} and name not in found:
                with suppress(BrotliError, MemoryError):
                    found[name] = bytes(brotli_decode(content, out=LARGEST_BLOCK))
        elif name in {_EXIF, _XMP} and end - first <= LARGEST_BLOCK:
            found.setdefault(name, data[first:end])
    exif = found.get(_EXIF, b"")
    start = _OFFSET + int.from_bytes(exif[:_OFFSET], "big")
    return Blocks(exif=exif[start:], xmp=(found[_XMP],) if found.get(_XMP) else ())

"""The compiled inner loop that turns samples into RGB; its signature is stated, so importing this compiles it."""

from numba import types

from sauveterre.media.pdq.kernels import Bytes, compiled

_PLANE = types.Array(types.uint8, 2, "A", readonly=True)
_PIXELS = types.Array(types.uint8, 3, "A")


@compiled(types.void(_PLANE, _PLANE, _PLANE, _PIXELS))
def rgb_of_planes(luma: Bytes, blue: Bytes, red: Bytes, pixels: Bytes) -> None:
    """Fill ``pixels`` (height × width × 3) from full-range planes of BT.601, colour at a half each way.

    The arithmetic is libheif's: factors of BT.601 times 256, the nearest colour sample.
    """
    height, width = pixels.shape[:2]
    for y in range(height):
        for x in range(width):
            light = int(luma[y, x])
            b, r = int(blue[y >> 1, x >> 1]) - 128, int(red[y >> 1, x >> 1]) - 128
            pixels[y, x, 0] = min(max(light + ((359 * r + 128) >> 8), 0), 255)
            pixels[y, x, 1] = min(max(light + ((-88 * b - 183 * r + 128) >> 8), 0), 255)
            pixels[y, x, 2] = min(max(light + ((454 * b + 128) >> 8), 0), 255)

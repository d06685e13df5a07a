"""Coded pieces to pixels, by FFmpeg's HEVC decoder."""

from collections.abc import Iterator

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

from sauveterre.media.heic.colour import rgb_of_planes
from sauveterre.media.heic.items import MATRIX_601, Still, still_of
from sauveterre.media.pdq.kernels import Bytes

_FORMATS = frozenset({"yuvj420p", "gray"})
_FULL_RANGE = 2
"""FFmpeg's number for samples that take all of 0 to 255."""


def pixels_of(data: bytes, *, most_pixels: int) -> Bytes | None:
    """Return the pixels of a HEIC still as height × width × 3 (RGB) or × 1 (grey), upright.

    None, for the caller to go to libheif: where the file is damaged, built or coded in another way than telephones do,
    or has tiles of more than ``most_pixels``.
    """
    still = still_of(data)
    if still is None or still.width * still.height > most_pixels:
        return None
    try:
        return _assembled(still, most_pixels)
    except (av.FFmpegError, ValueError):
        return None


def _assembled(still: Still, most_pixels: int) -> Bytes | None:
    pixels: Bytes | None = None
    count = 0
    for place, frame in enumerate(_frames(still, most_pixels)):
        if pixels is None:
            upright, pixels = _canvas(still, grey=frame.format.name == "gray")
        if not _is_usual(frame, still) or (frame.format.name == "gray") != (pixels.shape[2] == 1):
            return None
        row, column = divmod(place, still.columns)
        part = pixels[row * still.tile_height :, column * still.tile_width :][: frame.height, : frame.width]
        _fill(part, frame)
        count += 1
    return upright if count == len(still.tiles) else None


def _canvas(still: Still, *, grey: bool) -> tuple[Bytes, Bytes]:
    """Return memory for the picture, as it is shown and, the same memory, as it is coded."""
    sides = (still.width, still.height) if still.turns % 2 else (still.height, still.width)
    upright = np.empty((*sides, 1 if grey else 3), np.uint8)
    return upright, np.rot90(upright, -still.turns)


def _frames(still: Still, most_pixels: int) -> Iterator[VideoFrame]:
    """Decode each piece by itself, on this thread; damage raises ``FFmpegError``."""
    context = VideoCodecContext.create("hevc", "r")
    context.extradata = still.configuration
    context.thread_count = 1
    context.options = {"max_pixels": str(most_pixels), "err_detect": "explode"}
    for tile in (*still.tiles, None):
        yield from context.decode(None if tile is None else av.Packet(tile))


def _is_usual(frame: VideoFrame, still: Still) -> bool:
    """Tell whether a frame is whole, of the size that is stated for it, and becomes RGB by the usual arithmetic."""
    full_range, matrix = frame.color_range == _FULL_RANGE, frame.colorspace
    if still.colour is not None:
        full_range, matrix = still.colour.full_range, still.colour.matrix
    return (
        not frame.is_corrupt
        and frame.format.name in _FORMATS
        and (frame.width, frame.height) == (still.tile_width, still.tile_height)
        and full_range
        and matrix in MATRIX_601
    )


def _fill(pixels: Bytes, frame: VideoFrame) -> None:
    planes = [_samples(plane) for plane in frame.planes]
    if frame.format.name == "gray":
        height, width = pixels.shape[:2]
        pixels[:, :, 0] = planes[0][:height, :width]
    else:
        rgb_of_planes(*planes, pixels)


def _samples(plane: VideoPlane) -> Bytes:
    """Return a plane as it lies in the decoder's memory."""
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]

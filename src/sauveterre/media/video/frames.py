"""Frames of a film out of its decoder, as far as a plan says, and what is measured on each: luma, and cuts.

The packets are looked through first, which decodes nothing. What a decoder refuses is passed over and counted.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sauveterre.errors import LimitExceeded
from sauveterre.media.pdq.hashing import Pixels
from sauveterre.media.pdq.kernels import Bytes, Floats
from sauveterre.media.video.opening import reason
from sauveterre.media.video.plan import Packets, Use, Uses

MOST_PACKETS = 20_000_000
"""Packets of one film that are looked at: almost four days at sixty frames a second, nine bytes of memory each."""
CUT = 24.0
"""Mean difference of two frames' luma, of 255, from which there is a cut between them."""
COARSE = 32
"""Samples a side by which frames are compared for cuts."""

_PLANAR = frozenset({
    "gray", "yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv410p", "nv12", "yuvj420p", "yuvj422p", "yuvj444p",
})  # fmt: skip
_FULL_RANGE = frozenset({"gray", "yuvj420p", "yuvj422p", "yuvj444p"})
_JPEG_RANGE = 2
_STRETCHED = np.clip(np.rint((np.arange(256) - 16) * (255 / 219)), 0, 255).astype(np.uint8)


@dataclass(slots=True)
class Damage:
    """What the decoder refused of one film."""

    packets: int = 0
    first: str = ""

    def add(self, error: Exception) -> None:
        """Count one refusal."""
        self.packets += 1
        self.first = self.first or reason(error)


@dataclass(slots=True)
class Decoding:
    """One way through a film: what goes into the decoder, and what it refuses."""

    container: InputContainer
    stream: VideoStream
    damage: Damage = field(default_factory=Damage)

    def packets(self) -> "Iterator[Packet[VideoStream]]":
        """Yield the packets that have content and a time; damage of the container ends them."""
        try:
            for packet in self.container.demux(self.stream):
                if packet.size and (packet.pts is not None or packet.dts is not None):
                    yield packet
        except av.FFmpegError as error:
            self.damage.add(error)

    def frames(self, uses: Uses | None = None) -> Iterator[VideoFrame]:
        """Yield what the decoder shows when only the packets that ``uses`` names go in; all of them for None."""
        self.stream.thread_type = "NONE"  # films are many, and processes are the workers
        context = self.stream.codec_context
        gap = False
        for place, packet in enumerate(self.packets()):
            use = Use.WANTED if uses is None else uses[place] if place < len(uses) else Use.SKIPPED
            if use == Use.SKIPPED:
                gap = True
                continue
            if gap and packet.is_keyframe:
                yield from self._decoded(None)
                context.flush_buffers()
            gap = False
            context.skip_frame = "DEFAULT" if use == Use.WANTED else "NONREF"
            yield from self._decoded(packet)
        yield from self._decoded(None)

    def _decoded(self, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        try:
            return self.stream.codec_context.decode(packet)
        except av.FFmpegError as error:
            self.damage.add(error)
            return []


def packets_of(decoding: Decoding) -> Packets:
    """Look through all packets without decoding any; raise ``LimitExceeded`` when there are too many."""
    times, keys = array("q"), bytearray()
    for packet in decoding.packets():
        times.append(packet.dts or 0 if packet.pts is None else packet.pts)
        keys.append(packet.is_keyframe)
        if len(keys) > MOST_PACKETS:
            raise LimitExceeded(f"the film has more than the {MOST_PACKETS:,} frames allowed; cut it and add the parts")
    return Packets(np.array(times, np.int64), np.array(keys, np.bool_))


def luma_of(frame: VideoFrame) -> Bytes:
    """Return the luma of a frame, 0 to 255: its own plane where it has one of eight bits, stretched to full range."""
    rows = _rows(frame)
    if frame.format.name not in _PLANAR or frame.format.name in _FULL_RANGE or frame.color_range == _JPEG_RANGE:
        return np.ascontiguousarray(rows)
    return np.asarray(np.take(_STRETCHED, rows))


def pixels_of(frame: VideoFrame, side: int) -> Pixels:
    """Return the frame in RGB, scaled to fit ``side``; never enlarged."""
    share = min(1.0, side / max(frame.width, frame.height))
    width, height = (max(1, round(length * share)) for length in (frame.width, frame.height))
    return np.asarray(frame.reformat(width, height, "rgb24").to_ndarray(), np.uint8)


def coarse_of(frame: VideoFrame) -> Floats:
    """Return a few samples of a frame's luma, by which cuts are seen."""
    rows = np.linspace(0, frame.height - 1, COARSE).astype(np.int64)
    columns = np.linspace(0, frame.width - 1, COARSE).astype(np.int64)
    return np.asarray(_rows(frame)[np.ix_(rows, columns)], np.float32)


def is_cut(before: Floats, after: Floats) -> bool:
    """Tell whether two frames, seen coarsely, belong to two scenes."""
    return float(np.abs(before - after).mean()) >= CUT


def _rows(frame: VideoFrame) -> Bytes:
    """Return the luma as stored, a view into the frame where that is eight bits; other layouts are converted."""
    if frame.format.name not in _PLANAR:
        return np.asarray(frame.to_ndarray(format="gray"), np.uint8)
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width]

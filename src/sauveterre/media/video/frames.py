"""Frames of a film out of its decoder, as far as a plan says, and their luma.

The packets are looked through first, which decodes nothing. What a decoder refuses is passed over and counted.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from sauveterre.media.pdq.hashing import Pixels
from sauveterre.media.pdq.kernels import Bytes
from sauveterre.media.video.opening import Unplayable, reason
from sauveterre.media.video.plan import Packets, Use, Uses
from sauveterre.records.pulse import pulse

MOST_PACKETS = 20_000_000
"""Packets of one film that are looked at: almost four days at sixty frames a second, nine bytes of memory each."""

_PLANAR = frozenset({
    "gray", "yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv410p", "nv12", "yuvj420p", "yuvj422p", "yuvj444p",
})  # fmt: skip
_FULL_RANGE = frozenset({"gray", "yuvj420p", "yuvj422p", "yuvj444p"})
_JPEG_RANGE = 2
_STRETCHED = np.clip(np.rint((np.arange(256) - 16) * (255 / 219)), 0, 255).astype(np.uint8)


@dataclass(slots=True)
class Damage:
    """What the container or the decoder of one film refused; empty when nothing."""

    first: str = ""

    def add(self, error: Exception) -> None:
        """Keep the first refusal."""
        self.first = self.first or reason(error)


@dataclass(slots=True)
class Decoding:
    """One way through a film: what goes into the decoder, and what it refuses."""

    container: InputContainer
    stream: VideoStream
    damage: Damage = field(default_factory=Damage)

    def packets(self, *streams: Stream) -> "Iterator[Packet[Stream]]":
        """Yield the packets that have content and a time; damage of the container ends them."""
        try:
            for packet in self.container.demux(*(streams or (self.stream,))):
                pulse()
                if packet.size and (packet.pts is not None or packet.dts is not None):
                    yield packet
        except av.FFmpegError as error:
            self.damage.add(error)

    def frames(self, uses: Uses) -> Iterator[VideoFrame]:
        """Yield what the decoder shows when only the packets that ``uses`` names go in."""
        self.stream.thread_type = "NONE"  # films are many, and processes are the workers
        context = self.stream.codec_context
        gap = False
        last = int(np.flatnonzero(uses)[-1]) if uses.any() else -1
        for place, packet in enumerate(self.packets()):
            if place > last:
                break
            if uses[place] == Use.SKIPPED:
                gap = True
                continue
            if gap and packet.is_keyframe:
                yield from self._decoded(None)
                context.flush_buffers()
            gap = False
            context.skip_frame = "DEFAULT" if uses[place] == Use.WANTED else "NONREF"
            yield from self._decoded(packet)
        yield from self._decoded(None)

    def _decoded(self, packet: "Packet[Stream] | None") -> list[VideoFrame]:
        try:
            return self.stream.codec_context.decode(packet)
        except av.FFmpegError as error:
            self.damage.add(error)
            return []


@dataclass(frozen=True, slots=True)
class Look:
    """What a look through a film's packets shows."""

    packets: Packets
    seconds: float
    """From the first packet of any track that was looked at to the end of the last one."""


def look_through(decoding: Decoding) -> Look:
    """Look through all packets without decoding any; raise ``Unplayable`` when there are too many.

    Other tracks are looked at where the container states a length for all of them only.
    """
    times, keys = array("q"), bytearray()
    first, end = float("inf"), 0.0
    streams = (decoding.stream,) if decoding.stream.duration else tuple(decoding.container.streams.get())
    for count, packet in enumerate(decoding.packets(*streams)):
        time = packet.dts or 0 if packet.pts is None else packet.pts
        tick = float(packet.time_base or 0)
        first, end = min(first, time * tick), max(end, (time + (packet.duration or 0)) * tick)
        if packet.stream_index == decoding.stream.index:
            times.append(time)
            keys.append(packet.is_keyframe)
        if count > MOST_PACKETS:
            raise Unplayable(f"the film has more than the {MOST_PACKETS:,} packets that are looked at; cut it in parts")
    return Look(Packets(np.array(times, np.int64), np.array(keys, np.bool_)), max(0.0, end - first))


def luma_of(frame: VideoFrame) -> Bytes:
    """Return the luma of a frame, 0 to 255: its own plane where it has one of eight bits, stretched to full range."""
    rows = stored_luma(frame)
    if frame.format.name not in _PLANAR or frame.format.name in _FULL_RANGE or frame.color_range == _JPEG_RANGE:
        return np.ascontiguousarray(rows)
    return np.asarray(np.take(_STRETCHED, rows))


def pixels_of(frame: VideoFrame, side: int) -> Pixels:
    """Return the frame in RGB, scaled to fit ``side``; never enlarged."""
    share = min(1.0, side / max(frame.width, frame.height))
    width, height = (max(1, round(length * share)) for length in (frame.width, frame.height))
    return np.asarray(frame.reformat(width, height, "rgb24").to_ndarray(), np.uint8)


def stored_luma(frame: VideoFrame) -> Bytes:
    """Return the luma as stored, a view into the frame where that is eight bits; other layouts are converted."""
    if frame.format.name not in _PLANAR:
        return np.asarray(frame.to_ndarray(format="gray"), np.uint8)
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width]

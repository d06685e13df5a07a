"""What the header of a JPEG says of its coding: size, bits a sample, process. Source: ITU-T T.81, table B.1."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sauveterre.media.blocks import segments

BASELINE, EXTENDED, PROGRESSIVE, LOSSLESS = 0xC0, 0xC1, 0xC2, 0xC3
_NO_FRAMES = frozenset({0xC4, 0xC8, 0xCC})
_START = re.compile(rb"\xff\xd8\xff[\xc0-\xcf\xdb\xdd\xe0-\xef\xfe]")
MOST_STARTS = 1_024
"""Places in a file that begin like a JPEG and are looked at."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame header."""

    process: int
    """The marker: ``BASELINE`` …"""
    bits: int
    """Of a sample."""
    height: int
    width: int


def frame_at(data: bytes, start: int = 0) -> Frame | None:
    """Return the frame of the JPEG that begins at a place; None where there is none."""
    for marker, at, end in segments(data, start):
        if marker in range(0xC0, 0xD0) and marker not in _NO_FRAMES and min(end, len(data)) - at >= 6:
            size = (int.from_bytes(data[place : place + 2], "big") for place in (at + 1, at + 3))
            return Frame(marker, data[at], *size)
    return None


def decodable_frames(data: bytes) -> Iterator[tuple[int, Frame]]:
    """Yield place and frame of every JPEG inside a file that every decoder reads, in their order."""
    for number, found in enumerate(_START.finditer(data)):
        if number == MOST_STARTS:
            return
        frame = frame_at(data, found.start())
        if frame and frame.process in {BASELINE, EXTENDED, PROGRESSIVE} and frame.bits == 8:
            yield found.start(), frame


def refusal(data: bytes) -> str:
    """Say in one sentence why a JPEG is of a kind that is not decoded here; empty where it is of none."""
    frame = frame_at(data)
    if frame is None or (frame.bits == 8 and frame.process in {BASELINE, EXTENDED, PROGRESSIVE}):
        return ""
    form = f"has {frame.bits} bits a sample" if frame.bits != 8 else "is lossless, hierarchical or arithmetically coded"
    return (
        f"the JPEG picture {form}, as some cameras and medical devices write it, and is not decoded here; "
        "save a copy as an ordinary JPEG and add it to see it"
    )

"""MD5 of many contents: which content is in which lane, and what to do with those that do not fill one."""

import ctypes
import functools
import hashlib
import struct
from collections import deque
from collections.abc import Iterable, Sequence

from sauveterre.media.md5.kernel import BLOCK, LANES, START, Kernel, compiled

SHORT_BYTES = 8 << 10
"""Contents below this size take longer to put into a lane than to digest one by one."""
LONGEST_SHARE = 4
"""A content that is more than this part of all would keep the other lanes waiting: it is digested by itself."""
WORTH_BYTES = 16 << 20
"""How much a process digests one by one before it has the machine code made, which takes as long as 60 MB do."""
_IDLE = 1 << 62

_States = list[int]


def md5_of_many(contents: Sequence[bytes]) -> list[str]:
    """Return the MD5 of each content, in hex; several times as fast as one by one, the more there are."""
    found = [""] * len(contents)
    laned = _lanes_for(contents)
    kernel = _kernel() if laned and _is_worth(sum(len(contents[place]) for place in laned)) else None
    if kernel is not None:
        for place, digest in zip(laned, _side_by_side([contents[place] for place in laned], kernel), strict=True):
            found[place] = digest
    return [digest or _alone(content) for digest, content in zip(found, contents, strict=True)]


def _lanes_for(contents: Sequence[bytes]) -> list[int]:
    """Return the places of the contents that go into lanes, the longest first."""
    places = [place for place, content in enumerate(contents) if len(content) >= SHORT_BYTES]
    places.sort(key=lambda place: len(contents[place]), reverse=True)
    total = sum(len(contents[place]) for place in places)
    first = 0
    while first < len(places) and len(contents[places[first]]) * LONGEST_SHARE > total:
        total -= len(contents[places[first]])
        first += 1
    return places[first:]


def _alone(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


_digested = 0


def _is_worth(size: int) -> bool:
    global _digested
    _digested += size
    return _digested > WORTH_BYTES


@functools.cache
def _kernel() -> Kernel | None:
    """Make the machine code once, and try it: None where this processor or system does not run it rightly."""
    try:
        kernel = compiled()
    except (ImportError, OSError, RuntimeError):
        return None
    trial = [bytes(range(256)) * length + b"end" * length for length in range(3 * LANES)]
    return kernel if _side_by_side(trial, kernel) == [_alone(content) for content in trial] else None


class _Lanes:
    """What the machine code works on: sums, addresses and steps of all lanes."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._sums = (ctypes.c_uint32 * (4 * LANES))()
        self._contents = (ctypes.c_uint64 * LANES)()
        self._steps = (ctypes.c_int64 * LANES)()
        self._nothing = bytes(BLOCK)
        self._places = (
            ctypes.addressof(self._sums), ctypes.addressof(self._contents), ctypes.addressof(self._steps)
        )  # fmt: skip
        for lane in range(LANES):
            self.rest(lane)

    def begin(self, lane: int, sums: Iterable[int], content: bytes) -> None:
        """Put a content into a lane; who calls keeps it alive."""
        self._sums[lane::LANES] = list(sums)
        self._contents[lane] = _address(content)
        self._steps[lane] = BLOCK

    def rest(self, lane: int) -> None:
        """Leave a lane with nothing to do."""
        self._contents[lane] = _address(self._nothing)
        self._steps[lane] = 0

    def run(self, blocks: int) -> None:
        """Take in as many blocks of each content, and move on."""
        self._kernel(*self._places, blocks)
        for lane, step in enumerate(self._steps):
            self._contents[lane] += step * blocks

    def sums(self, lane: int) -> _States:
        """Return the four sums of a lane."""
        return self._sums[lane::LANES]


def _address(content: bytes) -> int:
    return ctypes.cast(ctypes.c_char_p(content), ctypes.c_void_p).value or 0


def _side_by_side(contents: Sequence[bytes], kernel: Kernel) -> list[str]:
    """Digest contents, the longest first: their whole blocks, then the ends of all with what MD5 adds."""
    sums = _bodies(contents, kernel)
    ends = [_end_of(content) for content in contents]
    for size in (1, 2):
        alike = [place for place, end in enumerate(ends) if len(end) == size * BLOCK]
        for first in range(0, len(alike), LANES):
            lanes, group = _Lanes(kernel), alike[first : first + LANES]
            for lane, place in enumerate(group):
                lanes.begin(lane, sums[place], ends[place])
            lanes.run(size)
            for lane, place in enumerate(group):
                sums[place] = lanes.sums(lane)
    return [struct.pack("<4I", *four).hex() for four in sums]


def _bodies(contents: Sequence[bytes], kernel: Kernel) -> list[_States]:
    """Return the sums of each content after its last whole block."""
    sums: list[_States] = [list(START) for _ in contents]
    waiting = deque(place for place, content in enumerate(contents) if len(content) >= BLOCK)
    lanes, left, held = _Lanes(kernel), [_IDLE] * LANES, [-1] * LANES

    def refill(lane: int) -> None:
        if not waiting:
            lanes.rest(lane)
            left[lane], held[lane] = _IDLE, -1
            return
        held[lane] = waiting.popleft()
        lanes.begin(lane, START, contents[held[lane]])
        left[lane] = len(contents[held[lane]]) // BLOCK

    for lane in range(LANES):
        refill(lane)
    while (blocks := min(left)) != _IDLE:
        lanes.run(blocks)
        for lane, place in enumerate(held):
            if place >= 0:
                left[lane] -= blocks
                if not left[lane]:
                    sums[place] = lanes.sums(lane)
                    refill(lane)
    return sums


def _end_of(content: bytes) -> bytes:
    """Return what is left after the last whole block, filled up as RFC 1321, 3.1 and 3.2 say."""
    left = len(content) % BLOCK
    rest = content[len(content) - left :] + b"\x80"
    return rest + bytes(-(len(rest) + 8) % BLOCK) + (8 * len(content) % 2**64).to_bytes(8, "little")

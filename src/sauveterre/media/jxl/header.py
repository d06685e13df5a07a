"""The head of a JPEG XL codestream (ISO/IEC 18181-1, annexes B and D): size, orientation, and how samples are kept.

It is a run of bits, the least significant of each byte first.
"""

from dataclasses import dataclass
from typing import NamedTuple

from sauveterre.media.jxl.boxes import BARE, start_of_codestream

JPEG_XL = "image/jxl"
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
"""Width to height, for each ratio that is stated in place of a width."""
_SIDES = ((9, 1), (13, 1), (18, 1), (30, 1))
_FEW, _NAME = ((0, 0), (0, 1), (4, 2), (12, 1)), ((0, 0), (0, 1), (4, 2), (6, 18))
_PREVIEW_EIGHTHS, _PREVIEW_SIDES = ((0, 16), (0, 32), (5, 1), (9, 33)), ((6, 1), (8, 65), (10, 321), (12, 1345))
_TICKS, _TICK_PARTS = ((0, 100), (0, 1000), (10, 1), (30, 1)), ((0, 1), (0, 1001), (8, 1), (10, 1))
_LOOPS = ((0, 0), (3, 0), (16, 0), (32, 0))
_BITS, _FLOAT_BITS = ((0, 8), (0, 10), (0, 12), (6, 1)), ((0, 32), (0, 16), (0, 24), (6, 1))
"""The four ways of writing a number: how many bits follow, and what is added to them."""
_GREY = 1


class Layout(NamedTuple):
    """How samples are kept."""

    channels: int
    """1 grey, 2 with transparency, 3 RGB, 4 with transparency."""
    bits: int
    is_float: bool


@dataclass(frozen=True, slots=True)
class Header:
    """What a codestream states before any pixel."""

    width: int
    """Of the picture turned upright, as its decoder gives it."""
    height: int
    moves: bool
    layout: Layout | None
    """None where there are channels beside colour and transparency."""


class _Bits:
    def __init__(self, data: bytes) -> None:
        self.value = int.from_bytes(data, "little")
        self.left = 8 * len(data)

    def take(self, count: int) -> int:
        if count > self.left:
            raise ValueError("its head is cut short")
        value = self.value & ((1 << count) - 1)
        self.value >>= count
        self.left -= count
        return value

    def flag(self) -> bool:
        return bool(self.take(1))

    def number(self, ways: tuple[tuple[int, int], ...]) -> int:
        count, more = ways[self.take(2)]
        return more + self.take(count)


def read_header(start: bytes) -> Header:
    """Read the head of a codestream from its first bytes. Raises ``ValueError`` where they are none or too few."""
    if not start.startswith(BARE):
        raise ValueError("it holds no codestream")
    bits = _Bits(start[2:])
    width, height = _size(bits)
    if bits.flag():
        return Header(width, height, moves=False, layout=Layout(3, 8, is_float=False))
    moves = False
    if bits.flag():
        if bits.take(3) >= 4:  # four of the eight orientations exchange the sides
            width, height = height, width
        moves = _more(bits)
    return Header(width, height, moves, _layout(bits))


def may_move(head: bytes) -> bool:
    """Say whether a whole file, or the first bytes of one, states that it moves."""
    try:
        return read_header(start_of_codestream(head)).moves
    except ValueError:
        return False


def _size(bits: _Bits) -> tuple[int, int]:
    is_small = bits.flag()

    def side() -> int:
        return 8 * (bits.take(5) + 1) if is_small else bits.number(_SIDES)

    height = side()
    ratio = bits.take(3)
    if ratio == 0:
        return side(), height
    across, down = _RATIOS[ratio]
    return height * across // down, height


def _more(bits: _Bits) -> bool:
    """Step over the size that is meant for showing, and over what a preview states; say whether the picture moves."""
    if bits.flag():
        _size(bits)
    if bits.flag():
        ways = _PREVIEW_EIGHTHS if bits.flag() else _PREVIEW_SIDES
        bits.number(ways)
        if bits.take(3) == 0:
            bits.number(ways)
    moves = bits.flag()
    if moves:
        bits.number(_TICKS)
        bits.number(_TICK_PARTS)
        bits.number(_LOOPS)
        bits.take(1)
    return moves


def _layout(bits: _Bits) -> Layout | None:
    is_float = bits.flag()
    depth = bits.number(_FLOAT_BITS if is_float else _BITS)
    bits.take(4 if is_float else 0)
    bits.take(1)
    extra = bits.number(_FEW)
    if extra > 1 or (extra == 1 and not bits.flag()):
        return None
    bits.take(1)
    is_grey = not bits.flag() and not bits.flag() and bits.number(_NAME) == _GREY
    return Layout((1 if is_grey else 3) + extra, depth, is_float)

"""Pictures drawn as luma, thousands a second: what ``false_matches.py`` compares with one another.

Ten kinds, in turn by the number of a picture, which alone decides what is drawn: gradients, textures, landscapes,
screens of text, flat pictures, noise, pale and blurred ones, shapes, scenes (texture, shapes and grain together), and
stripes. Each picture takes its own sizes, places, tones and directions, so that no two are meant to be alike.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

KINDS = ("gradient", "texture", "landscape", "text", "flat", "noise", "pale", "shapes", "scene", "stripes")
SIDE = 128
"""Pixels a side: the least that PDQ's fast way takes."""

Luma = NDArray[Any]


@njit(cache=True)
def _random(state: NDArray[np.uint64]) -> float:
    """Return the next number in 0 to 1 (splitmix64)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True)
def _between(state: NDArray[np.uint64], low: float, high: float) -> float:
    return low + (high - low) * _random(state)


@njit(cache=True)
def _gradient(state: NDArray[np.uint64], canvas: Luma, form: int) -> None:
    """Add a fall of brightness: straight (0), round about a point (1), or in waves (2)."""
    angle, strength = _between(state, 0, 2 * np.pi), _between(state, 60, 255)
    across, down = np.cos(angle) / SIDE, np.sin(angle) / SIDE
    x0, y0, waves = _random(state) * SIDE, _random(state) * SIDE, _between(state, 1, 12)
    for y in range(SIDE):
        for x in range(SIDE):
            if form == 0:
                value = x * across + y * down
            elif form == 1:
                value = np.sqrt((x - x0) ** 2 + (y - y0) ** 2) / SIDE
            else:
                value = 0.5 * np.sin(waves * 2 * np.pi * (x * across + y * down))
            canvas[y, x] += strength * value


@njit(cache=True)
def _texture(state: NDArray[np.uint64], canvas: Luma, first: int, last: int, fall: float, strength: float) -> None:
    """Add octaves of noise, from ``first`` cells a side to ``last``, weaker with the power ``fall``."""
    grid = np.empty((last + 2, last + 2), np.float32)
    cells = first
    while cells <= last:
        for i in range(cells + 2):
            for j in range(cells + 2):
                grid[i, j] = _random(state) * 2 - 1
        share = np.float32(strength * (cells / first) ** -fall)
        for y in range(SIDE):
            v = y * cells / SIDE
            i = int(v)
            dv = np.float32(v - i)
            for x in range(SIDE):
                u = x * cells / SIDE
                j = int(u)
                du = np.float32(u - j)
                upper = grid[i, j] + (grid[i, j + 1] - grid[i, j]) * du
                lower = grid[i + 1, j] + (grid[i + 1, j + 1] - grid[i + 1, j]) * du
                canvas[y, x] += share * (upper + (lower - upper) * dv)
        cells *= 2


@njit(cache=True)
def _grain(state: NDArray[np.uint64], canvas: Luma, strength: float) -> None:
    for y in range(SIDE):
        for x in range(SIDE):
            canvas[y, x] += strength * (_random(state) + _random(state) - 1)


@njit(cache=True)
def _box(canvas: Luma, x: float, y: float, width: float, height: float, tone: float) -> None:
    canvas[max(0, int(y)) : max(0, int(y + height)), max(0, int(x)) : max(0, int(x + width))] = tone


@njit(cache=True)
def _shapes(state: NDArray[np.uint64], canvas: Luma, count: int) -> None:
    """Paint discs and boxes, one over the other."""
    for _ in range(count):
        x, y, tone = _random(state) * SIDE, _random(state) * SIDE, _random(state) * 255
        half, other = _between(state, 3, 45), _between(state, 3, 45)
        if _random(state) < 0.5:
            _box(canvas, x - half, y - other, 2 * half, 2 * other, tone)
            continue
        for v in range(max(0, int(y - other)), min(SIDE, int(y + other))):
            for u in range(max(0, int(x - half)), min(SIDE, int(x + half))):
                if ((u - x) / half) ** 2 + ((v - y) / other) ** 2 < 1:
                    canvas[v, u] = tone


@njit(cache=True)
def _landscape(state: NDArray[np.uint64], canvas: Luma) -> None:
    """Paint a sky with a sun, then ridges of hills, each nearer and of another tone."""
    top, bottom = _between(state, 40, 250), _between(state, 40, 250)
    for y in range(SIDE):
        canvas[y, :] = top + (bottom - top) * y / SIDE
    sun_x, sun_y, sun = _random(state) * SIDE, _random(state) * SIDE / 2, _between(state, 3, 16)
    for y in range(SIDE):
        for x in range(SIDE):
            if (x - sun_x) ** 2 + (y - sun_y) ** 2 < sun * sun:
                canvas[y, x] = 250
    _texture(state, canvas, 3, 24, 0.7, _between(state, 5, 40))
    level = _between(state, 20, 70)
    for _ in range(2 + int(_random(state) * 4)):
        tone = _random(state) * 220
        waves = np.empty((4, 3))
        for k in range(4):
            waves[k, 0] = _between(state, 0.3, 2.5) * (k + 1)
            waves[k, 1] = _random(state) * 2 * np.pi
            waves[k, 2] = _between(state, 2, 18) / (k + 1)
        for x in range(SIDE):
            height = level
            for k in range(4):
                height += waves[k, 2] * np.sin(waves[k, 0] * 2 * np.pi * x / SIDE + waves[k, 1])
            canvas[min(SIDE, max(0, int(height))) :, x] = tone
        level += _between(state, 8, 35)
    _texture(state, canvas, 16, 64, 0.4, _between(state, 2, 20))


@njit(cache=True)
def _text(state: NDArray[np.uint64], canvas: Luma) -> None:
    """Paint a screen: a bar, and lines of words of uneven length, in paragraphs or in bubbles at either side."""
    paper = _between(state, 225, 255) if _random(state) < 0.6 else _between(state, 5, 40)
    ink = 255 - paper + _between(state, -10, 40)
    canvas[:] = paper
    bar = _between(state, 0, 16)
    _box(canvas, 0, 0, SIDE, bar, _random(state) * 255)
    line, pitch = _between(state, 1.5, 4), _between(state, 4.5, 9)
    bubbles, margin = _random(state) < 0.5, _between(state, 3, 14)
    y = bar + _between(state, 2, 8)
    while y < SIDE - 4:
        lines = 1 + int(_random(state) * 6)
        width = _between(state, 35, 100) if bubbles else SIDE - 2 * margin
        left = SIDE - margin - width if bubbles and _random(state) < 0.5 else margin
        if bubbles:
            _box(canvas, left - 2, y - 2, width + 4, lines * pitch + 2, paper + _between(state, -60, 60))
        for row in range(lines):
            x, end = left, left + width * (_between(state, 0.3, 1) if row == lines - 1 else 1)
            while x < end:
                word = min(_between(state, 2, 16), end - x)
                _box(canvas, x, y, word, line, ink)
                x += word + 2
            y += pitch
        y += _between(state, 3, 12)


@njit(cache=True)
def draw(number: int, canvas: Luma) -> None:
    """Draw the luma of one picture (128 × 128 float32, 0 to 255); its kind is ``number`` modulo ten."""
    state = np.array([np.uint64(number) * np.uint64(0xD1B54A32D192ED03) + np.uint64(1)], np.uint64)
    for _ in range(4):
        _random(state)
    kind = number % 10
    canvas[:] = _between(state, 60, 190)
    if kind in (0, 9):
        _gradient(state, canvas, 2 if kind == 9 else int(_random(state) * 2))
        _grain(state, canvas, _between(state, 0, 6))
    elif kind == 1:
        _texture(state, canvas, 2 + int(_random(state) * 8), 64, _between(state, 0.1, 1.2), _between(state, 40, 160))
    elif kind == 2:
        _landscape(state, canvas)
    elif kind == 3:
        _text(state, canvas)
    elif kind == 4:
        _grain(state, canvas, _between(state, 0, 4))
        _box(canvas, 0, 0, SIDE, _between(state, 0, 6), _random(state) * 255)
    elif kind == 5:
        _grain(state, canvas, _between(state, 20, 255))
    elif kind == 6:
        _texture(state, canvas, 2, 4 + int(_random(state) * 12), _between(state, 0.5, 1.5), _between(state, 2, 25))
    elif kind == 7:
        _shapes(state, canvas, 3 + int(_random(state) * 20))
    else:
        _texture(state, canvas, 2, 64, _between(state, 0.4, 0.9), _between(state, 40, 120))
        _shapes(state, canvas, 1 + int(_random(state) * 6))
        _grain(state, canvas, _between(state, 1, 12))
    for y in range(SIDE):
        for x in range(SIDE):
            canvas[y, x] = min(np.float32(255), max(np.float32(0), canvas[y, x]))


@njit(cache=True)
def alter(number: int, canvas: Luma) -> None:
    """Make of a picture what passing it on makes of it: softer, paler, brighter or darker, with grain and blocks."""
    state = np.array([np.uint64(number) * np.uint64(0x2545F4914F6CDD1D) + np.uint64(9)], np.uint64)
    contrast, brightness, grain = _between(state, 0.7, 1), _between(state, -25, 25), _between(state, 0, 8)
    soft = canvas.copy()
    for y in range(1, SIDE - 1):
        for x in range(1, SIDE - 1):
            around = canvas[y - 1, x] + canvas[y + 1, x] + canvas[y, x - 1] + canvas[y, x + 1]
            soft[y, x] = 0.5 * canvas[y, x] + 0.125 * around
    blocks = _random(state) < 0.5
    for y in range(SIDE):
        for x in range(SIDE):
            value = soft[y, x]
            if blocks:
                value = 0.75 * value + 0.25 * soft[min(SIDE - 1, y // 8 * 8 + 4), min(SIDE - 1, x // 8 * 8 + 4)]
            value = 128 + (value - 128) * contrast + brightness + grain * (_random(state) + _random(state) - 1)
            canvas[y, x] = min(np.float32(255), max(np.float32(0), np.float32(value)))

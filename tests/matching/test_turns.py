"""A picture that was turned or mirrored, against the reference binding, and hits that say which turn."""

import numpy as np
import pdqhash
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sauveterre.matching.turns import turned_rows
from sauveterre.media.pdq.hashing import pdq_and_turned, pdq_of_pixels
from sauveterre.records.turn import TURNS, Turn

DONE = {
    Turn.NONE: lambda pixels: pixels,
    Turn.LEFT: np.rot90,
    Turn.HALF: lambda pixels: np.rot90(pixels, 2),
    Turn.RIGHT: lambda pixels: np.rot90(pixels, 3),
    Turn.UPSIDE_DOWN: lambda pixels: pixels[::-1],
    Turn.MIRRORED: lambda pixels: pixels[:, ::-1],
    Turn.MIRRORED_LEFT: lambda pixels: np.rot90(pixels[:, ::-1]),
    Turn.MIRRORED_RIGHT: lambda pixels: np.rot90(pixels[:, ::-1], 3),
}


@pytest.fixture(scope="module")
def pixels():
    """A drawn landscape of noise, in colour."""
    noise = Image.effect_noise((33, 27), 120).resize((700, 500), Image.Resampling.BICUBIC)
    slope = Image.linear_gradient("L").resize((700, 500))
    return np.asarray(Image.merge("RGB", (noise, Image.blend(noise, slope, 0.4), slope)))


def apart(first, second):
    return (int.from_bytes(first, "big") ^ int.from_bytes(second, "big")).bit_count()


def test_all_eight_hashes_are_those_of_the_reference(pixels):
    pdq, others = pdq_and_turned(pixels, reference=True)
    expected, quality = pdqhash.compute_dihedral(pixels)
    (rows,) = turned_rows([(pdq.hash, others)])
    assert [row.tobytes() for row in rows] == [np.packbits(bits).tobytes() for bits in expected]
    assert pdq.quality == quality


@pytest.mark.parametrize("turn", TURNS)
def test_each_hash_is_near_that_of_the_picture_so_turned(pixels, turn):
    pdq, others = pdq_and_turned(pixels)
    (rows,) = turned_rows([(pdq.hash, others)])
    really = pdq_of_pixels(np.ascontiguousarray(DONE[turn](pixels)))
    distances = [apart(row.tobytes(), really.hash) for row in rows]
    assert TURNS[int(np.argmin(distances))] is turn
    assert min(distances) <= 20
    assert sorted(distances)[1] > 60


@given(st.lists(st.binary(min_size=128, max_size=128), max_size=5))
def test_the_first_is_the_hash_itself_and_crossing_twice_changes_nothing(kept):
    rows = turned_rows([(one[:32], one[32:]) for one in kept])
    assert [row[[0, 2, 4, 5]].tobytes() for row in rows] == kept
    again = turned_rows([(row[6].tobytes(), row[[7, 3, 1]].tobytes()) for row in rows])
    assert [row[6].tobytes() for row in again] == [one[:32] for one in kept]

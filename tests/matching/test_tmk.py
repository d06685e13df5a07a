"""TMK files, built here byte by byte from the description of the format."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import MalformedList
from sauveterre.matching.tmk import first_score, read_tmk, tmk_bytes


def tmk_file(seed=1, frames=105, average=None):
    values = np.random.default_rng(seed).normal(size=32 + 256 + 2 * 4 * 32 * 256).astype("<f4")
    if average is not None:
        values[32:288] = average
    head = b"TMK1" + b"FVEC" + b"PDQF" + struct.pack("<5i", 15, 4, 32, 256, frames)
    return head + struct.pack("<4i", 2731, 4391, 9767, 14653) + values.tobytes()


def test_a_file_comes_back_to_the_byte():
    data = tmk_file()
    tmk = read_tmk(data)
    assert len(data) == 263_344
    assert (tmk.frames, tmk.coefficients.shape, tmk.average.shape) == (105, (32,), (256,))
    assert tmk.cosines.shape == tmk.sines.shape == (4, 32, 256)
    assert tmk.cosines[0, 0, 0] == np.frombuffer(data, "<f4", 1, 48 + 4 * 288)[0]
    assert tmk.sines[3, 31, 255] == np.frombuffer(data, "<f4", 1, 263_340)[0]
    assert tmk_bytes(tmk) == data


def test_the_first_score_is_the_cosine_of_the_averages():
    one = np.zeros(256)
    one[:2] = 3, 4
    other = np.zeros(256)
    other[0] = 2
    first, second, none = (read_tmk(tmk_file(average=average)) for average in (one, other, np.zeros(256)))
    assert first_score(first, first) == pytest.approx(1.0)
    assert first_score(first, second) == pytest.approx(0.6)
    assert first_score(read_tmk(tmk_file(average=-one)), second) == pytest.approx(-0.6)
    assert first_score(first, none) == 0.0


@pytest.mark.parametrize("at", [0, 4, 8, 12, 16, 20, 24, 31, 32, 36, 40, 44])
def test_another_head_is_refused(at):
    data = bytearray(tmk_file())
    data[at] ^= 0x80
    with pytest.raises(MalformedList, match="ask its sender"):
        read_tmk(bytes(data))


@given(st.integers(0, 263_343))
def test_a_cut_file_is_refused(size):
    with pytest.raises(MalformedList, match="no TMK file"):
        read_tmk(tmk_file()[:size])


def test_values_that_are_no_numbers_are_refused():
    data = tmk_file()
    with pytest.raises(MalformedList, match="no numbers"):
        read_tmk(data[:-4] + struct.pack("<f", float("nan")))

"""Pixels of HEIC stills: the same as libheif's, or none."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.media.decoding import decode
from sauveterre.media.heic.frames import pixels_of
from sauveterre.media.picture import picture_of
from sauveterre.records.limits import Limits

MOST = 1 << 24
MIRRORED = b"\0\0\0\x09imir\0"
"""The property that turns left and right."""


@pytest.mark.parametrize("size", [(64, 64), (640, 480), (130, 258)])
def test_a_frame_has_the_pixels_that_libheif_gives(draw, coded, usual, size):
    data = coded(draw(3, *size))
    assert np.array_equal(pixels_of(data, most_pixels=MOST), usual(data))


def test_a_grey_frame_has_one_channel(draw, coded, usual):
    data = coded(draw(4, 320, 200)[:, :, 1])
    pixels = pixels_of(data, most_pixels=MOST)
    assert pixels.shape == (200, 320, 1)
    assert np.array_equal(pixels[:, :, 0], usual(data))


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize(("columns", "width", "height"), [(3, 192, 128), (3, 170, 72), (2, 128, 192), (1, 62, 384)])
def test_a_grid_is_put_together_and_turned_as_libheif_does(grid, usual, columns, width, height, turns):
    data = grid(columns, width, height, turns)
    pixels = pixels_of(data, most_pixels=MOST)
    assert pixels.shape == ((width, height, 3) if turns % 2 else (height, width, 3))
    assert np.array_equal(pixels, usual(data))


@pytest.mark.parametrize(("columns", "width", "height"), [(3, 171, 71), (1, 63, 384)])
def test_half_a_colour_sample_at_an_edge_is_read_where_it_is_not_turned(grid, usual, columns, width, height):
    data = grid(columns, width, height)
    assert np.array_equal(pixels_of(data, most_pixels=MOST), usual(data))
    assert pixels_of(grid(columns, width, height, turns=1), most_pixels=MOST) is None


@pytest.mark.parametrize(
    "strange",
    [
        {"columns": 3, "width": 192, "height": 128, "colour": struct.pack(">4sHHHB", b"nclx", 1, 13, 6, 0)},
        {"columns": 3, "width": 192, "height": 128, "colour": struct.pack(">4sHHHB", b"nclx", 1, 13, 1, 0x80)},
        {"columns": 3, "width": 192, "height": 128, "more": MIRRORED},
        {"columns": 3, "width": 192, "height": 128, "tiles_named": 5},
        {"columns": 3, "width": 192, "height": 128, "again": True},
        {"columns": 3, "width": 128, "height": 128},
        {"columns": 3, "width": 193, "height": 128},
    ],
    ids=["limited range", "another matrix", "mirrored", "too few tiles", "one tile again", "a tile outside", "a gap"],
)
def test_what_is_unusual_is_left_to_libheif(grid, strange):
    assert pixels_of(grid(**strange), most_pixels=MOST) is None


def test_a_mirrored_grid_is_decoded_by_libheif(grid, usual):
    data = grid(3, 192, 128, more=MIRRORED)
    assert np.array_equal(decode(data, "image/heic", Limits()).pixels, usual(data))


def test_more_pixels_than_allowed_are_not_decoded(grid):
    data = grid(3, 192, 128)
    assert pixels_of(data, most_pixels=192 * 128) is not None
    assert pixels_of(data, most_pixels=192 * 128 - 1) is None


def test_a_frame_may_not_be_larger_than_its_file_states(draw, coded):
    data = coded(draw(3, 640, 480))
    stated = data.replace(struct.pack(">II", 640, 480), struct.pack(">II", 64, 64), 1)
    assert stated != data
    assert pixels_of(stated, most_pixels=MOST) is None


def test_a_picture_that_is_cut_out_larger_than_it_is_has_the_size_that_is_decoded(draw, coded):
    data = coded(draw(3, 321, 239))
    stated = data.replace(b"clap" + struct.pack(">I", 321), b"clap" + struct.pack(">I", 16383), 1)
    assert stated != data
    picture, trouble = picture_of(stated, "image/heic", Limits())
    assert (picture.width, picture.height, trouble) == (322, 239, "")


@given(at=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255), cut=st.booleans())
@settings(max_examples=150)
def test_damage_gives_pixels_of_the_stated_size_or_none(grid, at, byte, cut):
    data = bytearray(grid(3, 192, 128))
    place = int(at * (700 if byte % 2 else len(data)))
    if cut:
        del data[place:]
    else:
        data[place] = byte
    pixels = pixels_of(bytes(data), most_pixels=MOST)
    assert pixels is None or (pixels.dtype == np.uint8 and pixels.size <= 3 * MOST)

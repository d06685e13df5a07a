"""Boxes and head of JPEG XL: sizes in every way of writing them, parts, blocks, and any bytes at all."""

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.media.blocks import LARGEST_BLOCK, NO_BLOCKS
from sauveterre.media.jxl.boxes import boxes_of, start_of_codestream
from sauveterre.media.jxl.header import Header, Layout, may_move, read_header
from sauveterre.media.jxl.pixels import blocks_of_jxl
from sauveterre.media.kind import kind_of

RGB = Layout(3, 8, is_float=False)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 600), st.integers(1, 600))
def test_every_size_is_read_as_it_was_written(width, height):
    data = imagecodecs.jpegxl_encode(np.zeros((height, width, 3), np.uint8), lossless=True, effort=1, numthreads=1)
    assert read_header(start_of_codestream(data)) == Header(width, height, moves=False, layout=RGB)


@pytest.mark.parametrize("size", [(64, 64), (96, 80), (128, 96), (48, 32), (256, 144), (80, 64), (128, 64), (9000, 3)])
def test_a_width_that_is_stated_by_a_ratio_is_read(coded, size):
    stated = read_header(coded(np.zeros((size[1], size[0]), np.uint8)))
    assert (stated.width, stated.height, stated.layout) == (*size, Layout(1, 8, is_float=False))


def test_samples_of_every_form_are_told(coded):
    grey, colour = np.zeros((9, 8), np.uint8), np.zeros((9, 8, 3), np.uint8)

    def layout(pixels, **options):
        return read_header(start_of_codestream(coded(pixels, **options))).layout

    assert layout(np.dstack([grey, grey])) == (2, 8, False)
    assert layout(np.dstack([colour, grey])) == (4, 8, False)
    assert layout(colour.astype(np.uint16)) == (3, 16, False)
    assert layout(colour.astype(np.uint16), bitspersample=12) == (3, 12, False)
    assert layout(colour.astype(np.float32)) == (3, 32, True)
    assert layout(np.stack([grey] * 4), planar=True, photometric="gray") is None
    assert may_move(coded(np.stack([colour, colour])))
    assert not may_move(coded(colour))


def test_a_codestream_in_parts_is_put_together(coded, contained):
    bare = coded(np.zeros((40, 30, 3), np.uint8))
    parts = contained(
        (b"jxlp", b"\0\0\0\0" + bare[:3]), (b"jxlp", b"\0\0\0\1" + bare[3:7]), (b"jxlp", b"\x80\0\0\2" + bare[7:])
    )
    assert start_of_codestream(parts) == bare[:512]
    assert kind_of(parts) == kind_of(bare) == "image/jxl"
    assert start_of_codestream(contained((b"jxlc", bare))) == bare[:512]
    assert start_of_codestream(contained((b"Exif", bare))) == b""


def test_blocks_are_read_plain_and_compressed(contained):
    exif, xmp = b"\0\0\0\2??II*\0rest", b"<x/>"
    plain = blocks_of_jxl(contained((b"Exif", exif), (b"xml ", xmp)))
    assert (plain.exif, plain.xmp) == (b"II*\0rest", (xmp,))
    packed = contained(
        (b"brob", b"Exif" + imagecodecs.brotli_encode(exif)), (b"brob", b"xml " + imagecodecs.brotli_encode(xmp))
    )
    assert blocks_of_jxl(packed) == plain
    assert blocks_of_jxl(packed[12:]) == NO_BLOCKS


def test_blocks_that_are_too_large_or_broken_are_passed_over(contained):
    bomb = imagecodecs.brotli_encode(bytes(LARGEST_BLOCK + 1))
    assert len(bomb) < 1_000
    assert blocks_of_jxl(contained((b"brob", b"xml " + bomb), (b"brob", b"Exif?"), (b"brob", b"jxlc"))) == NO_BLOCKS
    assert blocks_of_jxl(contained((b"xml ", bytes(LARGEST_BLOCK + 1)))) == NO_BLOCKS


def test_long_and_endless_boxes_are_walked():
    endless = b"\0\0\0\1long" + (20).to_bytes(8, "big") + b"four" + b"\0\0\0\0last" + b"to the end"
    assert list(boxes_of(endless)) == [(b"long", 16, 20), (b"last", 28, 38)]
    assert list(boxes_of(b"\0\0\0\7tiny")) == []
    assert list(boxes_of(b"\0\0\0\1none")) == []


@given(st.binary(max_size=300))
def test_any_bytes_are_an_answer(noise):
    for start in (b"", b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n", b"\0\0\0\x0cJXL \r\n\x87\n\0\0\0\0jxlc\xff\x0a"):
        assert blocks_of_jxl(start + noise).iptc == b""
        try:
            stated = read_header(start_of_codestream(start + noise))
        except ValueError:
            continue
        assert min(stated.width, stated.height) >= 1

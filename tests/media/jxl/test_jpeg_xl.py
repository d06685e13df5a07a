"""JPEG XL pictures: the pixels that were written, their hash by the reference, damage, bounds, and what they state."""

import io
from dataclasses import replace

import imagecodecs
import numpy as np
import pdqhash
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sauveterre.media.decoding import Undecodable, decode
from sauveterre.media.fingerprint import ONLY_FIRST, fingerprint
from sauveterre.media.picture import picture_of
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.processing import _cause
from sauveterre.records.entry import Cause
from sauveterre.records.limits import Limits

KIND = "image/jxl"
LIMITS = Limits()


def usual(pixels):
    bits, quality = pdqhash.compute(np.ascontiguousarray(pixels))
    return np.packbits(bits).tobytes(), quality


def read(data):
    return fingerprint(io.BytesIO(data), limits=LIMITS)


def taken(draw, save, orientation):
    """Return a JPEG as a camera writes it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Lantern Works", orientation
    exif.get_ifd(0x8769)[0x9003] = "2026:05:01 10:00:00"
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Brush 3"/></rdf:RDF></x:xmpmeta>'
    )
    return save(draw(5, 320, 200), "JPEG", exif=exif.tobytes(), xmp=xmp, quality=90)


@pytest.mark.parametrize("size", [(320, 200), (90, 70), (257, 640), (8, 9)])
@pytest.mark.parametrize("container", [False, True])
def test_the_pixels_are_those_that_were_written_and_hashed_as_the_reference_does(draw, coded, size, container):
    pixels = draw(3, *size)
    data = coded(pixels, usecontainer=container)
    assert np.array_equal(decode(data, KIND, LIMITS).pixels, pixels)
    picture, trouble = picture_of(data, KIND, LIMITS, reference=True)
    assert (trouble, picture.width, picture.height, picture.frames) == ("", *size, 1)
    assert (picture.pdq, picture.quality) == usual(pixels)


def test_a_lossy_picture_is_hashed_like_its_decoded_pixels(draw, coded, distance):
    data = coded(draw(4, 640, 480), level=70)
    picture, _ = picture_of(data, KIND, LIMITS)
    assert distance(picture.pdq, usual(imagecodecs.jpegxl_decode(data))[0]) <= 4


def forms(pixels):
    grey, clear = pixels[:, :, :1], pixels[:, :, 1:2]
    return {
        "grey": (pixels[:, :, 0], grey), "grey, clear": (np.dstack([grey, clear]), grey),
        "clear": (np.dstack([pixels, clear]), pixels),
        "16 bits": (pixels.astype(np.uint16) * 256 + 255, pixels),
        "16 bits, grey": (grey[:, :, 0] * np.uint16(256), grey),
        "floats": ((pixels / 255).astype(np.float32), pixels),
        "planes": (np.moveaxis(pixels, 2, 0), grey),
    }  # fmt: skip


@pytest.mark.parametrize("form", forms(np.zeros((1, 1, 3), np.uint8)))
def test_every_form_of_samples_becomes_grey_or_rgb_of_eight_bits(draw, coded, form):
    written, expected = forms(draw(6, 160, 130))[form]
    options = {"planar": True, "photometric": "gray"} if form == "planes" else {}
    decoded = decode(coded(np.ascontiguousarray(written), **options), KIND, LIMITS)
    assert np.array_equal(decoded.pixels, expected)
    assert (decoded.width, decoded.height, decoded.shown.mode) == (160, 130, "L" if expected.shape[2] == 1 else "RGB")


def test_light_that_is_no_number_is_black(coded):
    wild = np.full((20, 30, 3), np.nan, np.float32)
    wild[:10] = 7
    pixels = decode(coded(wild), KIND, LIMITS).pixels
    assert (pixels[:10] == 255).all()
    assert (pixels[10:] == 0).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_packed_jpeg_stands_upright_and_says_what_the_jpeg_said(draw, save, transcoded, distance, orientation):
    jpeg = taken(draw, save, orientation)
    decoded = decode(transcoded(jpeg), KIND, LIMITS)
    turned = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270",
              7: "TRANSVERSE", 8: "ROTATE_90"}  # fmt: skip
    image = Image.open(io.BytesIO(jpeg))
    upright = image.transpose(Image.Transpose[turned[orientation]]) if orientation > 1 else image
    assert (decoded.width, decoded.height) == upright.size
    assert np.abs(decoded.pixels.astype(int) - np.asarray(upright).astype(int)).mean() < 2
    metadata = decoded.metadata
    assert (metadata.orientation, metadata.camera.make, metadata.taken_raw) == (
        1,
        "Lantern Works",
        "2026:05:01 10:00:00",
    )
    assert [one.value for one in metadata.statements] == ["Brush 3"]
    assert distance(picture_of(transcoded(jpeg), KIND, LIMITS)[0].pdq, usual(np.asarray(upright))[0]) <= 4


def test_of_a_picture_that_moves_the_first_frame_is_taken_and_that_is_said(draw, coded):
    frames = np.stack([draw(seed, 160, 120) for seed in range(3)])
    found = read(coded(frames))
    assert (found.picture.pdq, found.picture.frames) == (usual(frames[0])[0], None)
    assert (found.trouble, _cause(found), found.film) == (ONLY_FIRST, Cause.UNSUPPORTED, None)


@pytest.mark.parametrize("options", [{}, {"level": 80}])
def test_of_a_cut_picture_what_comes_before_the_cut_is_hashed(draw, coded, options):
    data = coded(draw(7, 1200, 900), **options)
    found = read(data[: len(data) * 3 // 4])
    assert (found.picture.width, found.picture.height) == (1200, 900)
    assert found.trouble.startswith("the JPEG XL picture is damaged or cut short, and only what could be decoded")
    assert _cause(found) is Cause.DAMAGED


def test_a_picture_cut_anywhere_is_an_outcome(draw, coded, transcoded, save):
    for data in (coded(draw(1, 40, 30)), transcoded(taken(draw, save, 6))):
        for length in range(12, len(data), 13):
            found = read(data[:length])
            assert found.size == length
            assert found.trouble or found.kind != KIND


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_changed_bytes_are_an_outcome(data):
    whole = bytearray(_small())
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(2, len(whole) - 1))] = data.draw(st.integers(0, 255))
    picture, trouble = picture_of(bytes(whole), KIND, replace(LIMITS, picture_pixels=1 << 20))
    assert picture is not None or trouble


def _small():
    slope = np.add.outer(np.arange(40), np.arange(50)).astype(np.uint8)
    return imagecodecs.jpegxl_encode(np.dstack([slope, slope * 2, slope * 3]), lossless=True, numthreads=1)


def test_a_size_beyond_the_limit_is_refused_before_anything_is_decoded(draw, coded, monkeypatch):
    monkeypatch.setattr("sauveterre.media.jxl.pixels.jpegxl_decode", lambda *_, **__: pytest.fail("was decoded"))
    picture, trouble = picture_of(coded(draw(1, 50, 40)), KIND, replace(LIMITS, picture_pixels=1_999))
    assert picture is None
    assert trouble.startswith(
        "the picture states 50 × 40 pixels, more than the 1,999 pixels allowed; raise picture_pixels"
    )


def test_what_cannot_be_decoded_in_little_memory_names_the_limit(draw, coded):
    data = coded(draw(1, 50, 40))
    with pytest.raises(Undecodable, match="raise memory_bytes to decode it"):
        decode(data[:40], KIND, replace(LIMITS, memory_bytes=1 << 10))
    with pytest.raises(Undecodable, match="begins like JPEG XL, but no picture can be decoded from it"):
        decode(data[:40], KIND, LIMITS)


def test_children_decode_it_within_their_bounds(draw, coded, sandbox: Sandbox, small_limits):
    pixels = draw(2, 300, 200)
    picture, trouble = sandbox.run(picture_of, coded(pixels), KIND, small_limits, seconds=60)
    assert (trouble, picture.width, picture.height) == ("", 300, 200)


def test_a_stream_is_read_whole(draw, coded):
    data = coded(draw(2, 60, 40))
    assert np.array_equal(decode(io.BytesIO(data), KIND, LIMITS).pixels, draw(2, 60, 40))

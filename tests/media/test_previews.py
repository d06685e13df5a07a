"""Embedded pictures: an edited picture keeps the thumbnail of what it was."""

import hashlib
import io
import struct

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sauveterre.media.picture import picture_of
from sauveterre.records.limits import Limits


def exif_with(thumbnail):
    """Return an EXIF block of two folders, written by hand: nothing in the first, a thumbnail in the second."""
    folder = struct.pack("<HHHIIHHIII", 2, 0x0201, 4, 1, 44, 0x0202, 4, 1, len(thumbnail), 0)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HI", 0, 14) + folder + thumbnail


def multi_picture(first, second):
    """Return a file of two pictures after CIPA DC-007: the offset counts from the head of the table."""
    body = b"MM\0*\0\0\0\x08" + struct.pack(">HHHII", 1, 0xB002, 7, 32, 26) + struct.pack(">I", 0)

    def segment(offset):
        entries = struct.pack(">IIIHH", 0x030000, 0, 0, 0, 0) + struct.pack(
            ">IIIHH", 0x010002, len(second), offset, 0, 0
        )
        payload = b"MPF\0" + body + entries
        return b"\xff\xe2" + (len(payload) + 2).to_bytes(2, "big") + payload

    start = 2 + 8
    whole = first[:2] + segment(len(first) + len(segment(0)) - start) + first[2:]
    return whole + second


@pytest.fixture
def scenes(draw, save):
    """Two different drawn scenes; the small one as a thumbnail of 160 × 120."""
    small = save(Image.fromarray(draw(11, 640, 480)).resize((160, 120)), "JPEG")
    return draw(12, 640, 480), small


def test_an_old_thumbnail_is_fingerprinted_beside_its_picture(scenes, save, distance, draw):
    pixels, small = scenes
    picture, trouble = picture_of(save(pixels, "JPEG", exif=exif_with(small)), "image/jpeg", Limits())
    (thumbnail,) = picture.embedded
    assert trouble == ""
    assert (thumbnail.origin, thumbnail.width, thumbnail.height) == ("EXIF thumbnail", 160, 120)
    assert (thumbnail.digests.sha256, thumbnail.size) == (hashlib.sha256(small).hexdigest(), len(small))
    assert thumbnail.digests.md5 == hashlib.md5(small, usedforsecurity=False).hexdigest()
    assert thumbnail.quality >= 50
    before, _ = picture_of(save(draw(11, 640, 480), "JPEG"), "image/jpeg", Limits())
    assert distance(thumbnail.pdq, before.pdq) <= 31
    assert distance(thumbnail.pdq, picture.pdq) > 31


@pytest.mark.parametrize("form", ["PNG", "WEBP", "AVIF"])
def test_other_formats_keep_thumbnails_too(scenes, save, form):
    pixels, small = scenes
    picture, _ = picture_of(save(pixels, form, exif=exif_with(small)), f"image/{form.lower()}", Limits())
    assert [(one.origin, one.size) for one in picture.embedded] == [("EXIF thumbnail", len(small))]


def test_the_further_pictures_of_a_file_are_found(scenes, save):
    pixels, small = scenes
    picture, trouble = picture_of(multi_picture(save(pixels, "JPEG"), small), "image/jpeg", Limits())
    assert trouble == ""
    assert [(one.origin, one.digests.sha256) for one in picture.embedded] == [
        ("MPF picture", hashlib.sha256(small).hexdigest())
    ]


def test_the_thumbnail_of_a_heic_has_no_file_of_its_own(draw):
    heif = pillow_heif.from_pillow(Image.fromarray(draw(13, 640, 480)))
    heif.info["thumbnails"] = [128]
    file = io.BytesIO()
    heif.save(file, quality=80)
    picture, trouble = picture_of(file.getvalue(), "image/heic", Limits())
    (thumbnail,) = picture.embedded
    assert trouble == ""
    assert (thumbnail.origin, thumbnail.width, thumbnail.height) == ("HEIF thumbnail", 128, 96)
    assert (thumbnail.digests, thumbnail.size) == (None, None)


def test_a_thumbnail_that_is_none_costs_nothing(scenes, save):
    pixels, small = scenes
    for broken in (small[:40], b"\xff\xd8" + bytes(200), b"no picture at all"):
        picture, trouble = picture_of(save(pixels, "JPEG", exif=exif_with(broken)), "image/jpeg", Limits())
        assert (picture.embedded, trouble) == ((), "")


def test_a_picture_inside_that_is_too_large_is_not_decoded(scenes, save):
    _, small = scenes
    data = save(np.zeros((100, 100, 3), np.uint8), "JPEG", exif=exif_with(small))
    picture, _ = picture_of(data, "image/jpeg", Limits(picture_pixels=10_000))
    assert picture.embedded == ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 5_000), st.binary(min_size=1, max_size=8))
def test_damage_to_a_thumbnail_never_raises(scenes, save, at, noise):
    pixels, small = scenes
    data = bytearray(multi_picture(save(pixels[:60, :80], "JPEG", exif=exif_with(small)), small))
    data[at : at + len(noise)] = noise
    picture, trouble = picture_of(bytes(data), "image/jpeg", Limits(picture_pixels=1_000_000))
    assert picture is not None or trouble

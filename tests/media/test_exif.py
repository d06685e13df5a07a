"""EXIF, friendly and hostile."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from sauveterre.media.exif import SILENT, metadata_of_block
from sauveterre.media.metadata import metadata_of
from sauveterre.media.picture import picture_of
from sauveterre.records.camera import Camera
from sauveterre.records.limits import Limits


def exif_of(main=(), more=(), gps=()):
    exif = Image.Exif()
    for tag, value in dict(main).items():
        exif[tag] = value
    if more:
        exif.get_ifd(0x8769).update(dict(more))
    if gps:
        exif.get_ifd(0x8825).update(dict(gps))
    return exif


FULL = {
    "main": {0x010F: "Lantern Works", 0x0110: "L-1", 0x0131: "Firmware 2.0", 0x0112: 6},
    "more": {0x9003: "2026:05:01 10:00:00", 0x9011: "+02:00", 0xA431: "SN-0042"},
    "gps": {1: "S", 2: (12.0, 30.0, 36.0), 3: "W", 4: (77.0, 0.0, 0.0)},
}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_what_a_camera_wrote_is_read_from_every_format(draw, save, form):
    data = save(draw(1, 300, 200), form, exif=exif_of(**FULL).tobytes())
    picture, trouble = picture_of(data, f"image/{form.lower()}", Limits())
    assert trouble == ""
    assert picture.camera == Camera("Lantern Works", "L-1", "SN-0042", "Firmware 2.0")
    assert picture.taken_raw == "2026:05:01 10:00:00 +02:00"
    assert picture.latitude == pytest.approx(-12.51)
    assert picture.longitude == pytest.approx(-77.0)
    assert (picture.width, picture.height) == ((200, 300) if form == "TIFF" else (300, 200))


def test_png_metadata_does_not_decode_the_picture(draw, save, monkeypatch):
    data = save(draw(1, 300, 200), "PNG", exif=exif_of(**FULL))

    def refuse(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr(Image.Image, "load", refuse)
    assert metadata_of(data, "image/png").camera.make == "Lantern Works"


def test_a_picture_that_says_nothing(draw, save):
    picture, _ = picture_of(save(draw(1, 300, 200), "JPEG"), "image/jpeg", Limits())
    assert (picture.camera, picture.taken_raw, picture.latitude, picture.longitude) == (Camera(), "", None, None)


def test_text_is_cleaned_and_bounded():
    block = exif_of(
        main={0x010F: b"A\0\x1b[31m\nB\xc2\x85", 0x0110: "x" * 5_000, 0x0131: "caf\u00e9 \u202eevil".encode()}
    )
    camera = metadata_of_block(block.tobytes()).camera
    assert camera.make == "A[31m B"
    assert camera.model == "x" * 256
    assert camera.software == "café evil"


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (IFDRational(10, 0), IFDRational(0), IFDRational(0)), 3: "E", 4: (20.0, 0.0, 0.0)},
        {1: "N", 2: (91.0, 0.0, 0.0), 3: "E", 4: (20.0, 0.0, 0.0)},
        {1: "N", 2: (10.0, 61.0, 0.0), 3: "E", 4: (20.0, 0.0, 0.0)},
        {1: "N", 2: (10.0, 0.0, 0.0), 3: "E", 4: (180.0, 30.0, 0.0)},
        {2: (10.0, 0.0, 0.0), 4: (20.0, 0.0, 0.0)},
        {1: "X", 2: (10.0, 0.0, 0.0), 3: "E", 4: (20.0, 0.0, 0.0)},
        {1: "N", 2: (10.0, 0.0, 0.0)},
    ],
)
def test_a_place_that_makes_no_sense_is_no_place(gps):
    metadata = metadata_of_block(exif_of(gps=gps).tobytes())
    assert (metadata.latitude, metadata.longitude) == (None, None)


def test_fields_of_the_wrong_type_are_silent():
    entries = [(0x010F, 3, 2, b"\1\0\2\0"), (0x0110, 5, 1, struct.pack("<I", 9_999)), (0x8769, 2, 4, b"abcd")]
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries))
    block += b"".join(struct.pack("<HHI", tag, form, count) + value for tag, form, count, value in entries) + bytes(4)
    assert metadata_of_block(block) == SILENT


def test_a_folder_that_points_at_itself_ends():
    block = b"II*\0\x08\0\0\0" + struct.pack("<HHHIII", 1, 0x8769, 4, 1, 8, 8)
    assert metadata_of_block(block) == SILENT


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"Exif\0\0II*\0\x08\0\0\0"])
)
def test_any_bytes_give_plain_metadata(noise, start):
    metadata = metadata_of_block(start + noise)
    assert metadata.latitude is None or -90 <= metadata.latitude <= 90
    assert 1 <= metadata.orientation <= 8
    assert all(character.isprintable() for character in metadata.camera.make + metadata.taken_raw)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 700), st.binary(min_size=1, max_size=8), st.sampled_from(["JPEG", "PNG", "WEBP"]))
def test_damaged_containers_never_raise(at, noise, form):
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, form, exif=exif_of(**FULL))
    data = bytearray(file.getvalue())
    data[at : at + len(noise)] = noise
    assert metadata_of(bytes(data), f"image/{form.lower()}").orientation in range(1, 9)

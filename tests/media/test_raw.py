"""Camera raw files, built by hand after their formats: told by content, hashed by their largest preview."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sauveterre.media.fingerprint import PICTURE, extractor_of, fingerprint
from sauveterre.media.kind import kind_of
from sauveterre.media.picture import picture_of
from sauveterre.media.raw import RAW_KINDS
from sauveterre.records.limits import Limits

MAKE, DATE = 0x010F, 0x0132


def tiff(maker=b"", *, order="<", mark=None, reduced=1, extra=(), text=b"2026:05:01 10:00:00\0"):
    """Return a TIFF of one folder that states maker and date; numbers in ``extra`` as (tag, value)."""
    places = {MAKE: (maker + b"\0") if maker else b"", DATE: text}
    rows = [(tag, 2, value) for tag, value in places.items() if value]
    rows += [(0x00FE, 4, reduced), *((tag, 4, value) for tag, value in extra)]
    rows.sort()
    start = 8 + 2 + 12 * len(rows) + 4
    body, tail = struct.pack(order + "H", len(rows)), b""
    for tag, form, value in rows:
        if isinstance(value, int):
            body += struct.pack(order + "HHII", tag, form, 1, value)
        else:
            body += struct.pack(order + "HHII", tag, form, len(value), start + len(tail))
            tail += value
    head = mark or (b"II*\0" if order == "<" else b"MM\0*")
    return head + struct.pack(order + "I", 8) + body + bytes(4) + tail


def boxes(*named):
    return b"".join(struct.pack(">I4s", 8 + len(content), name) + content for name, content in named)


SUB = ((0x014A, 4_000),)
HEADS = {
    "image/x-canon-cr2": lambda: tiff(b"Canon", mark=b"II*\0")[:8] + b"CR\x02\0" + bytes(20),
    "image/x-nikon-nef": lambda: tiff(b"NIKON CORPORATION", order=">", extra=SUB),
    "image/x-sony-arw": lambda: tiff(b"SONY", extra=SUB),
    "image/x-samsung-srw": lambda: tiff(b"SAMSUNG", extra=SUB),
    "image/x-adobe-dng": lambda: tiff(b"Lantern", extra=((0xC612, 0x401),), reduced=0),
    "image/x-olympus-orf": lambda: tiff(b"OLYMPUS", mark=b"IIRO"),
    "image/x-panasonic-rw2": lambda: tiff(b"Panasonic", mark=b"IIU\0"),
    "image/x-fuji-raf": lambda: b"FUJIFILMCCD-RAW 0201" + bytes(64),
    "image/x-canon-cr3": lambda: boxes(
        (b"ftyp", b"crx \0\0\0\1crx isom"),
        (b"moov", boxes((b"CMT1", tiff(b"Canon")), (b"CMT2", tiff(extra=(), text=b"x\0")))),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def previews(draw, save):
    """A large preview, and a small one of the same scene, each a JPEG."""
    pixels = draw(21, 1600, 1200)
    return save(pixels, "JPEG"), save(Image.fromarray(pixels).resize((160, 120)), "JPEG")


@pytest.fixture(scope="module")
def noise(draw):
    """What a sensor might have written: no picture, but with the first bytes of some."""
    return draw(3, 90, 90).tobytes() + b"\xff\xd8\xff\xe1\0\x10Exif" + draw(4, 60, 60).tobytes()


@pytest.mark.parametrize("kind", sorted(RAW_KINDS))
def test_every_raw_is_told_and_hashed_by_its_largest_preview(previews, noise, kind):
    large, small = previews
    data = HEADS[kind]() + small + noise + large + noise
    found = fingerprint(io.BytesIO(data), limits=Limits())
    expected, _ = picture_of(large, "image/jpeg", Limits())
    picture = found.picture
    assert (found.kind, found.trouble) == (kind, "")
    assert (picture.width, picture.height, picture.basis) == (1600, 1200, "embedded preview")
    assert (picture.pdq, picture.quality) == (expected.pdq, expected.quality)
    assert extractor_of(kind) == PICTURE


@pytest.mark.parametrize(
    ("kind", "make"),
    [("image/x-nikon-nef", "NIKON CORPORATION"), ("image/x-olympus-orf", "OLYMPUS"), ("image/x-canon-cr3", "Canon"),
     ("image/x-panasonic-rw2", "Panasonic"), ("image/x-adobe-dng", "Lantern")],
)  # fmt: skip
def test_what_the_camera_states_is_read(previews, kind, make):
    picture, _ = picture_of(HEADS[kind]() + previews[0], kind, Limits())
    assert picture.camera.make == make
    assert ("EXIF", "DateTime", "2026:05:01 10:00:00") in [
        (one.source, one.name, one.value) for one in picture.statements
    ]


def test_the_preview_speaks_where_the_raw_is_silent(draw, save):
    exif = Image.Exif()
    exif[MAKE] = "FUJI-Lantern"
    preview = save(draw(21, 640, 480), "JPEG", exif=exif)
    picture, _ = picture_of(HEADS["image/x-fuji-raf"]() + preview, "image/x-fuji-raf", Limits())
    assert picture.camera.make == "FUJI-Lantern"


@pytest.mark.parametrize(
    "head",
    [tiff(b"NIKON", reduced=0, extra=SUB), tiff(b"SONY"), tiff(b"Lantern", extra=SUB), tiff(extra=SUB)],
)
def test_other_tiffs_stay_tiffs(head):
    assert kind_of(head) == "image/tiff"


def test_photoshops_own_files_are_known_by_their_thumbnail(draw, save):
    exif = Image.Exif()
    exif[MAKE] = "Lantern"
    small = save(draw(21, 160, 120), "JPEG")
    parts = ((0x0404, b"\x1c\x02\x19\0\4rain"), (0x0422, exif.tobytes()), (0x040C, b"\0\0\0\1" + bytes(24) + small))
    resources = b"".join(
        b"8BIM" + struct.pack(">HHI", number, 0, len(content)) + content + bytes(len(content) % 2)
        for number, content in parts
    )
    head = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 1_200, 1_600, 8, 3)
    data = head + struct.pack(">I", 0) + struct.pack(">I", len(resources)) + resources + bytes(90)
    found = fingerprint(io.BytesIO(data), limits=Limits())
    expected, _ = picture_of(small, "image/jpeg", Limits())
    assert (found.kind, found.trouble) == ("image/vnd.adobe.photoshop", "")
    assert (found.picture.pdq, found.picture.basis) == (expected.pdq, "embedded preview")
    assert found.picture.camera.make == "Lantern"
    assert [(one.source, one.value) for one in found.picture.statements] == [("IPTC", "rain")]


def test_a_raw_without_a_preview_says_so(noise):
    for kind in sorted(RAW_KINDS):
        found = fingerprint(io.BytesIO(HEADS[kind]() + noise), limits=Limits())
        assert found.picture is None
        assert "holds no preview that can be decoded" in found.trouble
        assert found.unsupported


def test_a_preview_larger_than_allowed_is_not_decoded(previews):
    found = fingerprint(io.BytesIO(HEADS["image/x-sony-arw"]() + previews[0]), limits=Limits(picture_pixels=10_000))
    assert found.picture is None
    assert "raise picture_pixels" in found.trouble


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(RAW_KINDS)), st.integers(0, 3_000), st.binary(min_size=1, max_size=12))
def test_damage_anywhere_never_raises(previews, kind, at, noise):
    data = bytearray(HEADS[kind]() + previews[1])
    data[at : at + len(noise)] = noise
    picture, trouble = picture_of(bytes(data), kind, Limits(picture_pixels=1_000_000))
    assert picture is not None or trouble

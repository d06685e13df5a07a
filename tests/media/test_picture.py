"""Pictures of every format: hash near the usual pipeline's, bounds, damage, thumbnails."""

import io
import struct
import zlib

import numpy as np
import pdqhash
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from sauveterre.media import decoding
from sauveterre.media.decoding import decode
from sauveterre.media.picture import picture_of, thumbnail_of
from sauveterre.records.limits import Limits

LIMITS = Limits()
JPEG_SIZES = [(300, 200), (512, 512), (640, 480), (1100, 530), (611, 1303), (1500, 1033)]
BROKEN = [
    (b"\xff\xd8\xff\xe0 no", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF89a", "image/gif"),
    (b"\0\0\0\x18ftypheic\0\0\0\0heicmif1", "image/heic"), (b"II*\0\xff\xff\xff\xff", "image/tiff"),
]  # fmt: skip


def usual(image):
    """Hash as the usual pipeline does: a full decode by Pillow, then the reference binding."""
    bits, quality = pdqhash.compute(np.array(image.convert("RGB")))
    return np.packbits(bits).tobytes(), quality


def near(data, kind, distance, most=4):
    picture, trouble = picture_of(data, kind, LIMITS)
    expected, quality = usual(Image.open(io.BytesIO(data)))
    assert trouble == ""
    assert distance(picture.pdq, expected) <= most
    assert abs(picture.quality - quality) <= 2
    return picture


@settings(max_examples=16, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 1 << 20), st.sampled_from(JPEG_SIZES),
    st.sampled_from(["RGB", "RGB", "L", "CMYK"]), st.sampled_from([35, 75, 92]),
    st.sampled_from(["4:4:4", "4:2:2", "4:2:0"]), st.booleans(), st.sampled_from(["plain", "pale", "hard"]),
)  # fmt: skip
def test_jpegs_of_all_kinds_stay_within_four_bits(
    draw, save, distance, seed, size, mode, quality, subsampling, progressive, tone
):
    image = Image.fromarray(draw(seed, *size))
    if tone != "plain":
        image = image.point(lambda value: value // 16 + 100 if tone == "pale" else 255 * (value > 128))
    options = {"subsampling": subsampling} if mode == "RGB" else {}
    data = save(image.convert(mode), "JPEG", quality=quality, progressive=progressive, **options)
    picture = near(data, "image/jpeg", distance)
    assert (picture.width, picture.height) == size


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
@pytest.mark.parametrize("size", [(640, 480), (90, 70), (130, 700)])
def test_other_formats_are_hashed_like_the_usual_pipeline(draw, save, distance, form, size):
    near(save(draw(3, *size), form), f"image/{form.lower()}", distance, most=2)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "I;16", "I", "F", "LAB", "YCbCr"])
def test_every_mode_becomes_rgb_as_pillow_converts_it(draw, save, distance, mode):
    form = "PNG" if mode in {"1", "L", "LA", "P", "RGBA", "I;16"} else "TIFF"
    image = Image.fromarray(draw(4, 300, 200)[:, :, 0])
    if mode == "I;16":
        image = Image.fromarray(draw(4, 300, 200)[:, :, 0].astype(np.uint16) * 2)
    elif mode in {"LAB", "YCbCr"}:
        image = Image.frombytes(mode, (300, 200), draw(4, 300, 200).tobytes())
    elif mode == "PA":
        image, form = image.convert("P"), "GIF"
    else:
        image = image.convert(mode)
    near(save(image, form), f"image/{form.lower()}", distance, most=2)


def test_heic(draw, distance):
    file = io.BytesIO()
    pillow_heif.from_bytes("RGB", (640, 480), draw(5, 640, 480).tobytes()).save(file, quality=90)
    picture, trouble = picture_of(file.getvalue(), "image/heic", LIMITS)
    expected, _ = usual(pillow_heif.open_heif(io.BytesIO(file.getvalue())).to_pillow())
    assert trouble == ""
    assert distance(picture.pdq, expected) <= 2


def test_large_jpegs_are_decoded_at_a_fraction(draw, save):
    data = save(draw(6, 2200, 1100), "JPEG")
    scaled, full = decode(data, "image/jpeg", LIMITS), decode(data, "image/jpeg", LIMITS, full_size=True)
    assert (scaled.scale, scaled.pixels.shape) == (4, (275, 550, 3))
    assert (full.scale, full.pixels.shape) == (1, (1100, 2200, 3))


def test_a_flat_large_jpeg_is_hashed_anew_at_full_size(save):
    soft = (np.add.outer(np.arange(1100), np.arange(1400)) // 100 + 90).astype(np.uint8)
    data = save(np.dstack([soft, soft + 3, soft]), "JPEG", quality=95)
    picture, _ = picture_of(data, "image/jpeg", LIMITS)
    assert picture.quality < 50
    assert (picture.pdq, picture.quality) == usual(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize(("seed", "size"), [(16, (1100, 530)), (23, (512, 512))])
def test_a_jpeg_in_black_and_white_is_hashed_from_its_full_size(draw, save, seed, size):
    """At a fraction of its size nothing is clipped: these would be four and six bits from the reference."""
    pixels = np.where(draw(seed, *size) > 128, 255, 0).astype(np.uint8)
    data = save(pixels, "JPEG", quality=90)
    assert decode(data, "image/jpeg", LIMITS).scale > 1
    picture, _ = picture_of(data, "image/jpeg", LIMITS)
    assert picture.quality >= 50
    assert (picture.pdq, picture.quality) == usual(Image.open(io.BytesIO(data)))


def test_the_reference_way_gives_the_references_own_bits(draw, save):
    for number, form in enumerate(("JPEG", "PNG")):
        data = save(draw(15 + number, 1300, 1100), form, quality=85)
        picture, _ = picture_of(data, f"image/{form.lower()}", LIMITS, reference=True)
        assert (picture.pdq, picture.quality) == usual(Image.open(io.BytesIO(data)))


def test_thumbnails_are_small_upright_and_bare(draw, save):
    pixels = np.zeros((400, 800, 3), np.uint8)
    pixels[:, :400] = (250, 10, 10)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Lantern Works"
    picture, _ = picture_of(save(pixels, "JPEG", exif=exif), "image/jpeg", LIMITS)
    thumbnail = Image.open(io.BytesIO(picture.thumbnail))
    assert (thumbnail.format, thumbnail.size) == ("JPEG", (128, 256))
    assert not thumbnail.getexif()
    assert b"Lantern" not in picture.thumbnail
    top, bottom = thumbnail.getpixel((64, 20)), thumbnail.getpixel((64, 235))
    assert top[0] > 200
    assert bottom[0] < 50


def test_thumbnails_of_odd_shapes():
    for height, width in [(1, 1), (1, 5_000), (5_000, 1), (100, 100), (257, 256)]:
        for mode in ("L", "RGB"):
            small = Image.open(io.BytesIO(thumbnail_of(Image.new(mode, (width, height), "grey"))))
            assert small.mode == mode
            assert max(small.size) == min(256, max(height, width))
            assert min(small.size) >= 1


def test_sixteen_bits_a_sample_can_be_seen(save):
    deep = (np.add.outer(np.arange(200), np.arange(300)) * 120 + 2_000).astype(np.uint16)
    picture, trouble = picture_of(save(Image.fromarray(deep), "PNG"), "image/png", LIMITS)
    shades = np.asarray(Image.open(io.BytesIO(picture.thumbnail)))
    assert trouble == ""
    assert np.ptp(shades) > 180


def png_that_states(width, height):
    def chunk(name, payload):
        return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("pixels", [120_001, 300_000, 500_000])
def test_bombs_are_refused_before_they_are_decoded(draw, save, monkeypatch, pixels):
    limits = Limits(picture_pixels=120_000)
    side = int(pixels**0.5) + 1

    def refuse(*_, **__):
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)
    monkeypatch.setattr(decoding.simplejpeg, "decode_jpeg", refuse)
    jpeg = save(np.zeros((side, side, 3), np.uint8), "JPEG")
    for data, kind in [(png_that_states(side, side), "image/png"), (jpeg, "image/jpeg")]:
        picture, trouble = picture_of(data, kind, limits)
        assert picture is None
        assert "than the 120,000 pixels allowed; raise picture_pixels" in trouble


def test_a_picture_cut_short_is_hashed_as_far_as_it_goes(draw, save):
    for form in ("JPEG", "PNG"):
        whole = save(draw(8, 700, 600), form)
        picture, trouble = picture_of(whole[: len(whole) * 3 // 4], f"image/{form.lower()}", LIMITS)
        assert (picture.width, picture.height) == (700, 600)
        assert picture.quality > 0
        assert trouble.startswith(f"the {form} picture is damaged or cut short")
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_what_cannot_be_decoded_says_so():
    for data, kind in BROKEN:
        picture, trouble = picture_of(data, kind, LIMITS)
        assert picture is None
        assert "no picture can be decoded from it" in trouble
        assert "0x" not in trouble


def test_memory_that_runs_out_costs_the_picture_and_not_the_rest(draw, save, monkeypatch):
    def starve(*_, **__):
        raise MemoryError

    monkeypatch.setattr(decoding, "_pixels", starve)
    picture, trouble = picture_of(save(draw(1, 40, 30), "PNG"), "image/png", LIMITS)
    assert picture is None
    assert "more memory than it may have" in trouble


def test_pillow_is_left_as_it_was(draw, save):
    before = Image.MAX_IMAGE_PIXELS
    picture_of(save(draw(1, 40, 30), "PNG"), "image/png", Limits(picture_pixels=7))
    assert before == Image.MAX_IMAGE_PIXELS


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP"]), st.integers(4, 2_000), st.binary(min_size=1, max_size=6))
def test_damage_anywhere_never_raises(draw, save, form, at, noise):
    data = bytearray(save(draw(2, 60, 40), form))
    at %= len(data)
    data[at : at + len(noise)] = noise
    picture, trouble = picture_of(bytes(data), f"image/{form.lower()}", Limits(picture_pixels=1_000_000))
    assert picture is not None or trouble

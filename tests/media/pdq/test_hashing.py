"""Our PDQ against the reference binding, and against itself."""

import itertools
import json

import numpy as np
import pdqhash
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sauveterre.media.decoding import decode
from sauveterre.media.hashes import hash_of
from sauveterre.media.pdq.hashing import NO_HASH, Pdq, dihedral_variants, pdq_of_luma, pdq_of_pixels
from sauveterre.records.limits import Limits


def reference(pixels):
    bits, quality = pdqhash.compute(np.ascontiguousarray(pixels))
    return Pdq(np.packbits(bits).tobytes(), quality)


def luma_of(pixels):
    return (pixels[:, :, 0] * 0.299 + pixels[:, :, 1] * 0.587 + pixels[:, :, 2] * 0.114).astype(np.float32)


SIZES = [(5, 5), (8, 300), (16, 387), (64, 64), (64, 200), (127, 129), (128, 128), (333, 777), (1031, 259), (640, 480)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_reference_way_equals_the_binding_to_the_bit(draw, width, height):
    for seed in range(4):
        pixels = draw(seed, width, height)
        assert pdq_of_pixels(pixels, reference=True) == reference(pixels)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(5, 400), st.integers(5, 400), st.sampled_from([1, 9, 50, 128]), st.integers(0, 1 << 30))
def test_it_equals_the_binding_on_noise_flatness_and_stripes(width, height, levels, seed):
    rng = np.random.default_rng(seed)
    pixels = (rng.integers(0, levels, (height, width, 3)) * (255 // levels)).astype(np.uint8)
    pixels[:, :: max(1, width // 3)] = 200
    assert pdq_of_pixels(pixels, reference=True) == reference(pixels)


@pytest.mark.parametrize(("width", "height"), [size for size in SIZES if min(size) >= 128])
def test_the_fast_way_at_full_size_gives_the_same(draw, width, height, distance):
    for seed in range(4):
        pixels = draw(seed, width, height)
        expected, found = reference(pixels), pdq_of_pixels(pixels)
        assert distance(found.hash, expected.hash) <= 2
        assert abs(found.quality - expected.quality) <= 1


def test_exact_vectors_made_by_others(fixtures, distance):
    folder = fixtures / "pictures"
    vectors = json.loads((folder / "pdq_exact_vectors.json").read_text())["vectors"]
    checked = 0
    for vector in vectors:
        path = folder / vector["image"].removeprefix("images/")
        if not path.is_file():
            continue
        expected = Pdq(bytes.fromhex(vector["pdq"]), vector["quality"])
        pixels = np.asarray(Image.open(path).convert("RGB"))
        assert pdq_of_pixels(pixels, reference=True) == expected, path.name
        data = path.read_bytes()
        fast = hash_of(decode(data, "image/jpeg", Limits()), data, "image/jpeg", Limits())
        assert distance(fast.hash, expected.hash) <= 4, path.name
        assert fast.quality == expected.quality
        checked += 1
    assert checked >= 12


def test_a_scaled_decode_keeps_the_window_of_the_original(draw, distance):
    pixels = draw(3, 1203, 905)
    luma = luma_of(pixels)
    padded = np.pad(luma, ((0, -905 % 4), (0, -1203 % 4)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // 4, 4, padded.shape[1] // 4, 4).mean((1, 3)).astype(np.float32)
    scaled = pdq_of_luma(blocks, height=905, width=1203, scale=4)
    assert distance(scaled.hash, reference(pixels).hash) <= 2
    naive = pdq_of_luma(blocks)
    assert distance(naive.hash, reference(pixels).hash) > distance(scaled.hash, reference(pixels).hash)


def test_grey_and_luma_are_hashed_like_rgb(draw):
    grey = draw(5, 300, 200)[:, :, :1].copy()
    as_rgb = np.repeat(grey, 3, axis=2)
    assert pdq_of_pixels(grey, reference=True) == reference(as_rgb)
    assert pdq_of_luma(grey[:, :, 0]).hash == pdq_of_pixels(as_rgb).hash
    strided = np.repeat(grey[:, :, 0], 2, axis=1)[:, ::2]
    assert pdq_of_luma(strided) == pdq_of_luma(grey[:, :, 0])


def test_eight_orientations_equal_the_binding(draw):
    for seed, (width, height) in enumerate([(300, 200), (64, 64), (129, 640), (16, 387)]):
        pixels = draw(seed, width, height)
        expected = [np.packbits(bits).tobytes() for bits in pdqhash.compute_dihedral(pixels)[0]]
        variants = dihedral_variants(luma_of(pixels))
        assert [variant.hash for variant in variants] == expected
        assert {variant.quality for variant in variants} == {reference(pixels).quality}


def test_orientations_find_pictures_that_were_really_turned(draw, distance):
    pixels = draw(9, 512, 512)
    variants = dihedral_variants(luma_of(pixels))
    turned = [
        pixels, np.rot90(pixels), np.rot90(pixels, 2), np.rot90(pixels, 3),
        pixels[::-1], pixels[:, ::-1], pixels.transpose(1, 0, 2), np.rot90(pixels, 2).transpose(1, 0, 2),
    ]  # fmt: skip
    found = [min(range(8), key=lambda index: distance(variants[index].hash, reference(each).hash)) for each in turned]
    assert sorted(found) == list(range(8))
    assert all(
        distance(variants[index].hash, reference(each).hash) <= 31 for index, each in zip(found, turned, strict=True)
    )


def test_what_is_too_small_has_no_hash():
    for height, width in itertools.product((1, 4, 5), repeat=2):
        pixels = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
        assert (pdq_of_pixels(pixels) == NO_HASH) == (min(height, width) < 5)
    assert dihedral_variants(np.zeros((4, 900), np.float32)) == (NO_HASH,) * 8


def test_a_flat_picture_has_no_quality():
    assert pdq_of_pixels(np.full((600, 800, 3), 77, np.uint8)).quality == 0


def test_pixels_that_do_not_fit_the_stated_size_are_refused():
    with pytest.raises(ValueError, match="400 × 600 at 1/2"):
        pdq_of_luma(np.zeros((100, 100), np.uint8), height=400, width=600, scale=2)
    with pytest.raises(ValueError, match="full size"):
        pdq_of_luma(np.zeros((200, 300), np.uint8), height=400, width=600, scale=2, reference=True)

"""Pictures: far apart unless they are near copies, and fingerprinted by two routes that agree."""

import hashlib
import io

import numpy as np
import pdqhash
import pytest
from PIL import Image

from sauveterre.scenarios.drawing import as_jpeg, draw_picture
from sauveterre.scenarios.pdq import distance, pdq


def reference(encoded: bytes) -> tuple[str, int]:
    with Image.open(io.BytesIO(encoded)) as image:
        bits, quality = pdqhash.compute(np.asarray(image.convert("RGB")))
    return np.packbits(bits).tobytes().hex(), quality


@pytest.fixture(scope="module")
def by_digest(found):
    return {hashlib.sha256(content).hexdigest(): content for contents in found.values() for content in contents}


@pytest.mark.parametrize("size", [(64, 64), (65, 200), (128, 129), (320, 240), (777, 501), (1600, 1200)])
def test_own_pdq_is_the_reference_implementation_to_the_bit(size):
    encoded = as_jpeg(draw_picture(np.random.default_rng(sum(size)), *size))
    with Image.open(io.BytesIO(encoded)) as image:
        assert pdq(image) == reference(encoded)


def test_own_pdq_rejects_what_is_too_small_to_hash():
    assert pdq(Image.new("RGB", (4, 100))) == ("0" * 64, 0)


def test_near_copies_lie_4_to_20_bits_from_the_partners_value(drawn, by_digest):
    values = (drawn.folder / "lists/pdq_partners.txt").read_text().splitlines()
    assert values[0] == "# algorithm: pdq"
    assert set(drawn.truth.near.values()) == set(values[1:])
    for digest, value in drawn.truth.near.items():
        found, quality = reference(by_digest[digest])
        assert 4 <= distance(found, value) <= 20
        assert quality >= 50


def test_contents_of_one_stack_are_at_most_20_bits_apart(drawn, by_digest):
    for stack in drawn.truth.stacks:
        hashes = [reference(by_digest[digest])[0] for digest in stack]
        assert max(distance(one, other) for one in hashes for other in hashes) <= 20


def test_every_second_other_picture_is_more_than_40_bits_from_all_of_them(drawn, by_digest):
    stacked = {digest for stack in drawn.truth.stacks for digest in stack[1:]} | set(drawn.truth.near)
    whole = {
        digest: content
        for digest, content in by_digest.items()
        if content.startswith((b"\xff\xd8\xff", b"\x89PNG")) and digest not in stacked and len(content) < 120_000
    }
    spoilt = {path.read_bytes() for path in (drawn.folder / "exhibits/06-stick/broken").iterdir()}
    sample = sorted(whole)[::2]
    hashes = [reference(whole[digest]) for digest in sample if whole[digest] not in spoilt]
    good = [value for value, quality in hashes if quality >= 50]
    good += sorted(set(drawn.truth.near.values()))
    assert len(good) > 350
    bits = np.unpackbits(np.frombuffer(bytes.fromhex("".join(good)), np.uint8).reshape(-1, 32), axis=1).astype(np.int16)
    apart = 256 - (bits @ bits.T + (1 - bits) @ (1 - bits).T)
    np.fill_diagonal(apart, 256)
    assert apart.min() > 40


def test_camera_pictures_say_which_camera_took_them_and_where(drawn):
    with Image.open(drawn.folder / "exhibits/01-phone/DCIM/Camera/IMG_0001.jpg") as image:
        exif = image.getexif()
        assert (exif[0x010F], exif[0x0110]) == ("Lumenor", "Pocket 5")
        assert exif.get_ifd(0x8769)[0xA431] == "LN5-0004217"
        assert exif.get_ifd(0x8769)[0x9003] == "2026:03:01 08:00:00"
        place = exif.get_ifd(0x8825)
        assert (place[1], place[3]) == ("N", "E")
        assert [float(part) for part in place[2]] == [43.0, 30.0, 0.0]
    with Image.open(drawn.folder / "exhibits/01-phone/DCIM/Camera/IMG_0040.jpg") as image:
        assert image.size == (4000, 3000)

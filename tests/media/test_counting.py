"""Frames and pages are counted without a decoder; pictures that are not decoded are named."""

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sauveterre.media.counting import frames_of
from sauveterre.media.fingerprint import fingerprint
from sauveterre.media.kind import kind_of
from sauveterre.media.picture import picture_of
from sauveterre.pipeline.processing import _cause
from sauveterre.records.entry import Cause
from sauveterre.records.limits import Limits

FORMS = {"GIF": "image/gif", "PNG": "image/png", "WEBP": "image/webp", "TIFF": "image/tiff", "AVIF": "image/avif"}


@pytest.fixture(scope="module")
def frames(draw):
    return [Image.fromarray(draw(seed, 120, 90)) for seed in range(7)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_frames_and_pages_are_counted_and_the_first_is_hashed(frames, save, form, count):
    options = {"save_all": True, "append_images": frames[1:count]} if count > 1 else {}
    data = save(frames[0], form, **options)
    first, trouble = picture_of(data, FORMS[form], Limits())
    alone, _ = picture_of(save(frames[0], form), FORMS[form], Limits())
    assert (first.frames, trouble) == (count, "")
    assert frames_of(data, FORMS[form]) == getattr(Image.open(io.BytesIO(data)), "n_frames", 1)
    assert (int.from_bytes(first.pdq, "big") ^ int.from_bytes(alone.pdq, "big")).bit_count() <= 31


def test_a_film_behind_a_picture_is_no_sequence():
    def box(name, content):
        return struct.pack(">I4s", 8 + len(content), name) + content

    table = box(b"stsz", struct.pack(">III", 0, 0, 90))
    head = box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", bytes(8))
    assert frames_of(head + box(b"moov", table), "image/heic") == 90
    assert frames_of(head + box(b"mpvd", box(b"moov", table)), "image/heic") == 1
    assert frames_of(head, "image/heic") == 1


def test_folders_that_go_round_end():
    assert frames_of(b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "image/tiff") == 1
    assert frames_of(b"II*\0\x08\0\0\0\0\0\x0e\0\0\0\0\0\x08\0\0\0", "image/tiff") == 2


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([*FORMS.values(), "image/heic", "text/plain"]))
def test_any_bytes_have_a_number_of_frames(noise, kind):
    for start in (b"", b"GIF89a", b"II+\0", b"\0\0\0\x10ftypmif1"):
        assert 1 <= frames_of(start + noise, kind) <= 100_000


def altered(data, process, bits):
    at = data.index(b"\xff\xc0")
    return data[: at + 1] + bytes([process]) + data[at + 2 : at + 4] + bytes([bits]) + data[at + 5 :]


@pytest.mark.parametrize(("process", "bits"), [(0xC1, 12), (0xC3, 16), (0xC3, 12)])
def test_a_jpeg_of_more_than_eight_bits_is_refused_in_a_sentence(draw, save, process, bits):
    data = altered(save(draw(1, 300, 200), "JPEG"), process, bits)
    found = fingerprint(io.BytesIO(data), limits=Limits())
    assert found.picture is None
    assert found.trouble.startswith(f"the JPEG picture has {bits} bits a sample, as some cameras")
    assert found.unsupported
    assert len(found.digests.sha256) == 64
    assert _cause(found) is Cause.UNSUPPORTED


def test_a_jpeg_that_is_only_broken_is_damaged(draw, save):
    found = fingerprint(io.BytesIO(save(draw(1, 300, 200), "JPEG")[:300]), limits=Limits())
    assert found.trouble
    assert not found.unsupported
    assert _cause(found) is Cause.DAMAGED


@pytest.mark.parametrize("process", [0xC0, 0xC3])
def test_a_jpeg_cut_anywhere_in_its_head_is_an_outcome(draw, save, process):
    data = altered(save(draw(1, 30, 20), "JPEG"), process, 8)
    for length in range(3, data.index(b"\xff\xda") + 30):
        found = fingerprint(io.BytesIO(data[:length]), limits=Limits())
        assert found.trouble or found.picture


JPEG_XL = ["0000000c4a584c200d0a870a0000001466747970", "ff0a58b901014c121d024b6922ed0ba8"]


@pytest.mark.parametrize("head", JPEG_XL)
def test_jpeg_xl_is_named_where_it_cannot_be_decoded(head):
    found = fingerprint(io.BytesIO(bytes.fromhex(head) + bytes(100)), limits=Limits())
    assert (found.kind, found.picture, found.unsupported) == ("image/jxl", None, False)
    assert found.trouble.startswith("the content begins like JPEG XL, but no picture can be decoded from it: ")


def test_two_bytes_are_not_yet_jpeg_xl():
    huge = (0b11 << 1 | 0x3FFFFFFF << 3).to_bytes(10, "little")
    assert kind_of(b"\xff\x0a" + huge + bytes(20)) != "image/jxl"
    assert kind_of(b"\xff\x0a") != "image/jxl"

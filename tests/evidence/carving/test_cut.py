"""Files that break off: told from some content on, never beyond what can be theirs, hiding nothing behind them."""

import random

import pytest

NOISE = random.Random(7).randbytes(60_000)
CUTS = {
    "baseline.jpg": 1024,
    "progressive.jpg": 1024,
    "thumbnail.jpg": 1024,
    "plain.png": 1024,
    "moving.gif": 1024,
    "lossy.webp": 1024,
    "lossless.webp": 1024,
    "still.heic": 1024,
    "index_first.mp4": 1024,
    "fragments.mp4": 1024,
    "camera.avi": 1024,
    "voice.wav": 1024,
    "stated.mkv": 1024,
    "live.webm": 1024,
    "stored.zip": 1,
    "usual.sqlite": 4096,
}
WITHOUT_THEIR_END = ["index_last.mp4", "picture.pdf", "plain.bmp", "plain.tif"]


@pytest.mark.parametrize("name", CUTS)
def test_a_file_cut_off_by_the_end_is_told_up_to_there(searched, samples, name):
    data = samples[name]
    found = searched(data[: len(data) * 2 // 3])
    ((offset, length, complete, suffix),) = found[:1]
    assert (offset, complete, suffix) == (0, name == "live.webm", name.partition(".")[2])
    assert len(data) // 3 < length <= len(data) * 2 // 3


@pytest.mark.parametrize("name", WITHOUT_THEIR_END)
def test_a_file_whose_end_makes_it_readable_does_not_count_without_it(searched, samples, name):
    data = samples[name]
    assert [found for found in searched(data[: len(data) * 2 // 3]) if found[0] == 0] == []


@pytest.mark.parametrize("name", CUTS)
def test_a_head_alone_does_not_count(searched, samples, name):
    data = samples[name]
    for size in range(4, 200, 7):
        assert searched(data[:size]) == []


@pytest.mark.parametrize("name", ["baseline.jpg", "progressive.jpg", "plain.png", "moving.gif"])
def test_what_follows_a_cut_file_is_found(searched, samples, name):
    data = samples[name]
    kept = len(data) * 2 // 3 // 512 * 512
    for follower in samples.values():
        found = searched(data[:kept] + follower)
        assert (found[0][0], found[0][2]) == (0, False)
        assert (kept, len(follower), True) in [(offset, length, whole) for offset, length, whole, _ in found]


def test_a_cut_picture_ends_where_zeros_begin(searched, samples):
    data = samples["baseline.jpg"]
    kept = len(data) * 2 // 3
    ((_, length, complete, _),) = searched(data[:kept] + bytes(100_000) + NOISE)
    assert (length, complete) == (len(data[:kept].rstrip(b"\x00")), False)


def test_a_cut_picture_ends_where_another_begins(searched, samples):
    data, follower = samples["baseline.jpg"], samples["grey.jpg"]
    kept = len(data) * 2 // 3
    assert searched(data[:kept] + follower) == [(0, kept, False, "jpg"), (kept, len(follower), True, "jpg")]


def test_a_chunk_with_another_checksum_cuts_a_png(searched, samples):
    data = bytearray(samples["moving.png"])
    chunk = data.rindex(b"fdAT")
    data[chunk + 40] ^= 1
    ((offset, length, complete, suffix),) = searched(bytes(data))
    assert (offset, complete, suffix) == (0, False, "png")
    assert length == chunk + 8 + int.from_bytes(data[chunk - 4 : chunk], "big")


def test_an_archive_whose_directory_lies_is_cut_before_it(searched, samples):
    data = samples["stored.zip"]
    directory = data.index(b"PK\x01\x02")
    for place in (directory + 42, directory + 50, len(data) - 10, len(data) - 6):  # an offset, a name, size, place
        lying = bytearray(data)
        lying[place] ^= 1
        assert searched(bytes(lying)) == [(0, directory, False, "zip")]


def test_a_page_that_is_none_cuts_a_database(searched, samples):
    data = bytearray(samples["usual.sqlite"])
    data[3 * 4096 : 3 * 4096 + 8] = b"\xf0" * 8
    assert searched(bytes(data)) == [(0, 3 * 4096, False, "sqlite")]


def test_as_many_pages_as_are_free_may_hold_anything(searched, samples):
    data = bytearray(samples["usual.sqlite"])
    data[36:40] = (2).to_bytes(4, "big")
    for page in (3, 5):
        data[page * 4096 : page * 4096 + 8] = b"\xf0" * 8
    assert searched(bytes(data)) == [(0, len(data), True, "sqlite")]
    data[7 * 4096 : 7 * 4096 + 8] = b"\xf0" * 8
    assert searched(bytes(data)) == [(0, 7 * 4096, False, "sqlite")]


def test_a_database_that_does_not_state_its_pages_ends_with_its_last_one(searched, samples):
    data = bytearray(samples["usual.sqlite"])
    data[92:96] = b"\xff" * 4
    assert searched(bytes(data) + bytes(50_000)) == [(0, len(data), False, "sqlite")]

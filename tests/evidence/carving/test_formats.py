"""Every format is found where it lies, to the byte, whatever lies around it."""

import hashlib
import random

import pytest

NAMES = [
    "baseline.jpg", "progressive.jpg", "thumbnail.jpg", "cmyk.jpg", "grey.jpg", "restarts.jpg", "flat.jpg",
    "tiny.jpg", "plain.png", "moving.png", "indexed.png", "still.gif", "moving.gif", "lossy.webp",
    "lossless.webp", "moving.webp", "still.heic", "still.avif", "plain.bmp", "indexed.bmp", "plain.tif",
    "pages.tif", "strips.tif", "picture.pdf", "updated.pdf", "index_first.mp4", "index_last.mp4", "wide.mp4",
    "camera.mov", "phone.3gp", "fragments.mp4", "stated.mkv", "live.webm", "camera.avi", "voice.wav",
    "stored.zip", "nested.zip", "one_way.zip", "wide.zip", "wide_one_way.zip", "letter.docx", "signed.apk",
    "usual.sqlite", "small_pages.sqlite", "large_pages.sqlite", "deleted.sqlite",
]  # fmt: skip
NOISE = random.Random(1).randbytes(40_000)
BACKGROUNDS = {
    "zeros": bytes(40_000),
    "noise": NOISE,
    "text": b"Monday: wind from the west, %d degrees; PK, GIF, RIFF and ftyp are words too.\n" * 480,
}


def test_every_sample_is_tried(samples):
    assert list(samples) == NAMES


@pytest.mark.parametrize("around", BACKGROUNDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_found_with_its_offset_length_and_content(region, samples, name, around):
    data, background = samples[name], BACKGROUNDS[around]
    for before, after in ((0, 0), (512, 4096), (20_480, 511), (1, 1), (7_777, 3_333)):
        with region(background[:before] + data + background[:after]) as opened:
            entries = list(opened.entries())
            assert [entry.locator for entry in entries] == [f"offset {before} length {len(data)}"]
            assert entries[0].path == f"{before}.{name.partition('.')[2]}".encode()
            assert entries[0].size == len(data)
            with opened.open(entries[0]) as stream:
                assert hashlib.sha256(stream.read()).digest() == hashlib.sha256(data).digest()
            assert opened.problems == []


def test_files_one_behind_the_other_are_told_apart(region, samples):
    order = list(samples)
    random.Random(2).shuffle(order)
    with region(b"".join(samples[name] for name in order)) as opened:
        found = []
        for entry in opened.entries():
            with opened.open(entry) as stream:
                found.append(stream.read())
    assert found == [samples[name] for name in order]


def test_files_are_found_across_the_blocks_that_are_read(searched, samples):
    data = samples["tiny.jpg"]
    for place in ((1 << 19) - 3, (1 << 19) - 2, (1 << 19) - 1, 1 << 19, (1 << 20) - 4, (1 << 20) - 5):
        assert searched(bytes(place) + data + b"\x00") == [(place, len(data), True, "jpg")]
    film = samples["index_first.mp4"]
    for place in range((1 << 19) - 9, (1 << 19) + 1):
        assert searched(bytes(place) + film) == [(place, len(film), True, "mp4")]


def test_a_thumbnail_is_no_file_of_its_own_unless_its_picture_is_none(searched, samples):
    data = samples["thumbnail.jpg"]
    start = data.index(b"\xff\xd8\xff", 2)
    broken = bytearray(data)
    table = data.index(b"\xff\xdb", data.index(b"\xff\xd9"))
    broken[table + 1] = 0
    assert searched(data) == [(0, len(data), True, "jpg")]
    ((offset, length, complete, _),) = searched(bytes(broken))
    assert (offset, complete) == (start, True)
    assert data[start : start + length].endswith(b"\xff\xd9")


def test_nothing_is_found_in_what_is_no_file(searched):
    assert searched(random.Random(3).randbytes(16 << 20)) == []
    assert searched(BACKGROUNDS["text"] * 100) == []
    assert searched(b"") == searched(b"\xff") == searched(bytes(5_000_000)) == []


@pytest.mark.parametrize("head", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x00\x10\x00\x00WEBP"])
def test_a_signature_alone_is_no_file(searched, head):
    for background in BACKGROUNDS.values():
        assert searched(background[:512] + head + background) == []


def test_the_same_file_twice_is_two_entries(region, samples):
    data = samples["plain.png"]
    with region(data + bytes(100) + data) as opened:
        assert [entry.locator for entry in opened.entries()] == [
            f"offset 0 length {len(data)}",
            f"offset {len(data) + 100} length {len(data)}",
        ]

"""Bytes made to hurt: nothing raises, nothing reaches past the region, and no start costs more than it may."""

import io
import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.evidence.carving import FORMATS, region
from sauveterre.evidence.carving.region import Search
from sauveterre.evidence.disk.media import StreamMedia
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import carving
from sauveterre.records.limits import Limits

HEADS = [
    b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", b"GIF89a", b"RIFF", b"WEBP", b"AVI ", b"WAVE",
    b"\x00\x00\x00\x18ftypisom", b"moov", b"mdat", b"meta", b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x07\x08",
    b"SQLite format 3\x00", b"%PDF-1.4", b"%%EOF", b"II*\x00", b"MM\x00*", b"BM", b"\x1a\x45\xdf\xa3", b"\xff\xda",
    b"\xff\xd9", b"\xff\xdb", b"\xff\xc0", b"\xff\xc4", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75", b"\x00" * 8,
]  # fmt: skip


class Counting:
    """A medium that counts what is read of it."""

    def __init__(self, data: bytes, size: int | None = None):
        self.data, self.size = data, size or len(data)
        self.reads = self.bytes = 0

    def read_at(self, offset, size):
        assert 0 <= offset <= self.size
        assert size <= 1 << 20
        found = self.data[offset : offset + size].ljust(min(size, self.size - offset), b"\x00")
        self.reads, self.bytes = self.reads + 1, self.bytes + len(found)
        return found


def check(data: bytes) -> int:
    """Search, open everything, find everything again; return how many files there are."""
    container = carving.open(StreamOrigin(io.BytesIO(data), "sha256:of-the-test"), Limits())
    count = 0
    for entry in container.entries():
        offset, length = int(entry.locator.split()[1]), int(entry.locator.split()[3])
        assert length > 0
        assert offset + length <= len(data)
        assert container.entry_at(entry.locator) == entry
        with container.open(entry) as stream:
            assert stream.read(length + 1) == data[offset : offset + length]
        count += 1
    return count


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(HEADS), st.binary(max_size=40)), max_size=40).map(b"".join))
def test_any_bytes_are_searched_to_their_end(data):
    check(data)


@pytest.mark.parametrize("head", HEADS)
def test_random_bytes_behind_any_head(head):
    rng = random.Random(head)
    for _ in range(60):
        check(head + rng.randbytes(rng.randrange(3_000)) + head)


def test_flipped_and_cut_files(samples):
    rng = random.Random(20)
    small = [name for name, data in samples.items() if len(data) < 200_000]
    for _ in range(30):
        for name in small:
            data = bytearray(samples[name])
            for _ in range(rng.choice((1, 1, 2, 20))):
                place = rng.randrange(rng.choice((64, 512, len(data))))
                data[place % len(data)] = rng.choice((0, 1, 0x7F, 0xFF, rng.randrange(256)))
            start, end = sorted((rng.choice((0, rng.randrange(len(data)))), rng.choice((len(data), 300))))
            check(bytes(data[start:end]))


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + bytes(17) + b"\x7f\xff\xff\xffIDAT",
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp41" + b"\x00\x00\x00\x00moov",
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp41" + b"\x00\x00\x00\x01moov" + b"\xff" * 8,
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp41" + b"\x00\x00\x00\x01mdat" + b"\x00" * 8,
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp41" + b"\x00\x00\x00\x07free",
        b"RIFF\xff\xff\xff\xffWEBPVP8L\xff\xff\xff\xff\x2f",
        b"RIFF\xff\xff\xff\xffAVI LIST\xff\xff\xff\xffhdrl",
        b"PK\x03\x04\x14\x00\x00\x00\x00\x00" + bytes(8) + b"\xff" * 8 + b"\x01\x00\x00\x00a",
        b"PK\x03\x04\x14\x00\x08\x00\x08\x00" + bytes(16) + b"\x01\x00\x00\x00a",
        b"PK\x03\x04\x2d\x00\x00\x00\x00\x00" + bytes(8) + b"\xff" * 8 + b"\x01\x00\x14\x00a\x01\x00" + b"\xff" * 18,
        b"II*\x00\x08\x00\x00\x00\x01\x00\x00\x01\x04\x00\xff\xff\xff\xff\x08\x00\x00\x00\x08\x00\x00\x00",
        b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm\x18\x53\x80\x67\x01" + b"\xff" * 7 + b"\x16\x54\xae\x6b\x10\xff\xff",
    ],
)  # fmt: skip
def test_sizes_past_all_bounds(data):
    media = Counting(data + bytes(4096), 1 << 40)
    search = Search(media, FORMATS)
    search._sight.size = 1 << 40
    for kind in FORMATS:
        view = region.View(search._sight, 0)
        found = kind.walk(view) if kind.HEAD.match(data[:32]) else None
        assert found is None or found.length <= 1 << 40
        assert found is None or found.length - found.sure <= 256 << 20


def test_a_database_of_four_thousand_million_pages(samples):
    data = bytearray(samples["usual.sqlite"])
    data[28:32] = b"\xff" * 4
    assert carving.open(StreamOrigin(io.BytesIO(data), "x"), Limits()).entry_at(f"offset 0 length {len(data)} cut")
    assert check(bytes(data)) == 1


def spent_on(data: bytes) -> tuple[Counting, Search]:
    media = Counting(data)
    search = Search(media, FORMATS)
    for _ in search.run():
        pass
    return media, search


MANY = {
    "starts of pictures": b"\xff\xd8\xff" * 1_000_000,
    "starts with a long segment": b"\xff\xd8\xff\xfe\xff\xff" * 50_000,
    "starts of animations": b"GIF89a\x01\x00\x01\x00\x00\x00\x00\x2c" * 20_000,
    "starts of PNG": b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00" * 20_000,
    "starts of archives": (b"PK\x03\x04\x14\x00\x08\x00\x08\x00" + bytes(16) + b"\x01\x00\x00\x00a") * 30_000,
    "starts of databases": b"SQLite format 3\x00\x02\x00\x01\x01\x00\x40\x20\x20" * 15_000,
    "starts of documents": b"%PDF-1.4\n" * 30_000,
    "ends of documents": b"%PDF-1.4\n" + b"startxref\n7\n%%EOF\n" * 20_000,
    "starts of films": b"\x00\x00\x00\x14ftypisom\x00\x00\x00\x00isom" * 15_000,
    "starts of bitmaps": b"BM\x00\x00\x01\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00" * 20_000,
    "starts of TIFF": b"II*\x00\x08\x00\x00\x00\x01\x00" * 30_000,
}


@pytest.mark.parametrize("name", MANY)
def test_many_false_starts_cost_reading_in_proportion(name):
    data = MANY[name]
    media, search = spent_on(data)
    _, half = spent_on(data[: len(data) // 2])
    assert media.bytes < 3 * len(data) + (1 << 20)
    assert media.reads < len(data) / 10_000 + 50
    assert search.passed_over == []
    assert search._wasted < 3 * half._wasted + len(data)


def chain(starts: int, steps: int) -> bytes:
    """Make pictures that all step into one long row of comments, and lead nowhere."""
    heads = b"".join(b"\xff\xd8\xff\xfe" + struct.pack(">H", 6 * (starts - at) - 4) for at in range(starts))
    return heads + b"\xff\xfe\x00\x02" * steps


def test_starts_that_share_a_long_way_are_passed_over_in_the_end_and_told(monkeypatch):
    monkeypatch.setattr(region, "CREDIT", 1 << 20)
    data = chain(10_000, 5_000)
    _, search = spent_on(data)
    (gap,) = search.passed_over
    assert (gap.start, gap.end) == (6, len(data))
    assert search._wasted < (1 << 20) + 4 * len(data) + 2_500 * 5_010
    container = carving.open(StreamOrigin(io.BytesIO(data), "sha256:of-the-test"), Limits())
    assert list(container.entries()) == []
    (problem,) = container.problems
    assert problem.what.startswith("bytes 6 to 80,000 were not searched in full")
    assert problem.provenance.locator == "offset 6"


def test_a_flood_of_starts_is_passed_over_and_read_once(monkeypatch):
    monkeypatch.setattr(region, "CREDIT", 1 << 20)
    media, search = spent_on(b"\xff\xd8\xff" * 3_000_000)
    assert search.passed_over[-1].end == 9_000_000
    assert media.bytes < 9_500_000


@pytest.mark.parametrize("hostile", [chain(10_000, 5_000), b"\xff\xd8\xff\xe0" * 300_000, b"BM" * 400_000])
def test_what_follows_hostile_bytes_is_searched_again(monkeypatch, samples, hostile):
    monkeypatch.setattr(region, "CREDIT", 1 << 20)
    data = hostile + bytes(16_000_000) + samples["baseline.jpg"]
    search = Search(StreamMedia(io.BytesIO(data)), FORMATS)
    assert [(found.length, found.complete) for found in search.run()] == [(len(samples["baseline.jpg"]), True)]


def test_an_animation_without_an_end_costs_one_walk():
    blocks = b"GIF89a\x10\x00\x10\x00\x00\x00\x00" + b"\x2c" + bytes(4) + b"\x10\x00\x10\x00\x00\x08\xff\x00\x01"
    media, _ = spent_on(blocks + b"\xff" * 8_000_000)
    assert media.bytes < 20_000_000

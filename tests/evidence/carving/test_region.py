"""A region as a source: names, locators, notes, damage, and no more memory or reading than needed."""

import io
from itertools import islice

import pytest

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence.carving import FORMATS
from sauveterre.evidence.carving.region import CREDIT, Search
from sauveterre.evidence.carving.view import MOST_CUT, MOST_SEARCHED
from sauveterre.evidence.disk.media import MediaStream, Runs, StreamMedia
from sauveterre.evidence.origin import FolderOrigin, StreamOrigin
from sauveterre.evidence.readers import carving
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek


class Counting:
    """A medium that counts what is read of it."""

    def __init__(self, data: bytes, damaged: range = range(0)):
        self.data, self.size, self.damaged = data, len(data), damaged
        self.reads = self.bytes = 0

    def read_at(self, offset, size):
        if offset < self.damaged.stop and offset + size > self.damaged.start:
            raise UnreadableSource("a sector of the test cannot be read; there is no better copy")
        found = self.data[offset : offset + size]
        self.reads, self.bytes = self.reads + 1, self.bytes + len(found)
        return found


def opened_on(media, limits=None):
    stream = MediaStream("unallocated", media)
    return carving.open(StreamOrigin(stream, "sha256:of-the-test"), limits or Limits())


def test_what_an_entry_says(region, samples):
    data = samples["baseline.jpg"]
    (entry,) = region(bytes(512) + data).entries()
    assert entry.kind is EntryKind.CARVED
    assert entry.allocated is False
    assert (entry.refusal, entry.failure, entry.opens, entry.note) == ("", "", "", "")
    assert (entry.provenance.source, entry.provenance.reader) == ("sha256:of-the-test", "carving")
    assert (entry.provenance.path, entry.provenance.locator) == ("512.jpg", entry.locator)


def test_a_file_that_is_cut_off_says_so(region, samples):
    data = samples["baseline.jpg"][:4000]
    container = region(data)
    (entry,) = container.entries()
    assert entry.locator == "offset 0 length 4000 cut"
    assert entry.note == "cut off: its end was not found, and the last of these bytes may belong to something else"
    with container.open(entry) as stream:
        assert stream.read() == data


def test_scattered_runs_are_one_region_and_the_note_leads_to_the_volume(samples):
    data = samples["progressive.jpg"]
    volume = b"\xaa" * 8192 + data[:2048] + b"\xbb" * 4096 + data[2048:] + b"\xcc" * 100
    runs = Runs(StreamMedia(io.BytesIO(volume)), [(0, 100), (8192, 2048), (14336, len(data) - 2048 + 100)])
    container = opened_on(runs)
    (entry,) = container.entries()
    assert entry.locator == f"offset 100 length {len(data)}"
    assert entry.note == "begins at byte 8,192 of what the region lies in"
    with container.open(entry) as stream:
        assert stream.read() == data


def test_every_entry_is_found_again_by_its_locator_alone(region, samples):
    data = b"".join(samples.values()) + samples["baseline.jpg"][:4000]
    listed = list(region(data).entries())
    assert len(listed) == len(samples) + 1
    fresh = region(data)
    assert [fresh.entry_at(entry.locator) for entry in listed] == listed


def test_finding_one_entry_again_searches_nothing(samples):
    data = samples["baseline.jpg"]
    media = Counting(bytes(5_000_000) + data + bytes(5_000_000))
    container = opened_on(media)
    with container.open(container.entry_at(f"offset 5000000 length {len(data)}")) as stream:
        assert stream.read() == data
    assert media.bytes < 300_000


@pytest.mark.parametrize(
    "locator",
    [
        "offset 0 length 0", "offset 1 length 100", "offset 0 length 99999999", "offset -1 length 5", "offset 0", "",
        "offset 0 length 10 whole", "offset 99999999999999999999 length 1", "offset 0 length 100\n",
    ],
)  # fmt: skip
def test_a_locator_of_another_source_is_refused(region, samples, locator):
    with pytest.raises(UnreadableSource, match="list it again"):
        region(samples["baseline.jpg"]).entry_at(locator)


def test_it_is_opened_only_by_name(samples):
    for data in samples.values():
        assert not carving.recognises(Peek(head=data, tail=data[-512:], size=len(data)))


def test_a_folder_is_no_region(tmp_path):
    with pytest.raises(UnreadableSource, match="folder"):
        carving.open(FolderOrigin(tmp_path, "folder"), Limits())


def test_a_closed_region_opens_nothing(region, samples):
    container = region(samples["baseline.jpg"])
    (entry,) = container.entries()
    container.close()
    with pytest.raises(UnreadableSource, match="closed"):
        container.open(entry)


def test_one_entry_too_many_is_refused(region, samples):
    container = region(samples["tiny.jpg"] * 4, Limits(entries=3))
    with pytest.raises(LimitExceeded):
        list(container.entries())


def test_listing_is_lazy(samples):
    media = Counting(samples["tiny.jpg"] + bytes(50_000_000))
    assert len(list(islice(opened_on(media).entries(), 1))) == 1
    assert media.bytes < 2_000_000


def test_everything_is_read_about_once(samples):
    data = b"".join(samples[name] for name in ("baseline.jpg", "plain.png", "moving.gif", "lossless.webp")) * 20
    media = Counting(data)
    assert len(list(opened_on(media).entries())) == 80
    assert media.bytes < 1.2 * len(data)
    assert media.reads < 30


def test_what_lies_inside_a_long_film_is_not_even_read(samples):
    film = samples["index_first.mp4"]
    body = bytes(40_000_000)
    size = (8 + len(body)).to_bytes(4, "big")
    media = Counting(film[: film.index(b"mdat") - 4] + size + b"mdat" + body + samples["tiny.jpg"])
    assert [entry.path.partition(b".")[2] for entry in opened_on(media).entries()] == [b"mp4", b"jpg"]
    assert media.bytes < 2_000_000


def test_what_cannot_be_read_is_a_problem_and_the_rest_is_searched(samples):
    data = samples["tiny.jpg"]
    whole = bytes(1000) + data + bytes(200_000) + bytes(70_000) + bytes(50_000) + data + bytes(1000)
    start = 1000 + len(data) + 200_000
    container = opened_on(Counting(whole, damaged=range(start, start + 70_000)))
    assert [entry.path for entry in container.entries()] == [b"1000.jpg", f"{start + 120_000}.jpg".encode()]
    (problem,) = container.problems
    assert problem.provenance.locator == f"offset {start // 32768 * 32768}"
    assert "cannot be read" in problem.what


def test_a_picture_that_runs_into_damage_is_cut_there(samples):
    data = samples["baseline.jpg"]
    container = opened_on(Counting(data + bytes(100_000), damaged=range(4096, 8192)))
    entries = list(container.entries())
    assert all(not entry.locator.endswith(f"length {len(data)}") for entry in entries)


def test_a_medium_that_gives_nothing_ends():
    class Nothing:
        size = 10_000_000

        def read_at(self, offset, size):
            return b""

    search = Search(Nothing(), FORMATS)
    assert list(search.run()) == []
    assert [(gap.start, gap.end) for gap in search.unreadable] == [(0, 10_000_000)]


def test_a_few_ends_looked_for_as_far_ahead_as_may_be_put_no_region_in_debt():
    assert CREDIT > 3 * (MOST_SEARCHED + MOST_CUT)

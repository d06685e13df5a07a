import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.content import Window
from sauveterre.evidence.disk.media import FileMedia, Joined, MediaStream, Part, Runs, StreamMedia, media_of

ALPHABET = bytes(range(256)) * 40


def whole(media):
    return media.read_at(0, media.size)


RUNS = st.lists(st.tuples(st.integers(0, len(ALPHABET) - 1), st.integers(1, 300)), min_size=1, max_size=12).map(
    lambda runs: [(start, min(size, len(ALPHABET) - start)) for start, size in runs]
)


@given(runs=RUNS, offset=st.integers(0, 4_000), size=st.integers(0, 4_000))
def test_runs_read_as_if_they_were_one_behind_the_other(runs, offset, size):
    flat = b"".join(ALPHABET[start : start + length] for start, length in runs)
    media = Runs(StreamMedia(io.BytesIO(ALPHABET)), runs)

    assert media.size == len(flat)
    assert media.read_at(offset, size) == flat[offset : offset + size]
    if offset < len(flat):
        assert ALPHABET[media.origin(offset)] == flat[offset]


@given(
    sizes=st.lists(st.integers(0, 200), min_size=1, max_size=8), offset=st.integers(0, 900), size=st.integers(0, 900)
)
def test_segments_read_as_one(sizes, offset, size):
    parts = [ALPHABET[n * 7 : n * 7 + length] for n, length in enumerate(sizes)]
    media = Joined([StreamMedia(io.BytesIO(part)) for part in parts])

    assert media.read_at(offset, size) == b"".join(parts)[offset : offset + size]
    assert media.size == sum(sizes)


def test_a_part_ends_where_it_ends():
    part = Part(StreamMedia(io.BytesIO(ALPHABET)), 10, 20)

    assert part.read_at(0, 100) == ALPHABET[10:30]
    assert part.read_at(15, 100) == ALPHABET[25:30]
    assert part.read_at(20, 1) == b""


def test_a_stream_over_a_medium_seeks_and_reads():
    stream = MediaStream("rain", Part(StreamMedia(io.BytesIO(ALPHABET)), 5, 1_000))

    assert stream.seek(-4, io.SEEK_END) == 996
    assert stream.read() == ALPHABET[1_001:1_005]
    assert stream.seek(2) == 2
    assert stream.read(3) == ALPHABET[7:10]
    assert stream.tell() == 5
    with pytest.raises(ValueError, match="before the start"):
        stream.seek(-1)


def test_a_medium_that_is_cut_off_gives_what_it_has_and_then_says_where():
    stream = MediaStream("rain", Part(StreamMedia(io.BytesIO(b"1234")), 0, 10))

    assert stream.read(10) == b"1234"
    with pytest.raises(UnreadableSource, match=r"rain ends after 4 of 10 bytes"):
        stream.read(1)


def test_the_medium_behind_a_stream_is_found_without_copying(tmp_path):
    path = tmp_path / "disk.raw"
    path.write_bytes(ALPHABET)
    with path.open("rb") as file:
        assert isinstance(media_of(file), FileMedia)
        window = Window("part", file, 100, 50)
        inner = Window("inner", window, 10, 20)
        assert whole(media_of(window)) == ALPHABET[100:150]
        assert whole(media_of(inner)) == ALPHABET[110:130]
    stream = MediaStream("rain", StreamMedia(io.BytesIO(ALPHABET)))
    assert media_of(stream) is stream.media


def test_a_file_that_cannot_be_read_says_where(tmp_path):
    path = tmp_path / "disk.raw"
    path.write_bytes(b"12345678")
    with path.open("ab") as file, pytest.raises(UnreadableSource, match=r"disk\.raw cannot be read at byte 7"):
        FileMedia(file.fileno(), "disk.raw").read_at(7, 1)


class Broken:
    """A medium that cannot be read at all."""

    size = 100

    def read_at(self, offset, size, /):
        raise UnreadableSource(f"the second file cannot be read at byte {offset:,}")


@given(offset=st.integers(0, 450), size=st.integers(1, 600))
def test_a_segment_that_cannot_be_read_hides_nothing_of_those_before_it(offset, size):
    first, last = ALPHABET[:200], ALPHABET[200:350]
    media = Joined([StreamMedia(io.BytesIO(first)), Broken(), StreamMedia(io.BytesIO(last))])

    if offset < 200:
        assert media.read_at(offset, size) == first[offset : offset + size]
    elif offset < 300:
        with pytest.raises(UnreadableSource, match=f"at byte {offset - 200}$"):
            media.read_at(offset, size)
    else:
        assert media.read_at(offset, size) == last[offset - 300 :][:size]


def test_a_stream_over_segments_gives_all_up_to_the_broken_one_and_then_its_error():
    stream = MediaStream("disk", Joined([StreamMedia(io.BytesIO(b"rain")), StreamMedia(io.BytesIO(b"sun")), Broken()]))

    assert stream.read(50) == b"rainsun"
    with pytest.raises(UnreadableSource, match="the second file cannot be read at byte 0"):
        stream.read(50)

import io
from itertools import islice

import pytest

from sauveterre.evidence.opening import open_container
from sauveterre.evidence.segments import files_of, following, is_raw_split, segments
from sauveterre.pipeline.roots import root_identity
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source, Step


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"disk.001", [b"disk.002", b"disk.003"]),
        (b"disk.000", [b"disk.001", b"disk.002"]),
        (b"disk.dd.01", [b"disk.dd.02", b"disk.dd.03"]),
        (b"image.aa", [b"image.ab", b"image.ac"]),
        (b"disk.E01", [b"disk.E02", b"disk.E03"]),
        (b"disk.Ex01", [b"disk.Ex02", b"disk.Ex03"]),
        (b"disk.e01", [b"disk.e02", b"disk.e03"]),
        (b"disk.E02", []),
        (b"disk.dd", []),
        (b".001", []),
    ],
)
def test_names_that_follow(first, then):
    assert list(islice(following(first), 2)) == then


def test_encase_goes_on_with_letters_after_99():
    names = list(following(b"d.E01"))

    assert names[97:100] == [b"d.E99", b"d.EAA", b"d.EAB"]
    assert names[98 + 675 : 98 + 677] == [b"d.EZZ", b"d.FAA"]
    assert names[-1] == b"d.ZZZ"
    assert len(names) + 1 == 14_971


def test_segments_end_at_the_first_that_is_missing():
    held = {b"d.002": b"2", b"d.003": b"3", b"d.005": b"5"}
    found = segments(b"d.001", lambda name: io.BytesIO(held[name]) if name in held else None)

    assert [stream.read() for stream in found] == [b"2", b"3"]
    assert is_raw_split(b"d.001")
    assert not is_raw_split(b"d.E01")


def test_a_split_archive_opens_as_one_and_its_identity_is_of_the_whole(tmp_path, zipped_film):
    third = len(zipped_film) // 3
    for number, part in enumerate((zipped_film[:third], zipped_film[third : 2 * third], zipped_film[2 * third :]), 1):
        (tmp_path / f"a.zip.{number:03}").write_bytes(part)
    (tmp_path / "whole.zip").write_bytes(zipped_film)
    first = tmp_path / "a.zip.001"

    assert [path.name for path in files_of(first)] == ["a.zip.001", "a.zip.002", "a.zip.003"]
    assert root_identity(first) == root_identity(tmp_path / "whole.zip")
    for source in (Source(first, "s"), Source(tmp_path, "s", (Step("zip", "path a.zip.001"),))):
        with open_container(source, Limits()) as container:
            (entry,) = container.entries()
            assert container.open(entry).read() == b"film" * 1_000

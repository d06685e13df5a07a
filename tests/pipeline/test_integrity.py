"""A medium read from end to end, and held against what is stated of it."""

import hashlib
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.media.digests import digest_blocks
from sauveterre.pipeline.integrity import (
    Check,
    Origin,
    Reading,
    Subject,
    checks,
    digests_in,
    medium_size,
    read_file,
    read_medium,
)
from sauveterre.records.digest import Digest, Digests
from sauveterre.records.limits import Limits

LIMITS = Limits()
MEDIUM = random.Random(3).randbytes(3 << 20) + b"rain " * 204_800 + bytes(1 << 20)


def digests_of(data: bytes) -> Digests:
    return Digests(*(hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256")))


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    """The medium as an EnCase image in two segments, with the digests that its program stored."""
    if shutil.which("ewfacquire") is None:
        pytest.skip("no ewfacquire here: install ewf-tools to test stored digests")
    folder = tmp_path_factory.mktemp("image")
    (folder / "medium.dd").write_bytes(MEDIUM)
    subprocess.run(
        ["ewfacquire", "-u", "-q", "-c", "fast", "-d", "sha1", "-S", "2MiB", "-t", "disk", "medium.dd"],
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    assert (folder / "disk.E02").is_file()
    return folder / "disk.E01"


@pytest.fixture
def copy(image, tmp_path):
    for part in image.parent.glob("disk.E*"):
        shutil.copy(part, tmp_path)
    return tmp_path / image.name


def test_a_file_is_read_with_its_segments(tmp_path):
    for number, part in enumerate((MEDIUM[:1000], MEDIUM[1000:5000], MEDIUM[5000:])):
        (tmp_path / f"disk.{number + 1:03d}").write_bytes(part)

    reading = read_file(tmp_path / "disk.001")

    assert reading == Reading(subject=Subject.FILE, size=len(MEDIUM), digests=digests_of(MEDIUM))
    with pytest.raises(UnreadableSource, match="cannot be read: No such file"):
        read_file(tmp_path / "absent.dd")


def test_the_medium_in_an_image_is_read_and_what_the_image_states_of_it(image):
    reading = read_medium(image, LIMITS, ())

    whole = digests_of(MEDIUM)
    assert reading == Reading(
        subject=Subject.MEDIUM,
        size=len(MEDIUM),
        digests=whole,
        stated=(Digest("md5", whole.md5), Digest("sha1", whole.sha1)),
    )
    assert medium_size(image, LIMITS, ()) == len(MEDIUM)


def test_what_is_no_image_format_is_its_own_medium(tmp_path):
    raw = tmp_path / "disk.dd"
    raw.write_bytes(bytes(510) + b"\x55\xaa" + bytes(1 << 20))
    shutil.make_archive(str(tmp_path / "card"), "zip", tmp_path, "disk.dd")

    assert [read_medium(path, LIMITS, ()) for path in (tmp_path, tmp_path / "card.zip")] == [None, None]


def test_one_flipped_byte_of_a_chunk_is_trouble_that_names_the_place(copy):
    data = bytearray(copy.read_bytes())
    at = data.index(MEDIUM[500_000:500_032])
    data[at] ^= 1
    copy.write_bytes(data)

    reading = read_medium(copy, LIMITS, ())

    chunk = 500_000 // 32_768 * 32_768
    assert reading.digests is None
    assert f"the chunk of bytes {chunk:,} to {chunk + 32_767:,} does not have its checksum" in reading.trouble
    assert "In all, 1 of 160 pieces of 32 KiB cannot be read" in reading.trouble
    assert checks(reading, given=[Digest("md5", "0" * 32)]) == [Check(algorithm="sha256", computed="")]


def test_a_missing_segment_is_trouble_and_says_how_much_is_lost(copy):
    copy.with_suffix(".E02").unlink()

    reading = read_medium(copy, LIMITS, ())

    assert reading.digests is None
    assert "that is missing; find a complete copy" in reading.trouble
    lost = int(reading.trouble.split("In all, ")[1].split(" of")[0])
    assert 0 < lost < 160


def test_an_image_that_states_far_more_than_it_can_hold_is_not_read_for_ever(image):
    small = Limits(ratio=1, ratio_floor=1 << 20)

    reading = read_medium(image, small, ())

    assert reading.digests is None
    assert f"states a medium of {len(MEDIUM):,} bytes" in reading.trouble


WHOLE = Reading(
    subject=Subject.MEDIUM,
    size=4,
    digests=digests_of(b"rain"),
    stated=(Digest("md5", hashlib.md5(b"rain").hexdigest()),),
)
MD5, SHA1, SHA256 = (one.hex for one in digests_in(WHOLE.digests))


def test_each_claim_is_a_check_and_an_unclaimed_algorithm_is_one_that_compares_nothing():
    other = "0" * 40
    found = checks(WHOLE, given=[Digest("sha1", other), Digest("sha1", other)], earlier=digests_in(WHOLE.digests)[:2])

    assert found == [
        Check(algorithm="md5", computed=MD5, stated=MD5, stated_by=Origin.CONTAINER),
        Check(algorithm="md5", computed=MD5, stated=MD5, stated_by=Origin.EARLIER),
        Check(algorithm="sha1", computed=SHA1, stated=other, stated_by=Origin.EXAMINER),
        Check(algorithm="sha1", computed=SHA1, stated=SHA1, stated_by=Origin.EARLIER),
        Check(algorithm="sha256", computed=SHA256),
    ]


def test_long_contents_are_digested_by_threads_as_by_one():
    parts = [MEDIUM[start : start + 70_001] for start in range(0, len(MEDIUM), 70_001)]
    assert digest_blocks(iter(parts)) == (digests_of(MEDIUM), len(MEDIUM))
    assert digest_blocks([]) == (digests_of(b""), 0)

    def broken():
        yield b"rain"
        raise UnreadableSource("the medium ends early; look for another copy")

    with pytest.raises(UnreadableSource, match="ends early"):
        digest_blocks(broken())

"""Contents read from their runs on the medium are what The Sleuth Kit gives; what is not simply its runs is not."""

import io
import random
import struct
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.media import StreamMedia
from sauveterre.evidence.filesystems.attribute import COMPRESSED, ENCRYPTED, RESIDENT, AttributeMedia, direct
from sauveterre.evidence.filesystems.ntfs_layout import written_bytes
from sauveterre.evidence.readers import ext, fat, ntfs

RNG = random.Random(12)
LARGE = {"one.bin": RNG.randbytes(300_001), "two.bin": RNG.randbytes(1 << 17), "small.bin": RNG.randbytes(5_000)}


@pytest.fixture
def ways(monkeypatch):
    """Note for each content whether it may be read from its runs."""
    noted = {}
    made = AttributeMedia.__init__

    def note(self, label, file, attribute, size, intact=None, straight=None):
        noted[label] = straight is not None
        made(self, label, file, attribute, size, intact, straight)

    monkeypatch.setattr(AttributeMedia, "__init__", note)
    return noted


@pytest.fixture(scope="module")
def ext_image(tool, blank, folder_of):
    root = folder_of(LARGE)
    with (root / "holes.bin").open("wb") as file:
        file.write(b"rain")
        file.seek(200_000)
        file.write(b"sun")
    image = blank("ext.raw", 16 << 20)
    tool("mkfs.ext4", "-q", "-F", "-b", 1024, "-d", root, image)
    return image


@pytest.fixture(scope="module")
def fat_image(tool, blank, folder_of):
    """A FAT whose large file lies in two pieces, around one that stayed."""
    root = folder_of({"a": RNG.randbytes(40_000), "b": RNG.randbytes(40_000), "c": RNG.randbytes(40_000)})
    big = folder_of({"big.bin": LARGE["one.bin"]})
    image = blank("fat.raw", 8 << 20)
    tool("mkfs.vfat", "-F", 16, "-s", 1, image)
    for name in "abc":
        tool("mcopy", "-i", image, root / name, f"::{name}")
    tool("mdel", "-i", image, "::a")
    tool("mdel", "-i", image, "::c")
    tool("mcopy", "-i", image, big / "big.bin", "::big.bin")
    return image


@pytest.fixture(scope="module")
def ntfs_image(tool, blank, folder_of):
    root = folder_of(LARGE)
    image = blank("ntfs.raw", 16 << 20)
    tool("mkntfs", "-q", "-F", "-f", image)
    for name in LARGE:
        tool("ntfscp", "-f", image, root / name, name)
    return image


def test_large_contents_of_ext_are_read_straight_and_holes_are_not(ext_image, volume, by_path, read_all, ways):
    with volume(ext, ext_image) as container:
        found = by_path(container)
        for name, content in LARGE.items():
            assert read_all(container, found[name.encode()]) == (content, "")
        assert read_all(container, found[b"holes.bin"]) == (b"rain" + bytes(199_996) + b"sun", "")
    assert {name: ways[name] for name in (*LARGE, "holes.bin")} == {
        "one.bin": True, "two.bin": True, "small.bin": False, "holes.bin": False
    }  # fmt: skip


def test_a_content_in_pieces_is_put_together(fat_image, volume, by_path, read_all, ways):
    with volume(fat, fat_image) as container:
        found = by_path(container)
        assert read_all(container, found[b"big.bin"]) == (LARGE["one.bin"], "")
        with container.open(found[b"big.bin"]) as stream:
            for at in (0, 39_999, 40_000, 41_023, 300_000, 300_001):
                stream.seek(at)
                assert stream.read(5_000) == LARGE["one.bin"][at : at + 5_000]
    assert ways["big.bin"]


def test_large_contents_of_ntfs_are_read_straight(ntfs_image, volume, by_path, read_all, ways):
    with volume(ntfs, ntfs_image) as container:
        found = by_path(container)
        for name, content in LARGE.items():
            assert read_all(container, found[name.encode()]) == (content, "")
    assert {name: ways[name] for name in LARGE} == {"one.bin": True, "two.bin": True, "small.bin": False}


def header_of_data(image: bytes, name: str) -> int:
    """Return where the header of a file's main content stands in an image of NTFS."""
    at = image.index(b"FILE", image.index(name.encode("utf-16-le")) // 1024 * 1024)
    at += int.from_bytes(image[at + 20 : at + 22], "little")
    while int.from_bytes(image[at : at + 4], "little") != 0x80:
        at += int.from_bytes(image[at + 4 : at + 8], "little")
    return at


def test_what_was_never_written_of_an_ntfs_content_reads_as_zeros(ntfs_image, volume, by_path, read_all, ways):
    image = bytearray(ntfs_image.read_bytes())
    struct.pack_into("<Q", image, header_of_data(image, "one.bin") + 56, 100_000)

    with volume(ntfs, image) as container:
        entry = by_path(container)[b"one.bin"]
        content, trouble = read_all(container, entry)

    assert trouble == ""
    assert content == LARGE["one.bin"][:100_000] + bytes(200_001)
    assert not ways["one.bin"]


def test_a_record_says_up_to_where_a_content_was_written(ntfs_image):
    image = ntfs_image.read_bytes()
    at = header_of_data(image, "one.bin")
    record = image[at // 1024 * 1024 :][:1024]
    number = int.from_bytes(image[at + 14 : at + 16], "little")

    assert written_bytes(record, 0x80, number) == 300_001
    assert written_bytes(record, 0x80, number + 1) is None
    assert written_bytes(record, 0x90, number) is None
    assert written_bytes(record[:510] + b"xx" + record[512:], 0x80, number) is None  # a torn record


@given(record=st.binary(max_size=200) | st.binary(max_size=1_020).map(lambda rest: b"FILE" + rest))
def test_no_record_breaks_the_look_up(record):
    assert written_bytes(record, 0x80, 0) is None or isinstance(written_bytes(record, 0x80, 0), int)


class Attribute:
    """As the binding shows one, so far as it is looked at."""

    def __init__(self, flags=0):
        self.info = SimpleNamespace(flags=flags)


def test_only_runs_without_gaps_that_reach_the_end_are_read_straight():
    volume = StreamMedia(io.BytesIO(bytes(range(250)) * 400))
    whole = [(0, 8192, 4096), (4096, 0, 8192)]

    media = direct(Attribute(), whole, 12_000, volume)
    assert media.read_at(4000, 200) == volume.read_at(12_192, 96) + volume.read_at(0, 104)
    assert direct(Attribute(), whole, 12_289, volume) is None
    assert direct(Attribute(), [(0, 0, 4096), (8192, 4096, 16_384)], 12_000, volume) is None
    assert direct(Attribute(), [(4096, 0, 16_384)], 12_000, volume) is None
    for flag in (RESIDENT, ENCRYPTED, COMPRESSED):
        assert direct(Attribute(flag), whole, 12_000, volume) is None


def test_damage_below_is_told_as_without_the_short_way(ext_image, volume, by_path):
    class Broken:
        size = 1 << 20

        def read_at(self, offset, size):
            raise UnreadableSource("the chunk was damaged; look for another copy")

    with volume(ext, ext_image) as container:
        entry = by_path(container)[b"one.bin"]
        stream = container.open(entry)
        stream.media._straight = Broken()
        assert stream.read() == LARGE["one.bin"]

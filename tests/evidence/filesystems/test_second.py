import dataclasses
import io
import struct

import pytest

from sauveterre.evidence.disk.media import StreamMedia
from sauveterre.evidence.filesystems import second
from sauveterre.evidence.filesystems.second import compare
from sauveterre.evidence.opening import open_container, peek_at, reader_for
from sauveterre.evidence.readers import ext, fat, ntfs
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source, Step

FILMS = {f"film {n:02d}.txt": b"%d minutes of weather\n" % n * (n * 90) for n in range(60)}


@pytest.fixture(scope="module")
def ext_image(tool, blank, folder_of) -> bytes:
    path = blank("second.ext4", 8 << 20)
    tool("mkfs.ext4", "-q", "-F", "-b", "1024", "-d", folder_of(FILMS), path)
    return path.read_bytes()


def checked(reader, image, volume, **options):
    return compare(StreamMedia(io.BytesIO(image)), reader.NAME, volume(reader, image).entries(), **options)


def test_two_readers_agree_on_a_sound_volume(ext_image, volume):
    found = checked(ext, ext_image, volume)
    assert (found.first, found.second) == ("The Sleuth Kit", "libfsext")
    assert (found.listed_first, found.listed_second, found.agreeing) == (60, 60, 60)
    assert (found.sampled, found.digests_agreeing, found.differences) == (32, 32, ())
    assert found.agrees
    assert checked(ext, ext_image, volume, sample=5).sampled == 5
    assert checked(ext, ext_image, volume, sample=0).sampled == 0


@pytest.mark.parametrize(("maker", "reader"), [("mkntfs", ntfs), ("mkfs.vfat", fat)])
def test_two_readers_agree_on_ntfs_and_fat(tool, blank, folder_of, volume, maker, reader):
    path, root = blank("second.img", 8 << 20), folder_of(FILMS)
    tool(maker, *(["-q", "-F"] if maker == "mkntfs" else ["-F", "16", "-s", "1"]), path)
    for name in list(FILMS)[:20]:
        if maker == "mkntfs":
            tool("ntfscp", "-q", path, root / name, name)
        else:
            tool("mcopy", "-i", path, root / name, "::/")
    if maker == "mkntfs":
        tool("ntfscp", "-q", "-N", "source", path, root / "film 07.txt", "film 08.txt")
    found = checked(reader, path.read_bytes(), volume)
    assert found.differences == ()
    assert found.agreeing == found.listed_first == found.listed_second >= 20
    assert found.sampled >= 18


@pytest.mark.parametrize("name", ["hfsplus.raw", "windows_volume.qcow2", "ímynd.dd", "hfsplus_zlib.dmg"])
def test_two_readers_agree_on_the_images_of_others(dfvfs, name):
    source = Source(dfvfs / name, "image")
    while True:
        with open_container(source, Limits()) as container:
            volumes = [entry for entry in container.entries() if entry.kind == "volume"]
            if not volumes:
                break
            with container.open(volumes[0]) as stream:
                source = source.child(Step(reader_for(peek_at(stream)).NAME, volumes[0].locator), "image")
    kind = source.steps[-1].reader if source.steps else reader_for(peek_at(io.BytesIO(source.path.read_bytes()))).NAME
    outer = Source(source.path, "image", source.steps[:-1])
    with open_container(source, Limits()) as container:
        entries = list(container.entries())
    if not source.steps:
        media = StreamMedia(io.BytesIO(source.path.read_bytes()))
        assert compare(media, kind, entries).agrees
        return
    with (
        open_container(outer, Limits()) as container,
        container.open(container.entry_at(source.steps[-1].locator)) as stream,
    ):
        assert compare(stream.media, kind, entries).agrees


def test_what_only_one_lists_is_named(ext_image, volume):
    media = StreamMedia(io.BytesIO(ext_image))
    entries = list(volume(ext, ext_image).entries())
    missing = [entry for entry in entries if entry.path != b"film 07.txt"]
    found = compare(media, "ext", missing)
    assert found.differences == ("film 07.txt: only the second reader lists it",)
    assert (found.listed_first, found.listed_second, found.agreeing) == (59, 60, 59)
    other = dataclasses.replace(entries[0], path=b"film 99.txt", locator="meta 999 in 2")
    found = compare(media, "ext", [*entries, other])
    assert found.differences == ("film 99.txt: the second reader does not list it",)
    assert not found.agrees


def test_a_size_that_differs_is_named(ext_image, volume):
    entries = [
        dataclasses.replace(entry, size=7) if entry.path == b"film 07.txt" else entry
        for entry in volume(ext, ext_image).entries()
    ]
    found = compare(StreamMedia(io.BytesIO(ext_image)), "ext", entries)
    size = len(FILMS["film 07.txt"])
    assert found.differences == (f"film 07.txt: 7 bytes here, {size} in the second reader",)


def test_content_that_differs_is_named(ext_image, volume, monkeypatch):
    class Wrong(second.YalMedia):
        """As if the second reader followed a block map wrongly."""

        def read_at(self, offset, size):
            return super().read_at(offset, size).replace(b"50 minutes", b"05 minutes")

    monkeypatch.setattr(second, "YalMedia", Wrong)
    found = checked(ext, ext_image, volume, sample=60)
    assert (found.sampled, found.digests_agreeing) == (59, 58)
    (difference,) = found.differences
    assert difference.startswith("film 50.txt: SHA-256 ")
    assert not found.agrees


def test_differences_are_counted_beyond_the_most_that_are_kept(ext_image, volume):
    entry = next(volume(ext, ext_image).entries())
    made_up = (dataclasses.replace(entry, path=b"no %d" % n) for n in range(300))
    found = compare(StreamMedia(io.BytesIO(ext_image)), "ext", made_up)
    assert len(found.differences) == 200
    assert found.unlisted == 300 + 60 - 200


def test_names_that_are_not_utf_8_are_counted(tool, blank, folder_of, volume):
    root = folder_of({"film": b"rain"})
    (root / "film").rename(root / b"f\xffilm".decode("utf-8", "surrogateescape"))
    path = blank("names.ext4", 4 << 20)
    tool("mkfs.ext4", "-q", "-F", "-d", root, path)
    image = path.read_bytes()
    found = checked(ext, image, volume)
    assert found.differences == ()
    found = compare(StreamMedia(io.BytesIO(image)), "ext", [])
    assert found.differences == ("0 names here are not UTF-8, and the second reader leaves out 1",)


def test_where_there_is_no_second_reader(ext_image):
    media = StreamMedia(io.BytesIO(ext_image))
    assert compare(media, "xfs", []) is None
    assert compare(media, "iso9660", []) is None
    clustered = bytearray(ext_image)
    struct.pack_into("<I", clustered, 1024 + 28, 4)
    struct.pack_into("<I", clustered, 1024 + 36, 8192)
    clustered[1024 + 101] |= 0x02
    assert compare(StreamMedia(io.BytesIO(bytes(clustered))), "ext", []) is None


def test_a_volume_that_the_second_reader_does_not_open_is_a_difference(ext_image, volume):
    entries = list(volume(ext, ext_image).entries())
    found = compare(StreamMedia(io.BytesIO(bytes(1 << 20))), "ntfs", entries)
    assert (found.listed_second, found.agreeing, found.agrees) == (0, 0, False)
    assert found.differences[0].startswith("libfsntfs does not open the volume")

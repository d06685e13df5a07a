"""Images that others made, read down to their files through all layers, against the listings that others made."""

import hashlib
import json
import shutil
import subprocess

import pytest

from sauveterre.errors import SauveterreError
from sauveterre.evidence.opening import open_container, peek_at, reader_for
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source, Step

IMAGES = (
    "ext2.E01",
    "ext2.split.E01",
    "ext2.vmdk",
    "ext2.qcow2",
    "ímynd.dd",
    "hfsplus.raw",
    "hfsplus_zlib.dmg",
    "apfs.raw",
    "iso9660.raw",
    "windows_volume.qcow2",
)


@pytest.fixture(scope="module")
def expected(fixtures):
    return json.loads((fixtures / "evidence" / "EXPECTED_LISTINGS.json").read_text())


def file_systems(source, trail=()):
    """Yield each file system that lies in a source: the readers on the way down to it, and how to open it."""
    with open_container(source, Limits()) as container:
        assert container.problems == []
        volumes = [entry for entry in container.entries() if entry.kind is EntryKind.VOLUME]
        for entry in volumes:
            with container.open(entry) as stream:
                found = entry.opens or reader_for(peek_at(stream)).NAME
            yield from file_systems(source.child(Step(found, entry.locator), "image"), (*trail, found))
    if not volumes:
        yield trail, source


def live_files(container):
    """What a listing of others states: the main content of live files, and where links lead."""
    found = {}
    for entry in container.entries():
        path = "/" + entry.path.decode()
        if entry.kind is EntryKind.SYMLINK:
            found[path] = entry.refusal.removeprefix("is a symbolic link to ").partition(",")[0]
        elif entry.kind is EntryKind.FILE and entry.allocated and ":" not in path:
            with container.open(entry) as stream:
                content = stream.read()
            assert len(content) == entry.size
            found[path] = (len(content), hashlib.sha256(content).hexdigest())
    return found


@pytest.mark.parametrize("name", IMAGES)
def test_live_files_and_their_digests_are_those_that_are_expected(dfvfs, expected, name):
    (section,) = expected[f"dfvfs/test_data/{name}"]
    truth = {
        file["path"]: file["link"] if "link" in file else (file["size"], file["sha256"]) for file in section["files"]
    }
    ((_, source),) = file_systems(Source(dfvfs / name, "image"))
    with open_container(source, Limits()) as container:
        assert live_files(container) == truth
        for entry in container.entries():
            assert container.entry_at(entry.locator) == entry


@pytest.mark.parametrize(
    ("name", "trail"),
    [
        ("ext2.E01", ("ext",)),
        ("hfsplus_zlib.dmg", ("partitions", "hfs")),
        ("apfs.raw", ("apfs_volume",)),
        ("hfsplus.raw", ()),
    ],
)
def test_the_way_down(dfvfs, name, trail):
    assert [way for way, _ in file_systems(Source(dfvfs / name, "image"))] == [trail]


@pytest.mark.parametrize("name", ["ímynd.dd", "hfsplus.raw", "iso9660.raw"])
def test_deleted_names_that_fls_finds_are_entries(dfvfs, name):
    fls = shutil.which("fls")
    if fls is None:
        pytest.skip("no fls here: install sleuthkit to test against it")
    lines = subprocess.run([fls, "-rpd", dfvfs / name], capture_output=True, text=True, check=True).stdout.splitlines()
    named = {line.split("\t", 1)[1].encode() for line in lines}
    with open_container(Source(dfvfs / name, "image"), Limits()) as container:
        deleted = {entry.path for entry in container.entries() if entry.allocated is False}
    assert named == deleted


def test_what_is_only_a_name_says_so(dfvfs):
    with open_container(Source(dfvfs / "ímynd.dd", "image"), Limits()) as container:
        (swap,) = [entry for entry in container.entries() if entry.path.endswith(b".swp")]
        assert "only this deleted name is left" in swap.failure
        with pytest.raises(SauveterreError, match="only this deleted name"):
            container.open(swap)


def test_free_space_of_hfs_is_what_its_header_says(dfvfs):
    header = (dfvfs / "hfsplus.raw").read_bytes()[1024:1536]
    block, blocks, free = (int.from_bytes(header[at : at + 4], "big") for at in (40, 44, 48))
    tail = (dfvfs / "hfsplus.raw").stat().st_size - block * blocks
    with open_container(Source(dfvfs / "hfsplus.raw", "image"), Limits()) as container:
        region = container.entry_at("unallocated")
        with container.open(region) as stream:
            assert b"place,user,password" not in stream.read()
    assert region.size == block * free + tail


def test_resource_forks_are_entries(dfvfs):
    sources = [source for name in ("hfsplus.raw", "apfs.raw") for _, source in file_systems(Source(dfvfs / name, "i"))]
    contents = []
    for source in sources:
        with open_container(source, Limits()) as container:
            (fork,) = [entry for entry in container.entries() if entry.path.endswith(b":rsrc")]
            with container.open(fork) as stream:
                contents.append((fork.path, stream.read()))
    assert contents == [(b"a_directory/a_resourcefork:rsrc", b"My resource fork\n")] * 2


def test_the_recording_time_of_a_disc_has_its_own_zone(dfvfs, monkeypatch):
    for zone in ("UTC", "America/New_York"):
        monkeypatch.setenv("TZ", zone)
        with open_container(Source(dfvfs / "iso9660.raw", "image"), Limits()) as container:
            times = {entry.modified.isoformat() for entry in container.entries() if entry.kind is EntryKind.FILE}
        assert times == {"2021-07-22T14:07:32+00:00"}

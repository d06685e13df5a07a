import io
import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.evidence.disk.media import StreamMedia
from sauveterre.evidence.filesystems.ext_layout import Groups, superblock
from sauveterre.evidence.readers import ext
from sauveterre.records.entry import Cause, EntryKind
from sauveterre.records.peek import Peek

KINDS = {
    "ext2": ("-t", "ext2", "-b", "1024"),
    "ext3": ("-t", "ext3", "-b", "4096"),
    "ext4": ("-t", "ext4", "-b", "4096"),
    "ext4-1k": ("-t", "ext4", "-b", "1024", "-O", "64bit,metadata_csum"),
    "ext4-meta_bg": ("-t", "ext4", "-b", "1024", "-O", "meta_bg,^resize_inode"),
    "ext4-inline": ("-t", "ext4", "-O", "inline_data"),
    "ext4-small-groups": ("-t", "ext4", "-b", "1024", "-g", "1024", "-O", "uninit_bg,flex_bg"),
}
FILMS = {f"films/{n:02d} {'é' * n}.txt": b"%d minutes of weather\n" % n * (n * 90) for n in range(25)}
GONE = ("films/07 ééééééé.txt", "films/12 éééééééééééé.txt")


@pytest.fixture(scope="session", params=KINDS)
def image(request, tool, blank, folder_of) -> bytes:
    """A volume of each kind with films, links of both sorts, and two deleted files."""
    root = folder_of(FILMS)
    (root / "soft").symlink_to("films/01 é.txt")
    (root / "long").symlink_to("x" * 200)
    (root / "hard.txt").hardlink_to(root / "films/03 ééé.txt")
    path = blank("volume.img", 16 << 20)
    tool("mkfs.ext4", "-q", "-F", *KINDS[request.param], "-d", root, path)
    for name in GONE:
        tool("debugfs", "-w", "-R", f'rm "{name}"', path)
    return path.read_bytes()


def test_live_files_are_listed_and_read(image, volume, by_path, read_all):
    container = volume(ext, image)
    found = by_path(container)
    assert container.problems == []
    live = {path: entry for path, entry in found.items() if entry.allocated}
    assert set(live) == {name.encode() for name in (*FILMS, "soft", "long", "hard.txt") if name not in GONE}
    for name, content in FILMS.items():
        if name not in GONE:
            assert read_all(container, live[name.encode()]) == (content, "")
    assert read_all(container, live[b"hard.txt"])[0] == FILMS["films/03 ééé.txt"]
    assert live[b"soft"].kind is EntryKind.SYMLINK
    assert "symbolic link to films/01 é.txt," in live[b"soft"].refusal
    assert "symbolic link to " + "x" * 200 + "," in live[b"long"].refusal


def test_deleted_files_are_entries_and_say_what_was_erased(image, volume, by_path, read_all):
    container = volume(ext, image)
    dead = [entry for entry in by_path(container).values() if entry.allocated is False]
    orphans = [entry for entry in dead if entry.locator.startswith("meta")]
    assert len(orphans) == len(GONE)
    assert all(" UTC" in entry.note and entry.note.startswith("deleted 20") for entry in orphans)
    for entry in dead:
        if entry.failure:
            assert entry.cause is Cause.GONE
        else:  # ext2 keeps where it lay
            assert read_all(container, entry)[0] in [FILMS[name] for name in GONE]


def test_every_entry_is_found_by_its_locator(image, volume):
    container = volume(ext, image)
    assert [e for e in container.entries() if container.entry_at(e.locator) != e] == []


def test_free_blocks_are_what_e2fsprogs_says(image, volume, tool, blank):
    path = blank("same.img", 0)
    path.write_bytes(image)
    stated = tool("dumpe2fs", "-h", path).decode()
    free = next(int(line.split(":")[1]) for line in stated.splitlines() if line.startswith("Free blocks"))
    block = next(int(line.split(":")[1]) for line in stated.splitlines() if line.startswith("Block size"))
    container = volume(ext, image)
    assert container.entry_at("unallocated").size == free * block


def test_slack_of_live_files(tool, blank, folder_of, volume):
    path, root = blank("slack.img", 4 << 20), folder_of({"a": b"a" * 1_000, "b": b"b" * 1_024, "c": b"c" * 2_049})
    tool("mkfs.ext4", "-q", "-F", "-t", "ext4", "-b", "1024", "-d", root, path)
    with volume(ext, path) as container, container.open(container.entry_at("slack")) as slack:
        assert len(slack.read()) == 24 + 1_023


def test_times_before_1970_and_after_2038(tool, blank, folder_of, volume, by_path):
    path = blank("times.img", 4 << 20)
    tool("mkfs.ext4", "-q", "-F", "-I", "256", "-d", folder_of({"old": b"1", "late": b"2"}), path)
    tool("debugfs", "-w", "-R", "set_inode_field old mtime @-315521755", path)
    tool("debugfs", "-w", "-R", "set_inode_field late mtime @0x80000000", path)
    tool("debugfs", "-w", "-R", "set_inode_field late mtime_extra 0x1", path)
    found = by_path(volume(ext, path))
    assert found[b"old"].modified == datetime(1960, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found[b"late"].modified == datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC)


def test_a_damaged_size_does_not_run_away(tool, blank, folder_of, volume, by_path, read_all):
    path = blank("huge.img", 4 << 20)
    tool("mkfs.ext4", "-q", "-F", "-t", "ext2", "-b", "4096", "-d", folder_of({"film": b"rain" * 5_000}), path)
    tool("debugfs", "-w", "-R", f"set_inode_field film size {1 << 41}", path)
    container = volume(ext, path)
    entry = by_path(container)[b"film"]
    assert entry.size == 1 << 41
    assert "more than the whole volume" in entry.note
    content, trouble = read_all(container, entry)
    assert content[:20_000] == b"rain" * 5_000
    assert len(content) <= 16 << 20
    assert trouble


def test_files_that_fscrypt_encrypted_are_named_as_such(tool, blank, folder_of, volume, by_path):
    path = blank("crypt.img", 4 << 20)
    tool("mkfs.ext4", "-q", "-F", "-O", "encrypt", "-d", folder_of({"film": b"rain" * 5_000}), path)
    tool("debugfs", "-w", "-R", "set_inode_field film flags 0x80800", path)
    entry = by_path(volume(ext, path))[b"film"]
    assert (entry.cause, "fscrypt" in entry.failure) == (Cause.ENCRYPTED, True)


def test_an_inode_in_use_that_no_folder_names_is_found(tool, blank, folder_of, volume, by_path, read_all):
    path = blank("lost.img", 4 << 20)
    tool("mkfs.ext4", "-q", "-F", "-d", folder_of({"film": b"rain" * 5_000, "d/e": b"snow"}), path)
    tool("debugfs", "-w", "-R", "unlink film", path)
    tool("debugfs", "-w", "-R", "unlink d", path)
    container = volume(ext, path)
    lost = {entry.path: entry for entry in container.entries() if entry.path.startswith(b"$Orphan")}
    contents = {read_all(container, entry)[0]: (entry.allocated, entry.note) for entry in lost.values()}
    assert contents[b"rain" * 5_000] == (True, "its record is in use and no folder names it")
    assert contents[b"snow"] == (True, "")
    assert any(path.endswith(b"/e") for path in lost)


def test_bigalloc_is_read_by_the_other_library(tool, blank, folder_of, volume, by_path, read_all):
    path = blank("cluster.img", 16 << 20)
    tool("mkfs.ext4", "-q", "-F", "-O", "bigalloc", "-C", "16384", "-d", folder_of(FILMS), path)
    container = volume(ext, path)
    found = by_path(container)
    assert {name: read_all(container, found[name.encode()])[0] for name in FILMS} == FILMS
    assert [e for e in container.entries() if container.entry_at(e.locator) != e] == []


def test_only_superblocks_are_recognised(image):
    head = bytearray(image[:69_632])
    assert ext.recognises(Peek(head=bytes(head), size=len(image)))
    for at, value in ((56, b"\0"), (24, b"\x09"), (40, bytes(4)), (32, bytes(4)), (0, bytes(4)), (76, b"\7")):
        changed = head.copy()
        changed[1024 + at : 1024 + at + len(value)] = value
        assert not ext.recognises(Peek(head=bytes(changed), size=len(image)))
    head[446:462] = struct.pack("<B3sB3sII", 0, b"", 0x83, b"", 2048, 4096)
    head[510:512] = b"\x55\xaa"
    assert not ext.recognises(Peek(head=bytes(head), size=8 << 20))  # left on a disk that was divided later


@given(st.binary(min_size=1024, max_size=1024))
def test_any_superblock_states_what_can_be_or_is_none(data):
    changed = bytearray(data)
    changed[56:58] = b"\x53\xef"
    for at in (24, 28, 76):
        changed[at : at + 4] = bytes(4)
    stated = superblock(bytes(changed))
    if stated is not None:
        assert stated.clusters_per_group <= 8 * stated.block
        assert stated.groups > 0


def test_groups_that_were_never_written_are_free_but_for_their_tables(image):
    media = StreamMedia(io.BytesIO(image))
    groups = Groups(media, superblock(image[1024:2048]))
    for group in range(groups.count):
        flags = groups.used_clusters(group)
        start = groups.super.first_block + group * groups.super.blocks_per_group
        for table in (groups.block_bitmaps, groups.inode_bitmaps, groups.inode_tables):
            inside = table[(table >= start) & (table < start + groups.super.blocks_per_group)]
            assert flags[inside - start].all()

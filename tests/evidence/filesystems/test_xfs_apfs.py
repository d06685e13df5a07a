import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.evidence.disk.media import MediaStream, StreamMedia
from sauveterre.evidence.filesystems import apfs as apfs_layout
from sauveterre.evidence.filesystems.yal_volume import path_from, text_of
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import apfs, apfs_volume, xfs
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek

FILMS = {f"film {n:02d}.txt": b"%d minutes of weather\n" % n * (n * 90) for n in range(25)}


@pytest.fixture(scope="module")
def xfs_image(tool, blank, folder_of):
    """A volume made from a list of files: 300 MiB, nearly all of it a hole."""
    path, root = blank("volume.xfs", 300 << 20), folder_of(FILMS)
    names = {name: name.replace(" ", "_") for name in FILMS}
    lines = ["/no/boot", "0 0", "d--755 0 0", "films d--755 0 0"]
    lines += [f"{names[name]} ---644 0 0 {root}/{names[name]}" for name in FILMS]
    lines += ["$", "soft l--777 0 0 films/film_01.txt", "pipe p--644 0 0", "$"]
    for name in FILMS:
        (root / name).rename(root / names[name])
    (root / "protofile").write_text("\n".join(lines) + "\n")
    tool("mkfs.xfs", "-q", "-f", "-p", root / "protofile", path)
    return path


@pytest.fixture
def opened_xfs(xfs_image):
    with xfs_image.open("rb") as stream, xfs.open(StreamOrigin(stream, "sha256:xfs"), Limits()) as container:
        yield container


def test_xfs_files_are_listed_and_read(opened_xfs, by_path, read_all):
    found = by_path(opened_xfs)
    truth = {f"films/{name.replace(' ', '_')}".encode(): content for name, content in FILMS.items()}
    assert set(found) == {*truth, b"soft", b"pipe"}
    assert {path: read_all(opened_xfs, found[path]) for path in truth} == {
        path: (content, "") for path, content in truth.items()
    }
    assert found[b"soft"].kind is EntryKind.SYMLINK
    assert "films/film_01.txt" in found[b"soft"].refusal
    assert found[b"pipe"].kind is EntryKind.FIFO


def test_xfs_entries_are_found_by_their_locators(opened_xfs):
    assert [e for e in opened_xfs.entries() if opened_xfs.entry_at(e.locator) != e] == []
    with pytest.raises(UnreadableSource, match="holds nothing at"):
        opened_xfs.entry_at("partition 2")


def test_xfs_regions(opened_xfs, read_all):
    regions = {entry.path: entry for entry in opened_xfs.entries() if entry.kind is EntryKind.REGION}
    assert set(regions) == {b"$Unallocated", b"$Slack"}
    in_use = sum(-(-len(content) // 4096) * 4096 for content in FILMS.values())
    assert regions[b"$Unallocated"].size == (300 << 20) - in_use
    with opened_xfs.open(regions[b"$Slack"]) as slack:
        assert slack.media.size == in_use - sum(len(content) for content in FILMS.values())


def test_xfs_is_recognised_by_its_superblock(xfs_image):
    with xfs_image.open("rb") as stream:
        head = bytearray(stream.read(4096))
    assert xfs.recognises(Peek(head=bytes(head)))
    for at, value in ((0, b"X"), (4, b"\0\0\0\0"), (4, b"\0\0\x0f\0")):
        changed = bytearray(head)
        changed[at : at + len(value)] = b"?" if value == b"X" else value
        assert not xfs.recognises(Peek(head=bytes(changed)))


@given(st.binary(max_size=40))
def test_paths_in_locators_can_be_turned_back(path):
    assert path_from(text_of(path)) == path


@pytest.fixture(scope="module")
def apfs_image(dfvfs) -> bytes:
    return (dfvfs / "apfs.raw").read_bytes()


def test_an_apfs_container_lists_its_volumes_and_what_is_free(apfs_image, volume):
    assert apfs.recognises(Peek(head=apfs_image[:4096]))
    assert not apfs.recognises(Peek(head=b"\0" * 32 + b"NXSB" + bytes(476)))
    container = volume(apfs, apfs_image)
    first, free = container.entries()
    assert (first.path, first.locator, first.kind) == (b"apfs_test", "volume 1", EntryKind.VOLUME)
    assert (first.opens, first.note) == ("apfs_volume", "")
    assert (free.path, free.opens, free.allocated) == (b"$Unallocated", "carving", None)
    with container.open(free) as stream:
        content = stream.read()
    assert b"place,user,password" not in content  # it lies in a live file
    assert len(apfs_image) - 16 * 4096 < len(content) < len(apfs_image)


def test_apfs_files_are_read_through_their_container(apfs_image, volume, by_path, read_all):
    container = volume(apfs, apfs_image)
    with container.open(container.entry_at("volume 1")) as stream:
        files = apfs_volume.open(StreamOrigin(stream, "sha256:apfs", name=b"apfs_test"), Limits())
        found = by_path(files)
        assert read_all(files, found[b"passwords.txt"])[0].startswith(b"place,user,password")
        assert [e for e in files.entries() if files.entry_at(e.locator) != e] == []
        assert not any(entry.kind is EntryKind.REGION for entry in files.entries())


def test_an_apfs_volume_is_opened_from_its_container_only(apfs_image, volume):
    assert not apfs_volume.recognises(Peek(head=apfs_image[:4096]))
    with pytest.raises(UnreadableSource, match="open the container"):
        volume(apfs_volume, apfs_image)


class LockedVolume:
    """A stand-in for an encrypted volume, of which there is no image: it opens with one key."""

    def __init__(self, key):
        self.key, self.tried = key, []

    def is_locked(self):
        return True

    def set_password(self, key):
        self.tried.append(key)

    set_recovery_password = set_password

    def unlock(self):
        if self.tried[-1] == "damaged":
            raise OSError("no such thing")
        return self.tried[-1] == self.key


def test_a_locked_volume_is_opened_with_the_keys_that_are_given_and_no_others():
    locked = LockedVolume("lake-house")
    apfs_layout.unlocked_tree(locked, ("wrong", "damaged", "lake-house", "never"), "volume 1")
    assert locked.tried == ["wrong", "wrong", "damaged", "damaged", "lake-house"]
    with pytest.raises(Locked, match="none of the keys given opens it"):
        apfs_layout.unlocked_tree(LockedVolume("lake-house"), ("wrong",), "volume 1")
    with pytest.raises(Locked, match="no key is given"):
        apfs_layout.unlocked_tree(LockedVolume("lake-house"), (), "volume 1")


def test_a_number_that_the_container_does_not_have(apfs_image):
    media = apfs_layout.ApfsVolumeMedia(StreamMedia(io.BytesIO(apfs_image)), 7)
    with pytest.raises(UnreadableSource, match="volume 7"):
        apfs_volume.open(StreamOrigin(MediaStream("seven", media), "sha256:apfs"), Limits())

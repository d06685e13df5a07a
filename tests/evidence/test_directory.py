import os
import socket
import stat
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence.origin import FolderOrigin
from sauveterre.evidence.readers import directory
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits

NAMES = st.binary(min_size=1, max_size=60).filter(lambda name: not {0, 47} & set(name) and name not in (b".", b".."))


def opened(folder, **bounds):
    return directory.open(FolderOrigin(folder, "folder:test"), Limits(**bounds))


def by_path(folder):
    with opened(folder) as container:
        return {entry.path: entry for entry in container.entries()}


def test_a_folder_is_listed_in_the_order_of_bytes_and_read(dfvfs, content_of):
    with opened(dfvfs / "testdir_os") as container:
        found = content_of(container)
        entries = list(container.entries())
    assert found == [
        *(
            (f"file{number}.txt".encode(), (dfvfs / f"testdir_os/file{number}.txt").read_bytes())
            for number in range(1, 6)
        ),
        (b"subdir1/file6.txt", (dfvfs / "testdir_os/subdir1/file6.txt").read_bytes()),
    ]
    assert [entry.size for entry in entries] == [6] * 6
    assert entries[-1].provenance.locator == entries[-1].locator == "path subdir1/file6.txt"
    assert (entries[-1].provenance.source, entries[-1].provenance.reader) == ("folder:test", "directory")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(NAMES, max_size=6), st.sets(NAMES, max_size=4))
def test_every_name_comes_back_byte_for_byte(tmp_path_factory, folders, files):
    root = tmp_path_factory.mktemp("names")
    expected = {}
    for folder in folders:
        (root / os.fsdecode(folder)).mkdir()
    for inside in (b"", *folders):
        for name in files - folders:
            path = inside + b"/" + name if inside else name
            (root / os.fsdecode(path)).write_bytes(path)
            expected[path] = path
    with opened(root) as container:
        entries = list(container.entries())
        assert [entry.path for entry in entries] == sorted(expected, key=lambda path: path.split(b"/"))
        assert len({entry.locator for entry in entries}) == len(entries)
        for entry in entries:
            assert container.entry_at(entry.locator) == entry
            with container.open(entry) as stream:
                assert stream.read() == expected[entry.path]
            entry.locator.encode("utf-8")


def test_links_are_listed_with_their_target_and_never_followed(tmp_path):
    source = tmp_path / "source"
    (source / "in").mkdir(parents=True)
    (source / "in" / "weather.txt").write_text("sunny")
    (tmp_path / "outside.txt").write_text("rain")
    links = {
        "in/near": "weather.txt",
        "out": "../outside.txt",
        "absolute": str(tmp_path / "outside.txt"),
        "folder": "in",
        "loop": ".",
        "dangling": "nowhere",
    }
    for name, target in links.items():
        (source / name).symlink_to(target)
    found = by_path(source)
    assert set(found) == {name.encode() for name in links} | {b"in/weather.txt"}
    for name, target in links.items():
        entry = found[name.encode()]
        assert entry.kind is EntryKind.SYMLINK
        assert target in entry.refusal
        assert ("out of the source" in entry.refusal) == (name in ("out", "absolute"))
        with opened(source) as container, pytest.raises(UnreadableSource, match="symbolic link"):
            container.open(entry)


def test_pipes_sockets_and_devices_are_listed_and_never_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        expected = {b"pipe": EntryKind.FIFO, b"socket": EntryKind.SOCKET}
        try:
            os.mknod(tmp_path / "zero", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
            expected[b"zero"] = EntryKind.DEVICE
        except PermissionError:
            pass
        found = by_path(tmp_path)
    assert {path: entry.kind for path, entry in found.items()} == expected
    with opened(tmp_path) as container:
        for entry in found.values():
            with pytest.raises(UnreadableSource, match=r"is a (pipe|socket|device)"):
                container.open(entry)


def test_hard_links_are_listed_each_for_itself(tmp_path, content_of):
    (tmp_path / "a").write_text("film")
    os.link(tmp_path / "a", tmp_path / "b")
    with opened(tmp_path) as container:
        assert content_of(container) == [(b"a", b"film"), (b"b", b"film")]


@pytest.mark.parametrize("becomes", ["pipe", "link", "folder", "nothing"])
def test_a_file_that_becomes_something_else_is_not_opened(tmp_path, becomes):
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_text("film")
    (tmp_path / "outside").write_text("rain")
    with opened(source) as container:
        (entry,) = container.entries()
        (source / "file").unlink()
        match becomes:
            case "pipe":
                os.mkfifo(source / "file")
            case "link":
                (source / "file").symlink_to(tmp_path / "outside")
            case "folder":
                (source / "file").mkdir()
        with pytest.raises(UnreadableSource, match="file"):
            container.open(entry)


def test_a_folder_that_becomes_a_link_leads_nowhere(tmp_path):
    source, outside = tmp_path / "source", tmp_path / "outside"
    for folder in (source / "in", outside):
        folder.mkdir(parents=True)
        (folder / "file").write_text(str(folder))
    with opened(source) as container:
        (entry,) = container.entries()
        (source / "in" / "file").unlink()
        (source / "in").rmdir()
        (source / "in").symlink_to(outside)
        with pytest.raises(UnreadableSource, match="in/file"):
            container.open(entry)


@pytest.mark.parametrize(
    "locator", ["path ../outside", "path /etc/hostname", "path a//b", "path .", "path ", "path \\xzz"]
)
def test_locators_that_lead_elsewhere_are_refused(tmp_path, locator):
    (tmp_path / "outside").write_text("rain")
    (tmp_path / "source").mkdir()
    with opened(tmp_path / "source") as container, pytest.raises(UnreadableSource, match="no path inside"):
        container.entry_at(locator)


def _listing_as_nobody(folder) -> list:
    """List in a child without the rights of root, which no folder is closed to."""
    reading, writing = os.pipe()
    container = opened(folder)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            lines = [f"{each.path.decode()}|{each.kind}|{each.failure}" for each in container.entries()]
            os.write(writing, "\n".join(lines).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    container.close()
    with os.fdopen(reading, encoding="utf-8") as pipe:
        text = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    return [line.split("|") for line in text.splitlines()]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_folder_that_cannot_be_read_is_an_entry(tmp_path):
    source = tmp_path
    source.chmod(0o755)
    (source / "closed").mkdir()
    (source / "closed" / "hidden").write_text("rain")
    (source / "open").write_text("sun")
    (source / "closed").chmod(0)
    try:
        closed, plain = _listing_as_nobody(source)
    finally:
        (source / "closed").chmod(0o700)
    assert closed[:2] == ["closed", "folder"]
    assert "cannot be listed: Permission denied" in closed[2]
    assert plain == ["open", "file", ""]


def test_depth_is_bounded_and_what_lies_deeper_is_stated(tmp_path, monkeypatch):
    monkeypatch.setattr(directory, "FOLDERS_DEEP", 3)
    deep = tmp_path / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    (deep / "file").write_text("rain")
    (deep.parent / "last").write_text("sun")
    found = by_path(tmp_path)
    assert set(found) == {b"a/b/c/d", b"a/b/c/last"}
    assert found[b"a/b/c/d"].kind is EntryKind.FOLDER
    assert "more than 3 folders deep" in found[b"a/b/c/d"].failure


def test_one_entry_too_many_is_told(tmp_path):
    for name in "abc":
        (tmp_path / name).touch()
    with opened(tmp_path, entries=3) as container:
        assert len(list(container.entries())) == 3
    with opened(tmp_path, entries=2) as container, pytest.raises(LimitExceeded, match="more than 2 entries"):
        list(container.entries())


def test_times_are_aware_and_content_is_bounded(tmp_path):
    (tmp_path / "film").write_bytes(b"x" * 500)
    os.utime(tmp_path / "film", ns=(0, 1_000_000_001_500_000_000))
    with opened(tmp_path, entry_bytes=100) as container:
        (entry,) = container.entries()
        assert entry.modified == datetime(2001, 9, 9, 1, 46, 41, 500_000, tzinfo=UTC)
        with pytest.raises(LimitExceeded, match="film has more than 100 bytes"), container.open(entry) as stream:
            stream.read()


def test_what_cannot_be_opened_says_what_and_where(tmp_path):
    with pytest.raises(UnreadableSource, match="missing cannot be opened as a folder: No such file"):
        opened(tmp_path / "missing")

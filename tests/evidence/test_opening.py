import gzip
import io
import lzma
import os
import tarfile
import zipfile
from contextlib import ExitStack
from pathlib import Path

import py7zr
import pytest

from sauveterre.errors import LimitExceeded, UnknownFormat, UnreadableSource
from sauveterre.evidence.opening import container_kind, content_at, open_container, open_steps, reader_for
from sauveterre.evidence.readers import LAYER_NAMES, READERS
from sauveterre.records.entry import Entry, EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.provenance import Provenance
from sauveterre.records.source import Source, Step

RECIPE = b"Two eggs, flour, milk, a pinch of salt.\n" * 100


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


def zipped(method=zipfile.ZIP_DEFLATED, **members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(**members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def sevened(**members):
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return buffer.getvalue()


def descend(path, *readers, limits=None):
    """Open the first entry again and again; return the last container's entries with their contents."""
    source = Source(path, "source:test")
    for reader in readers:
        with open_container(source, limits or Limits()) as container:
            source = source.child(Step(reader, next(container.entries()).locator), f"inside:{reader}")
    with open_container(source, limits or Limits()) as container:
        found = []
        for entry in container.entries():
            with container.open(entry) as stream:
                found.append((entry.provenance.source, entry.path, stream.read()))
        return found, container.problems


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("syslog.gz", "compressed"),
        ("syslog.bz2", "compressed"),
        ("syslog.xz", "compressed"),
        ("syslog.tgz", "compressed"),
        ("tar/syslog.tar", "tar"),
        ("zip/syslog.zip", "zip"),
        ("syslog", None),
        ("syslog.db", None),
        ("ext2.qcow2", "qcow"),
        ("ext2.E01", "ewf"),
    ],
)
def test_content_is_known_by_its_first_bytes(dfvfs, name, kind):
    head = (dfvfs / name).read_bytes()[:512]
    assert container_kind(Peek(head=head)) == kind
    assert container_kind(Peek()) is None


def test_readers_have_names_of_their_own():
    names = [reader.NAME for reader in READERS]
    assert len(set(names)) == len(names)
    assert (names[0], names[-1]) == ("directory", "tar")
    assert LAYER_NAMES.isdisjoint({"directory", "zip", "7z", "compressed", "tar"})
    assert reader_for(Peek(is_folder=True)).NAME == "directory"
    assert reader_for(Peek(head=sevened(a=b""))).NAME == "7z"
    assert all(not reader.recognises(Peek(is_folder=True)) for reader in READERS[1:])


def test_a_compressed_tar_of_others_is_two_steps(dfvfs):
    found, problems = descend(dfvfs / "syslog.tgz", "tar")
    assert found == [("inside:tar", b"syslog", (dfvfs / "syslog").read_bytes())]
    assert problems == []


def test_every_container_opens_inside_every_other(tmp_path):
    data = RECIPE
    layers = {
        "compressed": gzip.compress,
        "zip": lambda d: zipped(a=d),
        "tar": lambda d: tarred(a=d),
        "7z": lambda d: sevened(a=d),
    }
    readers = []
    for outer in ("zip", "7z", "tar", "compressed", "7z", "zip", "compressed", "tar"):
        data = layers[outer](data)
        readers.insert(0, outer)
    (tmp_path / "all").write_bytes(data)
    found, _ = descend(tmp_path, *readers)
    assert found == [("inside:zip", b"a", RECIPE)]


def test_closing_closes_all_levels(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped(inner=tarred(film=RECIPE)))
    before = open_files()
    source = Source(tmp_path, "s", (Step("zip", "path a.zip"), Step("tar", "header 0")))
    container = open_container(source, Limits())
    assert open_files() > before
    (entry,) = container.entries()
    container.close()
    container.close()
    assert open_files() == before
    with pytest.raises(UnreadableSource, match="closed"):
        container.open(entry)


def test_a_failed_opening_leaves_nothing_open(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped(inner=b"not an archive"))
    before = open_files()
    for step in (
        Step("tar", "header 0"),
        Step("tar", "header 1"),
        Step("nothing", "header 0"),
        Step("directory", "header 0"),
    ):
        with pytest.raises((UnreadableSource, UnknownFormat)):
            open_container(Source(tmp_path, "s", (Step("zip", "path a.zip"), step)), Limits())
    assert open_files() == before


def test_steps_can_be_opened_from_any_container(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped(inner=tarred(film=RECIPE)))

    class Plain:
        """A container of another package, which finds entries only by listing them."""

        def __init__(self, inner):
            self._inner, self.problems = inner, []

        def entries(self):
            return self._inner.entries()

        def open(self, entry):
            return self._inner.open(entry)

        def close(self):
            raise AssertionError("it belongs to the caller")

    with open_container(Source(tmp_path, "s"), Limits()) as around:
        plain = Plain(around)
        assert open_steps(plain, (), Limits(), identity="s") is plain
        steps = (Step("zip", "path a.zip"), Step("tar", "header 0"))
        with open_steps(plain, steps, Limits(), identity="inside") as container:
            (entry,) = container.entries()
            assert entry.path == b"film"
        with pytest.raises(LimitExceeded, match="lies 9 containers deep"):
            open_steps(plain, steps, Limits(), identity="inside", depth=7)
        with pytest.raises(UnreadableSource, match="holds nothing at"):
            open_steps(plain, (Step("zip", "path b.zip"),), Limits(), identity="inside")


def test_depth_is_bounded(tmp_path):
    data = RECIPE
    for _ in range(4):
        data = zipped(a=data)
    (tmp_path / "a.zip").write_bytes(data)
    assert descend(tmp_path, "zip", "zip", "zip", limits=Limits(depth=3))[0][0][1] == b"a"
    with pytest.raises(LimitExceeded, match="lies 4 containers deep and 3 is the most"):
        descend(tmp_path, "zip", "zip", "zip", "zip", limits=Limits(depth=3))


def test_a_nested_bomb_is_stopped_by_each_bound(tmp_path):
    (tmp_path / "a.zip").write_bytes(zipped(bomb=tarred(a=bytes(30 << 20))))
    steps = (Step("zip", "path a.zip"), Step("tar", "header 0"))
    for limits, words in (
        (Limits(ratio=10_000, nested_bytes=1 << 20), "the most for a container inside another"),
        (Limits(ratio=50, ratio_floor=1 << 20), "most likely a decompression bomb"),
        (Limits(ratio=10_000, entry_bytes=1 << 20), "the most that is read of one entry"),
    ):
        with pytest.raises(LimitExceeded, match=words):
            open_container(Source(tmp_path, "s", steps), limits)


def test_what_need_not_be_unpacked_is_not_bounded_as_if_it_were(tmp_path):
    inner = zipped(film=os.urandom(3 << 20))
    (tmp_path / "a.zip").write_bytes(zipped(zipfile.ZIP_STORED, inner=inner))
    steps = (Step("zip", "path a.zip"), Step("zip", "header 0"))
    with open_container(Source(tmp_path, "s", steps), Limits(nested_bytes=1 << 20)) as container:
        assert [entry.size for entry in container.entries()] == [3 << 20]


def test_a_damaged_container_inside_another_is_listed_as_far_as_it_goes(tmp_path):
    packed = lzma.compress(tarred(a=os.urandom(300_000), b=os.urandom(300_000), c=RECIPE))
    (tmp_path / "a.tar.xz").write_bytes(packed[:450_000])
    steps = (Step("compressed", "path a.tar.xz"), Step("tar", "offset 0"))
    with open_container(Source(tmp_path, "s", steps), Limits()) as container:
        assert [entry.path for entry in container.entries()] == [b"a", b"b"]
        with container.open(next(container.entries())) as stream:
            assert len(stream.read()) == 300_000
        words = [problem.what for problem in container.problems]
    assert any("in the middle of b" in what for what in words)
    assert any("ends in the middle of its compressed data" in what for what in words)


def test_a_path_that_is_no_source_says_why(tmp_path):
    (tmp_path / "recipe.txt").write_bytes(RECIPE)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnknownFormat, match=r"recipe\.txt is no folder"):
        open_container(Source(tmp_path / "recipe.txt", "s"), Limits())
    with pytest.raises(UnreadableSource, match="pipe is no regular file"):
        open_container(Source(tmp_path / "pipe", "s"), Limits())
    with pytest.raises(UnreadableSource, match="missing cannot be opened: No such file"):
        open_container(Source(tmp_path / "missing", "s"), Limits())


def test_a_source_is_not_changed_by_reading_it(tmp_path):
    file = tmp_path / "film"
    file.write_bytes(RECIPE)
    os.utime(file, (1_000_000_000, 1_000_000_000))
    with (
        open_container(Source(tmp_path, "s"), Limits()) as container,
        container.open(next(container.entries())) as stream,
    ):
        assert stream.read() == RECIPE
    assert file.stat().st_atime == 1_000_000_000


SPLIT = {f"images/disk.00{number}": bytes([number]) * 5_000 for number in range(1, 9)}


def in_folder(tmp_path):
    for name, data in SPLIT.items():
        (tmp_path / "card" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "card" / name).write_bytes(data)
    (tmp_path / "card" / "images" / "disk.003.d").mkdir()
    return tmp_path / "card"


def in_zip(tmp_path):
    (tmp_path / "card.zip").write_bytes(zipped(**SPLIT, **{"disk.009": b"elsewhere"}))
    return tmp_path / "card.zip"


@pytest.mark.parametrize(("make", "listings"), [(in_folder, 0), (in_zip, 1)])
def test_the_segments_of_an_image_cost_one_look_at_their_folder(tmp_path, make, listings):
    with open_container(Source(make(tmp_path), "x"), Limits()) as outer, ExitStack() as opened:
        first = next(entry for entry in outer.entries() if entry.path == b"images/disk.001")
        counted = Counted(outer)
        with content_at(counted, Step("any", first.locator), Limits(), opened) as content:
            assert content.read() == b"".join(SPLIT.values())
    assert (counted.listings, counted.looks) == (listings, 1 - listings)


class Counted:
    """A container that counts how often it is listed; one that lists single folders where the one inside does."""

    def __init__(self, nested):
        self._inner = nested._inner
        self.listings = self.looks = 0
        if hasattr(self._inner, "beside"):
            self.beside = self._look

    def _look(self, entry):
        self.looks += 1
        return self._inner.beside(entry)

    def entries(self):
        self.listings += 1
        return self._inner.entries()

    def entry_at(self, locator):
        return self._inner.entry_at(locator)

    def open(self, entry):
        return self._inner.open(entry)


def test_an_image_in_one_piece_has_its_folder_not_looked_at(tmp_path):
    (tmp_path / "card.zip").write_bytes(zipped(**{"disk.dd": b"rain", "disk.002": b"sun"}))
    with open_container(Source(tmp_path / "card.zip", "x"), Limits()) as outer, ExitStack() as opened:
        counted = Counted(outer)
        locator = next(outer.entries()).locator
        assert content_at(counted, Step("any", locator), Limits(), opened).read() == b"rain"
    assert counted.listings == 0


def test_a_live_segment_is_taken_before_a_deleted_one_of_the_same_name():
    def entry(path, locator, *, allocated, failure=""):
        provenance = Provenance("x", path.decode(), locator, "made")
        return Entry(path=path, size=3, locator=locator, kind=EntryKind.FILE, allocated=allocated, modified=None,
                     provenance=provenance, failure=failure)  # fmt: skip

    class Made:
        def __init__(self):
            self.listed = [
                entry(b"a/disk.001", "1", allocated=True),
                entry(b"a/disk.002", "gone", allocated=False),
                entry(b"a/disk.002", "live", allocated=True),
                entry(b"a/disk.002", "another", allocated=True),
                entry(b"a/disk.003", "broken", allocated=True, failure="damaged"),
            ]

        def entries(self):
            return iter(self.listed)

        def open(self, entry):
            return io.BytesIO(f"{entry.locator:>8}".encode())

    with ExitStack() as opened:
        content = content_at(Made(), Step("any", "1"), Limits(), opened)
        assert content.read() == b"       1    live"

import io
import os
import re
import stat
import struct
import zipfile
import zlib
from datetime import UTC, datetime

import pytest

from sauveterre.errors import LimitExceeded, Locked, UnreadableSource
from sauveterre.evidence.readers import zip_archive
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits

RECIPE = b"Two eggs, flour, milk, a pinch of salt.\n" * 400
SMALL = Limits(ratio=50, ratio_floor=1 << 20)


def packed(*members, comment=b""):
    """Make a ZIP of (name or ZipInfo, data, method) members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data, method in members:
            archive.writestr(name, data, compress_type=method)
        archive.comment = comment
    return buffer.getvalue()


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def directory_at(data: bytes) -> int:
    return struct.unpack_from("<I", data, data.rfind(b"PK\x05\x06") + 16)[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("syslog.zip", [b"syslog", b"wtmp.1"]),
        ("absolute_paths.zip", [b"/folder/syslog", b"/folder/wtmp.1"]),
        ("mixed_paths.zip", [b"/folder/syslog", b"folder/wtmp.1"]),
        ("with_directory.zip", [b"folder/wtmp.1", b"folder/syslog"]),
        ("without_directory.zip", [b"folder/syslog", b"folder/wtmp.1"]),
    ],
)
def test_archives_of_others_are_listed_and_read(dfvfs, opened, content_of, name, expected):
    container = opened(zip_archive, (dfvfs / "zip" / name).read_bytes())
    found = content_of(container)
    assert [path for path, _ in found] == expected
    assert dict(found)[next(path for path in expected if b"syslog" in path)] == (dfvfs / "syslog").read_bytes()
    assert container.problems == []


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_method_gives_the_content(opened, content_of, method):
    container = opened(zip_archive, packed(("recipe", RECIPE, method), ("empty", b"", method)))
    assert content_of(container) == [(b"recipe", RECIPE), (b"empty", b"")]


def test_only_stored_members_are_seekable(opened):
    container = opened(zip_archive, packed(("a", RECIPE, 0), ("b", RECIPE, 8)))
    assert [container.open(entry).seekable() for entry in container.entries()] == [True, False]


def test_times_are_taken_only_where_they_have_a_zone(opened, dfvfs):
    container = opened(zip_archive, (dfvfs / "zip" / "syslog.zip").read_bytes())
    assert next(container.entries()).modified == datetime(2012, 7, 24, 21, 45, 24, tzinfo=UTC)
    assert next(opened(zip_archive, packed(("a", b"", 0))).entries()).modified is None


def test_names_are_the_bytes_that_are_stored(opened):
    names = ["crème.txt", "../up", "/absolute", "C:\\film", "x" * 300]
    container = opened(zip_archive, packed(*((name, b"", 0) for name in names)))
    assert [entry.path for entry in container.entries()] == [name.encode() for name in names]
    data = packed(("aaaa", RECIPE, 8))
    strange = data.replace(b"aaaa", b"\xff\x00\x80a")
    (entry,) = opened(zip_archive, strange).entries()
    assert entry.path == b"\xff\x00\x80a"
    assert entry.provenance.path == "\\xff\\x00\\x80a"


def test_a_name_that_repeats_is_listed_each_time(opened, content_of):
    with pytest.warns(UserWarning, match="Duplicate"):
        data = packed(("film", b"first", 0), ("film", b"second", 8))
    container = opened(zip_archive, data)
    assert content_of(container) == [(b"film", b"first"), (b"film", b"second")]
    locators = [entry.locator for entry in container.entries()]
    assert locators == ["header 0", f"header {data.find(b'PK', 4)}"]
    assert [container.entry_at(locator).locator for locator in locators] == locators


def test_what_is_no_file_is_listed_and_not_read(opened):
    infos = []
    for name, kind in (
        ("link", stat.S_IFLNK),
        ("pipe", stat.S_IFIFO),
        ("device", stat.S_IFBLK),
        ("file", stat.S_IFREG),
    ):
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, (kind | 0o644) << 16
        infos.append((info, b"../outside" if name == "link" else b"", 8))
    folder = zipfile.ZipInfo("folder/")
    container = opened(zip_archive, packed(*infos, (folder, b"", 0)))
    entries = list(container.entries())
    assert [entry.kind for entry in entries] == [EntryKind.SYMLINK, EntryKind.FIFO, EntryKind.DEVICE, EntryKind.FILE]
    assert "symbolic link to ../outside" in entries[0].refusal
    for entry in entries[:3]:
        with pytest.raises(UnreadableSource, match=entry.path.decode()):
            container.open(entry)


def test_encrypted_members_are_listed_and_locked(opened):
    data = packed(("secret", RECIPE, 8), ("plain", RECIPE, 8))
    start = directory_at(data)
    data = patched(data, start + 8, struct.pack("<H", 1))
    container = opened(zip_archive, data)
    secret, plain = container.entries()
    with pytest.raises(Locked, match="secret is encrypted and no key was given; add"):
        container.open(secret)
    assert secret.size == len(RECIPE)
    assert plain.failure == ""


@pytest.mark.parametrize(("method", "words"), [(9, r"method 9 \(deflate64\)"), (1234, "method 1234,")])
def test_methods_that_are_not_read_are_named(opened, method, words):
    data = packed(("a", RECIPE, 8))
    (entry,) = opened(zip_archive, patched(data, directory_at(data) + 10, struct.pack("<H", method))).entries()
    assert re.search(words, entry.failure)


def test_bytes_before_and_after_the_archive_do_no_harm(opened, content_of):
    data = b"PK\x03\x04 is how it begins" + packed(("a", RECIPE, 8), comment=b"a comment")
    container = opened(zip_archive, data)
    assert content_of(container) == [(b"a", RECIPE)]
    assert content_of(opened(zip_archive, data + b"\x00" * 1000)) == [(b"a", RECIPE)]


def test_zip64_records_are_read(opened, content_of):
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a", "w", force_zip64=True) as file,
    ):
        file.write(RECIPE)
    data = buffer.getvalue()
    end = data.rfind(b"PK\x05\x06")
    start, size = directory_at(data), end - directory_at(data)
    wide = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, size, start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    last = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert content_of(opened(zip_archive, data[:end] + wide + locator + last)) == [(b"a", RECIPE)]


def test_a_wrong_checksum_is_told_after_the_content(opened, before_damage):
    for method in (0, 8):
        data = packed(("a", RECIPE, method))
        container = opened(zip_archive, patched(data, directory_at(data) + 16, b"\x00\x00\x00\x00"))
        content, error = before_damage(container.open(next(container.entries())))
        assert content == RECIPE
        assert isinstance(error, UnreadableSource)
        assert "checksum" in str(error)


@pytest.mark.parametrize("stated", [10, 10_000_000, 0xFFFFFFF0])
def test_a_stated_size_that_lies_loses_nothing(opened, before_damage, stated):
    data = packed(("a", RECIPE, 8))
    container = opened(zip_archive, patched(data, directory_at(data) + 24, struct.pack("<I", stated)))
    content, error = before_damage(container.open(next(container.entries())))
    assert content == RECIPE
    assert f"16,000 bytes where its archive states {stated:,}" in str(error)


def test_damage_in_the_middle_gives_all_that_comes_before(opened, before_damage, in_common):
    weather = b"".join(b"%d degrees, " % (number * 7919 % 40_009) for number in range(40_000))
    data = packed(("a", weather, 8))
    broken = patched(data, len(data) // 2, bytes(60))
    container = opened(zip_archive, broken)
    content, error = before_damage(container.open(next(container.entries())))
    assert in_common(content, weather) > len(weather) // 3
    assert isinstance(error, UnreadableSource)


def test_a_cut_off_archive_is_listed_from_its_headers(opened, before_damage):
    data = packed(("a", RECIPE, 8), ("b", RECIPE, 0), ("c", RECIPE, 0))
    container = opened(zip_archive, data[: data.rfind(b"PK\x03\x04") + 1000])
    entries = list(container.entries())
    assert [entry.path for entry in entries] == [b"a", b"b", b"c"]
    assert [entry.locator for entry in entries] == [entry.locator for entry in opened(zip_archive, data).entries()]
    (problem,) = container.problems
    assert "directory is missing" in problem.what
    read = [before_damage(container.open(entry)) for entry in entries]
    assert [content for content, _ in read] == [RECIPE, RECIPE, RECIPE[: 1000 - 31]]
    assert [error is None for _, error in read] == [True, True, False]


def test_a_cut_off_archive_written_to_a_pipe_is_followed_too(opened, content_of):
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", RECIPE)
        archive.writestr("b", RECIPE[::-1])
    data = pipe.data[: directory_at(pipe.data) + 20]
    assert content_of(opened(zip_archive, data)) == [(b"a", RECIPE), (b"b", RECIPE[::-1])]


def test_a_directory_that_contradicts_its_count_is_listed_and_told(opened):
    data = packed(("a", b"", 0), ("b", b"", 0))
    container = opened(zip_archive, patched(data, data.rfind(b"PK\x05\x06") + 8, struct.pack("<2H", 7, 7)))
    assert len(list(container.entries())) == 2
    assert "states 7" in container.problems[0].what


def test_what_only_begins_like_an_archive_is_unreadable(opened):
    with pytest.raises(UnreadableSource, match="neither a directory nor a member"):
        opened(zip_archive, b"PK\x03\x04 and then a recipe")


def test_an_empty_archive_has_no_entries(opened):
    assert list(opened(zip_archive, packed()).entries()) == []


def test_a_flat_bomb_is_stopped_while_it_is_read(opened, before_damage):
    data = packed(("bomb", bytes(40 << 20), 8))
    container = opened(zip_archive, data, SMALL)
    content, error = before_damage(container.open(next(container.entries())), 1 << 20)
    assert isinstance(error, LimitExceeded)
    assert "decompression bomb" in str(error)
    assert 1 << 20 <= len(content) <= 4 << 20


def test_a_bomb_that_states_a_small_size_is_stopped_too(opened, before_damage):
    data = packed(("bomb", bytes(40 << 20), 8))
    data = patched(data, directory_at(data) + 24, struct.pack("<I", 100))
    container = opened(zip_archive, data, SMALL)
    content, error = before_damage(container.open(next(container.entries())), 1 << 20)
    assert isinstance(error, LimitExceeded)
    assert len(content) <= 4 << 20


def test_the_bytes_of_one_entry_are_bounded(opened, before_damage):
    for method in (0, 8):
        container = opened(zip_archive, packed(("long", os.urandom(3 << 20), method)), Limits(entry_bytes=1 << 20))
        content, error = before_damage(container.open(next(container.entries())), 1 << 16)
        assert isinstance(error, LimitExceeded)
        assert len(content) <= 1 << 20


def test_members_that_share_bytes_are_not_read_twice(opened, content_of):
    """A bomb of overlapping members: each quotes the header of the next and ends in one kernel."""
    kernel = zlib.compress(RECIPE, 9, -15)
    local = struct.Struct("<4s5H3I2H")
    crc = zlib.crc32(RECIPE)
    last = local.pack(b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(kernel), len(RECIPE), 1, 0) + b"b" + kernel
    quoted = b"\x00" + struct.pack("<2H", 31, 31 ^ 0xFFFF) + last[:31] + kernel
    whole = last[:31] + RECIPE
    whole_crc = zlib.crc32(whole)
    first = local.pack(b"PK\x03\x04", 20, 0, 8, 0, 0, whole_crc, len(quoted), len(whole), 1, 0) + b"a"
    body = first + quoted[:5] + last
    row = struct.Struct("<4s6H3I5H2I")
    rows = b"".join(
        row.pack(b"PK\x01\x02", 20, 20, 0, 8, 0, 0, crc_, packed_size, size, 1, 0, 0, 0, 0, 0, offset) + name
        for name, crc_, packed_size, size, offset in (
            (b"a", whole_crc, len(quoted), len(whole), 0),
            (b"b", crc, len(kernel), len(RECIPE), 36),
            (b"c", crc, len(kernel), len(RECIPE), 36),
        )
    )
    data = body + rows + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 3, 3, len(rows), len(body), 0)
    container = opened(zip_archive, data)
    a, b, c = container.entries()
    assert "shares its bytes" in a.failure
    assert b.failure == ""
    assert "same bytes as another member" in c.failure
    assert c.locator == "header 36 record 2"
    assert content_of(container)[1] == (b"b", RECIPE)


def test_many_members_are_opened_from_one_reading_of_the_directory(opened):
    data = packed(*((f"{number}.txt", b"%d" % number, 0) for number in range(10_000)))
    container = opened(zip_archive, data)
    reads = 0
    entries = list(container.entries())
    assert len(entries) == 10_000
    view = container._view
    original = view.read

    def counting(size=-1):
        nonlocal reads
        reads += 1
        return original(size)

    view.read = counting
    with container.open(entries[9_999]) as stream:
        assert stream.read() == b"9999"
    assert reads <= 4


def test_one_member_too_many_is_told(opened):
    data = packed(*((str(number), b"", 0) for number in range(5)))
    assert len(list(opened(zip_archive, data, Limits(entries=5)).entries())) == 5
    with pytest.raises(LimitExceeded, match="more than 4 entries"):
        opened(zip_archive, data, Limits(entries=4))

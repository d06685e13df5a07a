import io
import random
import tarfile
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence.readers import tar_archive
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek

FILM = b"The Lighthouse Keeper's Cat, 1962, 94 minutes.\n" * 40
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def packed(*members, form=tarfile.PAX_FORMAT, **options):
    """Make a TAR of (TarInfo or name, data) members; names are bytes."""
    buffer = io.BytesIO()
    with tarfile.open(
        fileobj=buffer, mode="w", format=form, encoding="utf-8", errors="surrogateescape", **options
    ) as made:
        for info, data in members:
            if isinstance(info, bytes):
                info = tarfile.TarInfo(info.decode("utf-8", "surrogateescape"))
            info.size = len(data) if info.isreg() else 0
            made.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def resealed(data: bytes, at: int = 0) -> bytes:
    """Put the right checksum into the header at this offset."""
    record = bytearray(data[at : at + 512])
    record[148:156] = b" " * 8
    record[148:156] = b"%06o\x00 " % sum(record)
    return data[:at] + bytes(record) + data[at + 512 :]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("syslog.tar", [b"syslog"]),
        ("absolute_paths.tar", [b"/folder/syslog", b"/folder/wtmp.1"]),
        ("mixed_paths.tar", [b"/folder/syslog", b"folder/wtmp.1"]),
        ("with_directory.tar", [b"folder/syslog", b"folder/wtmp.1"]),
        ("without_directory.tar", [b"folder/syslog", b"folder/wtmp.1"]),
    ],
)
def test_archives_of_others_are_listed_and_read(dfvfs, opened, content_of, name, expected):
    data = (dfvfs / "tar" / name).read_bytes()
    assert tar_archive.recognises(Peek(head=data[:512]))
    container = opened(tar_archive, data)
    found = content_of(container)
    assert [path for path, _ in found] == expected
    assert found[0][1] == (dfvfs / "syslog").read_bytes()
    assert container.problems == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.binary(min_size=1, max_size=400).filter(lambda n: b"\x00" not in n and not n.endswith(b"/")), max_size=5
    ),
    st.sampled_from(["gnu", "pax"]),
)
def test_any_name_survives(opened, content_of, names, form):
    data = packed(*((name, b"%d" % number) for number, name in enumerate(names)), form=FORMATS[form])
    container = opened(tar_archive, data) if names else None
    found = content_of(container) if container else []
    assert found == [(name, b"%d" % number) for number, name in enumerate(names)]


def test_ustar_joins_prefix_and_name(opened):
    name = b"a" * 120 + b"/" + b"b" * 90
    (entry,) = opened(tar_archive, packed((name, FILM), form=tarfile.USTAR_FORMAT)).entries()
    assert entry.path == name


@pytest.mark.parametrize("form", FORMATS)
def test_locators_are_header_offsets_and_content_is_seekable(opened, form):
    data = packed((b"a", FILM), (b"b", b""), (b"c", FILM[::-1]), form=FORMATS[form])
    container = opened(tar_archive, data)
    entries = list(container.entries())
    with tarfile.open(fileobj=io.BytesIO(data)) as truth:
        assert [entry.locator for entry in entries] == [f"offset {member.offset_data - 512}" for member in truth]
    with container.open(container.entry_at(entries[2].locator)) as stream:
        stream.seek(-9, 2)
        assert stream.read() == FILM[::-1][-9:]


def test_times(opened):
    info = tarfile.TarInfo("a")
    info.mtime = 1_000_000_000.25
    (entry,) = opened(tar_archive, packed((info, b""))).entries()
    assert entry.modified == datetime(2001, 9, 9, 1, 46, 40, 250_000, tzinfo=UTC)
    info.mtime = -3600
    (entry,) = opened(tar_archive, packed((info, b""), form=tarfile.GNU_FORMAT)).entries()
    assert entry.modified == datetime(1969, 12, 31, 23, tzinfo=UTC)


def test_links_and_devices(opened, content_of):
    long = "deep/" * 30 + "film"
    container = opened(
        tar_archive,
        packed(
            (long.encode(), FILM),
            (special("hard", tarfile.LNKTYPE, long), b""),
            (special("again", tarfile.LNKTYPE, "hard"), b""),
            (special("lost", tarfile.LNKTYPE, "elsewhere"), b""),
            (special("soft", tarfile.SYMTYPE, "../outside"), b""),
            (special("null", tarfile.CHRTYPE), b""),
            (special("pipe", tarfile.FIFOTYPE), b""),
            (special("folder", tarfile.DIRTYPE), b""),
        ),
    )
    found = dict(content_of(container))
    entries = {entry.path: entry for entry in container.entries()}
    assert found[b"hard"] == found[b"again"] == found[long.encode()] == FILM
    assert entries[b"again"].size == len(FILM)
    assert "hard link to elsewhere" in entries[b"lost"].failure
    assert (entries[b"soft"].kind, entries[b"null"].kind) == (EntryKind.SYMLINK, EntryKind.DEVICE)
    assert "symbolic link to ../outside" in entries[b"soft"].refusal
    assert entries[b"pipe"].kind is EntryKind.FIFO
    assert b"folder" not in entries
    assert [path for path, content in found.items() if isinstance(content, str)] == [b"lost", b"soft", b"null", b"pipe"]


def test_a_link_that_states_a_size_has_no_data_all_the_same(opened):
    data = packed((special("soft", tarfile.SYMTYPE, "film"), b""), (b"film", FILM), form=tarfile.USTAR_FORMAT)
    data = resealed(data[:124] + b"%011o\x00" % 5_000 + data[136:])
    container = opened(tar_archive, data)
    assert [entry.path for entry in container.entries()] == [b"soft", b"film"]
    assert container.problems == []


def sparse_pax(pairs, real_size, data, version="1.0"):
    info = tarfile.TarInfo("GNUSparseFile.0/holes")
    if version == "1.0":
        table = b"%d\n" % len(pairs) + b"".join(b"%d\n%d\n" % pair for pair in pairs)
        data = table.ljust(-(-len(table) // 512) * 512, b"\x00") + data
        headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(real_size)}
    else:
        table = ",".join(f"{offset},{size}" for offset, size in pairs)
        headers = {"GNU.sparse.map": table, "GNU.sparse.size": str(real_size), "GNU.sparse.numblocks": str(len(pairs))}
    info.pax_headers = {**headers, "GNU.sparse.name": "holes"}
    return packed((info, data))


def sparse_gnu(pairs, real_size, data):
    info = tarfile.TarInfo("holes")
    made = bytearray(packed((info, data), form=tarfile.GNU_FORMAT))
    made[156:157] = b"S"

    def table(some):
        return b"".join(b"%011o\x00%011o\x00" % pair for pair in some)

    made[386 : 386 + 96] = table(pairs[:4]).ljust(96, b"\x00")
    made[482] = len(pairs) > 4
    made[483:495] = b"%011o\x00" % real_size
    rest = [pairs[at : at + 21] for at in range(4, len(pairs), 21)]
    more = b"".join(
        table(some).ljust(504, b"\x00") + bytes([number + 1 < len(rest)]) + bytes(7) for number, some in enumerate(rest)
    )
    whole = resealed(bytes(made))
    return whole[:512] + more + whole[512:]


@pytest.mark.parametrize("version", ["1.0", "0.1", "gnu"])
@pytest.mark.parametrize("count", [1, 3, 60])
def test_sparse_files_come_with_their_holes(opened, content_of, version, count):
    pairs = [(1000 + number * 5000, 700) for number in range(count)]
    data = random.Random(count).randbytes(700 * count)
    real_size = 1000 + count * 5000 + 123
    made = sparse_gnu(pairs, real_size, data) if version == "gnu" else sparse_pax(pairs, real_size, data, version)
    expected = bytearray(real_size)
    for number, (offset, size) in enumerate(pairs):
        expected[offset : offset + size] = data[number * 700 : (number + 1) * 700]
    container = opened(tar_archive, made)
    assert content_of(container) == [(b"holes", bytes(expected))]
    assert [entry.size for entry in container.entries()] == [real_size]
    assert container.problems == []


def test_a_sparse_bomb_is_stopped(opened, before_damage):
    container = opened(tar_archive, sparse_pax([(0, 10)], 1 << 50, b"0123456789"), Limits(ratio_floor=1 << 20))
    content, error = before_damage(container.open(next(container.entries())), 1 << 20)
    assert isinstance(error, LimitExceeded)
    assert len(content) <= 4 << 20


@pytest.mark.parametrize("pairs", [[(100, 50), (120, 10)], [(0, 10**19)]])
def test_maps_of_sparse_files_that_cannot_be_are_told(opened, before_damage, pairs):
    for version in ("1.0", "0.1"):
        container = opened(tar_archive, sparse_pax(pairs, 1000, b"x" * 60, version))
        (entry,) = container.entries()
        error = entry.failure or before_damage(container.open(entry))[1]
        assert error


def test_a_cut_off_archive_is_listed_as_far_as_it_goes_and_says_so(opened, before_damage):
    data = packed((b"a", FILM), (b"b", FILM), form=tarfile.GNU_FORMAT)
    second = data.index(b"b\x00", 512)
    cut = opened(tar_archive, data[: second + 512 + 1000])
    entries = list(cut.entries())
    assert [entry.path for entry in entries] == [b"a", b"b"]
    assert any("in the middle of b" in problem.what for problem in cut.problems)
    content, error = before_damage(cut.open(entries[1]))
    assert content == FILM[:1000]
    assert f"ends after 1,000 of {len(FILM):,} bytes" in str(error)
    between = opened(tar_archive, data[:second])
    assert [entry.path for entry in between.entries()] == [b"a"]
    assert "without its end mark" in between.problems[0].what
    assert any("inside a header" in problem.what for problem in opened(tar_archive, data[: second + 100]).problems)


def test_members_after_damage_are_found_and_the_gap_is_stated(opened):
    data = bytearray(packed((b"a", FILM), (b"b", FILM), (b"c", FILM), form=tarfile.GNU_FORMAT))
    second = bytes(data).index(b"b\x00", 512)
    data[second + 5] = 99
    container = opened(tar_archive, bytes(data))
    assert [entry.path for entry in container.entries()] == [b"a", b"c"]
    (problem,) = container.problems
    assert problem.provenance.locator == f"offset {second}"
    assert f"{512 + 2048:,} bytes in the archive from byte {second:,} on are in no member" in problem.what


def test_what_follows_the_end_mark_is_listed_and_told(opened):
    data = packed((b"a", FILM)) + packed((b"b", FILM))
    container = opened(tar_archive, data)
    assert [entry.path for entry in container.entries()] == [b"a", b"b"]
    assert "follow the archive's end mark" in container.problems[0].what
    junk = opened(tar_archive, packed((b"a", FILM)) + b"a note" * 100)
    assert "after the archive's end mark" in junk.problems[0].what


def test_a_size_that_lies_does_not_run_away(opened, before_damage):
    data = packed((b"a", FILM), form=tarfile.GNU_FORMAT)
    data = resealed(data[:124] + b"\x80" + b"\x7f" * 11 + data[136:])
    container = opened(tar_archive, data)
    (entry,) = container.entries()
    assert entry.size is None
    content, error = before_damage(container.open(entry))
    assert content.startswith(FILM)
    assert len(content) == len(data) - 512
    assert isinstance(error, UnreadableSource)


def test_an_extension_that_is_too_long_is_passed_over_and_told(opened):
    info = tarfile.TarInfo("a")
    info.pax_headers = {"comment": "x" * (2 << 20)}
    container = opened(tar_archive, packed((info, FILM), (b"b", FILM)))
    assert [entry.path for entry in container.entries()] == [b"a", b"b"]
    assert "too long" in container.problems[0].what


def test_a_file_that_is_no_archive_is_not_recognised(opened, dfvfs):
    for data in (b"", b"a recipe", bytes(1024), (dfvfs / "syslog").read_bytes(), random.Random(2).randbytes(4096)):
        assert not tar_archive.recognises(Peek(head=data[:512]))
        with pytest.raises(UnreadableSource, match="TAR header"):
            opened(tar_archive, data)

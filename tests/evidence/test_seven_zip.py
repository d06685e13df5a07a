import io
import os
import random
from datetime import UTC, datetime

import py7zr
import pytest

from sauveterre.errors import LimitExceeded, Locked, UnreadableSource
from sauveterre.evidence.readers import seven_zip
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits

NOISE = random.Random(3).randbytes(200_000)
MEMBERS = {"recipe.txt": b"Two eggs, flour, milk.\n" * 500, "empty": b"", "in/é.bin": NOISE, "last": b"sun"}
FILTERS = {
    "lzma2": [{"id": py7zr.FILTER_LZMA2, "preset": 1}],
    "lzma": [{"id": py7zr.FILTER_LZMA, "preset": 1}],
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "zstd": [{"id": py7zr.FILTER_ZSTD, "level": 3}],
    "ppmd": [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 16}],
    "copy": [{"id": py7zr.FILTER_COPY}],
    "bcj": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 1}],
}


def packed(members=None, *, password=None, headers=False, filters=FILTERS["lzma2"]):
    filters = filters if password is None else None
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", filters=filters, password=password, header_encryption=headers) as archive:
        for name, data in (members or MEMBERS).items():
            archive.writestr(data, name)
    return buffer.getvalue()


@pytest.mark.parametrize("method", FILTERS)
def test_every_method_gives_the_content(opened, content_of, method):
    container = opened(seven_zip, packed(filters=FILTERS[method]))
    assert content_of(container) == [(name.encode(), data) for name, data in MEMBERS.items()]
    assert [entry.size for entry in container.entries()] == [len(data) for data in MEMBERS.values()]
    assert [entry.locator for entry in container.entries()] == [f"member {number}" for number in range(4)]
    container.close()


def test_members_are_read_in_any_order_many_at_once_and_seekable(opened):
    with opened(seven_zip, packed()) as container:
        entries = list(container.entries())
        last, noise = container.open(entries[3]), container.open(entries[2])
        assert last.read() == b"sun"
        noise.seek(-5, os.SEEK_END)
        assert noise.read() == NOISE[-5:]
        noise.seek(0)
        assert noise.read() == NOISE
        last.close()
    noise.seek(100)
    assert noise.read(10) == NOISE[100:110]
    noise.close()


def test_a_solid_block_is_unpacked_once(opened, content_of):
    members = {str(number): NOISE[:5_000] + b"%d" % number for number in range(300)}
    with opened(seven_zip, packed(members)) as container:
        first = content_of(container)
        (block,) = container._unpacked.values()
        consumed = block._decoder.consumed
        assert content_of(container) == first == [(name.encode(), data) for name, data in members.items()]
        assert block._decoder.consumed == consumed


def test_folders_links_and_times_on_disk(tmp_path, opened, content_of):
    source = tmp_path / "in"
    source.mkdir()
    (source / "film").write_bytes(b"x")
    (source / "link").symlink_to("film")
    os.utime(source / "film", (1_000_000_000, 1_000_000_000))
    with py7zr.SevenZipFile(tmp_path / "a.7z", "w") as archive:
        archive.writeall(source, "in")
    with opened(seven_zip, (tmp_path / "a.7z").read_bytes()) as container:
        film, link = container.entries()
        assert (film.path, film.modified) == (b"in/film", datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC))
        assert link.kind is EntryKind.SYMLINK
        assert "symbolic link to film" in link.refusal
        assert dict(content_of(container))[b"in/film"] == b"x"


def test_encrypted_members_are_listed_and_locked(opened, content_of):
    with opened(seven_zip, packed(password="between us")) as container:
        found = dict(content_of(container))
    assert found[b"recipe.txt"].startswith("recipe.txt is encrypted, and no key was given")
    assert found[b"empty"] == b""
    with pytest.raises(Locked, match="list of names is encrypted"):
        opened(seven_zip, packed(password="between us", headers=True))


def test_an_archive_cut_off_anywhere_is_unreadable_in_one_sentence(opened):
    data = packed()
    for end in (6, 20, 32, 100, len(data) // 2, len(data) - 1):
        with pytest.raises(UnreadableSource, match="directory, at its end, is missing or damaged"):
            opened(seven_zip, data[:end])


def test_damaged_data_gives_what_comes_before(opened, before_damage):
    data = bytearray(packed({"first": NOISE, "second": NOISE[::-1]}, filters=FILTERS["copy"]))
    data[32 + 200_000 + 50] ^= 1
    with opened(seven_zip, bytes(data)) as container:
        first, second = container.entries()
        assert before_damage(container.open(first)) == (NOISE, None)
        content, error = before_damage(container.open(second))
        assert len(content) == len(NOISE)
        assert "checksum" in str(error)
    data = bytearray(packed({"first": NOISE, "second": NOISE[::-1]}, filters=FILTERS["bzip2"]))
    data[-5_000:-4_000] = bytes(1_000)
    with opened(seven_zip, bytes(data)) as container:
        read = [before_damage(container.open(entry)) for entry in container.entries()]
        assert isinstance(read[-1][1], UnreadableSource)


@pytest.mark.parametrize("method", ["lzma2", "deflate"])
def test_bombs_are_stopped_while_they_are_unpacked(opened, before_damage, method):
    data = packed({"bomb": bytes(24 << 20), "after": b"sun"}, filters=FILTERS[method])
    with opened(seven_zip, data, Limits(ratio=50, ratio_floor=1 << 20)) as container:
        for entry in container.entries():
            content, error = before_damage(container.open(entry), 1 << 20)
            assert isinstance(error, LimitExceeded)
            assert len(content) <= 40 << 20
    with opened(seven_zip, data, Limits(ratio=10**6, nested_bytes=5 << 20)) as container:
        content, error = before_damage(container.open(next(container.entries())), 1 << 20)
        assert isinstance(error, LimitExceeded)
        assert len(content) == 5 << 20


def test_more_memory_than_allowed_is_refused(opened, before_damage, monkeypatch):
    from sauveterre.evidence import seven_zip_blocks

    monkeypatch.setattr(seven_zip_blocks, "DICTIONARY_BYTES", 1 << 16)
    with opened(seven_zip, packed()) as container, pytest.raises(LimitExceeded, match="bytes of memory"):
        container.open(next(container.entries()))


def test_one_member_too_many_is_told(opened):
    with pytest.raises(LimitExceeded, match="more than 3 entries"):
        opened(seven_zip, packed(), Limits(entries=3))

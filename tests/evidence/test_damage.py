"""Whatever bytes come in: entries, problems or one of our own errors come out, and nothing else."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib

import py7zr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import SauveterreError
from sauveterre.evidence.opening import reader_for
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.records.limits import Limits
from sauveterre.records.peek import HEAD_BYTES, Peek

LIMITS = Limits(entries=1_000, entry_bytes=1 << 20, nested_bytes=1 << 20, ratio_floor=1 << 18)
MEMBERS = {"film.txt": b"The Lighthouse Keeper's Cat\n" * 200, "in/recipe": bytes(range(256)) * 20, "empty": b""}


def _zip(method):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in MEMBERS.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _tar(form):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in MEMBERS.items():
            info = tarfile.TarInfo(name + "x" * 120)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _seven(*filters):
    buffer = io.BytesIO()
    with py7zr.SevenZipFile(buffer, "w", filters=list(filters) or None) as archive:
        archive.set_encoded_header_mode(not filters)
        for name, data in MEMBERS.items():
            archive.writestr(data, name)
    return buffer.getvalue()


WHOLE = {
    "zip stored": _zip(0),
    "zip deflate": _zip(8),
    "zip bzip2": _zip(12),
    "zip lzma": _zip(14),
    "tar gnu": _tar(tarfile.GNU_FORMAT),
    "tar pax": _tar(tarfile.PAX_FORMAT),
    "7z": _seven(),
    "7z deflate": _seven({"id": py7zr.FILTER_DEFLATE}),
    "7z copy": _seven({"id": py7zr.FILTER_COPY}),
    "gzip": gzip.compress(MEMBERS["film.txt"]),
    "bzip2": bz2.compress(MEMBERS["film.txt"]),
    "xz": lzma.compress(MEMBERS["film.txt"]),
}


def read_everything(data: bytes) -> int:
    """List and read all there is; return how many entries there were."""
    reader = reader_for(Peek(head=data[:HEAD_BYTES], tail=data[-512:], size=len(data)))
    if reader is None:
        return 0
    try:
        container = reader.open(StreamOrigin(io.BytesIO(data), "sha256:x"), LIMITS)
    except SauveterreError as error:
        assert_is_sentence(str(error))
        return 0
    entries = list(container.entries())
    assert len({entry.locator for entry in entries}) == len(entries)
    with container:
        for entry in entries:
            try:
                with container.open(entry) as stream:
                    while stream.read(1 << 16):
                        pass
            except SauveterreError as error:
                assert_is_sentence(str(error))
    for problem in container.problems:
        assert_is_sentence(problem.what)
    return len(entries)


def assert_is_sentence(text: str) -> None:
    assert len(text) > 20
    assert "Traceback" not in text


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_archives_are_read(kind):
    assert read_everything(WHOLE[kind]) == (1 if kind in ("gzip", "bzip2", "xz") else 3)


@pytest.mark.parametrize("kind", WHOLE)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_archives_cut_off_anywhere(kind, data):
    whole = WHOLE[kind]
    read_everything(whole[: data.draw(st.integers(0, len(whole)))])


@pytest.mark.parametrize("kind", WHOLE)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_archives_with_changed_bytes(kind, data):
    damaged = bytearray(WHOLE[kind])
    near_ends = st.integers(0, min(200, len(damaged) - 1)).flatmap(lambda n: st.sampled_from([n, len(damaged) - 1 - n]))
    places = st.one_of(st.integers(0, len(damaged) - 1), near_ends)
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=12)):
        damaged[place] = value
    read_everything(bytes(damaged))


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_7z_directories_with_changed_bytes_and_right_checksums(data):
    whole = bytearray(WHOLE["7z deflate"])
    start, size = 32 + int.from_bytes(whole[12:20], "little"), int.from_bytes(whole[20:28], "little")
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(start, start + size - 1), st.integers(0, 255)), min_size=1, max_size=6)
    ):
        whole[place] = value
    whole[28:32] = zlib.crc32(whole[start : start + size]).to_bytes(4, "little")
    whole[8:12] = zlib.crc32(whole[12:32]).to_bytes(4, "little")
    read_everything(bytes(whole))


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_tar_headers_with_changed_bytes_and_right_checksums(data):
    whole = bytearray(WHOLE[data.draw(st.sampled_from(["tar gnu", "tar pax"]))])
    for place, value in data.draw(
        st.lists(st.tuples(st.integers(0, 511), st.integers(0, 255)), min_size=1, max_size=6)
    ):
        whole[place] = value
    whole[148:156] = b" " * 8
    whole[148:156] = b"%06o\x00 " % sum(whole[:512])
    read_everything(bytes(whole))

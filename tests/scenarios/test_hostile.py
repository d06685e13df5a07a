"""Hostile files: small, and as bad as they claim to be."""

import io
import os
import struct
import zipfile

import pytest
from PIL import Image

from sauveterre.scenarios.hostile import DEPTH


@pytest.fixture(scope="module")
def stick(drawn):
    return drawn.folder / "exhibits" / "06-stick"


def test_every_hazard_is_there_with_a_known_ending(drawn):
    for hazard in drawn.truth.hazards:
        assert set(hazard.outcomes) <= {"processed", "partial", "failed", "skipped"}
        if hazard.source == "exhibits/06-stick":
            root = drawn.folder / hazard.source
            names = [os.fsencode(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
            assert hazard.path in [name.decode("utf-8", "backslashreplace") for name in names]
    assert len(drawn.truth.hazards) >= 19


def test_the_bomb_is_small_and_unpacks_to_a_gigabyte(stick):
    data = (stick / "archives/bomb.zip").read_bytes()
    assert len(data) < 50_000
    with zipfile.ZipFile(io.BytesIO(data)) as outer:
        inner = zipfile.ZipFile(io.BytesIO(outer.read("inner.zip")))
        (member,) = inner.infolist()
        assert member.file_size == 1 << 30
        assert member.file_size / member.compress_size > 1_000
        with inner.open(member) as stream:
            first = stream.read(1 << 20)
            assert first == bytes(1 << 20)
            total = len(first)
            while block := stream.read(1 << 24):
                total += len(block)
        assert total == 1 << 30


def test_the_deep_archive_is_deeper_than_eight(stick):
    data, depth = (stick / "archives/deep.zip").read_bytes(), 0
    while data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            (name,) = archive.namelist()
            data, depth = archive.read(name), depth + 1
    assert depth == DEPTH + 1 > 8
    assert data == b"the bottom\n"


def test_the_cut_archive_cannot_be_opened(stick):
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(stick / "archives/cut.zip")


def test_lying_headers_and_cut_pictures_do_what_they_say(stick):
    head = (stick / "broken/60000x60000.png").read_bytes()
    assert struct.unpack(">II", head[16:24]) == (60_000, 60_000)
    assert len(head) < 200
    for name in ("cut-in-half.jpg", "last-bytes-missing.jpg"):
        with pytest.raises(OSError, match="truncated"), Image.open(stick / "broken" / name) as image:
            image.load()
    assert (stick / "broken/nothing.jpg").stat().st_size == 0


def test_names_mislead_and_break_encodings(stick, drawn):
    with Image.open(stick / "names/picture.txt") as image:
        assert image.format == "JPEG"
    assert (stick / "names/text.png").read_text().startswith("Rain")
    names = [os.fsencode(path.name) for path in (stick / "names").iterdir()]
    assert b"caf\xe9-\xff.jpg" in names
    assert b"two\nlines.jpg" in names
    link = drawn.folder / "exhibits/01-phone/Documents/letters.txt"
    assert link.is_symlink()
    assert not (link.parent / link.readlink()).resolve().is_relative_to(drawn.folder / "exhibits/01-phone")
    assert (drawn.folder / "exhibits/01-phone/Documents/empty.txt").stat().st_size == 0

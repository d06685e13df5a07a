"""Kinds from content alone."""

import bz2
import gzip
import io
import lzma
import sqlite3
import struct
import tarfile
import zipfile

import puremagic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.media import kind as kind_module
from sauveterre.media.kind import TEXT, UNKNOWN, kind_of


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/gif"),
        ("TIFF", "image/tiff"), ("BMP", "image/bmp"), ("AVIF", "image/avif"), ("HEIF", "image/heic"),
        ("ICO", "image/x-icon"), ("JPEG2000", "image/jp2"),
    ],
)  # fmt: skip
def test_pictures(draw, save, form, kind):
    if form == "HEIF":
        import pillow_heif

        file = io.BytesIO()
        pillow_heif.from_bytes("RGB", (64, 64), draw(1, 64, 64).tobytes()).save(file)
        assert kind_of(file.getvalue()) == kind
    else:
        assert kind_of(save(draw(1, 64, 64), form)) == kind


def archive_of(name, text, *, compression=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr(name, text)
        archive.writestr("word/document.xml", "<rain/>")
    return file.getvalue()


def tar_of(form):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        info = tarfile.TarInfo("weather.txt")
        info.size = 5
        archive.addfile(info, io.BytesIO(b"sunny"))
    return file.getvalue()


def test_containers_and_stores(tmp_path):
    store = tmp_path / "weather.db"
    with sqlite3.connect(store) as connection:
        connection.execute("CREATE TABLE rain (day TEXT)")
    connection.close()
    plain_tar = bytearray(tar_of(tarfile.USTAR_FORMAT))
    plain_tar[257:265] = bytes(8)
    plain_tar[148:156] = b"%06o\0 " % (sum(plain_tar[:148]) + 8 * 32 + sum(plain_tar[156:512]))
    known = {
        "application/zip": [archive_of("weather.txt", "sunny"), b"PK\x05\x06" + bytes(18)],
        "application/vnd.oasis.opendocument.text": [
            archive_of("mimetype", "application/vnd.oasis.opendocument.text"),
        ],
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": [
            archive_of("[Content_Types].xml", "<Types/>"),
        ],
        "application/x-tar": [tar_of(tarfile.USTAR_FORMAT), tar_of(tarfile.GNU_FORMAT), bytes(plain_tar)],
        "application/gzip": [gzip.compress(b"rain")],
        "application/x-bzip2": [bz2.compress(b"rain"), bz2.compress(b"")],
        "application/x-xz": [lzma.compress(b"rain")],
        "application/x-7z-compressed": [b"7z\xbc\xaf\x27\x1c\0\4"],
        "application/vnd.sqlite3": [store.read_bytes()],
        "application/pdf": [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"],
    }
    for kind, contents in known.items():
        for content in contents:
            assert kind_of(content) == kind


def box(name, payload):
    return struct.pack(">I4s", len(payload) + 8, name) + payload


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41"), "video/mp4"),
        (box(b"ftyp", b"qt  \0\0\0\0qt  "), "video/quicktime"),
        (box(b"ftyp", b"3gp4\0\0\0\0isom"), "video/3gpp"),
        (box(b"ftyp", b"M4A \0\0\0\0isom"), "audio/mp4"),
        (box(b"ftyp", b"mif1\0\0\0\0mif1heic"), "image/heic"),
        (box(b"ftyp", b"mif1\0\0\0\0mif1avif"), "image/avif"),
        (box(b"ftyp", b"mif1\0\0\0\0mif1"), "image/heif"),
        (box(b"moov", b"\0" * 40), "video/quicktime"),
        (b"RIFF\x10\0\0\0AVI LIST", "video/x-msvideo"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", "video/webm"),
        (b"II*\0\x10\0\0\0CR\x02\0", "image/x-canon-cr2"),
        (b"{\\rtf1\\ansi rain}", "application/rtf"),
    ],
)
def test_first_bytes(head, kind):
    assert kind_of(head + bytes(64) if b"rtf" not in head else head) == kind


@pytest.mark.parametrize(
    "text", ["It rains.", "BM is a title", "LIST of films", "été – 東京\n", "MZ\r\n\tx", "%", "II*x"]
)
def test_prose_is_text_whatever_it_begins_with(text):
    assert kind_of(text.encode()) == TEXT


def test_text_cut_inside_a_character_is_text_and_broken_text_is_not():
    assert kind_of("sunny é".encode()[:-1]) == TEXT
    assert kind_of(b"sunny \xe9 and warm") == UNKNOWN
    assert kind_of(b"sunny\0and warm") == UNKNOWN
    assert kind_of(b"\xe9") == UNKNOWN
    assert kind_of(b"") == UNKNOWN


@given(st.binary(max_size=600))
def test_any_bytes_have_a_kind(head):
    kind = kind_of(head)
    assert kind == kind_of(head)
    assert kind.count("/") == 1
    assert kind.isascii()


def test_streams_without_a_head_of_their_own_are_told_by_their_packets():
    packet = b"G" + bytes(187)
    assert kind_of(packet * 5) == "video/mp2t"
    assert kind_of((bytes(4) + packet) * 5) == "video/mp2t"
    assert kind_of(packet * 4 + b"H" + bytes(187)) != "video/mp2t"
    frame = b"\xff\xf1\x50\x40\x01\x7f\xfc" + bytes(4)
    assert kind_of(frame * 3) == "audio/aac"
    assert kind_of(frame * 2 + b"\xff") != "audio/aac"
    assert kind_of(b"#!AMR\n" + bytes(40)) == "audio/amr"


@given(st.binary(max_size=300))
def test_what_is_not_asked_of_the_library_is_nothing_that_it_knows(head):
    assert kind_module._by_library(head, 4) == asked(head)


def test_all_that_the_library_knows_is_asked_of_it():
    heads = [b"\x80" * row.offset + row.byte_match for row in puremagic.magic_header_array]
    assert [head for head in heads if kind_module._by_library(head, 1) != asked(head, 1)] == []
    assert len([head for head in heads if kind_module._by_library(head, 4)]) > 700


def asked(head, least=4):
    """Ask the library whatever a content begins with."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind_module, "_may_be_known", bool)
        return kind_module._by_library(head, least)

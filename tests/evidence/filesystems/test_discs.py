"""ISO 9660 and UDF, from discs that ordinary programs make."""

import os
import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.filesystems import udf_layout
from sauveterre.evidence.filesystems.iso_layout import recorded
from sauveterre.evidence.filesystems.udf_partitions import sparable, virtual
from sauveterre.evidence.readers import iso9660, udf
from sauveterre.records.entry import EntryKind
from sauveterre.records.peek import Peek

SECTOR = 2048
FILMS = {
    "short.txt": b"rain",
    "a name that is rather long, with spaces.txt": b"snow" * 1_000,
    "une averse d'été.txt": b"hail" * 3_000,
    "one/two/three/four/five/six/seven/eight/nine/deep.txt": b"sun" * 700,
    "one/empty.txt": b"",
}
MADE = datetime(2024, 5, 17, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(folder_of):
    root = folder_of(FILMS)
    for path in root.rglob("*"):
        os.utime(path, (MADE.timestamp(),) * 2)
    return root


@pytest.fixture(scope="module", params=[("-R", "-J"), ("-R",), ("-J", "-joliet-long"), ("-R", "-J", "-udf")])
def disc(request, tool, blank, folder):
    path = blank("disc.iso", 0)
    tool("genisoimage", "-quiet", "-input-charset", "utf-8", *request.param, "-o", path, folder)
    return path.read_bytes()


@pytest.fixture(scope="module")
def udf_image(tool, blank, folder):
    """A disc of both kinds, from which ISO 9660 was taken out."""
    path = blank("disc.udf", 0)
    (folder / "soft").symlink_to("one/empty.txt")
    tool("genisoimage", "-quiet", "-input-charset", "utf-8", "-udf", "-R", "-o", path, folder)
    (folder / "soft").unlink()
    image = bytearray(path.read_bytes())
    for at in range(16 * SECTOR, 24 * SECTOR, SECTOR):
        if image[at + 1 : at + 6] == b"CD001":
            image[at : at + SECTOR] = bytes(SECTOR)
    return bytes(image)


def test_files_of_a_disc_are_listed_and_read(disc, volume, by_path, read_all):
    container = volume(iso9660, disc)
    found = by_path(container)
    there = {name: content for name, content in FILMS.items() if b"deep" in b"".join(found) or "deep" not in name}
    assert set(found) == {name.encode() for name in there}
    assert {name: read_all(container, found[name.encode()]) for name in there} == {
        name: (content, "") for name, content in there.items()
    }
    assert container.problems == []
    assert {entry.modified for path, entry in found.items() if entry.size} == {MADE}
    assert [e for e in container.entries() if container.entry_at(e.locator) != e] == []


def test_gaps_of_a_disc_are_a_region(disc, volume):
    image = bytearray(disc)
    image[5 * SECTOR : 5 * SECTOR + 6] = b"hidden"
    container = volume(iso9660, image)
    with container.open(container.entry_at("unallocated")) as free:
        content = free.read()
    assert b"hidden" in content
    assert b"hail" not in content
    assert [entry.path for entry in container.entries() if entry.kind is EntryKind.REGION] == [
        b"$Unallocated",
        b"$Slack",
    ]


def test_a_disc_is_recognised_by_its_descriptors(disc, udf_image):
    assert iso9660.recognises(Peek(head=disc[:69_632]))
    assert not udf.recognises(Peek(head=disc[:69_632]))  # of both kinds, or of one
    assert not iso9660.recognises(Peek(head=udf_image[:69_632]))
    assert udf.recognises(Peek(head=udf_image[:69_632]))
    assert not udf.recognises(Peek(head=bytes(69_632)))


def test_links_and_names_of_rock_ridge(tool, blank, folder_of, volume, by_path):
    root = folder_of({"film.txt": b"rain", "n" * 200 + ".txt": b"snow"})
    (root / "soft").symlink_to("../elsewhere/./" + "y" * 220)
    (root / b"f\xfflm".decode("utf-8", "surrogateescape")).write_bytes(b"hail")
    path = blank("links.iso", 0)
    tool("xorriso", "-as", "mkisofs", "-R", "-o", path, root)
    found = by_path(volume(iso9660, path))
    assert set(found) == {b"film.txt", b"n" * 200 + b".txt", b"soft", b"f\xfflm"}
    assert found[b"soft"].kind is EntryKind.SYMLINK
    assert f"symbolic link to ../elsewhere/./{'y' * 220}," in found[b"soft"].refusal


def test_a_file_that_only_the_other_names_lead_to_is_listed(tool, blank, folder_of, volume, by_path, read_all):
    path, root = blank("hidden.iso", 0), folder_of({"film.txt": b"rain", "secret.txt": b"snow"})
    tool("genisoimage", "-quiet", "-R", "-J", "-hide", "secret.txt", "-o", path, root)
    container = volume(iso9660, path)
    found = by_path(container)
    assert set(found) == {b"film.txt", b"$Joliet/secret.txt"}
    assert read_all(container, found[b"$Joliet/secret.txt"]) == (b"snow", "")
    beside = [one.path for one in container.beside(found[b"$Joliet/secret.txt"])]
    assert sorted(beside) == [b"$Joliet/film.txt", b"$Joliet/secret.txt"]


def test_a_file_in_several_extents_is_one(tool, blank, folder_of, volume, by_path, read_all):
    content = b"a" * SECTOR + b"b" * SECTOR + b"c" * 700
    path, root = blank("extents.iso", 0), folder_of({"film": content})
    tool("genisoimage", "-quiet", "-o", path, root)
    image = bytearray(path.read_bytes())
    at = image.index(b"FILM.;1") - 33
    first = image[at : at + image[at]]
    second = bytearray(first)
    block = int.from_bytes(first[2:6], "little")
    first[10:14], first[25] = SECTOR.to_bytes(4, "little"), first[25] | 0x80
    second[2:6], second[10:14] = (block + 1).to_bytes(4, "little"), (SECTOR + 700).to_bytes(4, "little")
    image[at : at + 2 * len(first)] = first + second
    container = volume(iso9660, image)
    found = by_path(container)
    assert set(found) == {b"FILM"}
    assert read_all(container, found[b"FILM"]) == (content, "")
    assert container.entry_at(found[b"FILM"].locator) == found[b"FILM"]
    with container.open(found[b"FILM"]) as stream:
        stream.seek(SECTOR - 1)
        assert stream.read(3) == b"abb"


def test_recording_times():
    assert recorded(bytes([124, 5, 17, 14, 0, 0, 8])) == MADE
    assert recorded(bytes([124, 5, 17, 7, 0, 0, 256 - 20])) == MADE
    assert recorded(bytes(7)) is None


def test_udf_files_are_listed_and_read(udf_image, volume, by_path, read_all):
    container = volume(udf, udf_image)
    found = by_path(container)
    assert container.problems == []
    truth = {name.encode(): (content, "") for name, content in FILMS.items()}
    assert {path: read_all(container, found[path]) for path in truth} == truth
    assert {entry.modified for path, entry in found.items() if path in truth} == {MADE}
    assert [e for e in container.entries() if container.entry_at(e.locator) != e] == []
    with container.open(container.entry_at("slack")) as slack:
        assert slack.media.size == sum(-len(content) % SECTOR for content in FILMS.values())


@pytest.mark.parametrize(
    ("medium", "revision"),
    [
        ("hd", "0x0102"),
        ("dvdram", "0x0201"),
        ("cdrw", "0x0150"),
        ("dvdrw", "0x0201"),
        ("cdr", "0x0150"),
        ("bdr", "0x0250"),
    ],
)
def test_empty_volumes_of_all_media_open(tool, blank, volume, medium, revision):
    path = blank("empty.udf", 40 << 20)
    tool("mkudffs", "-m", medium, "-r", revision, path)
    image = path.read_bytes()
    container = volume(udf, image)
    found = [entry.path for entry in container.entries()]
    assert found == ([b"Non-Allocatable Space"] if medium == "cdrw" else []) + [b"$Unallocated"]
    assert container.problems == []
    assert udf.recognises(Peek(head=image[:69_632])) or medium == "hd"


def test_a_volume_without_anchor_is_refused(udf_image, volume):
    image = bytearray(udf_image)
    for at in (256 * SECTOR, len(image) - SECTOR, len(image) - 257 * SECTOR):
        image[at : at + 16] = bytes(16)
    with pytest.raises(UnreadableSource, match="no anchor"):
        volume(udf, image)


def test_spared_packets_lie_elsewhere():
    class Medium:
        size = 1 << 20

        def read_at(self, offset, size):
            table = bytearray(56) + struct.pack("<IIII", 32, 900, 0xFFFFFFFF, 932)
            table[17:35] = b"*UDF Sparing Table"
            struct.pack_into("<H", table, 48, 2)
            table[4] = sum(table[:16]) & 0xFF
            return bytes(table[:size]) if offset == 7 * SECTOR else b""

    entry = struct.pack("<40xHBxII4x", 32, 1, 4_096, 7)
    place = sparable(Medium(), lambda offset: 1_000_000 + offset, entry, SECTOR, SECTOR)
    assert place(31 * SECTOR + 5) == 1_000_000 + 31 * SECTOR + 5
    assert place(33 * SECTOR + 5) == 901 * SECTOR + 5
    assert place(64 * SECTOR) == 1_000_000 + 64 * SECTOR


@pytest.mark.parametrize("later", [True, False])
def test_a_table_of_what_was_written_last(later):
    numbers = struct.pack("<III", 50, 0xFFFFFFFF, 70)
    table = struct.pack("<H150x", 152) + numbers if later else numbers + bytes(36)
    place = virtual(table, lambda offset: 1_000_000 + offset, SECTOR)
    assert place(3) == 1_000_000 + 50 * SECTOR + 3
    assert place(2 * SECTOR + 9) == 1_000_000 + 70 * SECTOR + 9
    for missing in (SECTOR, 3 * SECTOR):
        with pytest.raises(OSError, match="does not know block"):
            place(missing)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_name_a_link_and_extents_or_none(data):
    udf_layout.text(data)
    udf_layout.target(data)
    for form in (0, 1, 2):
        assert all(extent.size > 0 for extent in udf_layout.extents(data, form, 0))
    udf_layout.moment(data[:12].ljust(12, b"\0"))

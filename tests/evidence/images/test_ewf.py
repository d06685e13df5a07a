import hashlib
import io
import struct
import zlib

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.ewf_media import EwfMedia
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import ewf
from sauveterre.records.digest import Digest
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek

CHUNK = 32_768


@pytest.fixture(scope="module")
def acquired(tool, raw, tmp_path_factory):
    """Make an EnCase image with ewfacquire; return the path of its first segment."""

    def make(form="encase6", segment="100MiB", compression="fast"):
        folder = tmp_path_factory.mktemp("ewf")
        tool("ewfacquire", "-u", "-q", "-c", compression, "-d", "sha1", "-f", form, "-S", segment, "-t",
             folder / "image", raw, cwd=folder)  # fmt: skip
        return next(iter(sorted(folder.glob("image.*01"))))

    return make


@pytest.fixture(scope="module")
def image(acquired):
    return acquired().read_bytes()


def sections_of(image: bytes):
    """Yield kind, position and size of each section of a segment."""
    at = 13
    while True:
        kind, following, size = struct.unpack_from("<16sQQ", image, at)
        yield kind.rstrip(b"\x00").decode(), at, size
        if following <= at:
            return
        at = following


def chunk_starts(image: bytes) -> list[tuple[int, bool]]:
    at = next(at for kind, at, _ in sections_of(image) if kind == "table") + 76
    count, base = struct.unpack_from("<I4xQ", image, at)
    return [(base + (e & 0x7FFFFFFF), bool(e >> 31)) for e in struct.unpack_from(f"<{count}I", image, at + 24)]


def flipped(image: bytes, *places: int) -> bytes:
    copy = bytearray(image)
    for place in places:
        copy[place] ^= 0x55
    return bytes(copy)


@pytest.mark.parametrize("form", ["encase2", "encase5", "encase6", "ftk", "ewfx", "smart"])
def test_every_variant_gives_the_medium_and_its_digests(acquired, opened_file, volume, medium, form):
    container = opened_file(ewf, acquired(form))

    assert volume(container) == medium
    assert Digest("md5", hashlib.md5(medium).hexdigest()) in container.stated_digests()
    assert container.problems == []


def test_both_digests_are_stated(acquired, opened_file, medium):
    stated = opened_file(ewf, acquired()).stated_digests()

    assert stated == (Digest("md5", hashlib.md5(medium).hexdigest()), Digest("sha1", hashlib.sha1(medium).hexdigest()))


@pytest.mark.parametrize("compression", ["none", "empty-block", "best"])
def test_every_compression_gives_the_medium(acquired, opened_file, volume, medium, compression):
    assert volume(opened_file(ewf, acquired(compression=compression))) == medium


def test_segments_are_joined(acquired, opened_file, volume, medium):
    first = acquired(segment="1MiB", compression="none")
    assert len(list(first.parent.glob("image.E*"))) > 5

    assert volume(opened_file(ewf, first)) == medium


def test_a_missing_segment_is_named_and_what_lies_before_it_is_read(acquired, opened_file, before_damage, medium):
    first = acquired(segment="1MiB", compression="none")
    (first.parent / "image.E04").unlink()
    container = opened_file(ewf, first)
    [entry] = container.entries()
    data, error = before_damage(container.open(entry))

    assert entry.size == len(medium)
    assert 2_900_000 < len(data) < 3_200_000
    assert data == medium[: len(data)]
    assert "lies in a part of the image that is missing" in str(error)
    assert [problem.what for problem in container.problems] == [
        "segment 4 (image.E04) is missing or another one: what lies in it and in those after it cannot be read; "
        "put all segments into one folder and add the first one again"
    ]


def test_only_a_first_segment_is_recognised(acquired):
    first = acquired(segment="1MiB", compression="none")

    assert ewf.recognises(Peek(head=first.read_bytes()[:600]))
    assert not ewf.recognises(Peek(head=first.with_name("image.E02").read_bytes()[:600]))


def test_a_segment_of_another_place_in_the_row_is_not_taken_for_the_next(acquired, opened_file, medium):
    first = acquired(segment="1MiB", compression="none")
    first.with_name("image.E02").write_bytes(first.with_name("image.E03").read_bytes())
    container = opened_file(ewf, first)
    [entry] = container.entries()

    assert container.open(entry).read(500_000) == medium[:500_000]
    assert container.problems[0].what.startswith("segment 2 (image.E02) is missing")


def test_three_flipped_bytes_in_compressed_chunks_are_noticed(image, opened, before_damage, medium):
    packed = [number for number, (_, compressed) in enumerate(chunk_starts(image)) if compressed]
    starts = [chunk_starts(image)[number][0] for number in packed]
    damaged = flipped(image, *(start + 40 for start in starts[3:6]))
    container = opened(ewf, damaged)
    [entry] = container.entries()
    data, error = before_damage(container.open(entry))
    first = packed[3] * CHUNK

    assert data == medium[:first]
    assert f"the chunk of bytes {first:,} to {first + CHUNK - 1:,} does not have its checksum" in str(error)
    assert Digest("md5", hashlib.md5(data).hexdigest()) not in container.stated_digests()


def test_a_flipped_byte_in_a_stored_chunk_is_noticed_and_the_next_chunk_is_read(image, opened, medium):
    number, start = next((n, at) for n, (at, compressed) in enumerate(chunk_starts(image)) if not compressed)
    container = opened(ewf, flipped(image, start + 100))
    [entry] = container.entries()
    stream = container.open(entry)
    stream.seek(number * CHUNK + 8)
    with pytest.raises(UnreadableSource, match="does not have its checksum"):
        stream.read(10)
    stream.seek((number + 1) * CHUNK)

    assert stream.read(CHUNK) == medium[(number + 1) * CHUNK :][:CHUNK]


def test_a_damaged_table_is_replaced_by_its_mirror(image, opened, volume, medium):
    table = next(at for kind, at, _ in sections_of(image) if kind == "table")

    assert volume(opened(ewf, flipped(image, table + 76 + 24 + 41))) == medium


def test_two_damaged_tables_are_damage(image, opened):
    tables = [at for kind, at, _ in sections_of(image) if kind in ("table", "table2")]
    container = opened(ewf, flipped(image, *(at + 76 + 24 + 41 for at in tables)))
    [entry] = container.entries()

    with pytest.raises(UnreadableSource, match="is led to by a damaged table"):
        container.open(entry).read(10)


def test_an_image_that_was_cut_off_is_told_and_read_as_far_as_it_goes(acquired, opened, before_damage, medium):
    whole = acquired(form="encase2", compression="none").read_bytes()
    container = opened(ewf, whole[: len(whole) * 2 // 3])
    [entry] = container.entries()
    data, error = before_damage(container.open(entry))

    assert entry.size == len(medium)
    assert data == medium[: len(data)]
    assert error is not None
    assert [problem.what for problem in container.problems] == [
        f"the image is cut off: of its {len(medium):,} bytes only the first {len(data):,} can be read; look for a "
        "complete copy"
    ]


def test_sectors_that_could_not_be_imaged_are_told(image, opened, volume, medium):
    at = next(at for kind, at, _ in sections_of(image) if kind == "done")
    body = struct.pack("<I", 2) + bytes(512) + bytes(4) + struct.pack("<4I", 64, 8, 1000, 1) + bytes(4)
    error2 = struct.pack("<16sQQ40x", b"error2", at + 76 + len(body), 76 + len(body))
    done = struct.pack("<16sQQ40x", b"done", at + 76 + len(body), 76)
    parts = [error2, zlib.adler32(error2).to_bytes(4, "little"), body, done, zlib.adler32(done).to_bytes(4, "little")]
    container = opened(ewf, image[:at] + b"".join(parts))

    assert volume(container) == medium
    assert container.problems[0].what == (
        "9 sectors of 512 bytes could not be read when the image was made, so that it does not hold what was there: "
        "64 to 71, 1,000 to 1,000; image the medium again if it still exists"
    )


def test_tables_that_count_past_31_bits_are_left_to_libewf(image, opened, volume, medium, monkeypatch):
    offsets = ewf.read_sections.__globals__["Offsets"]
    monkeypatch.setattr(
        "sauveterre.evidence.disk.ewf_media.read_offsets", lambda *_: offsets(None, rising=False)
    )  # no image of more than 2 GiB in one segment can be made here

    assert volume(opened(ewf, image)) == medium


def test_small_reads_unpack_a_chunk_once(image, opened, monkeypatch):
    container = opened(ewf, image)
    [entry] = container.entries()
    media = container.open(entry).media
    unpacked = []
    monkeypatch.setattr(media, "_load", lambda number: unpacked.append(number) or bytes(CHUNK))
    for offset in range(0, 2 * CHUNK, 512):
        media.read_at(offset, 512)

    assert isinstance(media, EwfMedia)
    assert unpacked == [0, 1]


def test_images_of_others_hold_the_same_medium(dfvfs, opened_file, volume):
    contents = {name: volume(opened_file(ewf, dfvfs / name)) for name in ("ext2.E01", "ext2.split.E01")}
    stated = opened_file(ewf, dfvfs / "ext2.split.E01").stated_digests()

    assert hashlib.md5(contents["ext2.E01"]).hexdigest() == "196066add11fb71c4c49cf1bb50d6d24"
    assert contents["ext2.E01"] == contents["ext2.split.E01"]
    assert stated == (Digest("md5", "196066add11fb71c4c49cf1bb50d6d24"),)


def test_damage_never_raises_anything_of_its_own_making(image, opened_with, survives, mutants):
    places = [at for _, at, _ in sections_of(image)]
    spans = [(0, 13), *((at, at + 1200) for at in places)]
    ends = {survives(ewf, damaged, opened_with) for damaged in mutants(image, 150, spans)}

    assert "opened" in ends
    assert len(ends) > 3


def test_a_header_of_many_terabytes_costs_no_memory(image, opened):
    at = next(at for kind, at, _ in sections_of(image) if kind in ("volume", "disk")) + 76
    volume = bytearray(image[at : at + 1048])
    struct.pack_into("<IIIQ", volume, 4, 0xFFFFFFFF, 64, 512, 0xFFFFFFFF * 64)
    patched = image[:at] + bytes(volume) + zlib.adler32(volume).to_bytes(4, "little") + image[at + 1052 :]
    container = ewf.open(StreamOrigin(io.BytesIO(patched), "sha256:0"), Limits())
    [entry] = container.entries()
    stream = container.open(entry)
    stream.seek(entry.size - 10)

    assert entry.size == 0xFFFFFFFF * CHUNK
    with pytest.raises(UnreadableSource):
        stream.read(10)


def test_a_chunk_without_its_checksum_at_the_end_is_damage(image, opened):
    """A stream that stops short of its own checksum gives all its bytes and proves none of them."""
    number = next(n for n, (_, compressed) in enumerate(chunk_starts(image)) if compressed)
    changed = bytearray(image)
    for kind, at, _ in sections_of(image):
        if kind in ("table", "table2"):
            entries_at = at + 76 + 24
            (count,) = struct.unpack_from("<I", image, at + 76)
            (following,) = struct.unpack_from("<I", image, entries_at + 4 * (number + 1))
            struct.pack_into("<I", changed, entries_at + 4 * (number + 1), following - 2)
            table = changed[entries_at : entries_at + 4 * count]
            struct.pack_into("<I", changed, entries_at + 4 * count, zlib.adler32(table))
    container = opened(ewf, bytes(changed))
    [entry] = container.entries()
    stream = container.open(entry)
    stream.seek(number * CHUNK)

    with pytest.raises(UnreadableSource, match="does not have its checksum"):
        stream.read(10)

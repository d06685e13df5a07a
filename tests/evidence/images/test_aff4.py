import hashlib
import io
import struct
import zipfile
import zlib
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.turtle import RDF_TYPE, parse_turtle
from sauveterre.evidence.opening import peek_at, reader_for
from sauveterre.evidence.readers import aff4, zip_archive
from sauveterre.records.digest import Digest
from sauveterre.records.entry import EntryKind

CHUNK, PER_BEVY = 4096, 8
SCHEMA = "http://aff4.org/Schema#"
VOLUME, STREAM, MAP, IMAGE = (f"aff4://00000000-0000-4000-8000-{n:012d}" for n in range(4))


def lz4_literals(data: bytes) -> bytes:
    rest = len(data) - 15
    return b"\xf0" + b"\xff" * (rest // 255) + bytes([rest % 255]) + data


def snappy_zeros(data: bytes) -> bytes:
    """Pack a chunk that is one byte repeated; others are left as they are."""
    if data.count(data[:1]) != len(data):
        return data
    head = bytes([len(data) & 0x7F | 0x80, len(data) >> 7])
    return head + b"\x00" + data[:1] + b"\xfe\x01\x00" * ((len(data) - 1) // 64) + bytes(
        [((len(data) - 1) % 64 - 1) << 2 | 2, 1, 0])  # fmt: skip


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


METHODS = {
    "stored": (SCHEMA + "NullCompressor", bytes),
    "zlib": ("https://www.ietf.org/rfc/rfc1950.txt", zlib.compress),
    "deflate": ("https://tools.ietf.org/html/rfc1951", raw_deflate),
    "zlib called deflate": ("https://tools.ietf.org/html/rfc1951", lambda data: zlib.compress(data) + b"spare"),
    "snappy": ("http://code.google.com/p/snappy/", snappy_zeros),
    "lz4": ("https://code.google.com/p/lz4/", lz4_literals),
    "lz4 after its length": ("https://code.google.com/p/lz4/", lambda c: struct.pack("<I", len(c)) + lz4_literals(c)),
}  # fmt: skip


def bevies(stream: str, data: bytes, pack, always=False):
    """Yield the members of an image stream (section "Image stream")."""
    chunks = [data[at : at + CHUNK].ljust(CHUNK, b"\x00") for at in range(0, len(data), CHUNK)]
    for number, first in enumerate(range(0, len(chunks), PER_BEVY)):
        body, index = b"", b""
        for chunk in chunks[first : first + PER_BEVY]:
            packed = pack(chunk)
            packed = packed if always or len(packed) < CHUNK - 16 else chunk
            index += struct.pack("<QI", len(body), len(packed))
            body += packed
        yield f"{stream}/{number:08d}", body
        yield f"{stream}/{number:08d}.index", index


def stated(urn: str, *, kinds: str, **said: str) -> str:
    return f"<{urn}> a {kinds}" + "".join(f" ;\n    aff4:{name} {value}" for name, value in said.items()) + " .\n"


def a_stream(data: bytes, method: str, urn: str = STREAM) -> str:
    return stated(urn, kinds="aff4:ImageStream", chunkSize=f'"{CHUNK}"^^xsd:int', chunksInSegment=str(PER_BEVY),
                  compressionMethod=f"<{method}>", size=f'"{len(data)}"^^xsd:long', stored=f"<{VOLUME}>")  # fmt: skip


def a_map(urn: str, ranges, targets):
    """Return the members of a map (section "Map stream")."""
    yield f"{urn}/map", b"".join(struct.pack("<QQQI", *entry) for entry in ranges)
    yield f"{urn}/idx", ("\n".join(targets) + "\n").encode()


def volume_of(turtle: str, members, *, urn: str = VOLUME, comment=True, whole_names=True, packed=False) -> bytes:
    """Make an AFF4 volume."""
    head = f"@prefix aff4: <{SCHEMA}> .\n@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("container.description", urn)
        archive.writestr("version.txt", "major=1\nminor=0\ntool=a test\n")
        for name, data in members:
            archive.writestr(quote(name, safe="/.").replace("aff4%3A//", "aff4%3A%2F%2F") if whole_names
                             else name.removeprefix("aff4://"), data)  # fmt: skip
        archive.writestr("information.turtle", head + turtle, zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED)
        if comment:
            archive.comment = urn.encode()
    return buffer.getvalue()


def disk(data: bytes, method: str = "zlib", **options) -> bytes:
    """Make an image of one disk in one stream."""
    name, pack = METHODS[method]
    turtle = a_stream(data, name) + stated(
        IMAGE, kinds="aff4:Image, aff4:DiskImage, aff4:ContiguousImage", dataStream=f"<{STREAM}>", size=str(len(data)),
        hash=f'"{hashlib.sha1(data).hexdigest()}"^^aff4:SHA1, "{hashlib.md5(data).hexdigest()}"^^aff4:MD5,\n'
             f'      "{"0" * 128}"^^aff4:SHA512',
    )  # fmt: skip
    return volume_of(turtle, bevies(STREAM, data, pack, always="lz4" in method), **options)


@pytest.fixture(scope="module")
def content(medium):
    return medium[:300_000] + bytes(CHUNK * 20) + medium[:1_234]


@pytest.mark.parametrize("method", METHODS)
def test_every_compression_gives_the_medium(opened, volume, content, method):
    container = opened(aff4, disk(content, method))

    assert volume(container) == content
    assert container.problems == []


@pytest.mark.parametrize("options", [{"comment": False}, {"whole_names": False}, {"packed": True}], ids=str)
def test_writers_differ_in_names_and_packing(opened, volume, content, options):
    assert volume(opened(aff4, disk(content, **options))) == content


def test_the_digests_of_the_whole_medium_are_stated(opened, content):
    stated_digests = opened(aff4, disk(content)).stated_digests()

    assert stated_digests == (
        Digest("sha1", hashlib.sha1(content).hexdigest()), Digest("md5", hashlib.md5(content).hexdigest())
    )  # fmt: skip


@pytest.mark.parametrize("options", [{}, {"comment": False}], ids=["comment", "first member"])
def test_it_is_told_from_other_archives(content, options):
    image = disk(content[:5000], **options)
    assert reader_for(peek_at(io.BytesIO(image), b"x.zip")) is aff4

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("rain.txt", "aff4://no")
    assert reader_for(peek_at(buffer)) is zip_archive


def mapped(content, ranges, targets, *, streams=(STREAM,), more="", urn=VOLUME, own=(STREAM,), gap=""):
    """Make an image of a disk that is a map."""
    size = max(start + length for start, length, *_ in ranges)
    said = {"dependentStream": ", ".join(f"<{stream}>" for stream in streams), "size": str(size)}
    if gap:
        said["mapGapDefaultStream"] = gap
    turtle = stated(MAP, kinds="aff4:Map", **said) + "".join(a_stream(content, METHODS["zlib"][0], s) for s in own)
    turtle += stated(IMAGE, kinds="aff4:DiskImage, aff4:Image", dataStream=f"<{MAP}>") + more
    members = [m for stream in own for m in bevies(stream, content, zlib.compress)]
    return volume_of(turtle, [*members, *a_map(MAP, ranges, targets)], urn=urn)


def test_a_map_joins_parts_and_fills_gaps(opened, volume, content):
    ranges = [(0, 5_000, 100, 0), (9_000, 2_000, 0, 1), (11_000, 70_000, 6_000, 0)]
    image = mapped(content, ranges[::-1], [STREAM, SCHEMA + "SymbolicStreamA5"])

    assert volume(opened(aff4, image)) == content[100:5_100] + bytes(4_000) + b"\xa5" * 2_000 + content[6_000:76_000]


def test_what_was_not_imaged_or_could_not_be_is_told(opened, volume, content):
    ranges = [(0, 1_000, 0, 0), (2_000, 100, 2_000, 1), (3_000, 500, 0, 0)]
    image = mapped(content, ranges, [STREAM, SCHEMA + "UnreadableData"], gap="aff4:UnknownData")
    container = opened(aff4, image)
    data = volume(container)

    unknown, unreadable = b"UNKNOWN" * 1_000, b"UNREADABLEDATA" * 1_000
    assert (
        data == content[:1_000] + unknown[1_000:2_000] + unreadable[2_000:2_100] + unknown[2_100:3_000] + content[:500]
    )
    assert [problem.what for problem in container.problems] == [
        "100 bytes could not be read when the image was made, so that it does not hold what was there; image the "
        "medium again if it still exists",
        "1,900 of 3,500 bytes were not imaged: the image is a part of the medium, as it was asked for",
    ]
    assert container.stated_digests() == ()


def test_fillings_begin_again_in_each_mebibyte(opened, volume, content):
    image = mapped(content, [(0, 10, 0, 0), (2 << 20, 100, 0, 0)], [STREAM], gap=f"<{SCHEMA}UnknownData>")
    data = volume(opened(aff4, image))

    assert data[10:30] == (b"UNKNOWN" * 9)[10:30]
    assert data[(1 << 20) - 3 : (1 << 20) + 7] == (b"UNKNOWN" * 150_000)[(1 << 20) - 3 : 1 << 20] + b"UNKNOWN"


OTHER = STREAM.replace("0001", "0009")


@pytest.fixture
def set_of_two(tmp_path, content):
    ranges = [(0, 50_000, 0, 0), (50_000, 60_000, 0, 1)]
    first = mapped(content, ranges, [STREAM, OTHER], streams=(STREAM, OTHER))
    second = volume_of(a_stream(content[::-1], METHODS["zlib"][0], OTHER), bevies(OTHER, content[::-1], zlib.compress),
                       urn="aff4://other")  # fmt: skip
    (tmp_path / "disk_1.aff4").write_bytes(first)
    (tmp_path / "disk_2.aff4").write_bytes(second)
    return tmp_path


def test_files_of_a_set_are_found_by_their_numbers(set_of_two, opened_file, volume, content):
    assert volume(opened_file(aff4, set_of_two / "disk_1.aff4")) == content[:50_000] + content[::-1][:60_000]


def test_a_missing_file_of_a_set_is_named_and_the_rest_is_read(set_of_two, opened_file, before_damage, content):
    (set_of_two / "disk_2.aff4").unlink()
    container = opened_file(aff4, set_of_two / "disk_1.aff4")
    [entry] = container.entries()
    data, error = before_damage(container.open(entry))

    assert data == content[:50_000]
    assert f"lies partly in the stream {OTHER}, which is in another file of the set" in str(error)


def test_the_files_of_a_logical_image(opened, content):
    small, large = f"{VOLUME}//home/rain.txt", f"{VOLUME}//home/film.mp4"
    turtle = (
        stated(small, kinds="aff4:FileImage, aff4:Image, aff4:zip_segment", size="4",
               originalFileName='"/home/r\\u00e9in.txt"', lastWritten='"2026-03-04T05:06:07Z"^^xsd:dateTime')
        + a_stream(content, METHODS["zlib"][0], large)
        + stated(large, kinds="aff4:FileImage", originalFileName='"film.mp4"')
        + stated(f"{VOLUME}/gone", kinds="aff4:FileImage", originalFileName='"gone"')
    )  # fmt: skip
    members = [(f"{VOLUME}/home/rain.txt", b"rain"), *bevies(f"{VOLUME}/home/film.mp4", content, zlib.compress)]
    container = opened(aff4, volume_of(turtle, members))
    first, second, gone = container.entries()

    assert (first.path, first.kind, first.size) == ("/home/réin.txt".encode(), EntryKind.FILE, 4)
    assert first.modified == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert container.open(first).read() == b"rain"
    assert container.open(second).read() == content
    assert gone.failure == "is described by the image and not held by it; look for a complete copy"


def test_encrypted_streams_are_named_as_such(opened, content):
    image = disk(content).replace(b"aff4:ImageStream", b"aff4:EncryptedStream", 1)
    with pytest.raises(UnreadableSource):
        opened(aff4, image)

    turtle = stated(IMAGE, kinds="aff4:DiskImage", dataStream=f"<{STREAM}>")
    turtle += stated(STREAM, kinds="aff4:EncryptedStream")
    with pytest.raises(UnreadableSource, match="is an encrypted AFF4 stream"):
        opened(aff4, volume_of(turtle, []))


def test_a_damaged_chunk_is_an_error_with_its_place(opened, before_damage, content):
    image = bytearray(disk(content))
    third = image.index(zlib.compress(content[2 * CHUNK : 3 * CHUNK])[:100])
    image[third + 10 : third + 60] = b"\xff" * 50
    container = opened(aff4, bytes(image))
    [entry] = container.entries()
    data, error = before_damage(container.open(entry))

    assert data == content[: 2 * CHUNK]
    assert "the chunk at byte 8,192 of its stream cannot be unpacked" in str(error)


def test_a_missing_bevy_is_an_error_with_its_place(opened, before_damage, content):
    name = f"{STREAM}/00000001".replace("aff4://", "aff4%3A%2F%2F").encode()
    container = opened(aff4, disk(content).replace(name, name[:-1] + b"7"))
    [entry] = container.entries()
    data, error = before_damage(container.open(entry))

    assert data == content[: PER_BEVY * CHUNK]
    assert "lies in a bevy that is missing" in str(error)


@pytest.mark.parametrize(
    "ranges", [[(0, 10, 0, 0), (5, 10, 0, 0)], [(0, 10, 0, 7)]], ids=["overlap", "nowhere"]
)  # fmt: skip
def test_a_map_that_contradicts_itself_is_damage(opened, content, ranges):
    with pytest.raises(UnreadableSource, match="a map whose ranges overlap or lead nowhere"):
        opened(aff4, mapped(content, ranges, [STREAM]))


def test_a_map_of_itself_ends(opened, content):
    container = opened(aff4, mapped(content, [(0, 10, 0, 0)], [MAP]))
    [entry] = container.entries()

    with pytest.raises(UnreadableSource, match="map one another too deep"):
        container.open(entry).read(10)


def test_damage_never_raises_anything_of_its_own_making(opened_with, survives, mutants, content):
    image = mapped(content[:60_000], [(0, 5_000, 100, 0), (9_000, 40_000, 0, 0)], [STREAM])
    turtle = image.index(b"@prefix")
    spans = [(0, 300), (turtle, len(image)), (turtle - 700, turtle)]
    ends = {survives(aff4, damaged, opened_with) for damaged in mutants(image, 250, spans)}

    assert "opened" in ends
    assert len(ends) > 3


@given(st.text(alphabet='<>"^@.;,:#ab \n\\a', max_size=200))
def test_any_text_is_turtle_or_passed_over(text):
    assert all(isinstance(urn, str) for urn in parse_turtle(text))


def test_text_that_never_ends_is_read_in_linear_time():
    for text in ('"\\' * 200_000, "a." * 200_000, "<" * 400_000, '"""' + '"" ' * 200_000, "a:" * 200_000):
        parse_turtle(text)


def test_turtle_in_all_its_forms():
    things = parse_turtle(
        "@prefix a: <http://a#> .\n@prefix : <http://v/> . # a note. <x> a a:B .\n"
        '<s> a a:T, a:U ; a:n 12, "7"^^a:int ;\n'
        ' a:t "q; . \\"é\\" \\u00e9"@fr , """long\n"text" here""" ; a:l :rest . :x a:y <http://z> .'
    )

    assert things["s"].values(RDF_TYPE) == ["http://a#T", "http://a#U"]
    assert things["s"].values("http://a#t") == ['q; . "é" é', 'long\n"text" here']
    assert (things["s"].number("http://a#n"), things["s"].said["http://a#n"][1].type) == (12, "http://a#int")
    assert things["s"].value("http://a#l") == "http://v/rest"
    assert things["http://v/x"].value("http://a#y") == "http://z"


def test_the_digest_of_a_partial_image_is_not_that_of_the_medium(opened, content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(disk(content))) as whole, zipfile.ZipFile(buffer, "w") as partial:
        for member in whole.infolist():
            partial.writestr(member, whole.read(member).replace(b"aff4:ContiguousImage", b"aff4:DiscontiguousImage"))
        partial.comment = whole.comment

    assert opened(aff4, buffer.getvalue()).stated_digests() == ()

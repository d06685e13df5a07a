"""Legacy Office documents, written from the description of compound files ([MS-CFB])."""

import io
import itertools
import random
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sauveterre.errors import Locked, SauveterreError
from sauveterre.evidence.documents.office_art import drawings_of, objects_in, pictures_in, unpacked
from sauveterre.evidence.opening import peek_at, reader_for
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import ole2
from sauveterre.records.limits import Limits

SECTOR, FREE, END, FAT = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound(streams: dict[str, bytes]) -> bytes:
    """Return a compound file of streams of 4,096 bytes at least, which shorter ones are padded to."""
    entries: list[tuple[str, int, bytes]] = [("Root Entry", 5, b"")]
    children: dict[int, list[int]] = {0: []}
    places: dict[str, int] = {"": 0}
    for path, data in streams.items():
        *folders, name = path.split("/")
        at = ""
        for folder in folders:
            above, at = places[at], f"{at}/{folder}"
            if at not in places:
                places[at] = len(entries)
                children[above].append(len(entries))
                children[len(entries)] = []
                entries.append((folder, 1, b""))
        children[places[at]].append(len(entries))
        entries.append((name, 2, data.ljust(4_096, b"\0")))
    folder_sectors = -(-len(entries) // 4)
    sizes = [-(-len(data) // SECTOR) for _, _, data in entries]
    fat_sectors = 1
    while fat_sectors * 128 < fat_sectors + folder_sectors + sum(sizes):
        fat_sectors += 1
    chain = [FAT] * fat_sectors
    starts = []
    for count in (folder_sectors, *sizes):
        starts.append(len(chain) if count else END)
        chain += [*range(len(chain) + 1, len(chain) + count), END] if count else []
    chain += [FREE] * (fat_sectors * 128 - len(chain))
    beside = {one: other for of in children.values() for one, other in itertools.pairwise(of)}
    directory = b""
    for number, (name, kind, data) in enumerate(entries):
        text = name.encode("utf-16-le") + b"\0\0"
        child = children.get(number) or [FREE]
        directory += struct.pack("<64sHBB3I", text, len(text), kind, 1, FREE, beside.get(number, FREE), child[0])
        directory += bytes(36) + struct.pack(
            "<IQ", starts[number + 1] if data else END if number == 0 else 0, len(data)
        )
    header = struct.pack("<8s16s6H", ole2.COMPOUND, b"", 0x3E, 3, 0xFFFE, 9, 6, 0) + bytes(4)
    header += struct.pack("<9I", 0, fat_sectors, starts[0], 0, 4_096, END, 0, END, 0)
    header += struct.pack("<109I", *range(fat_sectors), *[FREE] * (109 - fat_sectors))
    body = b"".join(data.ljust(size * SECTOR, b"\0") for (_, _, data), size in zip(entries, sizes, strict=True))
    return header + struct.pack(f"<{len(chain)}I", *chain) + directory.ljust(folder_sectors * SECTOR, b"\0") + body


def picture(kind: str = "JPEG", seed: int = 3) -> bytes:
    stream = io.BytesIO()
    Image.linear_gradient("L").rotate(seed).resize((64, 48)).convert("RGB").save(stream, kind)
    return stream.getvalue()


def blip(kind: int, instance: int, data: bytes, head: int = 17) -> bytes:
    return struct.pack("<HHI", instance << 4, kind, head + len(data)) + bytes([7]) * head + data


def jpeg_blip(data: bytes) -> bytes:
    return blip(0xF01D, 0x46A, data)


def metafile(data: bytes) -> bytes:
    packed = zlib.compress(data)
    return struct.pack("<HHI", 0x3D4 << 4, 0xF01A, 50 + len(packed)) + bytes(48) + b"\0\xfe" + packed


def workbook(drawings: bytes) -> bytes:
    """Return a workbook's records: what it begins with, and its drawings in pieces of 8,224 bytes."""
    found = struct.pack("<HH", 0x0809, 16) + bytes(16)
    for at in range(0, len(drawings), 8_224):
        piece = drawings[at : at + 8_224]
        found += struct.pack("<HH", 0x3C if at else 0xEB, len(piece)) + piece
    return found + struct.pack("<HH", 0x0A, 0)


def packaged(name: str, data: bytes) -> bytes:
    path = b"C:\\letters\\" + name.encode("cp1252") + b"\0"
    body = b"\x02\0" + name.encode("cp1252") + b"\0" + path + b"\0\0\x03\0" + struct.pack("<I", len(path)) + path
    body += struct.pack("<I", len(data)) + data
    return struct.pack("<I", len(body)) + body


JPEG, PNG = picture(), picture("PNG", 9)
BMP = picture("BMP", 5)
INNER = compound({"WordDocument": bytes(12)})
SLIDES = struct.pack("<HHII", 1 << 4, 0x1011, 4 + len(zlib.compress(INNER)), len(INNER)) + zlib.compress(INNER)
BIG = random.Random(2).randbytes(20_000)
DOCUMENT = {
    "WordDocument": b"\xec\xa5\xc1\0" + bytes(8),
    "Data": bytes(68) + jpeg_blip(JPEG) + bytes(30) + blip(0xF01E, 0x6E1, PNG, head=33) + metafile(b"EMF " * 99),
    "Workbook": workbook(blip(0xF01F, 0x7A8, BMP[14:]) + jpeg_blip(b"\xff\xd8\xff" + BIG)),
    "PowerPoint Document": b"\x0f\0" + SLIDES,
    "ObjectPool/_1/\x01Ole10Native": packaged("été.txt", b"It rains."),
    "ObjectPool/_2/Package": b"PK\x03\x04" + bytes(4_092),
    "256_1a2b": bytes(24) + JPEG.ljust(4_096, b"\0"),
    "__attach_1/__substg1.0_37010102": b"Fog." * 1_024,
    "__attach_1/__substg1.0_3707001F": "fog/1.txt".encode("utf-16-le"),
}


def document() -> bytes:
    """Return a document with everything that is read of one."""
    return compound(DOCUMENT)


def read(data: bytes, *keys: str) -> dict[str, tuple[bytes, str]]:
    with ole2.open(StreamOrigin(io.BytesIO(data), "id", 0, b"", keys), Limits()) as container:
        found = {}
        for entry in container.entries():
            with container.open(entry) as stream:
                content = stream.read()
            assert entry.size in (None, len(content))
            found[entry.path.decode()] = (content, entry.note)
        assert container.problems == []
    return found


def test_a_document_gives_its_pictures_and_files_byte_for_byte():
    data = document()
    assert reader_for(peek_at(io.BytesIO(data))) is ole2
    found = read(data)

    assert found == {
        "pictures/00002.jpg": (JPEG, "lies in the stream Data"),
        "pictures/00003.png": (PNG, "lies in the stream Data"),
        "pictures/00004.emf": (b"EMF " * 99, "lies in the stream Data"),
        "pictures/00008.bmp": (BMP, "lies in the stream Workbook"),
        "pictures/00009.jpg": (b"\xff\xd8\xff" + BIG, "lies in the stream Workbook"),
        "attachments/object-00007": (INNER, "lies in the stream PowerPoint Document"),
        "attachments/été.txt": (b"It rains.", "lies in the stream ObjectPool/_1/\\x01Ole10Native"),
        "attachments/object-00006": (b"PK\x03\x04" + bytes(4_092), "lies in the stream ObjectPool/_2/Package"),
        "pictures/00001.jpg": (JPEG.ljust(4_096, b"\0"), "lies in the stream 256_1a2b"),
        "attachments/fog_1.txt": (b"Fog." * 1_024, "lies in the stream __attach_1/__substg1.0_37010102"),
    }


def test_a_picture_cut_off_by_its_stream_is_listed_and_says_so():
    cut = bytes(5_000) + jpeg_blip(JPEG)[:-40]
    assert read(compound({"Pictures": cut})) == {
        "pictures/00001.jpg": (JPEG[:-40], "lies in the stream Pictures; is cut off by the stream's end")
    }


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(zipfile.ZipInfo("word/media/image1.png"), PNG * 5)
    return stream.getvalue()


@pytest.fixture(scope="module")
def encrypted():
    from msoffcrypto.method.ecma376_agile import ECMA376Agile

    return ECMA376Agile.encrypt("rain at noon", io.BytesIO(zipped()))


def test_an_encrypted_document_is_opened_by_the_right_key_among_others(encrypted):
    assert read(encrypted, "sunshine", "rain at noon") == {"document": (zipped(), "was encrypted")}


@pytest.mark.parametrize(("keys", "words"), [((), "no key was given"), (("hail",), r"none of the keys given \(1\)")])
def test_without_it_it_is_locked(encrypted, keys, words):
    with pytest.raises(Locked, match=f"opens with a password only, and {words}.*`sauveterre key add`"):
        read(encrypted, *keys)


@pytest.mark.parametrize(
    "streams",
    [
        {"WordDocument": bytes(10) + b"\x00\x01"},
        {"Workbook": struct.pack("<HH", 0x0809, 2) + b"\0\0" + struct.pack("<HH", 0x2F, 2) + b"\0\0"},
        {"Current User": bytes(12) + struct.pack("<I", 0xF3D1C4DF), "PowerPoint Document": b""},
    ],
    ids=["doc", "xls", "ppt"],
)
def test_older_documents_that_say_they_are_encrypted_are_locked(streams):
    with pytest.raises(Locked, match="opens with a password only, and no key was given"):
        read(compound(streams))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6_000), st.binary(min_size=1, max_size=40))
def test_damage_anywhere_ends_in_entries_or_one_sentence(at, new):
    data = bytearray(document())
    data[at : at + len(new)] = new
    try:
        with ole2.open(StreamOrigin(io.BytesIO(bytes(data)), "id", 0, b"", ()), Limits()) as container:
            for entry in container.entries():
                with container.open(entry) as stream:
                    stream.read()
    except SauveterreError:
        pass


@given(st.lists(st.one_of(st.binary(max_size=40), st.binary(max_size=40).map(jpeg_blip)), max_size=6))
def test_pictures_lie_within_the_stream_one_after_the_other(parts):
    data = b"".join(parts)
    end = 0
    for found in [*pictures_in(data), *objects_in(data)]:
        assert 0 <= found.at < found.start <= found.end <= len(data)
        assert found.at >= end or not found.is_picture
        end = found.end
        if not found.is_packed:
            assert unpacked(data, found, 100)
    assert len(drawings_of(data)) <= len(data)

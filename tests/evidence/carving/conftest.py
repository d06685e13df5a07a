"""Files of every format that is looked for, drawn here."""

import io
import random
import sqlite3
import struct
import wave
import zipfile

import pillow_heif
import pytest
from PIL import Image, ImageDraw

from sauveterre.evidence.carving import FORMATS
from sauveterre.evidence.carving.region import Search
from sauveterre.evidence.disk.media import StreamMedia
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import carving
from sauveterre.records.limits import Limits


def drawn(seed: int, size: tuple[int, int] = (160, 120), mode: str = "RGB") -> Image.Image:
    """Draw discs on grain: enough detail for some kilobytes."""
    rng = random.Random(seed)
    image = Image.frombytes("RGB", size, rng.randbytes(size[0] * size[1] * 3)).resize(size)
    pen = ImageDraw.Draw(image)
    for _ in range(5):
        x, y, radius = rng.randrange(size[0]), rng.randrange(size[1]), rng.randrange(10, 50)
        colour = tuple(rng.randbytes(3))
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return image.convert(mode)


def saved(image: Image.Image, form: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def jpegs() -> dict[str, bytes]:
    thumbnail = saved(drawn(90, (80, 60)), "JPEG")
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00" + thumbnail
    return {
        "baseline.jpg": saved(drawn(1), "JPEG", quality=85),
        "progressive.jpg": saved(drawn(2), "JPEG", progressive=True),
        "thumbnail.jpg": saved(drawn(3), "JPEG", exif=exif),
        "cmyk.jpg": saved(drawn(4, mode="CMYK"), "JPEG"),
        "grey.jpg": saved(drawn(5, mode="L"), "JPEG", optimize=True),
        "restarts.jpg": saved(drawn(6), "JPEG", restart_marker_blocks=4, subsampling="4:4:4"),
        "flat.jpg": saved(Image.new("L", (3000, 2000), 255), "JPEG", optimize=True),
        "tiny.jpg": saved(Image.new("RGB", (1, 1)), "JPEG"),
    }


def other_pictures() -> dict[str, bytes]:
    frames = {"save_all": True, "append_images": [drawn(11), drawn(12)], "duration": 40}
    heif = io.BytesIO()
    pillow_heif.from_pillow(drawn(13, (256, 128))).save(heif, quality=60)
    return {
        "plain.png": saved(drawn(14), "PNG"),
        "moving.png": saved(drawn(15), "PNG", **frames),
        "indexed.png": saved(drawn(16, mode="P"), "PNG"),
        "still.gif": saved(drawn(17), "GIF"),
        "moving.gif": saved(drawn(18), "GIF", comment=b"hills in the morning", loop=0, **frames),
        "lossy.webp": saved(drawn(19), "WEBP", quality=70),
        "lossless.webp": saved(drawn(20), "WEBP", lossless=True),
        "moving.webp": saved(drawn(21), "WEBP", **frames),
        "still.heic": heif.getvalue(),
        "still.avif": saved(drawn(22), "AVIF"),
        "plain.bmp": saved(drawn(23), "BMP"),
        "indexed.bmp": saved(drawn(24, mode="P"), "BMP"),
        "plain.tif": saved(drawn(25), "TIFF"),
        "pages.tif": saved(drawn(26), "TIFF", save_all=True, append_images=[drawn(27)])[:-4],  # nothing points at these
        "strips.tif": saved(drawn(28), "TIFF", compression="tiff_lzw"),
        "picture.pdf": saved(drawn(29), "PDF"),
        "updated.pdf": updated_pdf(),
    }


def updated_pdf() -> bytes:
    """Make a PDF with an end mark that leads nowhere, a first part as made for the web, and an update at its end."""
    first = b"%PDF-1.5\n1 0 obj\n<< /Length 6 >>\nstream\n%%EOF\n\nendstream\nendobj\n"
    web = first + b"xref\n0 1\n0000000000 65535 f \ntrailer\n<< >>\nstartxref\n0\n%%EOF\n"
    table = b"2 0 obj\n<< >>\nendobj\n"
    whole = web + table + b"xref\n0 1\ntrailer\n<< >>\nstartxref\n%d\n%%%%EOF\r\n" % (len(web) + len(table))
    return whole + b"3 0 obj\n<< >>\nendobj\nstartxref\n%d\n%%%%EOF" % len(whole)


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def wide_box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body


def film(seed: int, *, brand: bytes = b"isom", index_first: bool = True, wide: bool = False) -> bytes:
    frames = random.Random(seed).randbytes(20_000)
    index = box(b"moov", box(b"mvhd", bytes(100)), box(b"trak", box(b"tkhd", bytes(84))), box(b"udta"))
    data = wide_box(b"mdat", frames) if wide else box(b"mdat", frames)
    head = box(b"ftyp", brand, bytes(4), brand, b"mp41")
    return head + (index + box(b"free", bytes(50)) + data if index_first else data + index)


def fragments(seed: int) -> bytes:
    rng = random.Random(seed)
    index = box(b"moov", box(b"mvhd", bytes(100)), box(b"mvex"))
    parts = [box(b"moof", box(b"mfhd", bytes(8))) + box(b"mdat", rng.randbytes(3000)) for _ in range(3)]
    return box(b"ftyp", b"iso5", bytes(4), b"iso5", b"dash") + index + b"".join(parts)


def element(identity: int, *parts: bytes, unknown: bool = False) -> bytes:
    body = b"".join(parts)
    size = b"\x01" + b"\xff" * 7 if unknown else (1 << 56 | len(body)).to_bytes(8, "big")
    return identity.to_bytes((identity.bit_length() + 7) // 8, "big") + size + body


def matroska(seed: int, kind: bytes, *, unknown: bool) -> bytes:
    rng = random.Random(seed)
    blocks = [element(0xA3, b"\x81\x00\x00\x80", rng.randbytes(900)) for _ in range(4)]
    clusters = [element(0x1F43B675, element(0xE7, b"\x00"), *blocks, unknown=unknown) for _ in range(2)]
    head = element(0x1A45DFA3, b"\x42\x82", bytes((0x80 | len(kind),)), kind)
    parts = (element(0x1549A966, bytes(20)), element(0x1654AE6B, bytes(40)), *clusters)
    return head + element(0x18538067, *parts, unknown=unknown)


def riff(form: bytes, *chunks: bytes) -> bytes:
    body = form + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + bytes(len(body) & 1)


def films() -> dict[str, bytes]:
    frames = chunk(b"00dc", random.Random(41).randbytes(5001))
    header = chunk(b"LIST", b"hdrl" + chunk(b"avih", bytes(56)))
    more = riff(b"AVIX", chunk(b"LIST", b"movi" + frames))
    sound = io.BytesIO()
    with wave.open(sound, "wb") as made:
        made.setparams((1, 2, 8000, 0, "NONE", ""))
        made.writeframes(random.Random(42).randbytes(4000))
    return {
        "index_first.mp4": film(30),
        "index_last.mp4": film(31, index_first=False),
        "wide.mp4": film(32, wide=True, index_first=False),
        "camera.mov": film(33, brand=b"qt  "),
        "phone.3gp": film(34, brand=b"3gp5"),
        "fragments.mp4": fragments(35),
        "stated.mkv": matroska(36, b"matroska", unknown=False),
        "live.webm": matroska(37, b"webm", unknown=True),
        "camera.avi": riff(b"AVI ", header, chunk(b"LIST", b"movi" + frames), chunk(b"idx1", bytes(32))) + more,
        "voice.wav": sound.getvalue(),
    }


class OneWay(io.RawIOBase):
    """A stream that cannot go back: archives written to it state their sizes behind the data."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += data
        return len(data)


def packed(
    members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, *, one_way: bool = False, wide=False
) -> bytes:
    file = OneWay() if one_way else io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, data in members.items():
            with made.open(zipfile.ZipInfo(name), "w", force_zip64=wide) as member:
                member.write(data)
    return bytes(file.data) if one_way else file.getvalue()


def signed(archive: bytes) -> bytes:
    """Put the block in which Android packages are signed before the directory."""
    start = archive.index(b"PK\x01\x02")
    body = bytes(100) + struct.pack("<Q", 124) + b"APK Sig Block 42"
    block = struct.pack("<Q", len(body)) + body
    end = bytearray(archive[start:])
    struct.pack_into("<I", end, len(end) - 6, start + len(block))
    return archive[:start] + block + bytes(end)


def archives() -> dict[str, bytes]:
    rng = random.Random(50)
    notes = {f"notes/{day}.txt": b"wind from the west\n" * day + rng.randbytes(800) for day in range(1, 8)} | {
        "empty": b""
    }
    inner = packed(notes, zipfile.ZIP_STORED)
    document = {"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<x/>", "word/document.xml": b"<w>hills</w>" * 90}
    return {
        "stored.zip": packed(notes, zipfile.ZIP_STORED),
        "nested.zip": packed({"inner.zip": inner, "picture.jpg": jpegs()["baseline.jpg"]}, zipfile.ZIP_STORED),
        "one_way.zip": packed(notes, one_way=True),
        "wide.zip": packed(notes, wide=True),
        "wide_one_way.zip": packed(notes, one_way=True, wide=True),
        "letter.docx": packed(document),
        "signed.apk": signed(packed({"AndroidManifest.xml": bytes(90), "empty": b"", "res/hills.txt": b"hills" * 9})),
    }


def database(page_size: int = 4096, *, deleted: bool = False, vacuum: str = "none") -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"PRAGMA page_size = {page_size}")
    connection.execute(f"PRAGMA auto_vacuum = {vacuum}")
    connection.execute("CREATE TABLE weather (day INTEGER PRIMARY KEY, words TEXT, sky BLOB)")
    connection.execute("CREATE INDEX by_words ON weather (words)")
    rows = [(f"cloud {day} over the hills", random.Random(day).randbytes(50 + day * 40)) for day in range(300)]
    connection.executemany("INSERT INTO weather (words, sky) VALUES (?, ?)", rows)
    if deleted:
        connection.execute("DELETE FROM weather WHERE day % 3 = 0")
    connection.commit()
    data = connection.serialize()
    connection.close()
    return data


def databases() -> dict[str, bytes]:
    return {
        "usual.sqlite": database(),
        "small_pages.sqlite": database(512, vacuum="full"),
        "large_pages.sqlite": database(65536),
        "deleted.sqlite": database(1024, deleted=True),
    }


@pytest.fixture(scope="session")
def samples() -> dict[str, bytes]:
    """A file of every kind, by a name that says what it is."""
    return jpegs() | other_pictures() | films() | archives() | databases()


@pytest.fixture(scope="session")
def searched():
    """Search bytes, or a medium: every file found, as (offset, length, complete, suffix)."""

    def search(data) -> list[tuple[int, int, bool, str]]:
        media = StreamMedia(io.BytesIO(data)) if isinstance(data, bytes | bytearray) else data
        return [(c.offset, c.length, c.complete, c.suffix) for c in Search(media, FORMATS).run()]

    return search


@pytest.fixture(scope="session")
def region():
    """Open bytes as a region."""

    def open_(data: bytes, limits: Limits | None = None):
        return carving.open(StreamOrigin(io.BytesIO(data), "sha256:of-the-test"), limits or Limits())

    return open_

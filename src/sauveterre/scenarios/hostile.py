"""Hostile and damaged files: each small, each with the ways in which it may rightly end."""

import random
import struct
import zlib
from dataclasses import dataclass
from functools import cache

from sauveterre.scenarios.archives import zip_bytes

BOMB_BYTES = 1 << 30
CHUNK = 1 << 24
DEPTH = 11
"""Archives inside one another: more than the eight that are opened."""
RIGHT, HALF, WRONG = "processed", "partial", "failed"
STORED_TIME = 0x3800
STORED_DATE = 0x5C99
"""25 April 2026, 07:00, as ZIP writes it."""


@dataclass(frozen=True, slots=True)
class HostileFile:
    """A file made to hurt or to mislead a reader."""

    path: bytes
    data: bytes
    what: str
    outcomes: tuple[str, ...]


def hostile_files(good: list[bytes], rng: random.Random) -> list[HostileFile]:
    """Return the hostile files of the last exhibit. ``good``: at least four good JPEG pictures to spoil."""
    first, second, third, fourth = good[:4]
    whole_zip = zip_bytes({"a.jpg": first, "b.jpg": second})
    turned = bytes(byte ^ 0x55 if at % 97 == 96 else byte for at, byte in enumerate(third[600:], 600))
    return [
        HostileFile(b"broken/cut-in-half.jpg", first[: len(first) // 2], "a JPEG cut in half", (HALF,)),
        HostileFile(b"broken/cut-in-header.jpg", first[:90], "a JPEG cut within its header", (HALF,)),
        HostileFile(b"broken/last-bytes-missing.jpg", second[:-200], "a JPEG without its end", (HALF, RIGHT)),
        HostileFile(b"broken/turned-bytes.jpg", third[:600] + turned, "a JPEG with wrong bytes", (HALF, RIGHT)),
        HostileFile(b"broken/60000x60000.png", lying_png(60_000, 60_000), "a PNG that claims 3.6 gigapixels", (HALF,)),
        HostileFile(b"broken/wide.png", lying_png(2**31 - 1, 1), "a PNG that claims 2^31-1 columns", (HALF,)),
        HostileFile(b"broken/nothing.jpg", b"", "an empty file named as a picture", (RIGHT, HALF)),
        HostileFile(b"broken/noise.jpg", rng.randbytes(4096), "random bytes named as a picture", (RIGHT, HALF)),
        HostileFile(b"names/text.png", b"Rain by noon, clear by five.\n" * 20, "text named as a picture", (RIGHT,)),
        HostileFile(b"names/picture.txt", fourth, "a picture named as text", (RIGHT,)),
        HostileFile(b"names/caf\xe9-\xff.jpg", second, "a name that is no valid UTF-8", (RIGHT,)),
        HostileFile(b"names/two\nlines.jpg", third, "a name with a line break", (RIGHT,)),
        HostileFile("names/\u202egpj.evil.txt".encode(), b"right to left\n", "a name that reads backwards", (RIGHT,)),
        HostileFile(b"names/" + b"n" * 240 + b".jpg", fourth, "a very long name", (RIGHT,)),
        HostileFile(b"archives/bomb.zip", bomb(), "a ZIP in which a ZIP holds 1 GiB of zeros", (RIGHT,)),
        HostileFile(b"archives/cut.zip", whole_zip[:-300], "a ZIP cut short", (RIGHT, HALF)),
        HostileFile(b"archives/deep.zip", deep(), "a ZIP with eleven more inside one another", (RIGHT,)),
    ]  # fmt: skip


def lying_png(width: int, height: int) -> bytes:
    """Return a PNG whose header claims a size that its few bytes of data cannot fill."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def deep() -> bytes:
    """Return a ZIP in a ZIP, ``DEPTH`` times, around one line of text."""
    data = zip_bytes({"bottom.txt": b"the bottom\n"})
    for level in range(DEPTH, 0, -1):
        data = zip_bytes({f"level-{level:02d}.zip": data})
    return data


@cache
def bomb() -> bytes:
    """Return a small ZIP that holds a ZIP that holds a gigabyte of zeros (more than 1,000 to 1)."""
    zeros = bytes(CHUNK)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    one = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    check = 0
    for _ in range(BOMB_BYTES // CHUNK):
        check = zlib.crc32(zeros, check)
    inner = _one_member("zeros.bin", one * (BOMB_BYTES // CHUNK) + b"\x03\x00", BOMB_BYTES, check)
    packed = zlib.compress(inner, 9)[2:-4]
    return _one_member("inner.zip", packed, len(inner), zlib.crc32(inner))


def _one_member(name: str, packed: bytes, size: int, check: int) -> bytes:
    """Return a ZIP of one member that is already deflated (the standard writer would unpack it first)."""
    path = name.encode()
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, STORED_TIME, STORED_DATE, check, len(packed), size, len(path), 0)
    local = b"PK\x03\x04" + common + path + packed
    central = b"PK\x01\x02" + struct.pack("<H", 0x0314) + common + struct.pack("<HHHII", 0, 0, 0, 0o644 << 16, 0) + path
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end

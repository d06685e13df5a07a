"""Shadow copies in a volume that is put together here, after libvshadow's description of the format."""

import io
import struct
import uuid
from datetime import UTC, datetime

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.media import StreamMedia
from sauveterre.evidence.filesystems.shadow import HEADER_AT, shadows
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import ntfs
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits

BLOCK = 16_384
IDENTIFIER = uuid.UUID("3808876b-c176-4e48-b7ae-04046e6cc752").bytes_le
STORE = uuid.UUID(int=7).bytes_le
NOW = b"sunshine and a light breeze\n" * 900
BEFORE = b"rain, and then more of it..\n" * 900
CREATED = datetime(2024, 5, 17, 12, tzinfo=UTC)
FILETIME = (CREATED - datetime(1601, 1, 1, tzinfo=UTC)).days * 864_000_000_000 + 12 * 36_000_000_000


def block(kind: int, relative: int, at: int, content: bytes, following: int = 0, extra: int = 0) -> bytes:
    head = IDENTIFIER + struct.pack("<IIQQQQ", 1, kind, relative, at, following, extra)
    return (head.ljust(128, b"\0") + content).ljust(BLOCK, b"\0")


def with_shadow(current: bytes, earlier: bytes) -> bytes:
    """Put what differs between two states of a volume into a store at its end, where nothing else lies."""
    image = bytearray(current)
    changed = [at for at in range(0, len(current), BLOCK) if current[at : at + BLOCK] != earlier[at : at + BLOCK]]
    catalog, header, blocks, ranges, bitmap, *copies = (len(image) - BLOCK * n for n in range(8 + len(changed), 3, -1))
    assert not any(image[catalog : copies[-1] + BLOCK])
    entries = struct.pack("<QQ16sQQQ", 2, len(image), STORE, 1, 0x40, FILETIME).ljust(128, b"\0")
    entries += struct.pack("<QQ16sQQQQQQ", 3, blocks, STORE, header, ranges, bitmap, 0, 1 << 20, 0)
    machine = "garden".encode("utf-16-le")
    about = bytes(16) + STORE + bytes(16) + struct.pack("<IIII", 9, 0, 0x42_0009, 0)
    about += 2 * (struct.pack("<H", len(machine)) + machine)
    rows = b"".join(
        struct.pack("<QQQII", at, copy - header, copy, 0, 0) for at, copy in zip(changed, copies, strict=True)
    )
    first = struct.pack("<QQQ", header, 0, copies[-1] + BLOCK - header)
    parts = {
        catalog: block(2, 0, catalog, entries),
        header: block(4, 0, header, about, extra=len(about)),
        blocks: block(3, blocks - header, blocks, rows),
        ranges: block(5, ranges - header, ranges, first),
        bitmap: block(6, bitmap - header, bitmap, bytes(BLOCK - 128)),
        **{copy: earlier[at : at + BLOCK] for at, copy in zip(changed, copies, strict=True)},
    }
    for at, part in parts.items():
        image[at : at + BLOCK] = part
    start = IDENTIFIER + struct.pack("<IIQQQQQ", 1, 1, HEADER_AT, HEADER_AT, 0, catalog, 1 << 20)
    image[HEADER_AT : HEADER_AT + 512] = (start + bytes(16) * 2).ljust(512, b"\0")
    return bytes(image)


@pytest.fixture(scope="module")
def image(tool, blank, folder_of) -> bytes:
    path, root = blank("shadow.ntfs", 8 << 20), folder_of({"now": NOW, "before": BEFORE})
    tool("mkntfs", "-q", "-F", "-c", "4096", path)
    tool("ntfscp", "-q", path, root / "before", "weather.txt")
    earlier = path.read_bytes()
    assert earlier.count(BEFORE) == 1
    return with_shadow(earlier.replace(BEFORE, NOW), earlier)


def test_the_volume_as_it_was_is_a_volume_of_its_own(image, volume, read_all, by_path):
    container = volume(ntfs, image)
    (shadow,) = [entry for entry in container.entries() if entry.kind is EntryKind.VOLUME]
    assert (shadow.path, shadow.locator, shadow.opens) == (b"$Shadow/1", "shadow 1", "ntfs")
    assert (shadow.size, shadow.created) == (len(image), CREATED)
    assert container.entry_at("shadow 1") == shadow
    assert read_all(container, by_path(container)[b"weather.txt"]) == (NOW, "")
    with container.open(shadow) as stream:
        inner = ntfs.open(StreamOrigin(stream, "sha256:inside"), Limits())
        found = by_path(inner)
        assert read_all(inner, found[b"weather.txt"]) == (BEFORE, "")
        assert not any(entry.kind is EntryKind.VOLUME for entry in found.values())
        assert inner.problems == []


def test_shadow_copies_that_cannot_be_opened_are_a_problem(image, volume):
    damaged = bytearray(image)
    catalog = struct.unpack_from("<Q", image, HEADER_AT + 48)[0]
    damaged[catalog : catalog + 16] = bytes(16)
    container = volume(ntfs, damaged)
    assert b"weather.txt" in [entry.path for entry in container.entries()]
    (problem,) = container.problems
    assert "shadow copies" in problem.what
    with pytest.raises(UnreadableSource):
        list(shadows(StreamMedia(io.BytesIO(bytes(damaged)))))


def test_a_volume_without_shadow_copies_has_none(image):
    plain = bytearray(image)
    plain[HEADER_AT : HEADER_AT + 512] = bytes(512)
    assert list(shadows(StreamMedia(io.BytesIO(bytes(plain))))) == []

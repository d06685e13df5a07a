import bz2
import lzma
import plistlib
import struct
import zlib

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.opening import peek_at
from sauveterre.evidence.readers import dmg, partitions

ADC = 0x80000004


def adc(data: bytes) -> bytes:
    """Pack as ADC does, without ever looking back: stretches of up to 128 bytes, each after its length."""
    parts = [data[at : at + 128] for at in range(0, len(data), 128)]
    return b"".join(bytes([0x80 | len(part) - 1]) + part for part in parts)


PACKINGS = {
    "stored": (1, bytes), "zlib": (0x80000005, zlib.compress), "bzip2": (0x80000006, bz2.compress),
    "lzma": (0x80000008, lzma.compress), "adc": (ADC, adc),
}  # fmt: skip


def table(first: int, count: int, runs) -> bytes:
    """Make a table of runs: (kind, first sector, sectors, offset, packed bytes)."""
    rows = [struct.pack(">IIQQQQ", kind, 0, *rest) for kind, *rest in [*runs, (0xFFFFFFFF, count, 0, 0, 0)]]
    head = struct.pack(">4sIQQQII24s", b"mish", 1, first, count, 0, 2056, 0, bytes(24))
    return head + struct.pack(">II128xI", 2, 32, len(rows)) + b"".join(rows)


def udif(data: bytes, packing: str, run: int = 512 * 512, split: int = 0) -> bytes:
    """Make an Apple disk image of a medium; ``split`` parts it in two tables at this sector."""
    kind, pack = PACKINGS[packing]
    fork, tables = b"", []
    for start, end in ((0, split * 512), (split * 512, len(data))) if split else ((0, len(data)),):
        runs = []
        for at in range(start, end, run):
            part = data[at : min(at + run, end)]
            packed = pack(part) if any(part) else b""
            runs.append((kind if any(part) else 2, (at - start) // 512, len(part) // 512, len(fork), len(packed)))
            fork += packed
        tables.append(table(start // 512, (end - start) // 512, runs))
    return ended(fork, tables, len(data) // 512)


def ended(fork: bytes, tables, sectors: int) -> bytes:
    """Put the list of runs and the trailer behind the packed runs."""
    plist = plistlib.dumps({"resource-fork": {"blkx": [{"Data": data, "ID": "0", "Name": "whole"} for data in tables]}})
    trailer = struct.pack(">4sIIIQQQQQII16s", b"koly", 4, 512, 1, 0, 0, len(fork), 0, 0, 1, 1, bytes(16))
    trailer += struct.pack(">II128xQQ120xII128xIQ12x", 2, 32, len(fork), len(plist), 2, 32, 1, sectors)
    return fork + plist + trailer


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_gives_the_medium(opened, volume, medium, packing):
    container = opened(dmg, udif(medium, packing))

    assert volume(container) == medium
    assert container.problems == []


def test_several_tables_and_runs_of_other_sizes(opened, volume, medium):
    data = medium[: 3_000 * 512]

    assert volume(opened(dmg, udif(data, "zlib", run=512 * 7, split=1_001))) == data


def test_stretches_that_no_run_covers_are_zeros(opened, volume):
    container = opened(dmg, ended(b"rain" * 256, [table(0, 9, [(1, 2, 1, 0, 512), (1, 5, 1, 512, 512)])], 9))

    assert volume(container) == bytes(1024) + b"rain" * 128 + bytes(1024) + b"rain" * 128 + bytes(1536)


@pytest.mark.parametrize("sectors", [1 << 22, 1 << 54])
def test_a_size_that_no_run_bears_out_is_not_believed(opened, volume, sectors):
    container = opened(dmg, ended(b"rain" * 128, [table(0, 1, [(1, 0, 1, 0, 512)])], sectors))

    assert volume(container) == b"rain" * 128
    [problem] = container.problems
    assert f"said to have {sectors * 512:,} bytes and its runs cover 512" in problem.what


def test_a_damaged_run_is_an_error_with_its_place(opened, before_damage, medium):
    image = bytearray(udif(medium, "zlib"))
    second = image.index(zlib.compress(medium[2 * 262_144 : 3 * 262_144])[:50])
    image[second + 20 : second + 60] = b"\xff" * 40
    container = opened(dmg, bytes(image))
    [entry] = container.entries()
    data, error = before_damage(container.open(entry))

    assert data == medium[: 2 * 262_144]
    assert "the run of bytes 524,288 to 786,431 cannot be unpacked" in str(error)


def test_a_run_that_unpacks_to_too_much_is_damage(opened):
    huge = table(0, 1 << 20, [(0x80000005, 0, 1 << 20, 0, 100)])

    with pytest.raises(UnreadableSource, match="has a list of runs that is damaged"):
        opened(dmg, ended(bytes(200), [huge], 1 << 20))


def test_segments_are_named_as_such(opened):
    image = bytearray(udif(b"rain" * 128, "stored"))
    image[-512 + 60 : -512 + 64] = struct.pack(">I", 3)

    with pytest.raises(UnreadableSource, match="is one of 3 segments of an Apple disk image"):
        opened(dmg, bytes(image))


def sparse(data: bytes, band_sectors: int = 2048) -> bytes:
    """Make a sparse image whose bands lie in it backwards ("sprs" format, version 3)."""
    size = band_sectors * 512
    bands = [data[at : at + size].ljust(size, b"\x00") for at in range(0, len(data), size)]
    order = list(reversed(range(len(bands))))
    head = struct.pack(">4sIIII", b"sprs", 3, band_sectors, 1, len(data) // 512).ljust(64, b"\x00")
    head += b"".join(struct.pack(">I", number + 1) for number in order)
    return head.ljust(4096, b"\x00") + b"".join(bands[number] for number in order)


def test_sparse_images(opened, volume, medium):
    assert volume(opened(dmg, sparse(medium))) == medium


def test_images_of_others(dfvfs, opened_file, volume, opened):
    data = volume(opened_file(dmg, dfvfs / "hfsplus_zlib.dmg"))
    inside = opened(partitions, data)

    assert len(data) == 1_954_304
    assert next((entry.locator, entry.size) for entry in inside.entries()) == ("partition 1", 1_916_928)


def test_a_medium_is_no_apple_image(raw):
    with raw.open("rb") as stream:
        assert not dmg.recognises(peek_at(stream))


@pytest.mark.parametrize("packing", ["zlib", "adc"])
def test_damage_never_raises_anything_of_its_own_making(opened_with, survives, mutants, medium, packing):
    image = udif(medium[: 1 << 20], packing)
    listed = image.index(b"<?xml")
    spans = [(listed, len(image) - 512), (len(image) - 512, len(image) - 10), (0, 4096)]
    ends = {survives(dmg, damaged, opened_with) for damaged in mutants(image, 200, spans)}

    assert "opened" in ends
    assert len(ends) > 2

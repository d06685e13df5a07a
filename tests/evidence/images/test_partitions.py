import io
import struct
import zlib

import pytest
import pytsk3
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.evidence.disk.media import StreamMedia
from sauveterre.evidence.disk.partition_tables import is_mbr, read_table
from sauveterre.evidence.disk.tsk import tsk_image
from sauveterre.evidence.opening import container_kind, peek_at
from sauveterre.evidence.readers import partitions
from sauveterre.records.entry import Cause, EntryKind

SECTOR = 512
SIZE = 16 << 20
MIB = 1 << 20


@pytest.fixture
def divided(tool, tmp_path):
    """Divide an empty medium by an sfdisk script; return its bytes."""

    def make(script):
        path = tmp_path / "disk.raw"
        path.write_bytes(bytes(SIZE))
        tool("sfdisk", "-q", path, input=script.encode())
        return path.read_bytes()

    return make


def listed(container):
    return {entry.locator: (entry.path, entry.size, entry.kind, entry.note) for entry in container.entries()}


def by_tsk(data: bytes):
    """Return start and size of the partitions that The Sleuth Kit lists."""
    table = pytsk3.Volume_Info(tsk_image(StreamMedia(io.BytesIO(data))))
    block = table.info.block_size
    return [(part.start * block, part.len * block) for part in table if part.flags & pytsk3.TSK_VS_PART_FLAG_ALLOC]


def ours(data: bytes):
    return [(part.start, part.size) for part in read_table(StreamMedia(io.BytesIO(data))).partitions]


def mbr(*entries):
    """Make a first sector with these (status, type, first sector, count)."""
    table = b"".join(struct.pack("<B3xB3xII", *entry) for entry in entries)
    return bytes(446) + table.ljust(64, b"\x00") + b"\x55\xaa"


MBR = "label: dos\n2048,4096,L\n8192,8192,7,*\n"
CHAIN = "label: dos\n2048,2048,L\n4096,20480,E\n6144,2048,L\n10240,4096,L\n16384,2048,82\n"
LINUX, EFI = "0FC63DAF-8483-4772-8E79-3D69D8477DE4", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
GPT = (
    f'label: gpt\nstart=2048, size=4096, type={LINUX}, name="films"\nstart=8192, size=8192, type={EFI}\n'
    f'start=20480, size=1024, type={LINUX}, name="été"\n'
)


@pytest.mark.parametrize("script", [MBR, CHAIN, GPT], ids=["mbr", "chain", "gpt"])
def test_the_sleuth_kit_lists_the_same_partitions(divided, script):
    data = divided(script)

    assert ours(data) == by_tsk(data)
    assert len(ours(data)) == {MBR: 2, CHAIN: 4, GPT: 3}[script]


def test_an_mbr_gives_volumes_and_gaps(divided, opened):
    data = divided(MBR)
    marked = data[: 8192 * SECTOR] + b"second" + data[8192 * SECTOR + 6 :]
    container = opened(partitions, marked)
    second = container.entry_at("partition 2")

    assert listed(container) == {
        "partition 1": (b"p1", 4096 * SECTOR, EntryKind.VOLUME, "at byte 1,048,576, type 0x83 (Linux)"),
        "partition 2": (b"p2", 8192 * SECTOR, EntryKind.VOLUME, "at byte 4,194,304, type 0x07 (NTFS or exFAT)"),
        "gap 512": (b"unallocated 512-1048575", MIB - 512, EntryKind.REGION, ""),
        "gap 3145728": (b"unallocated 3145728-4194303", MIB, EntryKind.REGION, ""),
        "gap 8388608": (b"unallocated 8388608-16777215", 8 * MIB, EntryKind.REGION, ""),
    }
    assert container.open(second).read(6) == b"second"
    assert [entry.opens for entry in container.entries()] == ["", "", "carving", "carving", "carving"]
    assert [entry.allocated for entry in container.entries()] == [True, True, False, False, False]
    assert container.problems == []


def test_every_byte_is_in_a_partition_a_gap_or_the_table(divided, opened):
    for script in (MBR, CHAIN, GPT):
        data = divided(script)
        table = read_table(StreamMedia(io.BytesIO(data)))
        taken = [(start, start + size) for start, size in [*table.tables, *ours(data)]]
        at = 0
        for start, end in sorted([*taken, *partitions.gaps(table, SIZE)]):
            assert start - at <= SECTOR, script
            at = max(at, end)
        assert SIZE - at <= SECTOR


def test_names_and_types_of_a_gpt_are_told(divided, opened):
    found = listed(opened(partitions, divided(GPT)))

    assert [key for key in found if key.startswith("partition")] == ["partition 1", "partition 2", "partition 3"]
    assert found["partition 1"][3] == "at byte 1,048,576, type Linux, named 'films'"
    assert found["partition 2"][3] == "at byte 4,194,304, type EFI system"
    assert found["partition 3"][3] == "at byte 10,485,760, type Linux, named 'été'"


def test_a_gpt_whose_first_copy_is_gone_is_read_from_the_second(divided, opened):
    data = divided(GPT)
    damaged = bytes(34 * SECTOR) + data[34 * SECTOR :]
    container = opened(partitions, damaged)

    assert partitions.recognises(peek_at(io.BytesIO(damaged)))
    assert ours(damaged) == ours(data)
    assert [problem.what for problem in container.problems] == [
        "the first copy of the GPT is missing; the second one was read"
    ]


def test_a_gpt_whose_copies_differ_is_told(divided, opened):
    data = bytearray(divided(GPT))
    data[2 * SECTOR + 56] ^= 1
    container = opened(partitions, bytes(data))
    assert [problem.what for problem in container.problems] == [
        "the first copy of the GPT does not have its checksums: it was damaged or changed by hand"
    ]

    entries = bytes(data[2 * SECTOR : 34 * SECTOR])
    struct.pack_into("<I", data, SECTOR + 88, zlib.crc32(entries))
    header = bytes(data[SECTOR : SECTOR + 92])
    struct.pack_into("<I", data, SECTOR + 16, zlib.crc32(header[:16] + bytes(4) + header[20:]))
    container = opened(partitions, bytes(data))
    assert len(container.problems) == 1
    assert container.problems[0].what.startswith("the two copies of the GPT name different partitions")


def test_a_gpt_with_no_copy_left_is_what_its_first_sector_says(divided, opened):
    data = divided(GPT)
    container = opened(partitions, data[:SECTOR] + bytes(SIZE - SECTOR))

    assert container.entry_at("partition 1").note == "at byte 512, type 0xee (GPT)"
    assert "neither of its two copies is there" in container.problems[0].what


def test_large_sectors_of_a_gpt(tool, tmp_path, opened):
    path = tmp_path / "disk.raw"
    path.write_bytes(bytes(32 * MIB))
    tool("fdisk", "-b", 4096, path, input=b"g\nn\n1\n256\n767\nn\n2\n1024\n2047\nw\n")
    container = opened(partitions, path.read_bytes())

    assert container.entry_at("partition 1").note == "at byte 1,048,576, type Linux"
    assert ours(path.read_bytes()) == by_tsk(path.read_bytes())
    assert container.entry_at("partition 2").size == 4 * MIB
    assert container.problems == []


def test_large_sectors_of_an_mbr_are_told_by_what_begins_there(opened):
    data = bytearray(32 << 20)
    data[:SECTOR] = mbr((0, 0x83, 256, 1024))
    assert opened(partitions, bytes(data)).entry_at("partition 1").note.startswith("at byte 131,072")

    data[MIB + 1080 : MIB + 1082] = b"\x53\xef"
    container = opened(partitions, bytes(data))
    assert container.entry_at("partition 1").note.startswith("at byte 1,048,576")
    assert container.entry_at("partition 1").size == 4 * MIB


def test_apples_map(tool, tmp_path, opened):
    path = tmp_path / "apple.raw"
    path.write_bytes(bytes(SIZE))
    tool("parted", "-s", path, "mklabel", "mac", "mkpart", "films", "hfs", "1MiB", "5MiB", "mkpart", "rain", "hfs",
         "8MiB", "9MiB")  # fmt: skip
    data = path.read_bytes()
    container = opened(partitions, data)

    assert ours(data) == [(MIB, 4 * MIB), (8 * MIB, MIB)]
    assert set(ours(data)) <= set(by_tsk(data))
    assert container.entry_at("partition 2").note == "at byte 1,048,576, type Apple_HFS, named 'films'"
    assert container.problems == []


def test_a_partition_past_the_end_is_shortened_and_told(opened):
    data = (mbr((0, 0x83, 2048, 8192), (0, 0x83, 50_000, 100))).ljust(2 * MIB, b"\x00")
    container = opened(partitions, data)
    short, beyond = container.entry_at("partition 1"), container.entry_at("partition 2")

    assert short.size == MIB
    assert short.note == "at byte 1,048,576, type 0x83 (Linux), 3,145,728 bytes shorter than its table states"
    assert (beyond.size, beyond.cause) == (0, Cause.DAMAGED)
    with pytest.raises(UnreadableSource, match="past the end of the medium"):
        container.open(beyond)
    assert [problem.what for problem in container.problems] == [
        "partition 1 has 4,194,304 bytes by its table and only 1,048,576 of them lie on the medium; look for a "
        "complete image"
    ]


def test_partitions_that_overlap_are_told_and_both_are_read(opened):
    container = opened(partitions, mbr((0, 0x83, 8, 100), (0x80, 0x83, 58, 100)).ljust(MIB, b"\x00"))

    assert [problem.what for problem in container.problems] == ["partitions 1 and 2 share 25,600 bytes; both are read"]
    assert [entry.size for entry in container.entries()][:2] == [51_200, 51_200]


def test_a_chain_in_a_circle_ends(opened):
    link = mbr((0, 0x83, 1, 4), (0, 0x05, 0, 100))
    data = bytearray(MIB)
    data[:SECTOR] = mbr((0, 0x05, 100, 1000))
    data[100 * SECTOR : 101 * SECTOR] = link
    container = opened(partitions, bytes(data))

    assert next(entry.locator for entry in container.entries()) == "partition 5"
    assert container.problems[0].what.startswith("the chain of logical partitions runs in a circle")


def test_a_chain_that_breaks_off_is_told_and_its_space_is_searched(opened):
    container = opened(partitions, mbr((0, 0x05, 100, 1000)).ljust(MIB, b"\x00"))

    assert [(entry.locator, entry.size) for entry in container.entries()] == [("gap 512", MIB - SECTOR)]
    assert "breaks off at byte 51,200" in container.problems[0].what


@pytest.mark.parametrize(
    ("maker", "arguments"),
    [("mkfs.fat", ["-F", "16"]), ("mkfs.fat", ["-F", "12"]), ("mkfs.exfat", []), ("mkntfs", ["-q", "-F"]),
     ("mkfs.ext4", ["-q", "-F"]), ("mkfs.btrfs", ["-q", "-f", "-M"])],
    ids=["fat16", "fat12", "exfat", "ntfs", "ext4", "btrfs"],
)  # fmt: skip
def test_a_file_system_is_no_divided_medium(tool, tmp_path, maker, arguments):
    path = tmp_path / "volume.raw"
    path.write_bytes(bytes(120 * MIB if "btrfs" in maker else SIZE))
    tool(maker, *arguments, path)
    with path.open("rb") as stream:
        assert not partitions.recognises(peek_at(stream))


def test_images_of_others(dfvfs, opened_file):
    for name in ("ext2.qcow2", "hfsplus.raw", "apfs.raw", "ímynd.dd", "iso9660.raw"):
        with (dfvfs / name).open("rb") as stream:
            assert not partitions.recognises(peek_at(stream)), name


@settings(max_examples=300, deadline=None)
@given(st.binary(min_size=512, max_size=4096), st.sampled_from([b"", b"EFI PART", b"ER", b"\xeb\x3c\x90"]))
def test_any_bytes_are_a_table_or_none(data, start):
    sector = bytearray(data)
    sector[: len(start)] = start
    sector[510:512] = b"\x55\xaa"
    for head in (bytes(sector), sector + sector, mbr((0, 0x83, 1, 1)) + bytes(sector)):
        try:
            table = read_table(StreamMedia(io.BytesIO(head)))
        except SauveterreError:
            continue
        for start, end in partitions.gaps(table, len(head)) if table else ():
            assert 0 <= start < end <= len(head)


def test_what_makes_a_first_sector_sane():
    good = (0x80, 0x83, 2048, 100)
    assert is_mbr(mbr(good), 10 * MIB)
    assert not is_mbr(mbr(good), 1 * MIB)  # it begins past the end
    assert not is_mbr(mbr((0x12, 0x83, 2048, 100)), 10 * MIB)  # no such status
    assert not is_mbr(mbr((0, 0, 2048, 100)), 10 * MIB)  # nothing is used
    assert not is_mbr(mbr((0, 0x83, 0, 100)), 10 * MIB)  # it begins on the table itself
    assert not is_mbr(b"\xeb\x52\x90NTFS    " + mbr(good)[11:], 10 * MIB)
    assert is_mbr(b"\xeb\x63\x90" + mbr(good)[3:], 10 * MIB)  # as GRUB begins


def test_damage_never_raises_anything_of_its_own_making(divided, opened_with, survives, mutants):
    for script in (MBR, CHAIN, GPT):
        data = divided(script)
        spans = [(440, 512), (512, 1024 + 512), (4096 * SECTOR + 440, 4097 * SECTOR)]
        ends = {survives(partitions, damaged, opened_with) for damaged in mutants(data[: 2 * MIB + SECTOR], 60, spans)}
        assert "opened" in ends


def test_a_disk_that_was_divided_after_it_was_formatted_whole_is_a_divided_one(tool, tmp_path):
    path = tmp_path / "disk.raw"
    path.write_bytes(bytes(SIZE))
    tool("mkfs.ext4", "-q", "-F", path)
    tool("sfdisk", "-q", "--wipe", "never", path, input=MBR.encode())
    with path.open("rb") as stream:
        assert stream.read(1082)[1080:] == b"\x53\xef", "the superblock of old is still there"
        assert container_kind(peek_at(stream)) == "partitions"

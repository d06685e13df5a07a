"""Partition tables: MBR with its chain of logical partitions, GPT (UEFI 2.10, chapter 5), Apple's map. Pure reading.

Only what the table says is looked at, with one exception: whether an MBR counts in sectors of 4,096 bytes can be told
only from where its partitions begin.
"""

import struct
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.media import Media

SECTORS = (512, 4096)
_MBR_ENTRY = struct.Struct("<B3xB3xII")
_GPT_HEADER = struct.Struct("<8s4sII4xQQQQ16sQIII")
_GPT_ENTRY = struct.Struct("<16s16sQQQ72s")
_APM_ENTRY = struct.Struct(">2s2xIII32s32s")
_MOST_LOGICAL = 256
_MOST_APM = 1024
_MOST_GPT_BYTES = 1 << 20
_EXTENDED = {0x05, 0x0F, 0x85}
_PROTECTIVE = 0xEE
_MBR_NAMES = {
    0x01: "FAT12", 0x04: "FAT16", 0x06: "FAT16", 0x07: "NTFS or exFAT", 0x0B: "FAT32", 0x0C: "FAT32", 0x0E: "FAT16",
    0x12: "recovery", 0x17: "hidden NTFS or exFAT", 0x1B: "hidden FAT32", 0x1C: "hidden FAT32", 0x27: "recovery",
    0x42: "Windows dynamic disk", 0x82: "Linux swap", 0x83: "Linux", 0x8E: "Linux LVM", 0xA5: "FreeBSD",
    0xA8: "Apple UFS", 0xAB: "Apple boot", 0xAF: "Apple HFS", 0xEE: "GPT", 0xEF: "EFI system", 0xFD: "Linux RAID",
}  # fmt: skip
_GPT_NAMES = {
    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b": "EFI system",
    "e3c9e316-0b5c-4db8-817d-f92df00215ae": "Microsoft reserved",
    "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7": "basic data",
    "de94bba4-06d1-4d40-a16a-bfd50179d6ac": "Windows recovery",
    "0fc63daf-8483-4772-8e79-3d69d8477de4": "Linux",
    "e6d6d379-f507-44c2-a23c-238f2a3df928": "Linux LVM",
    "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f": "Linux swap",
    "ca7d7ccb-63ed-4c53-861c-1742536059cc": "LUKS",
    "48465300-0000-11aa-aa11-00306543ecac": "Apple HFS",
    "7c3457ef-0000-11aa-aa11-00306543ecac": "Apple APFS",
    "53746f72-6167-11aa-aa11-00306543ecac": "Apple CoreStorage",
}
_NO_VOLUME = {b"Apple_partition_map", b"Apple_Free", b"Apple_Void", b"Apple_Scratch"}


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition as its table states it; in bytes."""

    number: int
    """Its slot: what operating systems call it by."""
    start: int
    size: int
    about: str
    """Its type, and its name where it has one."""


@dataclass(slots=True)
class PartitionTable:
    """All that a table says."""

    scheme: str
    sector_size: int
    partitions: list[Partition] = field(default_factory=list)
    tables: list[tuple[int, int]] = field(default_factory=list)
    """Where the table itself lies: (start, size) in bytes."""
    problems: list[str] = field(default_factory=list)


def is_gpt(head: bytes, tail: bytes = b"") -> bool:
    """Say whether a GPT header stands where one should, at either end of a medium."""
    return any(head[at : at + 8] == b"EFI PART" for at in SECTORS) or tail.startswith(b"EFI PART")


def is_apm(head: bytes) -> bool:
    """Say whether Apple's partition map begins here."""
    return head.startswith(b"ER") and any(head[at : at + 2] == b"PM" for at in (512, 2048))


def is_mbr(head: bytes, size: int) -> bool:
    """Say whether the first sector holds a sane partition table, and is not the first sector of a file system."""
    if head[510:512] != b"\x55\xaa" or is_boot_sector(head):
        return False
    entries = [_MBR_ENTRY.unpack_from(head, 446 + 16 * n) for n in range(4)]
    used = [(start, count) for _, kind, start, count in entries if kind and count]
    return (
        all(status in (0, 0x80) for status, *_ in entries)
        and bool(used)
        and all(start > 0 for start, _ in used)
        and any(start * SECTORS[0] < size for start, _ in used)
    )


def is_boot_sector(head: bytes) -> bool:
    """Say whether a sector is the first one of FAT, exFAT, NTFS or BitLocker: a jump, then a name or sane sizes."""
    if head[:1] not in (b"\xeb", b"\xe9"):
        return False
    if head[3:11] in (b"NTFS    ", b"EXFAT   ", b"-FVE-FS-", b"MSWIN4.1", b"MSDOS5.0", b"mkfs.fat", b"MTOO4043"):
        return True
    sector, cluster, reserved, fats = struct.unpack_from("<HBHB", head, 11)
    sane = sector in (512, 1024, 2048, 4096) and cluster and not cluster & (cluster - 1)
    return bool(sane and reserved and fats in (1, 2) and head[21] >= 0xF0)


def read_table(media: Media) -> PartitionTable | None:
    """Return a medium's partition table, None when it has none."""
    head = media.read_at(0, 8192)
    if len(head) < SECTORS[0]:
        return None
    mbr = is_mbr(head, media.size)
    protective = mbr and any(head[450 + 16 * n] == _PROTECTIVE for n in range(4))
    if is_gpt(head) or protective or is_gpt(b"", _read(media, media.size - 512, 512)):
        found = _read_gpt(media)
        if found is not None:
            return found
    if is_apm(head):
        return _read_apm(media, head)
    return _read_mbr(media, head, protective=protective) if mbr else None


def _read(media: Media, at: int, size: int) -> bytes:
    """Read what there is: what cannot be read is as good as missing, and told as such."""
    try:
        return media.read_at(at, size)
    except UnreadableSource:
        return b""


# --- MBR ----------------------------------------------------------------------------------------------------------


def _read_mbr(media: Media, head: bytes, *, protective: bool) -> PartitionTable:
    sector = _mbr_sector(media, head)
    found = PartitionTable("MBR", sector, tables=[(0, sector)])
    if protective:
        found.problems.append(
            "the table says that a GPT follows and neither of its two copies is there: only what the medium's first "
            "sector says is listed; look at the unallocated space"
        )
    for number, (kind, start, count) in enumerate(_mbr_entries(head), start=1):
        if kind in _EXTENDED and count:
            _read_chain(media, found, start)
        elif kind and count:
            found.partitions.append(Partition(number, start * sector, count * sector, _mbr_about(kind)))
    return found


def _read_chain(media: Media, found: PartitionTable, first: int) -> None:
    """Follow the chain of an extended partition: each link holds one logical partition and where the next link is."""
    sector, at = found.sector_size, first
    seen: set[int] = set()
    number = max([4, *(partition.number for partition in found.partitions)])
    while at not in seen and len(seen) < _MOST_LOGICAL:
        seen.add(at)
        link = _read(media, at * sector, 512)
        if link[510:512] != b"\x55\xaa":
            found.problems.append(
                f"the chain of logical partitions breaks off at byte {at * sector:,}: those after it are not listed; "
                "look at the unallocated space"
            )
            return
        found.tables.append((at * sector, sector))
        following = 0
        for kind, start, count in _mbr_entries(link)[:2]:
            if kind in _EXTENDED:
                following = first + start
            elif kind and count:
                number += 1
                place = (at + start) * sector
                found.partitions.append(Partition(number, place, count * sector, _mbr_about(kind)))
        if not following:
            return
        at = following
    found.problems.append(
        "the chain of logical partitions runs in a circle or has too many links: those after "
        f"the {len(seen)} first ones are not listed; look at the unallocated space"
    )


def _mbr_entries(sector: bytes) -> list[tuple[int, int, int]]:
    """Return type, start and count of the four entries of a table."""
    return [_MBR_ENTRY.unpack_from(sector, 446 + 16 * n)[1:] for n in range(4)]


def _mbr_about(kind: int) -> str:
    name = _MBR_NAMES.get(kind)
    return f"type 0x{kind:02x}{f' ({name})' if name else ''}"


def _mbr_sector(media: Media, head: bytes) -> int:
    """Return the size of the sectors that a table counts in: 4,096 only where volumes then begin and else none does."""
    used = [(start, count) for kind, start, count in _mbr_entries(head) if kind and count]
    if any((start + count) * SECTORS[1] > media.size for start, count in used):
        return SECTORS[0]
    begins = {sector: any(_begins_volume(media, start * sector) for start, _ in used) for sector in SECTORS}
    return SECTORS[1] if begins[SECTORS[1]] and not begins[SECTORS[0]] else SECTORS[0]


def _begins_volume(media: Media, at: int) -> bool:
    head = _read(media, at, 2048)
    return head[510:512] == b"\x55\xaa" or head[1080:1082] == b"\x53\xef" or head[1024:1026] in (b"H+", b"HX", b"BD")


# --- GPT ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Gpt:
    """One of the two copies of a GPT."""

    at: int
    entries_at: int
    entry_size: int
    entries: bytes
    whole: bool
    """Whether both checksums are right."""


def _read_gpt(media: Media) -> PartitionTable | None:
    for sector in SECTORS:
        first = _gpt_copy(media, sector, 1)
        backup = _gpt_copy(media, sector, media.size // sector - 1)
        best = next((copy for copy in (first, backup) if copy and copy.whole), first or backup)
        if best is None:
            continue
        found = PartitionTable("GPT", sector, tables=[(0, sector)])
        for copy in (first, backup):
            if copy is not None:
                found.tables += [(copy.at, sector), (copy.entries_at, len(copy.entries))]
        found.problems += _gpt_problems(first, backup)
        found.partitions += _gpt_partitions(best, sector)
        return found
    return None


def _gpt_copy(media: Media, sector: int, number: int) -> _Gpt | None:
    """Return the copy whose header is in this sector, None when there is none that leads anywhere."""
    header = _read(media, number * sector, sector) if number > 0 else b""
    if len(header) < SECTORS[0] or not header.startswith(b"EFI PART"):
        return None
    fields = _GPT_HEADER.unpack_from(header)
    size, checksum, entries_at, count, entry_size, entries_checksum = fields[2], fields[3], *fields[9:13]
    if not _GPT_ENTRY.size <= entry_size <= 4096 or count * entry_size > _MOST_GPT_BYTES:
        return None
    entries = _read(media, entries_at * sector, count * entry_size)
    blanked = header[:16] + bytes(4) + header[20:size]
    right = size <= sector and zlib.crc32(blanked) == checksum and zlib.crc32(entries) == entries_checksum
    return _Gpt(number * sector, entries_at * sector, entry_size, entries, right)


def _gpt_partitions(copy: _Gpt, sector: int) -> Iterator[Partition]:
    for number in range(len(copy.entries) // copy.entry_size):
        kind, _, first, last, _, name = _GPT_ENTRY.unpack_from(copy.entries, number * copy.entry_size)
        if any(kind) and last >= first:
            guid = str(uuid.UUID(bytes_le=kind))
            title = name.decode("utf-16-le", "replace").partition("\x00")[0]
            about = f"type {_GPT_NAMES.get(guid, guid)}" + (f", named {title!r}" if title else "")
            yield Partition(number + 1, first * sector, (last - first + 1) * sector, about)


def _gpt_problems(first: _Gpt | None, backup: _Gpt | None) -> Iterator[str]:
    for copy, name, other in ((first, "first", "second"), (backup, "second", "first")):
        if copy is None:
            yield f"the {name} copy of the GPT is missing; the {other} one was read"
        elif not copy.whole:
            yield f"the {name} copy of the GPT does not have its checksums: it was damaged or changed by hand"
    if first and backup and first.whole and backup.whole and first.entries != backup.entries:
        yield (
            "the two copies of the GPT name different partitions: the first one was read; compare them, one may show "
            "how the medium was divided before"
        )


# --- Apple --------------------------------------------------------------------------------------------------------


def _read_apm(media: Media, head: bytes) -> PartitionTable:
    sector = next(at for at in (512, 2048) if head[at : at + 2] == b"PM")
    found = PartitionTable("APM", sector, tables=[(0, sector)])
    count = 1
    number = 0
    while number < min(count, _MOST_APM):
        number += 1
        data = _read(media, number * sector, _APM_ENTRY.size)
        if len(data) < _APM_ENTRY.size or not data.startswith(b"PM"):
            found.problems.append(f"entry {number} of {count} of Apple's partition map is damaged; those after it too")
            break
        _, count, start, length, name, kind = _APM_ENTRY.unpack(data)
        found.tables.append((number * sector, sector))
        kind, name = kind.partition(b"\x00")[0], name.partition(b"\x00")[0]
        if length and kind not in _NO_VOLUME:
            about = f"type {kind.decode('mac_roman')}" + (f", named {name.decode('mac_roman')!r}" if name else "")
            found.partitions.append(Partition(number, start * sector, length * sector, about))
    return found

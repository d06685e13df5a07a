"""What of FAT and exFAT is read here byte by byte: boot sectors, folder entries, and the clocks in them.

Sources: Microsoft's FAT32 File System Specification 1.03 and exFAT File System Specification 1.00.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

ENTRY_BYTES = 32
FIRST_ENTRY_ADDRESS = 3
"""The Sleuth Kit numbers folder entries from 3 on, by their place in the data area."""
_VOLUME_LABEL, _LONG_NAME = 0x08, 0x0F
EXFAT_FILE, EXFAT_IN_USE = 0x05, 0x80


@dataclass(frozen=True, slots=True)
class Fat:
    """What a boot sector states: byte offsets and sizes, and how many bits an entry of the table has."""

    bits: int
    table_at: int
    table_bytes: int
    data_at: int
    """Where folder entries are numbered from: the root folder of FAT12 and FAT16 lies here, before the clusters."""
    clusters_at: int
    cluster: int
    clusters: int
    end: int


def fat(head: bytes, size: int | None) -> Fat | None:
    """Read the boot sector of FAT12, FAT16 or FAT32; None when it is none, or states what cannot be."""
    if len(head) < 512 or head[510:512] != b"\x55\xaa" or head[0] not in (0xEB, 0xE9):
        return None
    sector, per_cluster, reserved, tables, roots, sectors16, media, table16 = struct.unpack_from("<HBHBHHBH", head, 11)
    sectors32, table32 = struct.unpack_from("<II", head, 32)
    sectors, table = sectors16 or sectors32, table16 or table32
    sane = sector in (512, 1024, 2048, 4096) and per_cluster and per_cluster & (per_cluster - 1) == 0
    if not sane or not reserved or tables not in (1, 2) or not table or not (media == 0xF0 or media >= 0xF8):
        return None
    data = reserved + tables * table
    clusters_from = data + -(-roots * ENTRY_BYTES // sector)
    if sectors <= clusters_from or roots * ENTRY_BYTES % sector or bool(roots) != bool(table16):
        return None
    clusters = (sectors - clusters_from) // per_cluster
    bits = 32 if not table16 else 12 if clusters < 4085 else 16
    if clusters < 1 or table * sector * 8 < clusters * bits or (size is not None and data * sector > size):
        return None
    if bits < 32 and head[reserved * sector : reserved * sector + 1] not in (b"", bytes([media])):
        return None
    return Fat(
        bits=bits,
        table_at=reserved * sector,
        table_bytes=table * sector,
        data_at=data * sector,
        clusters_at=clusters_from * sector,
        cluster=per_cluster * sector,
        clusters=clusters,
        end=sectors * sector,
    )


@dataclass(frozen=True, slots=True)
class ExFat:
    """What an exFAT boot sector states: byte offsets and sizes."""

    clusters_at: int
    cluster: int
    clusters: int
    root: int
    """Number of the root folder's first cluster; clusters are numbered from 2."""
    table_at: int
    table_bytes: int


def exfat(head: bytes) -> ExFat | None:
    """Read an exFAT boot sector; None when it is none, or states what cannot be."""
    if len(head) < 512 or head[3:11] != b"EXFAT   " or any(head[11:64]) or head[510:512] != b"\x55\xaa":
        return None
    table, table_sectors, clusters_at, clusters, root = struct.unpack_from("<5I", head, 80)
    log_sector, log_cluster = head[108], head[109]
    if not 9 <= log_sector <= 12 or log_cluster > 25 - log_sector or clusters < 1 or not 2 <= root < clusters + 2:
        return None
    if table < 24 or clusters_at < table + table_sectors:
        return None
    sector = 1 << log_sector
    return ExFat(clusters_at * sector, sector << log_cluster, clusters, root, table * sector, table_sectors * sector)


def is_label(entry: bytes) -> bool:
    """Say whether a FAT folder entry names the volume, not a file."""
    return bool(entry[11] & _VOLUME_LABEL) and entry[11] & _LONG_NAME != _LONG_NAME


def wall_clock(entry: bytes) -> str:
    """Return what a FAT folder entry states of its times, in words: they have no time zone, so they are no moments."""
    made_10ms, made_time, made_day, read_day = entry[13], *struct.unpack_from("<HHH", entry, 14)
    written_time, written_day = struct.unpack_from("<HH", entry, 22)
    stated = (
        ("written", _clock(written_day, written_time)),
        ("created", _clock(made_day, made_time, made_10ms)),
        ("read", _clock(read_day, None)),
    )
    return _without_zone([f"{what} {when}" for what, when in stated if when])


def exfat_times(entry: bytes) -> tuple[list[datetime | None], str]:
    """Return when an exFAT file was written, created and read, and in words what states no time zone."""
    stamps = struct.unpack_from("<III", entry, 8)
    made_10ms, written_10ms = entry[20], entry[21]
    moments: list[datetime | None] = []
    words: list[str] = []
    order = (("created", 0, made_10ms, 22), ("written", 1, written_10ms, 23), ("read", 2, 0, 24))
    for what, number, hundredths, zone_at in order:
        clock = _local(stamps[number] >> 16, stamps[number] & 0xFFFF, hundredths)
        zone = entry[zone_at]
        if clock is None or not zone & 0x80:
            moments.append(None)
            words += [f"{what} {clock:%Y-%m-%d %H:%M:%S}"] if clock is not None else []
            continue
        quarters = zone & 0x7F
        offset = timedelta(minutes=15 * (quarters - 128 if quarters >= 64 else quarters))
        moments.append(clock.replace(tzinfo=UTC) - offset)
    return [moments[1], moments[0], moments[2]], _without_zone(words)


def _without_zone(stated: list[str]) -> str:
    return f"{', '.join(stated)} by the device's clock, which states no time zone" if stated else ""


def _clock(day: int, time: int | None, hundredths: int = 0) -> str:
    local = _local(day, time or 0, hundredths)
    if local is None:
        return ""
    return f"{local:%Y-%m-%d}" if time is None else f"{local:%Y-%m-%d %H:%M:%S}"


def _local(day: int, time: int, hundredths: int) -> datetime | None:
    """Return a DOS date and time as a naive moment; None for one that no calendar has, or none at all."""
    if not day:
        return None
    try:
        clock = datetime(  # noqa: DTZ001  (it states no zone)
            1980 + (day >> 9), day >> 5 & 15, day & 31, time >> 11, time >> 5 & 63, (time & 31) * 2
        )
        return clock + timedelta(milliseconds=10 * hundredths)
    except ValueError:
        return None

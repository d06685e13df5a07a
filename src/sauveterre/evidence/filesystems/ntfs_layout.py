"""What of NTFS is read here byte by byte: the boot sector, MFT records, names, and what a reparse point is.

Source: the documentation of the Linux-NTFS project, and [MS-FSCC] 2.1.2 for reparse tags.
"""

import struct
from dataclasses import dataclass

SIGNATURE = b"NTFS    "
ROOT, BAD_CLUSTERS = 5, 8
FIRST_BLANK, FIRST_USER = 12, 24
"""Records from 12 to 23 are kept free for later versions; most of them hold nothing."""
_DOS_NAME = 2
_END = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Boot:
    """What the boot sector states, in bytes."""

    cluster: int
    record: int
    clusters: int
    mft_at: int
    """Where the table of records begins."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a record, and the folder that it is in."""

    text: bytes
    parent: int
    parent_sequence: int
    is_short: bool


def boot(head: bytes) -> Boot | None:
    """Read a boot sector; None when it is no NTFS one, or one that states what cannot be."""
    if len(head) < 512 or head[3:11] != SIGNATURE or head[510:512] != b"\x55\xaa":
        return None
    sector, per_cluster = struct.unpack_from("<HB", head, 11)
    sectors, mft = struct.unpack_from("<QQ", head, 40)
    per_record = struct.unpack_from("<b", head, 64)[0]
    in_cluster = per_cluster if per_cluster <= 0x80 else 1 << (0x100 - per_cluster)
    cluster = sector * in_cluster
    record = 1 << -per_record if per_record < 0 else per_record * cluster
    fits = _is_power(sector) and 256 <= sector <= 4096 and _is_power(in_cluster) and cluster <= 2 << 20
    if not fits or not 256 <= record <= 1 << 16 or not _is_power(record) or not sectors or not mft:
        return None
    return Boot(cluster, record, sectors * sector // cluster, mft * cluster)


def file_name(data: bytes) -> Name | None:
    """Read the content of a ``$FILE_NAME`` attribute; None when it is too short for what it states."""
    if len(data) < 66 or len(data) < 66 + 2 * data[64]:
        return None
    text = data[66 : 66 + 2 * data[64]].decode("utf-16-le", "replace").encode()
    reference = int.from_bytes(data[:8], "little")
    return Name(text, reference & ((1 << 48) - 1), reference >> 48, data[65] == _DOS_NAME)


def written_bytes(record: bytes, kind: int, number: int) -> int | None:
    """Return up to where a content that lies in runs was written; the rest reads as zeros, whatever lies there.

    None when the record is damaged, or has no such attribute with the beginning of its runs.
    """
    data = _mended(record)
    at = int.from_bytes(data[20:22], "little")
    while data and 0 < at <= len(data) - 64:
        found, length = struct.unpack_from("<II", data, at)
        if found == _END or length < 24:
            return None
        if found == kind and data[at + 8] and int.from_bytes(data[at + 14 : at + 16], "little") == number:
            first_cluster, _ = struct.unpack_from("<QQ", data, at + 16)
            return int.from_bytes(data[at + 56 : at + 64], "little") if first_cluster == 0 else None
        at += length
    return None


def _mended(record: bytes) -> bytes:
    """Put back the last two bytes of each sector of a record, which stand in its head; nothing when they do not fit."""
    if len(record) < 48 or record[:4] != b"FILE":
        return b""
    start, count = struct.unpack_from("<HH", record, 4)
    signs = [record[start + 2 * n : start + 2 * n + 2] for n in range(count)]
    if count < 2 or len(record) % (count - 1):
        return b""
    mended, sector = bytearray(record), len(record) // (count - 1)
    for n, sign in enumerate(signs[1:], start=1):
        if len(sign) < 2 or mended[n * sector - 2 : n * sector] != signs[0]:
            return b""
        mended[n * sector - 2 : n * sector] = sign
    return bytes(mended)


@dataclass(frozen=True, slots=True)
class Reparse:
    """A reparse point: a link's target, or why the content in the record is not the file's."""

    target: bytes | None = None
    failure: str = ""


_ELSEWHERE = {
    0x80000013: "its content lies in the chunk store of Windows' data deduplication, which is not put together here",
    0x80000017: (
        "its content is compressed by Windows (WOF, CompactOS), which is not unpacked here; the packed bytes are "
        "listed as its stream WofCompressedData"
    ),
}
_CLOUD, _CLOUD_MASK = 0x9000001A, 0xFFFF0FFF


def reparse(data: bytes) -> Reparse:
    """Read the content of a ``$REPARSE_POINT`` attribute; nothing where it changes nothing."""
    if len(data) < 8:
        return Reparse()
    tag = int.from_bytes(data[:4], "little")
    if tag in (0xA000000C, 0xA0000003) and len(data) >= 16:
        start, size = struct.unpack_from("<HH", data, 8)
        names = data[20 if tag == 0xA000000C else 16 :]
        return Reparse(names[start : start + size].decode("utf-16-le", "replace").encode())
    if tag == 0xA000001D:  # a link made by the Windows Subsystem for Linux
        return Reparse(data[12:])
    return Reparse(failure=_ELSEWHERE.get(tag, ""))


def is_cloud(data: bytes) -> bool:
    """Say whether a reparse point marks a file that a cloud service keeps and may have on this volume or not."""
    return len(data) >= 4 and int.from_bytes(data[:4], "little") & _CLOUD_MASK == _CLOUD


def _is_power(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0

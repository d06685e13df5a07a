"""Writes archives whose bytes depend on their members alone: every time is fixed."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping

import py7zr
from py7zr.helpers import ArchiveTimestamp

MEMBER_TIME = 1_777_100_400
"""25 April 2026, 07:00 UTC: the time of every member, in seconds since 1970."""
ZIP_TIME = (2026, 4, 25, 7, 0, 0)
PACKED = (b"\xff\xd8", b"\x89PNG", b"PK", b"\x1f\x8b")
"""What begins so is stored as it is: packing it again gains nothing."""


def zip_bytes(members: Mapping[str, bytes]) -> bytes:
    """Return a ZIP of the members in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in members.items():
            info = zipfile.ZipInfo(path, ZIP_TIME)
            info.create_system, info.external_attr = 3, 0o644 << 16
            info.compress_type = zipfile.ZIP_STORED if data.startswith(PACKED) else zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def tar_bytes(members: Mapping[str, bytes]) -> bytes:
    """Return a TAR (POSIX 1003.1-2001) of the members in their order."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, data in members.items():
            info = tarfile.TarInfo(path)
            info.size, info.mtime, info.mode = len(data), MEMBER_TIME, 0o644
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def tar_gz_bytes(members: Mapping[str, bytes]) -> bytes:
    """Return the same TAR, compressed with gzip."""
    return gzip.compress(tar_bytes(members), compresslevel=6, mtime=0)


def seven_zip_bytes(members: Mapping[str, bytes]) -> bytes:
    """Return a 7z of the members in their order, stored without compression."""
    buffer = io.BytesIO()
    stamp = ArchiveTimestamp.from_datetime(float(MEMBER_TIME))
    with py7zr.SevenZipFile(buffer, "w", filters=[{"id": py7zr.FILTER_COPY}]) as archive:
        for path, data in members.items():
            archive.writef(io.BytesIO(data), path)
        for member in archive.header.files_info.files:
            member.update(dict.fromkeys(("creationtime", "lastwritetime", "lastaccesstime"), stamp))
    return buffer.getvalue()

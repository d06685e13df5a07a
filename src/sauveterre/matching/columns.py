"""A file of named columns that is opened in milliseconds: mapped into memory, never loaded.

Layout: one page of 4,096 bytes (magic ``SVTCOLS`` and a zero byte, version, length and CRC-32 of what follows, then
JSON that names each column's type, shape, place and CRC-32, the kind of file and the whole length), then each column,
little-endian, at a multiple of 4,096 bytes. A file is written under another name, forced to disk and renamed: whoever
opens it sees the old one or the new one, whole.
"""

import json
import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sauveterre.errors import UnreadableSource, WorkspaceError

MAGIC = b"SVTCOLS\0"
VERSION = 2
PAGE = 4_096
CHECKED_AT_ONCE = 1 << 24
"""Files up to this many bytes are checked in full when they are opened (about ten milliseconds)."""

_PREFIX = struct.Struct("<8sIII")
_CRC_BLOCK = 1 << 22
_AHEAD = 1 << 17
"""Bytes that are asked for at once: of more, a system may read no more than this."""

Column = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """An opened file of columns: read-only arrays on mapped memory."""

    path: Path
    kind: str
    meta: dict[str, Any]
    arrays: Mapping[str, Column]
    checksums: Mapping[str, int]
    places: Mapping[str, dict[str, Any]]
    whole: mmap.mmap

    def verify(self) -> None:
        """Read every column and compare its checksum; raise ``UnreadableSource`` that names the first wrong one."""
        for name, array in self.arrays.items():
            total = 0
            for start, block in _blocks(array):
                self.read_ahead(name, start, len(block))
                total = zlib.crc32(block, total)
            if total != self.checksums[name]:
                raise _damaged(self.path, f"the column {name} is not what was written")

    def read_ahead(self, name: str, start: int = 0, length: int | None = None) -> None:
        """Ask the system to read a column, or some bytes of it, from the disk now, without waiting for it."""
        stop = self.places[name]["length"] if length is None else start + length
        for at in range(start, stop, _AHEAD):
            self.whole.madvise(mmap.MADV_WILLNEED, self.places[name]["offset"] + at, min(_AHEAD, stop - at))

    def is_read_here_and_there(self, name: str) -> None:
        """Tell the system that one page of a column says nothing of the next: it then reads no more than it must."""
        if length := self.places[name]["length"]:
            self.whole.madvise(mmap.MADV_RANDOM, self.places[name]["offset"], length)


class Plan:
    """The columns that a file is going to hold, by name, type and shape, and then their values."""

    def __init__(self, kind: str, shapes: Mapping[str, tuple[str, tuple[int, ...]]]) -> None:
        self.kind = kind
        self.places: dict[str, dict[str, Any]] = {}
        end = PAGE
        for name, (dtype, shape) in shapes.items():
            length = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
            self.places[name] = {"dtype": dtype, "shape": list(shape), "offset": end, "length": length}
            end += -(-length // PAGE) * PAGE
        self.length = end

    @contextmanager
    def write(self, path: Path, meta: Mapping[str, Any]) -> Iterator[dict[str, Column]]:
        """Give writable columns of zeros to fill; put the file in its place when the block ends without an error."""
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with temporary.open("w+b") as file:
                _reserve(file.fileno(), self.length, path)
                whole = mmap.mmap(file.fileno(), self.length)  # unmapped when its last view is gone
                arrays = _views(whole, self.places)
                yield arrays
                sums = {name: _checksum(array) for name, array in arrays.items()}
                whole[:PAGE] = self._header(meta, sums)
                whole.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)

    def _header(self, meta: Mapping[str, Any], sums: Mapping[str, int]) -> bytes:
        columns = {name: {**place, "crc32": sums[name]} for name, place in self.places.items()}
        stated = {"kind": self.kind, "length": self.length, "meta": dict(meta), "columns": columns}
        body = json.dumps(stated, separators=(",", ":")).encode()
        if _PREFIX.size + len(body) > PAGE:
            raise ValueError(f"the header takes {len(body):,} bytes, more than a page")
        return (_PREFIX.pack(MAGIC, VERSION, len(body), zlib.crc32(body)) + body).ljust(PAGE, b"\0")


def open_columns(path: Path, kind: str) -> Columns:
    """Map a file of this kind; raise ``UnreadableSource`` when it is missing, damaged, cut or of another kind.

    Header and length are always checked; the columns too where the file is small (``CHECKED_AT_ONCE``), else by
    ``Columns.verify``.
    """
    try:
        with path.open("rb") as file:
            length = os.fstat(file.fileno()).st_size
            if length < PAGE:
                raise _damaged(path, f"it has {length:,} bytes, less than its header")
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise UnreadableSource(
            f"The list index {path.name} cannot be opened ({error.strerror or error}); import the list again"
        ) from error
    stated = _stated(path, whole[:PAGE])
    if stated["length"] != length:
        raise _damaged(path, f"it has {length:,} bytes instead of {stated['length']:,}")
    if stated["kind"] != kind:
        raise _damaged(path, f"it is of the kind {stated['kind']!r} instead of {kind!r}")
    places = stated["columns"]
    sums = {name: place["crc32"] for name, place in places.items()}
    columns = Columns(path, kind, stated["meta"], _views(whole, places), sums, places, whole)
    if length <= CHECKED_AT_ONCE:
        columns.verify()
    return columns


def _stated(path: Path, page: bytes) -> dict[str, Any]:
    magic, version, length, checksum = _PREFIX.unpack_from(page)
    if magic != MAGIC:
        raise _damaged(path, "it does not start as one")
    if version != VERSION:
        raise _damaged(path, f"its version is {version} and this program reads version {VERSION}")
    body = page[_PREFIX.size : _PREFIX.size + length]
    if len(body) != length or zlib.crc32(body) != checksum:
        raise _damaged(path, "its header is not what was written")
    stated: dict[str, Any] = json.loads(body)
    return stated


def _views(whole: mmap.mmap, places: Mapping[str, dict[str, Any]]) -> dict[str, Column]:
    return {
        name: np.frombuffer(
            whole, np.dtype(place["dtype"]), int(np.prod(place["shape"], dtype=np.int64)), place["offset"]
        ).reshape(place["shape"])
        for name, place in places.items()
        if place["length"]
    } | {
        name: np.zeros(place["shape"], np.dtype(place["dtype"]))
        for name, place in places.items()
        if not place["length"]
    }


def _blocks(array: Column) -> Iterator[tuple[int, memoryview]]:
    data = array.reshape(-1).view(np.uint8).data
    for start in range(0, len(data), _CRC_BLOCK):
        yield start, data[start : start + _CRC_BLOCK]


def _checksum(array: Column) -> int:
    total = 0
    for _, block in _blocks(array):
        total = zlib.crc32(block, total)
    return total


def _reserve(handle: int, length: int, path: Path) -> None:
    """Take the room now: writing to a mapped file on a full disk would end the process without a word."""
    try:
        os.posix_fallocate(handle, 0, length)
    except OSError as error:
        raise WorkspaceError(
            f"There is no room for the list index {path.name} of {length:,} bytes ({error.strerror or error}); "
            "free space in the workspace and import the list again"
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _damaged(path: Path, why: str) -> UnreadableSource:
    return UnreadableSource(f"The list index {path.name} is damaged: {why}; import the list again")

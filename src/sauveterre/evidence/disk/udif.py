"""Apple disk images (UDIF, ``.dmg``): the runs that an image is made of, each stored, packed or empty.

Format: as the libmodi project describes it ("Mac OS disk image formats"). Its library gives up on bzip2 and LZMA, so
only runs packed by ADC and LZFSE are left to it.
"""

import bz2
import lzma
import plistlib
import struct
import threading
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from xml.parsers.expat import ExpatError

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.blocks import KEPT_BYTES, gathered
from sauveterre.evidence.disk.media import Media

TRAILER_BYTES = 512
MAGIC = b"koly"
SECTOR = 512
_TABLE = struct.Struct(">4sIQQQ")
_TABLE_BYTES, _COUNT_AT = 204, 200
_RUN = struct.Struct(">IIQQQQ")
_ZEROS, _STORED, _IGNORED = 0x00000000, 0x00000001, 0x00000002
_ADC, _ZLIB, _BZIP2, _LZFSE, _LZMA = 0x80000004, 0x80000005, 0x80000006, 0x80000007, 0x80000008
_COMMENT, _END = 0x7FFFFFFE, 0xFFFFFFFF
_MOST_LIST_BYTES = 64 << 20
_MOST_RUN = 32 << 20
_LEAST_TAIL = 1 << 30
_PIECE = 1 << 20
_DAMAGED = (ValueError, ExpatError, AttributeError, TypeError, LookupError, OverflowError, struct.error)
_MEMORY = 256 << 20


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of the medium, and where it lies in the image; in bytes."""

    start: int
    size: int
    kind: int
    at: int
    packed: int


def read_runs(image: Media, label: str) -> tuple[int, int, list[Run]]:
    """Return how large the medium is, how large it is said to be, and its runs in order, all in bytes.

    What no run covers is zeros; of those behind the last run no more are believed than the runs cover, or 1 GiB.
    Raises ``UnreadableSource`` when the image lists no runs.
    """
    trailer = image.read_at(image.size - TRAILER_BYTES, TRAILER_BYTES)
    if len(trailer) < TRAILER_BYTES or not trailer.startswith(MAGIC):
        raise UnreadableSource(f"{label} does not end as an Apple disk image; look for a complete copy")
    data_at, _, _, _, _, segments = struct.unpack_from(">QQQQII", trailer, 24)
    list_at, list_size = struct.unpack_from(">QQ", trailer, 216)
    sectors = int.from_bytes(trailer[492:500], "big")
    if segments > 1:
        raise UnreadableSource(
            f"{label} is one of {segments:,} segments of an Apple disk image; join them on a Mac with `hdiutil "
            "convert` and add what comes out"
        )
    try:
        listed = plistlib.loads(image.read_at(list_at, min(list_size, _MOST_LIST_BYTES)), fmt=plistlib.FMT_XML)
        tables = [bytes(table["Data"]) for table in listed["resource-fork"]["blkx"]]
        runs = sorted((run for table in tables for run in _runs(table, data_at)), key=lambda run: run.start)
    except _DAMAGED as error:
        raise UnreadableSource(f"{label} has a list of runs that is damaged; look for another copy") from error
    covered = max((run.start + run.size for run in runs), default=0)
    stated = max(sectors * SECTOR, covered)
    return stated if stated - covered <= max(covered, _LEAST_TAIL) else covered, stated, runs


class UdifMedia:
    """The medium in an image. Stretches that no run covers are zeros."""

    def __init__(self, label: str, image: Media, size: int, runs: list[Run], odd: Callable[[], Media]) -> None:
        """Take the image, its runs, and who reads those packed in a way that is not read here."""
        self.size = size
        self._label = label
        self._image = image
        self._runs = runs
        self._starts = [run.start for run in runs]
        self._odd = odd
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read at a position: the bytes before the first damaged run, or ``UnreadableSource`` when there are none."""
        return gathered(self._piece, offset, min(size, self.size - offset))

    def _piece(self, offset: int, size: int) -> bytes:
        number = bisect_right(self._starts, offset) - 1
        run = self._runs[number] if number >= 0 else None
        if run is None or offset >= run.start + run.size:
            following = self._starts[number + 1] if number + 1 < len(self._starts) else self.size
            return bytes(min(size, following - offset, _PIECE))
        skip = offset - run.start
        size = min(size, run.size - skip)
        if run.kind in (_ZEROS, _IGNORED):
            return bytes(min(size, _PIECE))
        if run.kind == _STORED:
            return self._image.read_at(run.at + skip, size)
        if run.kind in (_ADC, _LZFSE):
            return self._odd().read_at(offset, size)
        return self._unpacked(number, run)[skip : skip + size]

    def _unpacked(self, number: int, run: Run) -> bytes:
        with self._lock:
            data = self._kept.get(number)
            if data is not None:
                self._kept.move_to_end(number)
                return data
        data = self._unpack(run)
        with self._lock:
            self._kept[number] = data
            while len(self._kept) > 2 and sum(map(len, self._kept.values())) > KEPT_BYTES:
                self._kept.popitem(last=False)
        return data

    def _unpack(self, run: Run) -> bytes:
        packed = self._image.read_at(run.at, min(run.packed, 2 * _MOST_RUN))
        try:
            if run.kind == _ZLIB:
                data = zlib.decompressobj().decompress(packed, run.size)
            elif run.kind == _BZIP2:
                data = bz2.BZ2Decompressor().decompress(packed, run.size)
            elif run.kind == _LZMA:
                data = lzma.LZMADecompressor(memlimit=_MEMORY).decompress(packed, run.size)
            else:
                raise self._damage(run, f"is packed by the unknown method {run.kind:#x}")
        except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as error:
            raise self._damage(run, "cannot be unpacked") from error
        if len(data) < run.size:
            raise self._damage(run, "unpacks to fewer bytes than it states")
        return data

    def _damage(self, run: Run, what: str) -> UnreadableSource:
        return UnreadableSource(
            f"{self._label}: the run of bytes {run.start:,} to {run.start + run.size - 1:,} {what}; the image is "
            "damaged, look for another copy"
        )


def _runs(table: bytes, data_at: int) -> Iterator[Run]:
    """Yield the runs of one table (``mish``) that hold something."""
    magic, _, first, _, base = _TABLE.unpack_from(table)
    if magic != b"mish":
        raise ValueError("no table of runs")
    (count,) = struct.unpack_from(">I", table, _COUNT_AT)
    for kind, _, sector, sectors, at, packed in _RUN.iter_unpack(table[_TABLE_BYTES:][: count * _RUN.size]):
        if kind == _END:
            return
        size = sectors * SECTOR
        if kind & 0x80000000 and size > _MOST_RUN:
            raise ValueError("a run unpacks to more than any program packs")
        if kind != _COMMENT and size:
            yield Run((first + sector) * SECTOR, size, kind, data_at + base + at, packed)

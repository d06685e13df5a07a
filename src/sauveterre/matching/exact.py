"""Exact look-up in lists of any size, from disk, without loading them.

Digests are kept whole and sorted in rows, each with the number of its item. Before them stand two columns that a query
passes first: a table of prefixes, about twelve rows a bucket, and a mark of two bytes for each row. So of the digests
that are not on the list all but one in five thousand are answered from a tenth of the file, read once from its start to
its end, and each other one costs a page. About 27 bytes a SHA-1.
"""

import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.matching import exact_kernels
from sauveterre.matching.columns import PAGE, Column, Columns, Plan, open_columns
from sauveterre.records.digest import Digest

WIDTHS = {"md5": 16, "sha1": 20, "sha256": 32}
"""Bytes of a digest, by the algorithms that are looked up exactly."""

KIND = "exact"
ROWS_IN_MEMORY = 8_000_000
"""Digests of one algorithm that are sorted in memory; more are sorted in runs on disk and merged."""
MOST_NUMBER = (1 << 32) - 1

_HEAD = 8
_ITEM = 4
_MOST_BITS = 28
_COUNT, _WRITE = False, True
_PARTS = ("marks", "rows", "table")
_AT_ONCE = 16
"""Threads that wait for the disk together: it answers many questions in the time of one."""
_WORTH_THREADS = 512
"""Rows to look at from which threads are worth their making."""
_QUERIES_A_PAGE = 1 / 8
"""Queries so far, for each page of marks, from which all marks are read ahead."""


@dataclass(frozen=True, slots=True)
class _Section:
    marks: NDArray[np.uint16]
    rows: NDArray[np.uint8]
    table: NDArray[np.uint32]

    @property
    def shift(self) -> np.uint64:
        return _shift(self.table)

    def is_sound(self, width: int) -> bool:
        buckets = len(self.table) - 1
        fits = self.rows.shape == (len(self.marks), width + _ITEM)
        return fits and 2 <= buckets <= 1 << _MOST_BITS and buckets & (buckets - 1) == 0


class ExactIndex:
    """Digests of MD5, SHA-1 and SHA-256, each with the number of its item."""

    def __init__(self, columns: Columns) -> None:
        """Take the columns of an opened file; raise ``UnreadableSource`` where they do not fit together."""
        self._columns = columns
        self._sections: dict[str, _Section] = {}
        self._until_ahead: dict[str, float] = {}
        for algorithm, width in WIDTHS.items():
            parts = [columns.arrays.get(f"{algorithm}.{name}") for name in _PARTS]
            section = _Section(*parts) if all(part is not None for part in parts) else None  # type: ignore[arg-type]
            if section is None or not section.is_sound(width):
                raise UnreadableSource(
                    f"The list index {columns.path.name} is damaged: its columns of {algorithm} do not fit together; "
                    "import the list again"
                )
            self._sections[algorithm] = section
            self._until_ahead[algorithm] = section.marks.nbytes / PAGE * _QUERIES_A_PAGE
            for name in _PARTS:
                columns.is_read_here_and_there(f"{algorithm}.{name}")

    @classmethod
    def open(cls, path: Path) -> "ExactIndex":
        """Map an index file; raise ``UnreadableSource`` when it is missing or damaged."""
        return cls(open_columns(path, KIND))

    @classmethod
    def build(
        cls, path: Path, pairs: Iterable[tuple[Digest, int]], *, rows_in_memory: int = ROWS_IN_MEMORY
    ) -> "ExactIndex":
        """Write the index of digests and item numbers to a file, replacing it whole, and open it.

        Of a digest that comes again the first item stays. Digests of other algorithms (PDQ) are passed over.
        """
        with ExactBuilder(path.parent, rows_in_memory=rows_in_memory) as builder:
            for digest, item in pairs:
                builder.add(digest, item)
            builder.write(path)
        return cls.open(path)

    def __len__(self) -> int:
        return sum(len(section.marks) for section in self._sections.values())

    def count(self, algorithm: str) -> int:
        """Return how many different digests of an algorithm are in the index."""
        return len(self._sections[algorithm].marks)

    def lookup(self, algorithm: str, digests: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return the item number of each row of digests (N × width), or -1 where it is not in the index.

        Raises ``ValueError`` when the algorithm is unknown or the width is not that of the algorithm.
        """
        if algorithm not in WIDTHS or digests.ndim != 2 or digests.shape[1] != WIDTHS[algorithm]:
            raise ValueError(f"{algorithm} digests of shape {digests.shape} cannot be looked up")
        section = self._sections[algorithm]
        self._read_ahead(algorithm, len(digests))
        asked = np.ascontiguousarray(digests)
        heads = _heads(asked)
        found, order, waiting, firsts = (np.empty(len(heads), np.int64) for _ in range(4))
        table, shift = section.table, section.shift
        exact_kernels.order_roughly(heads, order)
        count = exact_kernels.sift(heads, order, section.marks, table, shift, waiting, firsts, found)

        def settle(start: int, stop: int) -> None:
            part = slice(start, stop)
            exact_kernels.settle(heads, asked, waiting[part], firsts[part], section.rows, table, shift, found)

        if count < _WORTH_THREADS:
            settle(0, count)
            return found
        bounds = np.linspace(0, count, _AT_ONCE + 1, dtype=np.int64).tolist()
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(settle, bounds[:-1], bounds[1:]))
        return found

    def _read_ahead(self, algorithm: str, queries: int) -> None:
        """Have the marks and the table read from the disk in one go, once enough queries came that need them."""
        before = self._until_ahead[algorithm]
        self._until_ahead[algorithm] = before - queries
        if before > 0 >= before - queries:
            for name in ("table", "marks"):
                self._columns.read_ahead(f"{algorithm}.{name}")

    def rows(self, algorithm: str, most: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint32]]]:
        """Yield all digests of an algorithm (N × width) in their order with the numbers of their items, up to ``most``.

        Raises ``KeyError`` when the algorithm is unknown.
        """
        kept = self._sections[algorithm].rows
        for start in range(0, len(kept), most):
            part = np.asarray(kept[start : start + most])
            yield part[:, :-_ITEM], np.ascontiguousarray(part[:, -_ITEM:]).view("<u4")[:, 0]

    def verify(self) -> None:
        """Check every byte against its checksum; raise ``UnreadableSource`` when one is wrong."""
        self._columns.verify()


@dataclass(slots=True)
class _Rows:
    """Digests of one algorithm on their way into an index: in memory, and in sorted runs on disk."""

    width: int
    digests: bytearray = field(default_factory=bytearray)
    items: "array[int]" = field(default_factory=lambda: array("I"))
    ends: list[int] = field(default_factory=lambda: [0])


class ExactBuilder(AbstractContextManager["ExactBuilder"]):
    """Collects digests in bounded memory, then writes them sorted. Use as a context manager."""

    def __init__(self, folder: Path, *, rows_in_memory: int = ROWS_IN_MEMORY) -> None:
        """Keep runs that memory does not hold in a folder of their own inside ``folder``, gone at the end."""
        self._folder = tempfile.TemporaryDirectory(prefix=".exact-", dir=folder)
        self._rows = {algorithm: _Rows(width) for algorithm, width in WIDTHS.items()}
        self._rows_in_memory = rows_in_memory

    def __exit__(self, *exc: object) -> None:
        self._folder.cleanup()

    def add(self, digest: Digest, item: int) -> None:
        """Add one digest with the number of its item; other algorithms are passed over."""
        rows = self._rows.get(digest.algorithm)
        if rows is None:
            return
        if not 0 <= item <= MOST_NUMBER:
            raise LimitExceeded(f"Item number {item:,} does not fit a list index; split the list")
        rows.digests += bytes.fromhex(digest.hex)
        rows.items.append(item)
        if len(rows.items) >= self._rows_in_memory:
            self._spill(digest.algorithm)

    def add_rows(self, algorithm: str, digests: NDArray[np.uint8], items: NDArray[np.uint32]) -> None:
        """Add digests (N × width) with the numbers of their items."""
        rows = self._rows[algorithm]
        for start in range(0, len(digests), self._rows_in_memory):
            stop = start + self._rows_in_memory
            rows.digests += np.ascontiguousarray(digests[start:stop], np.uint8).tobytes()
            rows.items.frombytes(np.ascontiguousarray(items[start:stop], np.uint32).tobytes())
            if len(rows.items) >= self._rows_in_memory:
                self._spill(algorithm)

    def write(self, path: Path) -> None:
        """Write an index file of its own, replacing it whole."""
        runs = self.runs()
        with Plan(KIND, shapes(runs)).write(path, {}) as arrays:
            fill(runs, arrays)

    def runs(self) -> "Mapping[str, Runs]":
        """Return what was collected, by algorithm, sorted in runs and counted. Nothing can be added behind it."""
        return {algorithm: self._runs(algorithm) for algorithm in WIDTHS}

    def _runs(self, algorithm: str) -> "Runs":
        rows = self._rows[algorithm]
        if len(rows.ends) == 1:
            heads, rests, items = _sorted(rows)
            return Runs(heads, rests, items, np.array([0, len(heads)], np.int64))
        if rows.items:
            self._spill(algorithm)
        n = rows.ends[-1]
        return Runs(
            np.memmap(self._spilled(algorithm, "heads"), np.uint64, "r", shape=(n,)),
            np.memmap(self._spilled(algorithm, "rests"), np.uint8, "r", shape=(n, rows.width - _HEAD)),
            np.memmap(self._spilled(algorithm, "items"), np.uint32, "r", shape=(n,)),
            np.array(rows.ends, np.int64),
        )

    def _spilled(self, algorithm: str, column: str) -> Path:
        return Path(self._folder.name, f"{algorithm}.{column}")

    def _spill(self, algorithm: str) -> None:
        rows = self._rows[algorithm]
        heads, rests, items = _sorted(rows)
        columns: dict[str, Column] = {"heads": heads, "rests": rests, "items": items}
        for name, column in columns.items():
            with self._spilled(algorithm, name).open("ab") as file:
                column.tofile(file)
        rows.ends.append(rows.ends[-1] + len(heads))
        rows.digests, rows.items = bytearray(), array("I")


class Runs:
    """Sorted runs of one algorithm, one behind another, and how many different digests they hold."""

    def __init__(
        self,
        heads: NDArray[np.uint64],
        rests: NDArray[np.uint8],
        items: NDArray[np.uint32],
        ends: NDArray[np.int64],
    ) -> None:
        """Count the different digests, so that the columns can be planned before they are written."""
        self._merged = (heads, rests, items, ends)
        self.width = _HEAD + rests.shape[1]
        nothing = np.empty(0, np.uint16), np.empty((0, self.width + _ITEM), np.uint8), np.empty(0, np.uint32)
        self.count = int(exact_kernels.merge(*self._merged, *nothing, np.uint64(0), _COUNT))
        if self.count > MOST_NUMBER:
            raise LimitExceeded(f"A list of {self.count:,} hashes does not fit an index; split the list")

    def merge_into(self, marks: NDArray[np.uint16], rows: NDArray[np.uint8], table: NDArray[np.uint32]) -> None:
        """Write the different digests, sorted, into columns of ``count`` rows, and the table of their prefixes."""
        exact_kernels.merge(*self._merged, marks, rows, table, _shift(table), _WRITE)


def shapes(runs: Mapping[str, Runs]) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Return the type and shape of every column that ``fill`` is going to write."""
    planned: dict[str, tuple[str, tuple[int, ...]]] = {}
    for algorithm, run in runs.items():
        bits = min(max(run.count.bit_length() - 4, 1), _MOST_BITS)
        planned[f"{algorithm}.table"] = ("<u4", ((1 << bits) + 1,))
        planned[f"{algorithm}.marks"] = ("<u2", (run.count,))
        planned[f"{algorithm}.rows"] = ("|u1", (run.count, run.width + _ITEM))
    return planned


def fill(runs: Mapping[str, Runs], arrays: Mapping[str, Column]) -> None:
    """Write the columns of an exact index into planned arrays."""
    for algorithm, run in runs.items():
        run.merge_into(*(arrays[f"{algorithm}.{name}"] for name in _PARTS))


def _shift(table: NDArray[np.uint32]) -> np.uint64:
    return np.uint64(65 - (len(table) - 1).bit_length())


def _heads(digests: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.ascontiguousarray(digests[:, :_HEAD]).view(">u8").reshape(-1).astype(np.uint64)


def _split(digests: NDArray[np.uint8]) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    return _heads(digests), np.ascontiguousarray(digests[:, _HEAD:])


def _sorted(rows: _Rows) -> tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[np.uint32]]:
    """Return the rows sorted by digest, each digest once with the item that came first."""
    heads, rests = _split(np.frombuffer(rows.digests, np.uint8).reshape(-1, rows.width))
    items = np.frombuffer(rows.items, np.uint32)
    order = np.argsort(heads, kind="stable")
    heads, rests, items = heads[order], rests[order], items[order]
    same_head = heads[1:] == heads[:-1]
    if not same_head.any():
        return heads, rests, items
    tied = np.append(same_head, np.False_) | np.append(np.False_, same_head)
    words = rests[tied].view(">u4").astype(np.uint32)
    by_rest = np.lexsort((*words.T[::-1], heads[tied]))
    rests[tied], items[tied] = rests[tied][by_rest], items[tied][by_rest]
    first = np.append(np.True_, ~(same_head & (rests[1:] == rests[:-1]).all(1)))
    return heads[first], rests[first], items[first]

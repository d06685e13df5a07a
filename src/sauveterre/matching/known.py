"""A known list: one version of a hash list on disk, ready to be matched against, in one file of columns.

It holds the exact index, the PDQ hashes that may be matched, and for each item its category and its row in the list:
what a hit must name. Everything else about an item stays where the records are kept.
"""

import tempfile
from array import array
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.matching import exact, near
from sauveterre.matching.bulk import HashRows
from sauveterre.matching.columns import Column, Columns, Plan, open_columns
from sauveterre.matching.exact import ExactBuilder, ExactIndex
from sauveterre.matching.near import NearIndex
from sauveterre.matching.spool import Spool
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia, ListIdentity

KIND = "known-list"
MOST_CATEGORIES = 1 << 20
MOST_IDENTITY = 512
_NO_QUALITY = 255
"""In the column of qualities: the list states none."""

_IDENTITY_KEYS = ("name", "version", "scheme")
_COLUMNS = frozenset({
    "pdq", "pdq.items", "item.category", "item.locator_ends", "locators", "categories", "category_ends",
})  # fmt: skip


class KnownList:
    """An opened list: which one it is, its two indexes, and what its items say."""

    def __init__(self, columns: Columns) -> None:
        """Take the columns of an opened file; raise ``UnreadableSource`` where they do not fit together."""
        arrays = columns.arrays
        self.exact = ExactIndex(columns)
        if not arrays.keys() >= _COLUMNS or not _is_sound(arrays):
            raise UnreadableSource(
                f"The list index {columns.path.name} is damaged: its columns of items do not fit together; "
                "import the list again"
            )
        self.identity = ListIdentity(**{key: str(columns.meta.get(key, "")) for key in _IDENTITY_KEYS})
        self.source = str(columns.meta.get("source", ""))
        """``sha256:…`` of the file that the list came in."""
        self.near = NearIndex(arrays["pdq"])
        self.near_items: NDArray[np.uint32] = arrays["pdq.items"]
        """The item number of each row of ``near``."""
        self.films = NearIndex(arrays.get("film.pdq", np.empty((0, near.WIDTH), np.uint8)))
        """The frames of listed films, those of one item one after the other."""
        self.film_items: NDArray[np.uint32] = arrays.get("film.items", np.empty(0, np.uint32))
        """The item number of each row of ``films``, ascending."""
        self._qualities = arrays.get("pdq.quality")
        self._columns = columns

    @classmethod
    def open(cls, path: Path) -> "KnownList":
        """Map a list file in milliseconds; raise ``UnreadableSource`` when it is missing or damaged."""
        return cls(open_columns(path, KIND))

    def __len__(self) -> int:
        return len(self._columns.arrays["item.category"])

    def category(self, item: int) -> Category | None:
        """Return the category of an item, by its number from 0."""
        row = self._number("item.category", item)
        if row == 0:
            return None
        scheme, _, code = self._text("categories", "category_ends", row - 1).partition("\0")
        return Category(scheme, code)

    @property
    def category_rows(self) -> NDArray[np.uint32]:
        """For each item the number of its category, from 1; 0 for none."""
        rows: NDArray[np.uint32] = self._columns.arrays["item.category"]
        return rows

    @property
    def pdq_rows(self) -> NDArray[np.uint8]:
        """The hashes of ``near``, N × 32."""
        rows: NDArray[np.uint8] = self._columns.arrays["pdq"]
        return rows

    def category_texts(self) -> list[str]:
        """Return the categories in the order of their numbers, as scheme and code with a zero character between."""
        count = len(self._columns.arrays["category_ends"])
        return [self._text("categories", "category_ends", row) for row in range(count)]

    def quality(self, row: int) -> int | None:
        """Return the PDQ quality that the list states for a row of ``near``; None where it states none."""
        stated = _NO_QUALITY if self._qualities is None else int(self._qualities[row])
        return None if stated == _NO_QUALITY else stated

    def locator(self, item: int) -> str:
        """Return the row of the list that an item came from, by its number from 0."""
        return self._text("locators", "item.locator_ends", item)

    def verify(self) -> None:
        """Check every byte against its checksum; raise ``UnreadableSource`` when one is wrong."""
        self._columns.verify()

    def _text(self, column: str, ends: str, row: int) -> str:
        start = self._number(ends, row - 1) if row else 0
        return bytes(self._columns.arrays[column][start : self._number(ends, row)]).decode("utf-8", "replace")

    def _number(self, column: str, row: int) -> int:
        try:
            return int(self._columns.arrays[column][row])
        except IndexError as error:
            raise UnreadableSource(
                f"The list index {self._columns.path.name} is damaged: the column {column} has no row {row:,}; "
                "import the list again"
            ) from error


class KnownListBuilder(AbstractContextManager["KnownListBuilder"]):
    """Takes the items of a list one by one, then writes its file.

    Memory: the digests as ``ExactBuilder`` says, about 150 bytes for each PDQ hash, and 36 for each frame of a film;
    all else waits on disk.
    """

    def __init__(self, path: Path, *, rows_in_memory: int = exact.ROWS_IN_MEMORY) -> None:
        """Prepare to write the list to a file, which appears, whole, only with ``finish``."""
        self._path = path
        self._exact = ExactBuilder(path.parent, rows_in_memory=rows_in_memory)
        self._locators = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115  (closed by __exit__)
        self._pdq: dict[bytes, int] = {}
        self._qualities = array("B")
        self._frames = bytearray()
        self._frame_items = array("I")
        self._categories: dict[Category, int] = {}
        self._category_rows = Spool("I", path.parent)
        self._locator_ends = Spool("Q", path.parent)
        self._end = 0

    def __exit__(self, *exc: object) -> None:
        self._exact.__exit__(*exc)
        for spooled in (self._locators, self._category_rows, self._locator_ends):
            spooled.close()

    def __len__(self) -> int:
        return len(self._category_rows)

    def add(self, item: ListedMedia, prefix: str = "") -> int:
        """Add one item and return its number. Of a hash that comes again the first item stays.

        ``prefix`` goes before its locator and says which of several files it stands in. Raises ``LimitExceeded`` for
        more items or categories than a list may have.
        """
        number = len(self)
        for digest in item.hashes:
            if digest.algorithm == "pdq":
                pdq = bytes.fromhex(digest.hex)
                if pdq not in self._pdq and near.matchable(pdq, item.pdq_quality):
                    self._pdq[pdq] = number
                    self._qualities.append(_NO_QUALITY if item.pdq_quality is None else item.pdq_quality)
            else:
                self._exact.add(digest, number)
        frames = sorted({one.pdq for one in item.frames if near.matchable(one.pdq, one.quality)})
        self._frames += b"".join(frames)
        self._frame_items.extend([number] * len(frames))
        self._category_rows.append(self._category_row(item.category))
        locator = (prefix + item.provenance.locator).encode("utf-8", "replace")
        self._locators.write(locator)
        self._end += len(locator)
        self._locator_ends.append(self._end)
        return number

    def add_rows(self, rows: HashRows, prefix: str = "") -> None:
        """Add items that have a hash each and nothing else."""
        number, count = len(self), len(rows.digests)
        if number + count > exact.MOST_NUMBER:
            raise LimitExceeded(f"A list of {number + count:,} items does not fit an index; split the list")
        self._exact.add_rows(rows.algorithm, rows.digests, np.arange(number, number + count, dtype=np.uint32))
        self._category_rows.extend(np.zeros(count, np.uint32))
        texts = [f"{prefix}line {line}" for line in range(rows.first_line, rows.first_line + count)]
        self._locators.write("".join(texts).encode("utf-8", "replace"))
        extra = len(prefix.encode("utf-8", "replace")) - len(prefix)
        ends = self._end + np.cumsum(np.fromiter(map(len, texts), np.uint64, count) + np.uint64(extra))
        self._locator_ends.extend(ends.astype(np.uint64))
        self._end = int(ends[-1])

    def finish(self, identity: ListIdentity, source: str) -> KnownList:
        """Write the file, replacing an older one whole, and open it.

        ``source`` is the digest of the file that the list came in. Raises ``WorkspaceError`` where there is no room,
        and ``LimitExceeded`` for an identity of more than 512 characters.
        """
        meta = {key: getattr(identity, key) for key in _IDENTITY_KEYS} | {"source": source}
        if sum(map(len, meta.values())) > MOST_IDENTITY:
            raise LimitExceeded(f"The name, version and scheme of a list have at most {MOST_IDENTITY} characters")
        runs = self._exact.runs()
        texts = [f"{category.scheme}\0{category.code}".encode() for category in self._categories]
        shapes = exact.shapes(runs) | {
            "pdq": ("|u1", (len(self._pdq), near.WIDTH)),
            "pdq.items": ("<u4", (len(self._pdq),)),
            "pdq.quality": ("|u1", (len(self._pdq),)),
            "film.pdq": ("|u1", (len(self._frame_items), near.WIDTH)),
            "film.items": ("<u4", (len(self._frame_items),)),
            "item.category": ("<u4", (len(self),)),
            "item.locator_ends": ("<u8", (len(self),)),
            "locators": ("|u1", (self._end,)),
            "categories": ("|u1", (sum(map(len, texts)),)),
            "category_ends": ("<u8", (len(texts),)),
        }
        with Plan(KIND, shapes).write(self._path, meta) as arrays:
            exact.fill(runs, arrays)
            self._fill_items(arrays, texts)
        return KnownList.open(self._path)

    def _fill_items(self, arrays: Mapping[str, Column], texts: list[bytes]) -> None:
        arrays["pdq"][:] = near.to_rows(list(self._pdq))
        arrays["pdq.items"][:] = list(self._pdq.values())
        arrays["pdq.quality"][:] = np.frombuffer(self._qualities, np.uint8)
        self._fill_frames(arrays)
        self._category_rows.write_into(arrays["item.category"])
        self._locator_ends.write_into(arrays["item.locator_ends"])
        arrays["categories"][:] = np.frombuffer(b"".join(texts), np.uint8)
        arrays["category_ends"][:] = np.cumsum([len(text) for text in texts], dtype=np.uint64)
        self._locators.seek(0)
        at = 0
        while block := self._locators.read(1 << 20):
            arrays["locators"][at : at + len(block)] = np.frombuffer(block, np.uint8)
            at += len(block)

    def _fill_frames(self, arrays: Mapping[str, Column]) -> None:
        arrays["film.pdq"][:] = near.to_rows([bytes(self._frames)])
        arrays["film.items"][:] = np.frombuffer(self._frame_items, np.uint32)

    def _category_row(self, category: Category | None) -> int:
        if category is None:
            return 0
        row = self._categories.setdefault(category, len(self._categories) + 1)
        if row > MOST_CATEGORIES:
            raise LimitExceeded(f"The list has more than {MOST_CATEGORIES:,} categories; look whether it is one")
        return row


def _is_sound(arrays: Mapping[str, Column]) -> bool:
    items = len(arrays["item.category"])
    return (
        arrays["pdq"].shape == (len(arrays["pdq.items"]), near.WIDTH)
        and len(arrays.get("pdq.quality", arrays["pdq.items"])) == len(arrays["pdq.items"])
        and len(arrays["item.locator_ends"]) == items
        and arrays["pdq"].dtype == np.uint8
        and arrays.get("film.pdq", arrays["pdq"]).dtype == np.uint8
        and arrays.get("film.pdq", arrays["pdq"]).shape
        == (len(arrays.get("film.items", arrays["pdq.items"])), near.WIDTH)
    )

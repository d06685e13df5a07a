"""SQLite files from hostile sources: a copy is opened, read-only, and what takes too long is broken off.

The copy loses its name as soon as it is open, so that nothing of it stays behind however the process ends.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence.content import BLOCK
from sauveterre.records.limits import Limits

MAGIC = b"SQLite format 3\x00"
MOST_VALUE_BYTES = 16 << 20
"""Of one value or row."""
STEPS_BETWEEN_LOOKS = 10_000
MOST_LOOKS = 5_000
"""For one row, in units of the above: about a second. Steps are counted, as a clock would not repeat."""


class Database:
    """A copy of a database, read in one transaction. Text comes as its bytes."""

    def __init__(self, name: str, stream: BinaryIO, log: BinaryIO | None, limits: Limits) -> None:
        """Copy a database, with its write-ahead log if there is one, and open the copy; the streams stay open.

        Raises ``UnreadableSource`` when it is no database, ``LimitExceeded`` when it has too many bytes.
        """
        self._name = name
        self._looks = 0
        with TemporaryDirectory(prefix="database-") as folder:
            copy = Path(folder) / "copy"
            _copy(stream, copy, name, limits)
            if log is not None:
                _copy(log, copy.with_name("copy-wal"), name, limits)
            self._connection = sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True, isolation_level=None)
            try:
                self._shut_in()
            except (sqlite3.Error, UnicodeDecodeError) as error:
                self._connection.close()
                raise self._unreadable(error) from error

    def _shut_in(self) -> None:
        """Bound what the database may do, and open its files before they lose their names."""
        database = self._connection
        database.text_factory = bytes
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_VALUE_BYTES)
        database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        database.set_progress_handler(self._look, STEPS_BETWEEN_LOOKS)
        for setting in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"):
            database.execute(f"PRAGMA {setting}")
        database.execute("BEGIN")
        database.execute("SELECT count(*) FROM sqlite_schema").fetchall()

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield rows; raise ``UnreadableSource`` at damage, after the rows before it."""
        self._looks = 0
        try:
            with closing(self._connection.execute(query, values)) as found:
                while (row := found.fetchone()) is not None:
                    yield row
                    self._looks = 0
        except (sqlite3.Error, UnicodeDecodeError, OverflowError, MemoryError) as error:
            raise self._unreadable(error) from error

    def close(self) -> None:
        """Let go of the copy. Closing twice is harmless."""
        self._connection.close()

    def _look(self) -> bool:
        self._looks += 1
        return self._looks > MOST_LOOKS

    def _unreadable(self, error: Exception) -> UnreadableSource:
        """Say why; an error of decoding comes from SQLite's own message, which quotes a damaged name of the file."""
        if self._looks > MOST_LOOKS:
            return UnreadableSource(f"{self._name} makes SQLite work for ever on one row; look at it by hand")
        what = "its schema holds a damaged name" if isinstance(error, UnicodeDecodeError) else str(error)
        return UnreadableSource(f"{self._name} cannot be read as a database: {what}; look for another copy")


def _copy(stream: BinaryIO, to: Path, name: str, limits: Limits) -> None:
    """Copy a stream to a file; what stands before damage in it is enough to try."""
    total = 0
    with to.open("wb") as out:
        while block := _block(stream, total):
            total += len(block)
            if total > limits.nested_bytes:
                raise LimitExceeded(
                    f"{name} has more than {limits.nested_bytes:,} bytes, the most for a database inside another "
                    "source; add it as a source of its own, or raise nested_bytes"
                )
            out.write(block)


def _block(stream: BinaryIO, total: int) -> bytes:
    try:
        return stream.read(BLOCK)
    except UnreadableSource:
        if not total:
            raise
        return b""

"""A messenger's SQLite database in a hostile source, plain or under SQLCipher: a copy is opened, and only read.

The write-ahead log or journal beside a database is copied with it: what was written last often stands there alone. The
copy loses its name as soon as it is open, so that nothing of it stays behind however the process ends.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Self

from sqlcipher3 import dbapi2 as sqlcipher

from sauveterre.errors import LimitExceeded, Locked, UnreadableSource
from sauveterre.records.pulse import pulse
from sauveterre.records.tree import Tree

MAGIC = b"SQLite format 3\x00"
BLOCK = 1 << 20
HEAP_BYTES = 192 << 20
"""The most that SQLite may take in this process: a value that claims to be longer ends as an error."""
STEPS_BETWEEN_LOOKS = 10_000
MOST_LOOKS = 20_000
"""For one row, in units of the above: some seconds. Steps are counted, as a clock would not repeat."""

_FAULTS = (sqlcipher.Error, UnicodeDecodeError, OverflowError, MemoryError)
"""What the engine ends with: an error, one whose own words are no text, a number or a value that is too large."""

Row = dict[str, Any]


class Database:
    """A copy of a database, read in one transaction. Use as a context manager.

    Tables and columns change with every version of a messenger: ask for a table's columns under plain names, each with
    the names that it has had, and what a version does not have comes as None.
    """

    def __init__(self, tree: Tree, path: str, cipher: Sequence[str] = ()) -> None:
        """Copy the database at a path of a tree and open the copy; ``cipher`` are the statements that unlock it.

        Raises ``Locked`` when they do not, ``UnreadableSource`` when it is no database, ``LimitExceeded`` when there is
        no room for the copy.
        """
        self._name = path.rpartition("/")[2]
        self._looks = 0
        with TemporaryDirectory(prefix="database-") as folder:
            copy = Path(folder) / "copy"
            with tree.open(path) as stream:
                _copy(stream, copy, path)
            there = frozenset(tree.paths())
            for beside in ("-wal", "-journal"):
                if path + beside in there:
                    with tree.open(path + beside) as stream:
                        _copy(stream, copy.with_name(f"copy{beside}"), path + beside)
            self._connection = sqlcipher.connect(f"{copy.as_uri()}?mode=rw", uri=True, isolation_level=None)
            try:
                self._shut_in(cipher)
            except _FAULTS as error:
                self._close()
                raise self._locked(error) if cipher else self._unreadable(error) from error

    def _shut_in(self, cipher: Sequence[str]) -> None:
        """Unlock, bound what the database may do, and open its files before they lose their names."""
        database = self._connection
        if cipher:
            database.execute("PRAGMA cipher_log_level = NONE")
        for statement in cipher:
            database.execute(statement)
        database.text_factory = lambda text: text.decode("utf-8", "replace")
        database.set_progress_handler(self._look, STEPS_BETWEEN_LOOKS)
        for setting in (
            "trusted_schema = OFF",
            "cell_size_check = ON",
            "cache_size = -16384",
            f"hard_heap_limit = {HEAP_BYTES}",
        ):
            database.execute(f"PRAGMA {setting}")
        database.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        database.execute("PRAGMA query_only = ON")
        database.execute("BEGIN")
        database.execute("SELECT count(*) FROM sqlite_schema").fetchall()

    @cached_property
    def tables(self) -> Mapping[str, frozenset[str]]:
        """The columns of every plain table by its name, both as the database spells them; no view, nothing virtual."""
        schema = self.query("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        plain = [name for name, sql in schema if str(sql).lstrip().upper().startswith("CREATE TABLE")]
        return {
            name: frozenset(column[1] for column in self.query(f"PRAGMA table_info({quoted(name)})")) for name in plain
        }

    def rows(
        self, table: str, columns: Mapping[str, Sequence[str]], *, order: Sequence[str] = (), where: str = ""
    ) -> Iterator[Row]:
        """Yield a table's rows under plain names, ``rowid`` among them; nothing where there is no such table.

        ``columns`` maps each plain name to the names that the column has had, the first that is there is read, and None
        given where none is. ``order`` names plain columns, by default the row's number; ``where`` is a condition of the
        caller's own words. Raises ``UnreadableSource`` at damage, after the rows before it.
        """
        if table not in self.tables:
            return
        there = self.tables[table]
        found = {plain: next((name for name in names if name in there), None) for plain, names in columns.items()}
        fields = ", ".join(["rowid", *(quoted(name) if name else "NULL" for name in found.values())])
        keys = [quoted(name) for plain in order if (name := found.get(plain))] or ["rowid"]
        condition = f" WHERE {where}" if where else ""
        statement = f"SELECT {fields} FROM {quoted(table)}{condition} ORDER BY {', '.join(keys)}"  # noqa: S608  (quoted)
        names = ("rowid", *found)
        for row in self.query(statement):
            yield dict(zip(names, row, strict=True))

    def query(self, statement: str, values: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a statement that reads; raise ``UnreadableSource`` at damage, after the rows before it."""
        self._looks = 0
        try:
            with closing(self._connection.execute(statement, values)) as found:
                while (row := found.fetchone()) is not None:
                    pulse()
                    yield row
                    self._looks = 0
        except _FAULTS as error:
            raise self._unreadable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._close()

    def _close(self) -> None:
        """Close the copy, and let go of this object: the connection holds it in a way that is never collected."""
        self._connection.set_progress_handler(None, 0)
        self._connection.close()

    def _look(self) -> bool:
        self._looks += 1
        return self._looks > MOST_LOOKS

    def _locked(self, error: Exception) -> Locked:
        return Locked(
            f"{self._name} does not open with the key given ({_reason(error)}): the key is for another database, or "
            "the file is damaged; enter the key that was taken from the same device"
        )

    def _unreadable(self, error: Exception) -> UnreadableSource:
        if self._looks > MOST_LOOKS:
            return UnreadableSource(f"{self._name} makes SQLite work for ever on one row; look at it by hand")
        return UnreadableSource(f"{self._name} cannot be read as a database: {_reason(error)}; look for another copy")


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "its structure is damaged"
    return str(error) or "out of memory"


def quoted(name: str) -> str:
    """Return a name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def is_database(head: bytes) -> bool:
    """Say from its first bytes whether a file is a plain SQLite database (one under SQLCipher may be, too)."""
    return head.startswith(MAGIC)


def _copy(stream: BinaryIO, to: Path, name: str) -> None:
    """Copy a stream to a file; what stands before damage in it is enough to try."""
    with to.open("wb") as out:
        while block := _block(stream, out.tell()):
            try:
                out.write(block)
                out.flush()
            except OSError as error:
                raise LimitExceeded(
                    f"{name} cannot be copied to be opened ({error.strerror}): make room, or raise nested_bytes"
                ) from error


def _block(stream: BinaryIO, total: int) -> bytes:
    try:
        return stream.read(BLOCK)
    except UnreadableSource:
        if not total:
            raise
        return b""

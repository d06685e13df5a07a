"""A messenger's SQLite database in a hostile source, plain or under SQLCipher: a copy is opened, and only read.

The write-ahead log or journal beside a database is copied with it: what was written last often stands there alone. The
copy loses its name as soon as it is open, so that nothing of it stays behind however the process ends.
"""

import hashlib
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
HEAP_BYTES = 96 << 20
"""The most that SQLite may take in this process: a value that claims to be longer ends as an error."""
STEPS_BETWEEN_LOOKS = 10_000
MOST_LOOKS = 20_000
"""For one row, in units of the above: some seconds. Steps are counted, as a clock would not repeat."""

SPARES = 6
"""More connections to a database under SQLCipher: one that met a damaged page reads nothing any more."""
_FAULTS = (sqlcipher.Error, UnicodeDecodeError, OverflowError, MemoryError)
"""What the engine ends with: an error, one whose own words are no text, a number or a value that is too large."""

Row = dict[str, Any]


class Database:
    """A copy of a database, read in one transaction. Use as a context manager.

    Tables and columns change with every version of a messenger: ask for a table's columns under plain names, each with
    the names that it has had, and what a version does not have comes as None.

    ``digest`` is the SHA-256 of the file as it was read, ``logs`` that of each log or journal beside it, by path.
    """

    def __init__(self, tree: Tree, path: str, cipher: Sequence[str] = ()) -> None:
        """Copy the database at a path of a tree and open the copy; ``cipher`` are the statements that unlock it.

        Raises ``Locked`` when they do not, ``UnreadableSource`` when it is no database, ``LimitExceeded`` when there is
        no room for the copy.
        """
        self._name = path.rpartition("/")[2]
        self.is_sealed = bool(cipher)
        self._looks = 0
        self._spent: list[Any] = []
        with TemporaryDirectory(prefix="database-") as folder:
            copy = Path(folder) / "copy"
            with tree.open(path) as stream:
                self.digest = _copy(stream, copy, path)
            there = frozenset(tree.paths())
            self.logs: dict[str, str] = {}
            for beside in ("-wal", "-journal"):
                if path + beside in there:
                    with tree.open(path + beside) as stream:
                        self.logs[path + beside] = _copy(stream, copy.with_name(f"copy{beside}"), path + beside)
            self._connection = self._opened(copy, cipher)
            self._spares = [self._opened(copy, cipher) for _ in range(SPARES if cipher else 0)]

    def _opened(self, copy: Path, cipher: Sequence[str]) -> Any:
        try:
            connection = sqlcipher.connect(f"{copy.as_uri()}?mode=rw", uri=True, isolation_level=None)
        except _FAULTS as error:
            raise self._unreadable(error) from error
        try:
            self._shut_in(connection, cipher)
        except _FAULTS as error:
            connection.set_progress_handler(None, 0)
            connection.close()
            raise self._locked(error) if cipher else self._unreadable(error) from error
        return connection

    @classmethod
    def adopt(cls, connection: Any, name: str, digest: str) -> Self:
        """Take over the connection to a scratch database that this process has filled; it is only read from now on.

        ``name`` and ``digest`` are of the file that its rows come from. Raises ``UnreadableSource``.
        """
        database = cls.__new__(cls)
        database._name, database._looks, database._connection = name.rpartition("/")[2], 0, connection
        database.digest, database.logs, database._spares = digest, {}, []
        database.is_sealed, database._spent = False, []
        try:
            database._shut_in(connection, ())
        except _FAULTS as error:
            connection.close()
            raise database._unreadable(error) from error
        return database

    def _shut_in(self, database: Any, cipher: Sequence[str]) -> None:
        """Unlock, bound what the database may do, and open its files before they lose their names."""
        if cipher:
            database.execute("PRAGMA cipher_log_level = NONE")
        for statement in cipher:
            database.execute(statement)
        database.text_factory = lambda text: text.decode("utf-8", "replace")
        database.set_progress_handler(self._look, STEPS_BETWEEN_LOOKS)
        for setting in (
            "trusted_schema = OFF",
            "cell_size_check = ON",
            "temp_store = FILE",
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
        self,
        table: str,
        columns: Mapping[str, Sequence[str]],
        *,
        order: Sequence[str] = (),
        where: str = "",
        values: tuple[Any, ...] = (),
        backwards: bool = False,
    ) -> Iterator[Row]:
        """Yield a table's rows under plain names, ``rowid`` among them; nothing where there is no such table.

        ``columns`` maps each plain name to the names that the column has had, the first that is there is read, and None
        given where none is. ``order`` names plain columns, by default the row's number; ``where`` is a condition of the
        caller's own words, in which ``values`` take the places of question marks. Raises ``UnreadableSource`` at
        damage, after the rows before it.
        """
        if table not in self.tables:
            return
        there = self.tables[table]
        found = {plain: next((name for name in names if name in there), None) for plain, names in columns.items()}
        fields = ", ".join(["rowid", *(quoted(name) if name else "NULL" for name in found.values())])
        keys = [quoted(name) for plain in order if (name := found.get(plain))] or ["rowid"]
        condition = f" WHERE {where}" if where else ""
        statement = f"SELECT {fields} FROM {quoted(table)}{condition} ORDER BY {', '.join(keys)}"  # noqa: S608  (quoted)
        statement += " DESC" * backwards
        names = ("rowid", *found)
        for row in self.query(statement, values):
            yield dict(zip(names, row, strict=True))

    def rows_around_damage(self, table: str, columns: Mapping[str, Sequence[str]]) -> Iterator[Row]:
        """Yield a table's rows up to damage, then those behind it, the last one first.

        Raises ``UnreadableSource`` after all of them, naming between which rows others are missing.
        """
        last, first_behind, failure = 0, None, None
        try:
            for row in self.rows(table, columns):
                last = row["rowid"]
                yield row
        except UnreadableSource as error:
            failure = error
        if failure is None:
            return
        try:
            for row in self.rows(table, columns, where=f"rowid > {last}", backwards=True):
                first_behind = row["rowid"]
                yield row
        except UnreadableSource as error:
            failure = error
        else:
            return
        gap = f"after row {last}" if first_behind is None else f"between rows {last} and {first_behind}"
        raise UnreadableSource(f"the table {table} cannot be read {gap}: {failure}")

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
            if type(error) is sqlcipher.DatabaseError and self._spares:
                self._spent.append(self._connection)
                self._connection = self._spares.pop()
            raise self._unreadable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the copy, which is gone then. Closing twice is harmless."""
        for connection in (self._connection, *self._spares, *self._spent):
            connection.set_progress_handler(None, 0)  # which holds this object in a way that is never collected
            connection.close()

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


def scratch() -> Any:
    """Return a connection to an empty database on disk that has no name and ends with the connection."""
    with TemporaryDirectory(prefix="database-") as folder:
        connection = sqlcipher.connect(str(Path(folder) / "scratch"), isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"hard_heap_limit = {HEAP_BYTES}"):
            connection.execute(f"PRAGMA {setting}").fetchall()
        connection.execute("CREATE TABLE begun (one)")
    return connection


def quoted(name: str) -> str:
    """Return a name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def is_database(head: bytes) -> bool:
    """Say from its first bytes whether a file is a plain SQLite database (one under SQLCipher may be, too)."""
    return head.startswith(MAGIC)


def _copy(stream: BinaryIO, to: Path, name: str) -> str:
    """Copy a stream to a file and return its SHA-256; what stands before damage in it is enough to try."""
    digest = hashlib.sha256()
    with to.open("wb") as out:
        while block := _block(stream, out.tell()):
            try:
                digest.update(block)
                out.write(block)
                out.flush()
            except OSError as error:
                raise LimitExceeded(
                    f"{name} cannot be copied to be opened ({error.strerror}): make room, or raise nested_bytes"
                ) from error
    return digest.hexdigest()


def _block(stream: BinaryIO, total: int) -> bytes:
    try:
        return stream.read(BLOCK)
    except UnreadableSource:
        if not total:
            raise
        return b""

"""NSRL, the reference data set of the American NIST, version 3: an SQLite file, minimal or full.

The minimal set has the table ``FILE`` (``sha256``, ``sha1``, ``md5``, ``crc32``, ``file_name``, ``file_size``,
``package_id``), the full one ``METADATA``, from which views make the rest. Columns are found by their names, in any
case and spelling, as converters rename them. Each row is an item, without a category: NSRL says *known*, never *good*.

Tables only are read, never views or virtual tables, and no setting of the file is trusted. Source of the format: the
schema as two independent importers know it.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from sauveterre.errors import MalformedList
from sauveterre.matching.fingerprints import algorithm_of, digests_of
from sauveterre.matching.tables import plain_name, whole
from sauveterre.records.hash_list import ListedFile, ListedMedia, ListRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

NAME = "nsrl"

MAGIC = b"SQLite format 3\x00"
MOST_VALUE_BYTES = 1 << 20
STEPS_BETWEEN_LOOKS = 10_000
MOST_LOOKS = 5_000
"""For one row, in units of the above: about a second. Steps are counted, as a clock would not repeat."""

_HASHES = ("sha256", "sha1", "md5")
_FIRST = ("metadata", "file", "distincthash")
_PAGE_TYPES = frozenset({5, 13})
"""Of the first page: an interior page or a leaf of the table that holds the schema."""


def recognises(head: bytes) -> bool:
    """Say whether this is an SQLite file whose schema names a table of hashes, as far as the first page shows it."""
    if not head.startswith(MAGIC) or len(head) < 512 or head[100] not in _PAGE_TYPES:
        return False
    lower = head.lower().replace(b"-", b"").replace(b"_", b"")
    return head[100] == 5 or (b"create table" in lower and any(name.encode() in lower for name in _HASHES))


def read(stream: BinaryIO, *, identity: str, name: str) -> Iterator[ListRecord]:
    """Yield the rows in the order of the table, in memory that does not grow with it.

    A stream that is a file is read where it lies, another is copied first. Raises ``MalformedList``, after the rows
    before the damage, where the file is damaged, and where no table has a column of hashes.
    """
    rows = 0
    try:
        with _database(stream) as database:
            table, columns = _table(database, name)
            for row, values in _rows(database, table, columns):
                where = Provenance(identity, name, f"{table}.rowid {row}", NAME)
                yield from _records(dict(zip(columns, values, strict=True)), where)
                rows += 1
    except (sqlite3.Error, UnicodeDecodeError, OverflowError, MemoryError) as error:  # the second: in SQLite's messages
        raise MalformedList(
            f"{name}: SQLite gives up ({error}) behind {rows:,} rows, which were read; "
            "compare the file's digest with the one that was published with it"
        ) from error


@contextmanager
def _database(stream: BinaryIO) -> Iterator[sqlite3.Connection]:
    with TemporaryDirectory(prefix="nsrl-") as folder:
        path = _path_of(stream) or _copy(stream, Path(folder) / "copy")
        opened = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
        with closing(opened) as database:
            database.text_factory = bytes
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_VALUE_BYTES)
            database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            for setting in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"):
                database.execute(f"PRAGMA {setting}")
            yield database


def _path_of(stream: BinaryIO) -> Path | None:
    """Return where a stream's file lies; None where it is no file, or no longer the one of that name."""
    name = getattr(stream, "name", None)
    if not isinstance(name, str):
        return None
    try:
        same = os.path.samestat(os.fstat(stream.fileno()), os.stat(name))  # noqa: PTH116  (the pair of fstat)
    except OSError:
        return None
    return Path(name) if same else None


def _copy(stream: BinaryIO, path: Path) -> Path:
    with path.open("wb") as copy:
        shutil.copyfileobj(stream, copy, 1 << 20)
    return path


def _table(database: sqlite3.Connection, name: str) -> tuple[str, dict[str, str]]:
    """Return the table of hashes, and its columns that are read: their names in it by their plain names."""
    found: dict[str, tuple[str, dict[str, str]]] = {}
    schema = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    for raw, sql in schema.fetchall():
        table = _text(raw)
        if _text(sql).lstrip().upper().startswith("CREATE TABLE"):
            info = database.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
            columns = {plain_name(_text(column[1])): _text(column[1]) for column in info}
            kept = {plain: own for plain, own in columns.items() if _is_read(plain)}
            if any(algorithm_of(plain) in _HASHES for plain in kept):
                found[plain_name(table)] = (table, kept)
    for plain in (*_FIRST, *found):
        if plain in found:
            return found[plain]
    raise MalformedList(
        f"{name}: no table of this SQLite file has a column named after SHA-256, SHA-1 or MD5; "
        "ask for NSRL's RDSv3, minimal or full, with its last delta applied"
    )


def _is_read(plain: str) -> bool:
    return algorithm_of(plain) in _HASHES or plain in ("filename", "filesize")


def _rows(
    database: sqlite3.Connection, table: str, columns: dict[str, str]
) -> Iterator[tuple[int, tuple[bytes | int | None, ...]]]:
    """Yield each row with its number; where the table keeps none, the rows are counted in the order of its key."""
    looks = 0

    def look() -> bool:
        nonlocal looks
        looks += 1
        return looks > MOST_LOOKS

    database.set_progress_handler(look, STEPS_BETWEEN_LOOKS)
    names = ", ".join(map(_quoted, columns.values()))
    try:
        rows = database.execute(f"SELECT rowid, {names} FROM {_quoted(table)} ORDER BY rowid")  # noqa: S608  (quoted)
    except sqlite3.OperationalError:
        rows = database.execute(f"SELECT NULL, {names} FROM {_quoted(table)}")  # noqa: S608  (quoted)
    with closing(rows):
        for count, (number, *values) in enumerate(rows, start=1):
            looks = 0
            yield count if number is None else number, tuple(values)


def _records(row: dict[str, Any], where: Provenance) -> Iterator[ListRecord]:
    values = {plain: _text(value) for plain, value in row.items()}
    hashes, troubles = digests_of((plain, value) for plain, value in values.items() if algorithm_of(plain) in _HASHES)
    yield from (Problem(where, what) for what in troubles)
    if hashes:
        name = values.get("filename", "")
        files = (ListedFile(name, ""),) if name else ()
        yield ListedMedia(hashes, None, where, size=whole(values.get("filesize", "")), files=files)


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

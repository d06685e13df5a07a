"""The statements of a backup, replayed into a scratch database by an allow-list: they are evidence, and hostile.

Two forms are taken, ``CREATE TABLE name (columns)`` and ``INSERT INTO name VALUES (?, …)``, of tables and columns that
are read; not one word of them reaches SQLite but names that are known here. Everything else is passed over or told.
"""

import re
import struct
from dataclasses import dataclass
from typing import Any

from sqlcipher3 import dbapi2 as sqlcipher

from sauveterre.errors import LimitExceeded
from sauveterre.messages.database import quoted, scratch
from sauveterre.messages.protobuf import Malformed, clean_text, read_varint
from sauveterre.messages.signal.android.container import Frame, Piece
from sauveterre.messages.signal.android.tables import FRAME, READ, kept

MOST_VALUES = 2_000
"""Most values of one statement: SQLite itself takes no more columns."""
MOST_SQL = 1 << 16
MOST_STATEMENTS = 1_000
"""Most different statements; there is one for each table."""
PIECES = "sauveterre_pieces"
"""The scratch table that says where the bytes of each attachment lie."""
Value = str | int | float | bytes | None

_NAME = (
    r"""(?:"(?P<quoted>[^"]{1,100})"|\[(?P<square>[^\]]{1,100})\]|`(?P<back>[^`]{1,100})`"""
    r"""|(?P<bare>[A-Za-z_]\w{0,99}))"""
)
_CREATE = re.compile(rf"CREATE TABLE (?:IF NOT EXISTS )?{_NAME} ?\(", re.IGNORECASE)
_INSERT = re.compile(
    rf"INSERT INTO {_NAME} ?(?:\((?P<columns>[^()]*)\) ?)?VALUES ?\((?P<marks>[?, ]+)\) ?;?", re.IGNORECASE
)
_PASSED = re.compile(
    r"CREATE (?:(?:UNIQUE )?INDEX |TRIGGER |VIRTUAL TABLE |VIEW |TABLE [\"'`\[]?sqlite_)", re.IGNORECASE
)
_COLUMN = re.compile(rf" ?{_NAME} ?(?P<rest>.*)")
_REMARK = re.compile(r"--[^\n]*")
_CONSTRAINTS = frozenset({"unique", "primary", "check", "foreign", "constraint"})
_ID = re.compile(r"INTEGER PRIMARY KEY\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Insert:
    """What a statement of rows comes to: our own statement, and which of its values it takes."""

    sql: str
    places: tuple[int, ...]
    count: int


NOT_READ = _Insert("", (), 0)
"""What rows of a table come to that is not read."""


class Replay:
    """A scratch database being filled."""

    def __init__(self) -> None:
        """Begin empty."""
        self.connection = scratch()
        self.connection.execute(f"CREATE TABLE {PIECES} (row INTEGER PRIMARY KEY, offset, length, iv, frame)")
        self.connection.execute("BEGIN")
        self._columns: dict[str, list[str]] = {}
        self._inserts: dict[bytes, _Insert] = {}

    def statement(self, raw: bytes, frame: Frame) -> str:
        """Replay one statement; return why it was not, or nothing."""
        try:
            words, values = _statement(raw)
            insert: _Insert | str | None = self._inserts.get(words)
            if insert is None:
                insert = self._meaning(_one_line(words))
                if len(self._inserts) < MOST_STATEMENTS and isinstance(insert, _Insert):
                    self._inserts[words] = insert
            if isinstance(insert, str):
                return insert
            if insert is NOT_READ:
                return ""
            if len(values) != insert.count:
                return f"the statement has {insert.count} places and {len(values)} values: the row is not read"
            return self._run(insert.sql, (*(_value(values[place]) for place in insert.places), frame.name))
        except Malformed as error:
            return f"the statement cannot be read: {error}"

    def piece(self, row: int, piece: Piece, frame: Frame) -> str:
        """Note where the bytes of an attachment lie; return why not, or nothing."""
        if row >> 63:
            return f"the bytes belong to row {row}, which cannot be"
        values = (row, piece.offset, piece.length, piece.iv, frame.name)
        return self._run(f"INSERT INTO {PIECES} VALUES (?, ?, ?, ?, ?)", values)  # noqa: S608  (own name)

    def finish(self) -> Any:
        """Return the connection; the database is whole."""
        self.connection.execute("COMMIT")
        return self.connection

    def _create(self, table: str, columns: str) -> str:
        wanted = kept(table)
        if not wanted or table in self._columns:
            return "" if not wanted else f"the table {table} is made twice; the first counts"
        found = _columns(columns)
        names = [name for name, _ in found]
        if len(set(names)) != len(names) or len(names) > MOST_VALUES:
            return f"the table {table} cannot be: a column comes twice, or there are too many"
        keep = [name for name in names if name in wanted]
        ids = {name for name, rest in found if name == "_id" and _ID.match(rest)}
        fields = [quoted(name) + (" INTEGER PRIMARY KEY" if name in ids else "") for name in keep]
        self.connection.execute(f"CREATE TABLE {quoted(table)} ({', '.join([*fields, quoted(FRAME)])})")
        self._columns[table] = names
        return ""

    def _meaning(self, sql: str) -> _Insert | str:
        """Carry out a statement that makes a table, or return what one of rows comes to; else why it is refused."""
        if _PASSED.match(sql):
            return ""
        if created := _CREATE.match(sql):
            return self._create(_name(created), sql[created.end() : max(created.end(), sql.rfind(")"))])
        return self._insert(sql)

    def _insert(self, sql: str) -> _Insert | str:
        """Return what a statement of rows comes to; or why it is refused."""
        found = _INSERT.fullmatch(sql)
        if found is None:
            word = clean_text(sql[:20])
            return f"a statement that begins {word!r} is none that a backup has; it was not carried out"
        table = _name(found)
        if table not in READ:
            return NOT_READ
        if table not in self._columns:
            return f"a row of the table {table}, which was not made: it is not read"
        names = self._columns[table]
        if found["columns"] is not None:
            names = [part.strip().strip('"`[]').lower() for part in found["columns"].split(",")]
        wanted = kept(table) & set(self._columns[table])
        places = tuple(place for place, name in enumerate(names) if name in wanted)
        into = [quoted(names[place]) for place in places]
        if len(set(into)) != len(into):
            return f"a row of the table {table} names a column twice: it is not read"
        marks = ", ".join("?" * (len(into) + 1))
        ours = f"INSERT INTO {quoted(table)} ({', '.join([*into, quoted(FRAME)])}) VALUES ({marks})"  # noqa: S608
        count = found["marks"].count("?")
        if count != len(names):
            return f"a row of the table {table} has {count} values for {len(names)} columns: it is not read"
        return _Insert(ours, places, count)

    def _run(self, sql: str, values: tuple[Value, ...]) -> str:
        try:
            self.connection.execute(sql, values)
        except sqlcipher.IntegrityError:
            return "a row whose number is none or was there before: it is not read, the first counts"
        except (sqlcipher.Error, OverflowError, MemoryError) as error:
            if "full" in str(error):
                raise LimitExceeded("the backup does not fit where it is unpacked: make room") from error
            return f"the row cannot be kept: {error}"
        return ""


def _one_line(words: bytes) -> str:
    """Return a statement with one space between words, without the remarks at the ends of its lines."""
    return " ".join(_REMARK.sub("", words.decode("utf-8", "replace")).split())


def _name(found: re.Match[str]) -> str:
    return next(name for kind in ("quoted", "square", "back", "bare") if (name := found[kind])).lower()


def _columns(text: str) -> list[tuple[str, str]]:
    """Return each column of a table's definition with what is said of it; constraints of the table are left out."""
    found = []
    for part in _parts(text):
        if (match := _COLUMN.fullmatch(part)) and (match["bare"] or "").lower() not in _CONSTRAINTS:
            found.append((_name(match), match["rest"]))
    return found


def _parts(text: str) -> list[str]:
    """Cut at the commas that are in no brackets and no quotes."""
    parts, start, depth, quote = [], 0, 0, ""
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'`":
            quote = letter
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "," and not depth:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def _statement(raw: bytes) -> tuple[bytes, list[bytes]]:
    """Return a statement and its values as they lie; raise ``Malformed``.

    Read by hand, as a hostile one may have a million values.
    """
    words, values = b"", list[bytes]()
    for number, content in _fields(raw):
        if number == 1 and isinstance(content, bytes):
            words = content
        elif number == 2 and isinstance(content, bytes):
            values.append(content)
        if len(values) > MOST_VALUES or len(words) > MOST_SQL:
            raise Malformed("it has more values than a table can have columns, or far too many words")
    return words, values


def _value(raw: bytes) -> Value:
    value: Value = None
    for number, content in _fields(raw):
        if number == 1 and isinstance(content, bytes):
            value = clean_text(content.decode("utf-8", "backslashreplace"))
        elif number == 2 and isinstance(content, int):
            value = content - (1 << 64) if content >> 63 else content
        elif number == 3 and isinstance(content, bytes) and len(content) == 8:
            value = struct.unpack("<d", content)[0]
        elif number == 4 and isinstance(content, bytes):
            value = content
    return value


def _fields(raw: bytes) -> Any:
    """Yield (number, value) of each field: an integer, or bytes; raise ``Malformed``."""
    at = 0
    while at < len(raw):
        tag, at = read_varint(raw, at)
        wire = tag & 7
        if wire == 0:
            value, at = read_varint(raw, at)
            yield tag >> 3, value
            continue
        if wire == 2:
            length, at = read_varint(raw, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise Malformed(f"wire type {wire} is not used")
        if length > len(raw) - at:
            raise Malformed(f"{length} bytes are claimed, {len(raw) - at} are left")
        yield tag >> 3, raw[at : at + length]
        at += length

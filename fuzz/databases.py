"""Databases of messengers, fuzzed as files: the database itself, or (after a ``w``) the log beside a sound one."""

import contextlib
import sqlite3
import tempfile
from functools import cache
from pathlib import Path

from sauveterre.errors import SauveterreError
from sauveterre.messages.database import Database
from trees import Files

PAGE = 512
"""Bytes: the smallest, so that a database with a tree of pages is a small input."""


def feed(data: bytes) -> None:
    """Read every row of every table."""
    files = {"main.db": data}
    if data[:1] == b"w":
        files = {"main.db": _written()[0], "main.db-wal": data[1:]}
    with contextlib.suppress(SauveterreError), Database(Files(files), "main.db") as opened:
        for table, columns in opened.tables.items():
            with contextlib.suppress(SauveterreError):
                for _ in opened.rows(table, {name: (name,) for name in sorted(columns)}):
                    pass


def seeds() -> list[bytes]:
    """Return a small database, and the log of one."""
    whole, log = _written()
    return [whole, b"w" + log]


@cache
def _written() -> tuple[bytes, bytes]:
    """Write a database whose last rows stand in its log alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "main.db"
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
            for statement in (f"PRAGMA page_size = {PAGE}", "PRAGMA journal_mode = WAL"):
                database.execute(statement)
            database.execute("CREATE TABLE message (_id INTEGER PRIMARY KEY, body TEXT, date INTEGER, data BLOB)")
            rows = [(f"rain {number}" * number, number, bytes(number)) for number in range(24)]
            database.executemany("INSERT INTO message (body, date, data) VALUES (?, ?, ?)", rows)
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.execute("CREATE TABLE thread (_id INTEGER PRIMARY KEY, title TEXT)")
            database.execute("INSERT INTO thread VALUES (1, 'Film club')")
            return path.read_bytes(), path.with_name("main.db-wal").read_bytes()

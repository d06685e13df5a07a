"""A database as an app leaves it on a device: sealed with SQLCipher, what was written last in its log alone."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlcipher3 import dbapi2 as sqlcipher

Rows = Mapping[str, Sequence[Mapping[str, object]]]
"""By table: rows, each by column."""


def database_and_log(name: str, settings: Sequence[str], schema: str, rows: Rows, late: str) -> tuple[bytes, bytes]:
    """Return a database and its log; half of the rows of the table ``late`` stand in the log alone.

    ``settings`` are carried out before anything is written: the key, and how the file is laid out. Without a key the
    database is plain, as a copy that somebody decrypted.
    """
    with TemporaryDirectory(prefix="written-") as folder:
        path = Path(folder) / name
        with closing(sqlcipher.connect(str(path), isolation_level=None)) as database:
            for setting in settings:
                database.execute(setting)
            database.executescript(schema)
            said = rows.get(late, [])
            _insert(
                database,
                {**{table: held for table, held in rows.items() if table != late}, late: said[: len(said) // 2]},
            )
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            _insert(database, {late: said[len(said) // 2 :]})
            return path.read_bytes(), path.with_name(f"{name}-wal").read_bytes()


def keyed(key: bytes, *more: str) -> list[str]:
    """Return the settings of a database under a key, none for an empty one; a log is kept in any case."""
    return [*([f"PRAGMA key = \"x'{key.hex()}'\"", *more] if key else []), "PRAGMA journal_mode = WAL"]


def _insert(database: Any, rows: Rows) -> None:
    database.execute("BEGIN")
    for table, held in rows.items():
        for row in held:
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608
    database.execute("COMMIT")

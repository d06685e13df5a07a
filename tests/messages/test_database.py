"""Databases of messengers: the log beside them counts, what is hostile is refused, the key decides."""

import gc
import sqlite3
import weakref
from contextlib import closing

import pytest
from sqlcipher3 import dbapi2 as sqlcipher
from tests.messages.conftest import FolderTree

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.messages.database import Database, is_database, quoted

KEY = ("PRAGMA key = \"x'" + "5a" * 32 + "'\"",)
COLUMNS = {"body": ("text", "body"), "sent": ("date_sent", "date"), "edited": ("edited",)}


def written(folder, connect=sqlite3.connect, unlock=()):
    """A database whose second row stands in the write-ahead log alone; it stays open."""
    database = connect(str(folder / "main.db"), isolation_level=None)
    for statement in unlock:
        database.execute(statement)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE message (_id INTEGER PRIMARY KEY, body TEXT, date INTEGER)")
    database.execute("INSERT INTO message VALUES (1, 'rain', 10)")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.execute("INSERT INTO message VALUES (7, 'sun', 5)")
    return database


def rows(folder, cipher=(), **choices):
    with Database(FolderTree(folder), "main.db", cipher) as opened:
        return [
            (row["rowid"], row["body"], row["sent"], row["edited"])
            for row in opened.rows("message", COLUMNS, **choices)
        ]


def test_rows_of_the_log_are_read_and_columns_found_under_any_of_their_names(tmp_path):
    with closing(written(tmp_path)):
        assert rows(tmp_path) == [(1, "rain", 10, None), (7, "sun", 5, None)]
        assert rows(tmp_path, order=("sent",)) == [(7, "sun", 5, None), (1, "rain", 10, None)]
        assert rows(tmp_path, where="_id > 1") == [(7, "sun", 5, None)]
        (tmp_path / "main.db-wal").unlink()
        assert rows(tmp_path) == [(1, "rain", 10, None)]


def test_an_encrypted_database_opens_with_its_key_alone(tmp_path):
    with closing(written(tmp_path, sqlcipher.connect, KEY)):
        assert rows(tmp_path, KEY) == [(1, "rain", 10, None), (7, "sun", 5, None)]
        with pytest.raises(Locked, match=r"main\.db does not open with the key given"):
            rows(tmp_path, ("PRAGMA key = \"x'" + "00" * 32 + "'\"",))
        with pytest.raises(UnreadableSource, match="file is not a database"):
            rows(tmp_path)


@pytest.mark.parametrize("sql", [b"CREATE TABLE message", b"CREATE TABL\xcc message"])
def test_a_schema_whose_fault_the_engine_names_in_no_text_is_unreadable(tmp_path, sql):
    with closing(written(tmp_path)):
        data = (tmp_path / "main.db").read_bytes()
    broken = data.replace(b"CREATE TABLE message", sql).replace(b"tablemessagemessage", b"tablemess\xccgemessage")
    (tmp_path / "main.db").write_bytes(broken)

    with pytest.raises(UnreadableSource, match="its structure is damaged"):
        rows(tmp_path)


def test_a_database_that_was_closed_is_let_go(tmp_path):
    with closing(written(tmp_path)), Database(FolderTree(tmp_path), "main.db") as opened:
        assert "message" in opened.tables
    held = weakref.ref(opened)
    del opened
    gc.collect()

    assert held() is None


def test_views_and_virtual_tables_are_no_tables(tmp_path):
    with closing(written(tmp_path)) as database:
        database.execute("ALTER TABLE message RENAME TO other")
        database.execute("CREATE VIEW message AS SELECT 1 AS body, 2 AS date")
        database.execute("CREATE VIRTUAL TABLE found USING fts5(body)")
        with Database(FolderTree(tmp_path), "main.db") as opened:
            assert opened.tables["other"] == {"_id", "body", "date"}
            assert "found" not in opened.tables
        assert rows(tmp_path) == []


def test_damage_is_told_after_the_rows_before_it(tmp_path):
    with closing(sqlite3.connect(tmp_path / "main.db")) as database, database:
        database.execute("CREATE TABLE message (_id INTEGER PRIMARY KEY, body TEXT, date INTEGER)")
        database.executemany("INSERT INTO message VALUES (?, ?, 0)", [(k, "cloud" * 100) for k in range(1, 2_001)])
    data = bytearray((tmp_path / "main.db").read_bytes())
    data[len(data) // 2 :] = b"\xff" * (len(data) - len(data) // 2)
    (tmp_path / "main.db").write_bytes(data)
    seen = []
    damaged = pytest.raises(UnreadableSource, match=r"main\.db cannot be read as a database")
    with Database(FolderTree(tmp_path), "main.db") as opened, damaged:
        seen.extend(row["rowid"] for row in opened.rows("message", COLUMNS))
    assert 0 < len(seen) < 2_000
    assert seen == list(range(1, len(seen) + 1))


@pytest.mark.parametrize("unlock", [(), KEY])
def test_rows_on_both_sides_of_damage_are_read_and_the_next_table_too(tmp_path, unlock):
    with closing(sqlcipher.connect(str(tmp_path / "main.db"), isolation_level=None)) as database:
        for statement in unlock:
            database.execute(statement)
        database.execute("CREATE TABLE message (_id INTEGER PRIMARY KEY, body TEXT, date INTEGER)")
        database.execute("BEGIN")
        database.executemany("INSERT INTO message VALUES (?, ?, 0)", [(k, "cloud" * 100) for k in range(1, 501)])
        database.execute("COMMIT")
        database.execute("CREATE TABLE other (body TEXT)")
        database.execute("INSERT INTO other VALUES ('rain')")
    data = bytearray((tmp_path / "main.db").read_bytes())
    data[20 * 4096 : 20 * 4096 + 40] = b"\xff" * 40
    (tmp_path / "main.db").write_bytes(data)
    seen = []
    with Database(FolderTree(tmp_path), "main.db", unlock) as opened:
        with pytest.raises(UnreadableSource, match=r"table message cannot be read between rows \d+ and \d+"):
            seen.extend(row["rowid"] for row in opened.rows_around_damage("message", COLUMNS))
        assert [row["body"] for row in opened.rows_around_damage("other", COLUMNS)] == ["rain"]
    missing = sorted(set(range(1, 501)) - set(seen))
    assert len(seen) == len(set(seen))
    assert missing == list(range(missing[0], missing[-1] + 1))
    assert len(missing) < 12


def test_a_statement_without_end_is_broken_off_and_a_huge_value_refused(tmp_path):
    with closing(written(tmp_path)), Database(FolderTree(tmp_path), "main.db") as opened:
        endless = "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n) SELECT k FROM n WHERE k < 0"
        with pytest.raises(UnreadableSource, match="for ever on one row"):
            list(opened.query(endless))
        with pytest.raises(UnreadableSource, match="out of memory"):
            list(opened.query("SELECT zeroblob(900000000)"))
        with pytest.raises(UnreadableSource, match="readonly"):
            list(opened.query("DELETE FROM message"))


def test_names_are_quoted_and_databases_known_by_their_first_bytes():
    assert quoted('a"b') == '"a""b"'
    assert is_database(b"SQLite format 3\x00" + bytes(84))
    assert not is_database(b"SQLite format 2")

"""SQLite quotes names of the file in its messages: damaged ones must not end the reader."""

import io
import sqlite3
from contextlib import closing

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.database import Database
from sauveterre.records.limits import Limits


def test_a_damaged_name_in_a_message_is_a_database_that_cannot_be_read(tmp_path):
    path = tmp_path / "rain.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE abcd (x)")
        made.commit()
    broken = path.read_bytes().replace(b"CREATE TABLE", b"CREATE TABLX")
    damaged = broken.replace(b"abcd", b"\xff\xfe\xff\xfe")

    with pytest.raises(UnreadableSource, match="cannot be read as a database: its schema holds a damaged name"):
        Database("rain.db", io.BytesIO(damaged), None, Limits())

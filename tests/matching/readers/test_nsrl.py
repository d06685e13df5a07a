"""NSRL's SQLite files: both kinds, converters' dialects, damage, hostile schemas, memory."""

import io
import sqlite3
import tracemalloc
from contextlib import closing

import pytest

from sauveterre.errors import MalformedList, UnknownFormat
from sauveterre.matching import lists
from sauveterre.matching.readers import nsrl
from sauveterre.records.hash_list import ListedFile, ListedMedia
from sauveterre.records.problem import Problem

MD5, SHA1, SHA256 = "0" * 31 + "A", "B" * 40, "0F" * 32
MINIMAL = """
CREATE TABLE FILE (sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, crc32 VARCHAR NOT NULL,
  file_name VARCHAR NOT NULL, file_size INTEGER NOT NULL, package_id INTEGER NOT NULL,
  CONSTRAINT PK_FILE PRIMARY KEY (sha256, sha1, md5, file_name, file_size, package_id));
CREATE TABLE PKG (package_id INTEGER, name VARCHAR, version VARCHAR);
CREATE TABLE VERSION (version VARCHAR, description VARCHAR);
CREATE VIEW DISTINCT_HASH AS SELECT DISTINCT sha256, sha1, md5, crc32 FROM FILE;
"""


@pytest.fixture
def database(tmp_path):
    """Make a file from a script and rows for one of its tables."""

    def make(script, table="", rows=()):
        path = tmp_path / "rain.db"
        with closing(sqlite3.connect(path)) as made:
            made.executescript(script)
            for row in rows:
                made.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
            made.commit()
        return path

    return make


def test_the_minimal_set(database):
    rows = [(SHA256, SHA1, MD5, "00000000", "b.png", 512, 1), ("1F" * 32, "", "", "0", "a.png", "7", 2)]
    opened = lists.open_list(database(MINIMAL, "FILE", rows))
    first, second = opened.records()

    assert opened.reader.NAME == "nsrl"
    assert [str(digest) for digest in first.hashes] == [
        f"sha256:{SHA256.lower()}", f"sha1:{SHA1.lower()}", f"md5:{MD5.lower()}",
    ]  # fmt: skip
    assert (first.size, first.files, first.category) == (512, (ListedFile("b.png", ""),), None)
    assert first.provenance.locator == "FILE.rowid 1"
    assert first.provenance.source.startswith("sha256:")
    assert ([str(digest) for digest in second.hashes], second.size) == (["sha256:" + "1f" * 32], 7)


def test_the_full_set_is_read_from_its_table_and_not_from_its_views(database):
    script = """CREATE TABLE METADATA (object_id INT, extension TEXT, crc32 TEXT, md5 TEXT, sha1 TEXT, sha256 TEXT);
        CREATE TABLE AAA (md5 TEXT); CREATE VIEW FILE AS SELECT md5, sha1, sha256 FROM METADATA;"""
    (item,) = lists.read_list(database(script, "METADATA", [(1, "png", "0", MD5, SHA1, SHA256)]))

    assert len(item.hashes) == 3
    assert item.provenance.locator == "METADATA.rowid 1"


def test_renamed_columns_and_a_table_without_row_numbers(database):
    script = 'CREATE TABLE "my ""files" ("SHA-256" TEXT PRIMARY KEY, FileName TEXT, FileSize TEXT) WITHOUT ROWID'
    rows = [("2F" * 32, "b", "2"), ("1F" * 32, b"\xff", "x")]
    first, second = lists.read_list(database(script, '"my ""files"', rows))

    assert (str(first.hashes[0]), first.size, first.files[0].name) == ("sha256:" + "1f" * 32, None, "\ufffd")
    assert second.provenance.locator == 'my "files.rowid 2'


def test_a_row_without_a_hash_is_named_and_the_next_is_read(database):
    *problems, item = lists.read_list(database("CREATE TABLE FILE (md5 TEXT)", "FILE", [("zz",), (None,), (MD5,)]))

    assert [problem.provenance.locator for problem in problems] == [
        "FILE.rowid 1", "FILE.rowid 1", "FILE.rowid 2",
    ]  # fmt: skip
    assert {type(problem) for problem in problems} == {Problem}
    assert isinstance(item, ListedMedia)


def test_a_stream_that_is_no_file_is_read_too(database):
    data = database(MINIMAL, "FILE", [(SHA256, SHA1, MD5, "0", "a", 1, 1)]).read_bytes()

    assert len(list(nsrl.read(io.BytesIO(data), identity="sha256:00", name="rain.db"))) == 1


@pytest.mark.parametrize(
    "script",
    ["CREATE TABLE rain (snow TEXT)", "CREATE VIEW FILE AS SELECT 'a' AS md5",
     "CREATE VIRTUAL TABLE FILE USING fts5(md5)"],
)  # fmt: skip
def test_without_a_table_of_hashes_nothing_is_read(database, script):
    data = database(script).read_bytes()
    with pytest.raises(MalformedList, match=r"rain\.db: no table .* has a column named after SHA-256"):
        list(nsrl.read(io.BytesIO(data), identity="", name="rain.db"))


def test_another_sqlite_file_is_not_recognised(database):
    with pytest.raises(UnknownFormat):
        lists.open_list(database("CREATE TABLE rain (snow TEXT)"))


def test_damage_in_the_middle_keeps_the_rows_before_it(database):
    rows = [
        (SHA256, SHA1, MD5, "0", f"{k:0100d}", k, 1) for k in range(200)
    ]  # the table's pages and its key's take turns
    data = bytearray(database(MINIMAL, "FILE", rows).read_bytes())
    for page in range(len(data) // 8192, len(data) // 4096):
        data[page * 4096 : (page + 1) * 4096] = b"\xee" * 4096
    found = []
    with pytest.raises(MalformedList, match=r"rain\.db: SQLite gives up .* rows, which were read"):
        for record in nsrl.read(io.BytesIO(data), identity="", name="rain.db"):
            found.append(record)
    assert 0 < len(found) < 200


def test_a_value_that_computes_for_ever_is_broken_off(database, monkeypatch):
    monkeypatch.setattr(nsrl, "MOST_LOOKS", 0)
    rows = [(f"{k:032x}",) for k in range(3_000)]
    path = database("CREATE TABLE FILE (md5 TEXT)", "FILE", rows)
    monkeypatch.setattr(nsrl, "STEPS_BETWEEN_LOOKS", 1)
    with pytest.raises(MalformedList, match="interrupted"):
        list(lists.read_list(path))


def test_memory_does_not_grow_with_the_list(database):
    path = database(MINIMAL, "FILE", [(SHA256, SHA1, MD5, "0", f"{k}.png", k, 1) for k in range(5_000)])
    tracemalloc.start()
    count = sum(1 for _ in lists.read_list(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 5_000
    assert peak < 1_000_000


def test_a_schema_whose_damage_cannot_be_told_in_utf8_is_refused_in_a_sentence(database):
    data = (
        database("CREATE TABLE FILE (md5 TEXT)").read_bytes().replace(b"CREATE TABLE FILE (", b"CREATE TABLE FILE \xbf")
    )
    with pytest.raises(MalformedList, match=r"rain\.db: SQLite gives up"):
        list(nsrl.read(io.BytesIO(data), identity="", name="rain.db"))

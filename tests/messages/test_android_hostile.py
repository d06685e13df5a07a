"""Damaged and hostile stores of Signal for Android: a problem or an error of our own that names the place, no more."""

import random
import sqlite3
import struct
from contextlib import closing

import pytest
from tests.messages.android_world import (
    ANA,
    BACKUP,
    BEN,
    DATABASE,
    DIGITS,
    SECRETS,
    T,
    message,
    of,
    service,
    tiny,
    world,
    write_backup,
    write_device,
)
from tests.messages.conftest import FolderTree

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.messages.readers import signal_android, signal_android_backup
from sauveterre.messages.signal.android import container, tables
from sauveterre.messages.signal.android.tables import READ
from sauveterre.records.account import Account
from sauveterre.records.group import Group
from sauveterre.records.message import Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreLocation
from sauveterre.scenarios import android_writer
from sauveterre.scenarios.protobuf import binary

PLAIN = StoreLocation("signal_android", "signal.db", needs_key=False)


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch):
    """Keys are derived in three rounds here, on both sides: what is tested comes after."""
    monkeypatch.setattr(container, "ROUNDS", 3)
    monkeypatch.setattr(android_writer, "ROUNDS", 3)
    monkeypatch.setattr(tables, "MOST_TRIES", 200)


def outcome(reader, folder, location, key):
    """Return the problems, or the error of our own; whatever else is raised fails the test."""
    tree = FolderTree(folder)
    try:
        records = list(reader.read(tree, location, key))
        problems = of(records, Problem)
        for entry in reader.attachments(tree, location, key):
            with reader.open_attachment(tree, location, key, entry) as stream:
                stream.read()
    except SauveterreError as error:
        assert len(str(error)) > 30
        return [error]
    return problems


def sealed(parts, version=1):
    """Write a backup of chosen frames; a part that is bytes is written as it is."""
    header = binary("OldFrame", {"header": {"iv": bytes(16), "salt": bytes(32), "version": version}})
    sealer = android_writer._Sealer(DIGITS, bytes(16), bytes(32), version)
    written = [part if isinstance(part, bytes) else sealer.frame(part) for part in parts]
    return b"".join([len(header).to_bytes(4, "big"), header, *written])


def statement(text, *values):
    return {"statement": {"statement": text, "parameters": [android_writer._value(value) for value in values]}}


MADE = statement("CREATE TABLE message (_id INTEGER PRIMARY KEY, date_sent, thread_id, body, type)")


def read_parts(folder, *parts, version=1):
    """Read a backup that holds a table of messages and what is given."""
    (folder / BACKUP).write_bytes(sealed([MADE, *parts], version))
    location = StoreLocation("signal_android_backup", BACKUP, needs_key=True)
    return list(signal_android_backup.read(FolderTree(folder), location, DIGITS))


@pytest.mark.parametrize("version", [0, 1])
def test_a_backup_cut_anywhere_says_so(tmp_path, version):
    location = write_backup(tmp_path, tiny(), version)
    whole = (tmp_path / BACKUP).read_bytes()
    assert outcome(signal_android_backup, tmp_path, location, DIGITS) == []
    rng = random.Random(version)
    for _ in range(200):
        (tmp_path / BACKUP).write_bytes(whole[: rng.randrange(len(whole))])
        assert outcome(signal_android_backup, tmp_path, location, DIGITS)


@pytest.mark.parametrize("version", [0, 1])
def test_a_bit_turned_over_anywhere_in_a_backup_is_found(tmp_path, version):
    location = write_backup(tmp_path, tiny(), version)
    whole = (tmp_path / BACKUP).read_bytes()
    rng = random.Random(version)
    for _ in range(200):
        data = bytearray(whole)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (tmp_path / BACKUP).write_bytes(data)
        assert outcome(signal_android_backup, tmp_path, location, DIGITS)


@pytest.mark.parametrize("is_cut", [True, False])
def test_a_damaged_database_is_a_problem_or_locked(tmp_path, is_cut):
    location = write_device(tmp_path, tiny())
    path = tmp_path / DATABASE
    whole = path.read_bytes()
    assert outcome(signal_android, tmp_path, location, SECRETS) == []
    rng = random.Random(is_cut)
    seen = 0
    for _ in range(200):
        data = bytearray(whole)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(whole[: rng.randrange(len(whole))] if is_cut else data)
        seen += bool(outcome(signal_android, tmp_path, location, SECRETS))
    assert seen > 190, "a bit in the fill of a page's end concerns nothing"


def test_a_frame_that_fails_is_passed_over_and_two_end_the_reading(tmp_path):
    insert = "INSERT INTO message VALUES (?,?,?,?,?)"
    rows = [statement(insert, number, T + number, 1, "rain", 10485780) for number in range(1, 6)]
    whole = sealed([MADE, *rows, {"end": True}])
    frame = len(sealed([rows[0]])) - len(sealed([]))
    end = len(sealed([{"end": True}])) - len(sealed([]))
    location = StoreLocation("signal_android_backup", BACKUP, needs_key=True)

    def read(*damaged):
        data = bytearray(whole)
        for number in damaged:
            data[len(data) - end - frame * (5 - number) + 8] ^= 1
        (tmp_path / BACKUP).write_bytes(data)
        records = list(signal_android_backup.read(FolderTree(tmp_path), location, DIGITS))
        wrong = [p.what for p in of(records, Problem) if p.provenance.locator.startswith("frame ")]
        return [int(m.sent_raw) - T for m in of(records, Message)], wrong

    assert read(1) == ([1, 3, 4, 5], ["the frame fails its own checksum; it is not read"])
    seen, wrong = read(1, 2)
    assert seen == [1]
    assert "two frames in a row cannot be read" in wrong[-1]


def test_a_length_that_cannot_be_ends_the_reading_where_it_stands(tmp_path):
    records = read_parts(tmp_path, struct.pack(">I", 0xFFFFFFFF), bytes(50), version=0)
    (problem,) = of(records, Problem)
    assert "claims 4294967295 bytes" in problem.what
    assert problem.provenance.locator.startswith("frame 1 at byte ")


def test_a_file_that_claims_ten_gigabytes_is_told_with_its_place(tmp_path):
    records = read_parts(tmp_path, {"attachment": {"row": 1, "length": 0xFFFFFFFF}}, bytes(90))
    (problem,) = of(records, Problem)
    assert "in the middle of the 4294967295 bytes of an attachment" in problem.what


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH DATABASE '/tmp/x' AS x",
        "DROP TABLE message",
        "PRAGMA writable_schema = ON",
        "INSERT INTO message SELECT * FROM message",
        "INSERT INTO message VALUES (load_extension('x'))",
        "INSERT INTO message VALUES (?); DROP TABLE message",
        "INSERT OR REPLACE INTO message VALUES (?,?,?,?,?)",
        "CREATE TEMP TABLE message (_id)",
        "UPDATE message SET body = 1",
        "SELECT 1",
        "",
        "\x00",
        "INSERT INTO message VALUES " + "(" * 9_000,
        "INSERT" + " " * 60_000 + "INTO",
    ],
)
def test_no_other_statement_is_carried_out(tmp_path, sql):
    row = statement("INSERT INTO message VALUES (?,?,?,?,?)", 1, T, 1, "rain", 10485780)
    records = read_parts(tmp_path, row, statement(sql, 1), {"end": True})
    assert [m.body for m in of(records, Message)] == ["rain"]
    told = [p.provenance.locator for p in of(records, Problem) if p.provenance.locator.startswith("frame ")]
    assert len(told) == 1
    assert told[0].startswith("frame 2 at byte ")


def test_tables_made_with_hostile_columns_keep_their_names_alone(tmp_path):
    odd = (
        "CREATE TABLE reaction (_id INTEGER PRIMARY KEY, message_id DEFAULT (randomblob(900000000)), "
        "author_id GENERATED ALWAYS AS (1), \"emoji\" TEXT CHECK (emoji LIKE '%,)%'), date_sent, evil, UNIQUE(emoji))"
    )
    again = "CREATE TABLE reaction (_id)"
    row = statement("INSERT INTO message VALUES (?,?,?,?,?)", 1, T, 1, "rain", 10485780)
    one = statement("INSERT INTO reaction VALUES (?,?,?,?,?,?)", 7, 1, 2, "🌧", T + 5, b"x")
    records = read_parts(tmp_path, statement(odd), statement(again), row, one, one, {"end": True})
    assert [(r.emoji, r.provenance.locator.split(" (")[0]) for r in of(records, Reaction)] == [("🌧", "reaction 7")]
    told = {p.what for p in of(records, Problem)}
    assert any("is made twice" in what for what in told)
    assert any("was there before" in what for what in told)


def test_the_forms_that_backups_have_are_taken(tmp_path):
    table = (
        'CREATE TABLE IF NOT EXISTS "reaction" (\n  _id INTEGER PRIMARY KEY, -- the row, or not\n'
        "  `message_id` INTEGER NOT NULL REFERENCES message (_id) ON DELETE CASCADE,\n  author_id, [emoji], date_sent"
        ") WITHOUT ROWID"
    )
    parts = [
        statement(table),
        statement("INSERT INTO message (_id, body, type) VALUES (?,?,?)", 4, "rain", 10485780),
        statement(
            'insert into `reaction` ("emoji", [message_id], author_id, _id)\n VALUES ( ?, ?,?,? );', "🌻", 4, 2, 8
        ),
        statement("INSERT INTO message_fts VALUES (?)", "rain"),
        statement("CREATE UNIQUE INDEX a ON message (_id)"),
        {"end": True},
    ]
    records = read_parts(tmp_path, *parts)
    assert [(m.body, m.provenance.locator.split()[1]) for m in of(records, Message)] == [("rain", "4")]
    assert [(r.emoji, r.provenance.locator.split()[1]) for r in of(records, Reaction)] == [("🌻", "8")]
    assert not [p for p in of(records, Problem) if p.provenance.locator.startswith("frame ")]


@pytest.mark.parametrize(
    ("stated", "owner"),
    [
        ({"preference": {"file": "app", "key": "pref_local_uuid", "value": service(ANA)}}, f"aci:{service(ANA)}"),
        ({"preference": {"file": "app", "key": "pref_local_number", "value": "+33639980104"}}, "e164:+33639980104"),
        ({"keyValue": {"key": "account.aci", "text": service(BEN)}}, f"aci:{service(BEN)}"),
    ],
)
def test_the_owner_of_a_backup_is_whom_its_settings_name(tmp_path, stated, owner):
    parts = [
        statement("CREATE TABLE recipient (_id INTEGER PRIMARY KEY, uuid, phone)"),
        statement("CREATE TABLE thread (_id INTEGER PRIMARY KEY, recipient_id)"),
        statement("INSERT INTO recipient VALUES (?,?,?)", 2, service(ANA), None),
        statement("INSERT INTO recipient VALUES (?,?,?)", 4, None, "+33639980104"),
        statement("INSERT INTO thread VALUES (?,?)", 1, 2),
        statement("INSERT INTO message VALUES (?,?,?,?,?)", 1, T, 1, "rain", 10485783),
        stated,
        {"end": True},
    ]
    records = read_parts(tmp_path, *parts)
    assert of(records, Problem) == []
    assert [m.sender for m in of(records, Message)] == [owner]
    assert [a.stable_id for a in of(records, Account) if a.is_owner] == [owner]
    assert any("stated by the store itself" in note for note in records[0].notes)


def test_a_backup_of_something_else_is_refused(tmp_path):
    (tmp_path / BACKUP).write_bytes(sealed([statement("CREATE TABLE thread (_id)"), {"end": True}]))
    location = StoreLocation("signal_android_backup", BACKUP, needs_key=True)
    with pytest.raises(UnreadableSource, match="no table of messages"):
        list(signal_android_backup.read(FolderTree(tmp_path), location, DIGITS))


def test_numbers_that_come_twice_or_lead_in_a_circle_are_told(tmp_path):
    store = tiny()
    store.tables["message"][0]["latest_revision_id"] = 2
    store.tables["message"][1]["latest_revision_id"] = 1
    message(store, 90, sender=77, thread=66, body="hail", quote_id=T, quote_author=9)
    store.add("thread", _id=5, recipient_id=404)
    store.add("distribution_list", _id=1, name="x", distribution_id="no", recipient_id=2, privacy_mode=0)
    store.tables["groups"].append({**store.tables["groups"][0], "_id": 50})
    location = write_device(tmp_path, store)
    records = list(signal_android.read(FolderTree(tmp_path), location, SECRETS))
    assert {m.body for m in of(records, Message)} == {"rain at noon", "a film at nine", "soup", "hail"}
    told = " ".join(p.what for p in of(records, Problem))
    for word in ("chat 66", "recipient 77", "is described twice", "recipient 9, which is a conversation"):
        assert word in told
    assert len({g.stable_id for g in of(records, Group)}) >= 3


def test_any_value_in_any_column_is_borne(tmp_path):
    """A database whose every column may hold anything: numbers, texts, bytes of every size, nothing."""
    rng = random.Random(5)
    types = [10485780, 10485783, 0xA90014, 0xA90017, 12, 7, 16, 18, 1, 3, 2**63 - 1, -1, 0xC00000014, 0xD00000014]

    def value(column):
        if column in ("type", "msg_box") and rng.random() < 0.9:
            return rng.choice(types)
        return rng.choice([
            None, None, rng.randrange(1, 6), rng.randrange(1, 6), rng.randrange(1, 6), -1, 2**63 - 1, -(2**63),
            1.5, float("inf"), "", "Ä\x00ü", "5", "[" * 3_000, '[{"url": 5, "attachmentId": {"rowId": "x"}}, 7]',
            rng.randbytes(rng.randrange(40)), b"\x0a\x10" + rng.randbytes(16), bytes(32), "PNI:" + "0" * 36, T,
        ])  # fmt: skip

    read = 0
    for _ in range(60):
        path = tmp_path / "signal.db"
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as database, database:
            for table, columns in READ.items():
                names = [rng.choice(names) for names in columns.values() if rng.random() < 0.9]
                names = list(dict.fromkeys(names)) or ["_id"]
                fields = ", ".join(f'"{name}"' for name in names)
                database.execute(f"CREATE TABLE {table} ({fields})")
                rows = [[value(name) for name in names] for _ in range(rng.randrange(8))]
                database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", rows)
        found = outcome(signal_android, tmp_path, PLAIN, ":" + "00" * 32)
        read += bool(found) and isinstance(found[0], Problem)
    assert read > 40


def damaged_in_the_middle(folder, rows):
    """A plain database with one page of messages overwritten."""
    path = folder / "signal.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE message (_id INTEGER PRIMARY KEY, date_sent, thread_id, body, type)")
        values = [(k, T + k, 1, "cloud " * 60, 10485780) for k in range(1, rows)]
        database.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?)", values)
    data = bytearray(path.read_bytes())
    data[4096 * 20 : 4096 * 21] = b"\xff" * 4096
    path.write_bytes(data)


def test_messages_behind_damage_are_read(tmp_path):
    damaged_in_the_middle(tmp_path, 1_000)
    records = list(signal_android.read(FolderTree(tmp_path), PLAIN, None))
    seen = [int(m.sent_raw) - T for m in of(records, Message)]
    (gap,) = [p for p in of(records, Problem) if "cannot be read, if there are any" in p.what]
    missing = sorted(set(range(1, 1_000)) - set(seen))
    assert seen == sorted(seen)
    assert 5 < len(missing) < 20
    assert missing == list(range(missing[0], missing[-1] + 1))
    assert f"between row {missing[0] - 1} and row {missing[-1] + 1} " in gap.what
    assert gap.provenance.locator == f"message {missing[0]}"


def test_a_row_that_is_too_large_costs_itself_alone(tmp_path):
    with closing(sqlite3.connect(tmp_path / "signal.db")) as database, database:
        database.execute("CREATE TABLE message (_id INTEGER PRIMARY KEY, date_sent, thread_id, body, type)")
        database.execute("INSERT INTO message VALUES (1, 1, 1, 'rain', 10485780)")
        database.execute("INSERT INTO message VALUES (2, 2, 1, zeroblob(120000000), 10485780)")
        database.execute("INSERT INTO message VALUES (3, 3, 1, 'sun', 10485780)")
    records = list(signal_android.read(FolderTree(tmp_path), PLAIN, None))
    assert [m.body for m in of(records, Message)] == ["rain", "sun"]
    assert any("between row 1 and row 3 " in p.what for p in of(records, Problem))


def test_a_damaged_page_of_an_encrypted_database_costs_what_is_on_it(tmp_path):
    location = write_device(tmp_path, world().store)
    path = tmp_path / DATABASE
    whole = path.read_bytes()
    read = {}
    for page in (5, 30, 47):
        data = bytearray(whole)
        data[4096 * page + 100] ^= 1
        path.write_bytes(data)
        records = list(signal_android.read(FolderTree(tmp_path), location, SECRETS))
        told = " ".join(p.what for p in of(records, Problem))
        read[page] = (len(of(records, Message)), told)
    everything = len(world().posts())
    assert read[5][0] == read[47][0] == everything
    assert "groups are not read to their end" in read[5][1]
    assert "attachment that hang on messages are not read" in read[47][1]
    assert 0 < read[30][0] < everything
    assert "messages are not read to their end" in read[30][1]

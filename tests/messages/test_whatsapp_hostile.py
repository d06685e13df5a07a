"""Damaged and hostile WhatsApp databases: never an unhandled exception, always a problem or a refusal in our words."""

import random
import sqlite3
from contextlib import closing

import pytest
from tests.messages.conftest import FolderTree
from tests.messages.told_world import tellers

from sauveterre.errors import SauveterreError
from sauveterre.messages.readers import whatsapp_android as reader
from sauveterre.messages.whatsapp.media import path_in, strings_in
from sauveterre.records.group import Group
from sauveterre.records.message import Message
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.scenarios import whatsapp_writer as writer
from sauveterre.scenarios.devices import Teller

MAIN = f"{writer.FOLDER}/msgstore.db"
LOCATION = StoreLocation(reader.NAME, MAIN, needs_key=False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """(folder, bytes of the database) of one small telephone."""
    folder = tmp_path_factory.mktemp("whole")
    big = tellers()[2]
    writer.tell(Teller(big.device, big.cast, big.line, big.album, random.Random(1)), folder)
    with closing(sqlite3.connect(folder / MAIN)) as database:
        database.execute("VACUUM")
    return folder, (folder / MAIN).read_bytes()


def outcome(folder, data=None):
    """All records and the sentence of the refusal, if there is one."""
    if data is not None:
        (folder / MAIN).parent.mkdir(parents=True, exist_ok=True)
        (folder / MAIN).write_bytes(data)
    tree, records = FolderTree(folder), []
    try:
        list(reader.find(tree))
        for record in reader.read(tree, LOCATION, None):
            records.append(record)
        for entry in reader.attachments(tree, LOCATION, None):
            reader.open_attachment(tree, LOCATION, None, entry).close()
    except SauveterreError as error:
        return records, str(error)
    return records, ""


def faults(records):
    return [record for record in records if isinstance(record, Problem)]


def test_cut_at_any_place(whole, tmp_path):
    _, data = whole
    chance = random.Random(3)
    for _ in range(200):
        records, refusal = outcome(tmp_path, data[: chance.randrange(len(data))])
        assert faults(records) or "msgstore.db" in refusal
        assert all("msgstore.db" in one.provenance.path for one in faults(records))


def test_bits_flipped_at_any_place(whole, tmp_path):
    folder, data = whole
    intact = len([one for one in outcome(folder)[0] if isinstance(one, Message)])
    chance, changed = random.Random(4), 0
    for _ in range(200):
        damaged = bytearray(data)
        for _ in range(20):
            damaged[chance.randrange(100, len(data))] ^= 1 << chance.randrange(8)
        records, refusal = outcome(tmp_path, bytes(damaged))
        told = [one for one in records if isinstance(one, Message)]
        if len(told) < intact:
            changed += 1
            assert faults(records) or refusal
    assert changed > 10


def altered(whole, tmp_path, *statements):
    _, data = whole
    path = tmp_path / MAIN
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)
    return outcome(tmp_path)


TABLES = (
    "message_media", "message_system", "message_add_on", "group_participant_user", "props", "call_log", "jid_map",
    "message_system_chat_participant", "receipt_user",
)  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_is_missing_is_left_out(whole, tmp_path, table):
    records, refusal = altered(whole, tmp_path, f"DROP TABLE {table}")
    assert not refusal
    assert any(isinstance(one, Message) for one in records)


@pytest.mark.parametrize(
    ("table", "column"),
    [("message", "text_data"), ("message", "sender_jid_row_id"), ("message", "chat_row_id"), ("message", "timestamp"),
     ("jid", "raw_string"), ("chat", "subject"), ("message_media", "file_hash"), ("message_system", "message_row_id"),
     ("group_participant_user", "rank"), ("message_add_on", "sender_jid_row_id")],
)  # fmt: skip
def test_a_column_of_another_name_is_left_out(whole, tmp_path, table, column):
    records, refusal = altered(whole, tmp_path, f"ALTER TABLE {table} RENAME COLUMN {column} TO other")
    assert not refusal
    assert isinstance(records[0], StoreInfo)
    assert any(isinstance(one, Message) for one in records) or column == "chat_row_id"


def test_a_schema_that_is_not_known_is_refused(whole, tmp_path):
    _, refusal = altered(whole, tmp_path, "ALTER TABLE jid RENAME TO address")
    assert "a schema that is not known" in refusal


def test_cells_of_any_type(whole, tmp_path):
    values = ["'soup'", "x'00ff'", "NULL", "-1", "9223372036854775807", "1e300", "'\u202e" + "x" * 50 + "'"]
    statements = ["CREATE TABLE old AS SELECT * FROM message", "DROP TABLE message",
                  "CREATE TABLE message AS SELECT rowid AS _id, * FROM old LIMIT 0"]  # fmt: skip
    columns = "chat_row_id, from_me, key_id, sender_jid_row_id, timestamp, received_timestamp, message_type, text_data"
    for value in values:
        statements.append(f"INSERT INTO message ({columns}) VALUES ({', '.join([value] * 8)})")
        statements.append(f"INSERT INTO message ({columns}) VALUES (1, {', '.join([value] * 7)})")
        for table, column in (
            ("message_media", "file_path"),
            ("message_quoted", "key_id"),
            ("message_poll_option", "vote_total"),
        ):
            statements.append(f"UPDATE OR IGNORE {table} SET {column} = {value}")
        statements.append(
            f"INSERT INTO group_participant_user VALUES (NULL, {', '.join([value if value != 'NULL' else '0'] * 4)})"
        )
    records, refusal = altered(whole, tmp_path, *statements)
    assert not refusal
    assert len([one for one in records if isinstance(one, Message)]) > 8
    assert faults(records)


def test_ids_that_repeat_or_go_round_in_circles(whole, tmp_path):
    records, refusal = altered(
        whole, tmp_path,
        "UPDATE message SET key_id = 'SAME'",
        "INSERT INTO jid_map SELECT _id, _id, 0 FROM jid WHERE _id NOT IN (SELECT lid_row_id FROM jid_map)",
        "UPDATE jid_map SET jid_row_id = (SELECT max(lid_row_id) FROM jid_map)",
        "UPDATE message_quoted SET key_id = 'SAME'",
        "INSERT INTO jid SELECT _id + 10000, user, server, agent, device, type, raw_string FROM jid",
    )  # fmt: skip
    assert not refusal
    assert any(isinstance(one, Message) for one in records)


def test_rows_that_lead_nowhere_are_said_once(whole, tmp_path):
    records, _ = altered(whole, tmp_path, "DELETE FROM chat", "DELETE FROM jid")
    said = [one.what for one in faults(records)]
    assert len(said) == len(set(said)) > 2
    assert any("which the database does not hold" in what for what in said)
    assert any(one.title == "(not described in this store)" for one in records if isinstance(one, Group))


def test_a_text_of_a_gigabyte_ends_as_a_problem(whole, tmp_path):
    records, refusal = altered(
        whole, tmp_path, "CREATE TABLE huge (a)", "ALTER TABLE message_text RENAME TO gone",
        "CREATE TABLE message_text (message_row_id INTEGER PRIMARY KEY, url TEXT)",
        "INSERT INTO message_text VALUES (2, zeroblob(300000000))",
    )  # fmt: skip
    assert not refusal
    assert any("message_text" in one.what for one in faults(records))


def test_contacts_and_settings_that_are_damaged_cost_only_themselves(whole, tmp_path):
    folder, data = whole
    (tmp_path / MAIN).parent.mkdir(parents=True)
    (tmp_path / MAIN).with_name("wa.db").write_bytes((folder / MAIN).with_name("wa.db").read_bytes()[:3_000])
    settings = tmp_path / "data/data/com.whatsapp/shared_prefs/com.whatsapp_preferences.xml"
    settings.parent.mkdir()
    settings.write_text('<!DOCTYPE m [<!ENTITY a "aaaaaaaa">]><map><string name="registration_jid">&a;</string></map>')
    records, refusal = outcome(tmp_path, data)
    assert not refusal
    assert any("wa.db" in one.what for one in faults(records))
    assert any(isinstance(one, Message) for one in records)


def test_strings_in_serialised_objects_are_bounded():
    assert list(strings_in(b"t\x00\x03abct\xff\xffxt\x00\x02\xff\xfet\x00\x01q")) == ["abc", "q"]
    assert path_in(b"t" * 50_000 + b"\x00\x0bMedia/a.jpg") == "Media/a.jpg"
    assert path_in(b"") == ""

"""The cases that others made: every field that is decoded, against its readable twin, and what holds for all records.

That the records are what the twin says is shown in ``test_signal_twins``.
"""

import json
from collections import Counter

import pytest

from sauveterre.messages.protobuf import Decoder, read_varint
from sauveterre.messages.readers import signal_backup
from sauveterre.messages.signal.schema import SCHEMA
from sauveterre.records.account import Account
from sauveterre.records.group import Group, GroupEvent
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo


def parts(data):
    at = 0
    while at < len(data):
        length, at = read_varint(data, at)
        yield data[at : at + length]
        at += length


def is_default(value):
    return value in ("", b"", 0, False, []) and not isinstance(value, dict)


def from_text(message, node):
    """Turn a readable node into the decoder's shape, with the decoder's own enum tables."""
    fields = {}
    for name, value in node[1].items():
        row = SCHEMA.by_name[message][name]
        values = [from_text_value(row, one) for one in (value if isinstance(value, list) else [value])]
        found = values if row.repeated else values[0]
        if not is_default(found):
            fields[name] = found
    return fields


def from_text_value(row, value):
    if row.kind in SCHEMA.messages:
        return from_text(row.kind, value)
    if row.kind in SCHEMA.enums:
        return SCHEMA.enums[row.kind][value[1]]
    return value & 0xFFFFFFFF if row.kind == "fixed32" else value


def without_defaults(value):
    if isinstance(value, dict):
        return {name: without_defaults(item) for name, item in value.items() if not is_default(item)}
    if isinstance(value, list):
        return [without_defaults(item) for item in value]
    return value


@pytest.fixture(scope="module")
def pairs(cases, kit):
    """Each case as (path, readable frames without the header, records)."""
    found = []
    for path in cases:
        text = kit.parse_text(path.with_suffix(".txtproto").read_text(encoding="utf-8"))
        tree = kit.Tree(path.parent)
        found.append((path, text, list(signal_backup.read(tree, kit.location(path.name), None))))
    return found


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def test_every_field_of_every_case_is_read(pairs):
    compared = Counter()
    for path, text, _ in pairs:
        decoder = Decoder(SCHEMA)
        data = list(parts(path.read_bytes()))
        assert len(data) == len(text)
        for part, node in zip(data, text, strict=True):
            assert without_defaults(decoder.decode(part, node[0])) == from_text(node[0], node), path.name
            compared[node[0]] += 1
        assert not decoder.unknown, path.name
    assert compared == {"BackupInfo": len(pairs), "Frame": sum(len(text) - 1 for _, text, _ in pairs)}


def test_no_case_has_a_problem(pairs):
    assert [record for _, _, records in pairs for record in of(records, Problem)] == []


def test_each_begins_with_what_the_store_says_of_itself(pairs):
    for _, text, records in pairs:
        assert isinstance(records[0], StoreInfo)
        assert records[0].kind == "signal_backup_v2.frames"
        assert records[0].app_version == text[0][1]["currentAppVersion"]
        assert round(records[0].exported_at.timestamp() * 1000) == text[0][1]["backupTimeMs"]


def test_the_owner_is_inferred_where_the_groups_leave_one_and_the_notes_say_so(pairs):
    inferred = 0
    for path, _, records in pairs:
        [owner] = {account.stable_id for account in of(records, Account) if account.is_owner}
        assert ("inferred" in " ".join(records[0].notes)) == owner.startswith("aci:"), path.name
        inferred += owner.startswith("aci:")
    assert inferred > 50


def test_every_reference_leads_to_a_record_told_before(pairs):
    for path, _, records in pairs:
        accounts, groups, messages = set(), set(), set()
        for record in records:
            if isinstance(record, Account):
                assert record.stable_id not in accounts, "told twice"
                accounts.add(record.stable_id)
            elif isinstance(record, Group):
                groups.add(record.stable_id)
            elif isinstance(record, Message):
                messages.add(record.key)
                assert record.group in groups, path.name
                assert record.sender is None or record.sender in accounts
            elif isinstance(record, GroupEvent):
                assert record.group in groups
                assert {record.actor, record.target} - {None} <= accounts
            elif isinstance(record, Delivery | Reaction | Attachment | Link):
                assert record.message in messages
                assert getattr(record, "account", None) in accounts | {None}


def test_as_an_export_each_case_gives_the_same_records(pairs, kit, tmp_path):
    for path, _, records in pairs[::3]:
        info, *rest = list(parts(path.read_bytes()))
        lines = [kit.to_json("BackupInfo", Decoder(SCHEMA).decode(info, "BackupInfo"))]
        lines += [kit.to_json("Frame", Decoder(SCHEMA).decode(part, "Frame")) for part in rest]
        (tmp_path / "main.jsonl").write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
        [location] = signal_backup.find(kit.Tree(tmp_path))
        exported = list(signal_backup.read(kit.Tree(tmp_path), location, None))
        assert exported[0].kind == "signal_backup_v2.export"
        assert [plain(r, exported) for r in exported[1:]] == [plain(r, records) for r in records[1:]], path.name


def plain(record, records):
    """A record's text without where it stood: the containers differ only in that."""
    digest = records[0].provenance.source
    text = str(record).replace(str(record.provenance), "").replace(digest, "SELF").replace(digest[7:23], "SELF")
    return type(record).__name__, text

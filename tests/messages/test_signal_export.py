"""The plaintext export: one JSON line for each frame."""

import hashlib
import json

from sauveterre.messages.protobuf import Decoder, read_varint
from sauveterre.messages.readers import signal_backup
from sauveterre.messages.signal.schema import SCHEMA
from sauveterre.records.account import Account
from sauveterre.records.group import Group, GroupEvent, GroupKind, MemberSnapshot
from sauveterre.records.message import Attachment
from sauveterre.records.problem import Problem


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def test_reads_an_export_that_others_made(kit, fixtures):
    folder = fixtures / "signal" / "libsignal"
    [location] = [found for found in signal_backup.find(kit.Tree(folder)) if found.root.endswith(".jsonl")]
    records = list(signal_backup.read(kit.Tree(folder), location, None))
    kinds = [(group.kind, group.title, group.link_state) for group in of(records, Group)]

    assert records[0].kind == "signal_backup_v2.export"
    assert "sanitised" in " ".join(records[0].notes)
    assert kinds == [
        (GroupKind.DISTRIBUTION_LIST, "My Story", "unknown"),
        (GroupKind.CALL_LINK, "Team Meeting", "approval"),
    ]
    assert [(s.role, s.provenance.locator) for s in of(records, MemberSnapshot)] == [("admin", "line 6 admin")]
    assert of(records, Problem) == []


def test_the_export_says_the_same_as_the_frames_that_it_was_made_from(kit, fixtures):
    folder = fixtures / "signal" / "libsignal"
    data = (folder / "canonical-backup.binproto").read_bytes()
    lines = (folder / "canonical-backup.takeout-export.expected.jsonl").read_bytes().splitlines()
    decoder, at = Decoder(SCHEMA), 0
    for number, line in enumerate(lines):
        length, at = read_varint(data, at)
        message = "Frame" if number else "BackupInfo"
        wire = decoder.decode(data[at : at + length], message)
        at += length
        assert drop_defaults(decoder.from_json(json.loads(line), message)) == drop_defaults(wire)
    assert at == len(data)
    assert not decoder.unknown


def drop_defaults(value):
    if isinstance(value, dict):
        return {
            k: drop_defaults(v) for k, v in value.items() if isinstance(v, dict) or v not in (0, "", b"", False, [])
        }
    return value


def test_a_malformed_aci_is_told_and_the_rest_is_kept(kit, fixtures, tmp_path):
    text = (fixtures / "signal" / "libsignal" / "group-update-invalid-aci.jsonproto").read_text()
    rows = json.loads(text.replace('M=",', 'M="').replace('s=",', 's="'))
    records = kit.read(tmp_path, kit.export(rows[0], rows[1:]), "main.jsonl")
    [event] = of(records, GroupEvent)
    problems = [(problem.provenance.locator, problem.what) for problem in of(records, Problem)]

    assert (event.kind, event.actor, event.target) == ("invited", None, f"self:{records[0].provenance.source}")
    assert ("line 5 update 0", "inviterAci is no service identifier: 15 bytes, or all of them zero") in problems
    assert any("no account frame" in what for _, what in problems)


def test_media_lie_plain_beside_an_export(kit, tmp_path):
    plain, key = b"a drawn sunset", b"K" * 64
    digest = hashlib.sha256(plain).digest()
    name = hashlib.sha256(digest + key).hexdigest()
    path = tmp_path / "files" / name[:2] / f"{name}.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(plain)
    locator = {"plaintextHash": digest, "localKey": key, "size": len(plain)}
    frames = [
        {"account": {}},
        {"recipient": {"id": 1, "self": {}}},
        {"chat": {"id": 1, "recipientId": 1}},
        {"chatItem": {"chatId": 1, "authorId": 1, "dateSent": 5, "outgoing": {},
                      "standardMessage": {"attachments": [{"pointer": {"locatorInfo": locator}}]}}},
    ]  # fmt: skip
    data = kit.export(kit.to_json("BackupInfo", kit.info), [kit.to_json("Frame", frame) for frame in frames])
    records = kit.read(tmp_path, data, "main.jsonl")
    tree, location = kit.Tree(tmp_path), kit.location("main.jsonl")
    [entry] = signal_backup.attachments(tree, location, None)

    assert [a.path for a in of(records, Attachment)] == [entry.path.decode()] == [f"attachments/{name}"]
    with signal_backup.open_attachment(tree, location, None, entry) as stream:
        assert stream.read() == plain


def test_a_damaged_line_costs_one_line(kit, tmp_path):
    good = [{"account": {}}, {"recipient": {"id": "1", "contact": {"e164": "33123"}}}]
    data = kit.export(kit.to_json("BackupInfo", kit.info), good).splitlines()
    bad = [
        b'{"recipient": ',
        b"[]",
        b'{"recipient": {"id": -4}}',
        b'{"chat": 7}',
        b"\xff\xfe",
        b"{}",
        b"",
        b'{"newThing": {}}',
    ]
    records = kit.read(tmp_path, b"\n".join([*data[:2], *bad, data[2]]), "main.jsonl")
    problems = {problem.provenance.locator for problem in of(records, Problem)}

    assert problems == {f"line {n}" for n in (3, 4, 5, 6, 7, 8, 10)}
    assert [record.stable_id for record in of(records, Account)][-1:] == ["e164:+33123"]

"""The 152 cases that others made: every field against its readable twin, and the records derived from it."""

import hashlib
import json
from collections import Counter
from uuid import UUID

import pytest

from sauveterre.messages.protobuf import Decoder, read_varint
from sauveterre.messages.readers import signal_backup
from sauveterre.messages.signal.schema import SCHEMA
from sauveterre.records.account import Account
from sauveterre.records.group import Group, GroupEvent, GroupKind, MemberSnapshot
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo

# Who acted, by update: written from the meaning of each, apart from the reader's own table.
ACTORS = {
    "groupMemberLeftUpdate": "aci", "groupMemberRemovedUpdate": "removerAci", "selfInvitedToGroupUpdate": "inviterAci",
    "groupUnknownInviteeUpdate": "inviterAci", "groupInvitationAcceptedUpdate": "newMemberAci",
    "groupInvitationDeclinedUpdate": "inviteeAci", "groupMemberJoinedUpdate": "newMemberAci",
    "groupSelfInvitationRevokedUpdate": "revokerAci", "groupJoinRequestUpdate": "requestorAci",
    "groupJoinRequestCanceledUpdate": "requestorAci", "groupMemberJoinedByLinkUpdate": "newMemberAci",
    "groupSequenceOfRequestsAndCancelsUpdate": "requestorAci",
}  # fmt: skip
TARGETS = {
    "groupAdminStatusUpdate": "memberAci", "groupMemberAddedUpdate": "newMemberAci",
    "groupMemberRemovedUpdate": "removedAci",
    "groupJoinRequestApprovalUpdate": "requestorAci",
}  # fmt: skip


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


def frames(text, kind):
    return [node[1][kind][1] for node in text if node[0] == "Frame" and kind in node[1]]


def nodes(value, name):
    """Yield every message of that name inside a readable value."""
    if isinstance(value, tuple) and isinstance(value[1], dict):
        if value[0] == name:
            yield value
        value = value[1]
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from nodes(item, name)


def of(records, kind):
    return [record for record in records if isinstance(record, kind)]


def aci(raw):
    return f"aci:{UUID(bytes=raw)}" if raw else None


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
    assert compared == {"BackupInfo": 152, "Frame": sum(len(text) - 1 for _, text, _ in pairs)}
    assert len(pairs) == 152


def test_no_case_has_a_problem(pairs):
    assert [record for _, _, records in pairs for record in of(records, Problem)] == []


def test_each_begins_with_what_the_store_says_of_itself(pairs):
    for _, text, records in pairs:
        assert isinstance(records[0], StoreInfo)
        assert records[0].kind == "signal_backup_v2.frames"
        assert records[0].app_version == text[0][1]["currentAppVersion"]
        assert round(records[0].exported_at.timestamp() * 1000) == text[0][1]["backupTimeMs"]


def test_one_message_for_each_item_and_each_earlier_version(pairs):
    total = 0
    for path, text, records in pairs:
        items = [item for item in frames(text, "chatItem") if "updateMessage" not in item]
        expected = [item for top in items for item in (*(node[1] for node in top.get("revisions", [])), top)]
        found = of(records, Message)
        assert [message.sent_raw for message in found] == [str(item["dateSent"]) for item in expected], path.name
        directions = [
            next(word for word in ("incoming", "outgoing", "directionless") if word in item) for item in expected
        ]
        assert [message.direction for message in found] == [
            {"incoming": "in", "outgoing": "out", "directionless": "none"}[word] for word in directions
        ]
        bodies = [item["standardMessage"][1].get("text") for item in expected if "standardMessage" in item]
        assert [m.body for m in found if m.kind in ("text", "sms")] == [
            body[1].get("body", "") if body else "" for body in bodies
        ]
        total += len(found)
    assert total == 94


def test_everything_that_hangs_on_messages_is_counted(pairs):
    totals = Counter()
    for path, text, records in pairs:
        items = frames(text, "chatItem")
        for name, kind in (("SendStatus", Delivery), ("Reaction", Reaction), ("FilePointer", Attachment)):
            expected = len(list(nodes(items, name)))
            assert len(of(records, kind)) == expected, (path.name, name)
            totals[name] += expected
        urls = [node[1]["url"] for node in nodes(items, "LinkPreview")]
        assert [link.url for link in of(records, Link) if link.kind == "preview"] == urls
        statuses = [
            next(key for key in node[1] if key not in ("recipientId", "timestamp"))
            for node in nodes(items, "SendStatus")
        ]
        assert sorted(delivery.status for delivery in of(records, Delivery)) == sorted(statuses)
    assert totals == {"SendStatus": 81, "Reaction": 46, "FilePointer": 67}


def test_attachments_carry_the_digest_that_the_backup_states(pairs):
    for path, text, records in pairs:
        stated = [
            node[1]["plaintextHash"].hex()
            for node in nodes(frames(text, "chatItem"), "LocatorInfo")
            if "plaintextHash" in node[1]
        ]
        assert sorted(a.sha256 for a in of(records, Attachment) if a.sha256) == sorted(stated), path.name
        assert all(attachment.path is None for attachment in of(records, Attachment))


def test_every_member_has_the_stated_role(pairs):
    roles = Counter()
    for path, text, records in pairs:
        expected = set()
        for recipient in frames(text, "recipient"):
            if "group" not in recipient:
                continue
            group = recipient["group"][1]
            key = hashlib.sha256(group["masterKey"]).hexdigest()
            state = group["snapshot"][1]
            for member in state.get("members", []):
                role = "admin" if member[1].get("role") == ("enum", "ADMINISTRATOR") else "member"
                expected.add((key, aci(member[1]["userId"]), role))
            for pending in state.get("membersPendingProfileKey", []):
                expected.add((key, aci(pending[1]["member"][1]["userId"]), "invited"))
            for asking in state.get("membersPendingAdminApproval", []):
                expected.add((key, aci(asking[1]["userId"]), "requesting"))
            for banned in state.get("membersBanned", []):
                expected.add((key, aci(banned[1]["userId"]), "banned"))
        groups = {group.stable_id for group in of(records, Group) if group.kind is GroupKind.GROUP}
        found = {(s.group, s.account, str(s.role)) for s in of(records, MemberSnapshot) if s.group in groups}
        assert found == expected, path.name
        roles.update(role for _, _, role in found)
    assert roles["admin"] > 50
    assert roles["member"] > 100
    assert roles["invited"] == roles["requesting"] == roles["banned"] == 1


def test_each_group_update_is_an_event_of_its_own_actor_and_never_of_the_author(pairs):
    seen = Counter()
    for path, text, records in pairs:
        owner = next(account.stable_id for account in of(records, Account) if account.is_owner)
        events = {event.provenance.locator: event for event in of(records, GroupEvent)}
        for number, node in enumerate(text):
            item = node[1].get("chatItem", ("", {}))[1]
            change = item.get("updateMessage", ("", {}))[1].get("groupChange")
            for count, update in enumerate(change[1].get("updates", []) if change else []):
                [(name, (_, fields))] = update[1].items()
                seen[name] += 1
                place = f"frame {number} update {count}"
                found = [event for locator, event in events.items() if (locator + " ").startswith(place + " ")]
                assert len(found) == max(1, len(fields.get("invitees", []))), path.name
                actor = aci(fields.get(ACTORS.get(name, "updaterAci")))
                if name == "selfInvitedOtherUserToGroupUpdate":
                    actor = owner
                assert {event.actor for event in found} == {actor}, (path.name, name)
                assert all(event.at_raw == str(item["dateSent"]) for event in found)
                if name in TARGETS:
                    assert found[0].target == aci(fields[TARGETS[name]]), (path.name, name)
    assert sum(seen.values()) == 35
    assert len(seen) == 25


def test_the_promotion_and_the_demotion_of_a_known_case(pairs):
    [event] = [
        e for path, _, records in pairs if path.stem.endswith("change_chat_update_22") for e in of(records, GroupEvent)
    ]

    assert event.kind == "demoted"
    assert event.actor == "aci:00000000-0000-4000-8000-000000000001"
    assert event.target == "aci:000a11ce-0000-4000-8000-000000000001"
    assert event.group == hashlib.sha256(bytes(32)).hexdigest()


def test_the_owner_of_a_known_case_is_inferred_from_the_groups(pairs):
    [records] = [records for path, _, records in pairs if path.stem.endswith("change_chat_update_22")]
    owners = {account.stable_id for account in of(records, Account) if account.is_owner}

    assert owners == {"aci:00000000-0000-4000-8000-000000000001"}
    assert "inferred" in " ".join(records[0].notes)


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

"""Single rows of Signal Desktop: every kind of group change, of notice and of message, with what must be told of it."""

import hashlib
import json
import random

import pytest
from tests.messages.signal_world import MemoryTree, at, of

from sauveterre.messages.readers import signal_desktop
from sauveterre.messages.stores import find_stores
from sauveterre.records.account import AccountIdentifier
from sauveterre.records.group import Group, GroupEvent, MemberSnapshot
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.scenarios import signal_desktop_writer as writer
from sauveterre.scenarios.signal_writer import sealed

KEY = b"k" * 32
ME, ANA, BEN, PAL = (f"{digit * 8}-0000-4000-8000-00000000000{digit}" for digit in "1234")
MASTER = b"\x05" * 32
GROUP = hashlib.sha256(MASTER).hexdigest()
SENT = 1_777_000_000_000
DIRECT = "direct:" + "|".join(sorted((f"aci:{ME}", f"aci:{ANA}")))
STATE = {
    "groupVersion": 2, "masterKey": "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=", "revision": 4,
    "accessControl": {"addFromInviteLink": 3}, "announcementsOnly": True,
}  # fmt: skip


def profile(*messages, state=None, tables=()):
    made = writer.Profile(writer.NOW)
    made.row("items", id="uuid_id", json=json.dumps({"id": "uuid_id", "value": f"{ME}.1"}))
    for name, identifier in (("c-me", ME), ("c-ana", ANA), ("c-ben", BEN)):
        made.row("conversations", id=name, type="private", json="{}", serviceId=identifier)
    made.row("conversations", id="c-group", type="group", name="Film club", groupId="R3JvdXA=",
             json=json.dumps({**STATE, **(state or {})}))  # fmt: skip
    for count, (columns, data) in enumerate(messages):
        made.row("messages", **{
            "id": f"m{count}", "conversationId": "c-group", "type": "incoming", "sent_at": SENT + count,
            "received_at_ms": SENT + 1000 + count, "json": json.dumps(data), **columns,
        })  # fmt: skip
    for table, row in tables:
        made.row(table, **row)
    return made


def tree_of(made):
    return MemoryTree(writer.written(made, KEY, writer.config_with(KEY, "plain", "", random.Random(0))))


def read(*messages, **more):
    tree = tree_of(profile(*messages, **more))
    [place] = find_stores(tree)
    return list(signal_desktop.read(tree, place, None))


def change(detail, actor=ANA):
    return {"type": "group-v2-change"}, {"groupV2Change": {"from": actor, "details": [detail]}}


def who(identifier):
    return identifier and f"aci:{identifier}"


CHANGES = [
    ({"type": "create"}, ANA, "created", ANA, None, ""),
    ({"type": "title", "newTitle": "Films"}, ANA, "renamed", ANA, None, "Films"),
    ({"type": "avatar", "removed": True}, ANA, "avatar", ANA, None, "removed"),
    ({"type": "description", "description": "Weekly"}, ANA, "description", ANA, None, "Weekly"),
    ({"type": "access-attributes", "newPrivilege": 3}, ANA, "settings", ANA, None, "administrators"),
    ({"type": "access-members", "newPrivilege": 2}, ANA, "settings", ANA, None, "all members"),
    ({"type": "access-invite-link", "newPrivilege": 3}, ANA, "settings", ANA, None, "an administrator approves"),
    ({"type": "announcements-only", "announcementsOnly": True}, ANA, "settings", ANA, None, "administrators"),
    ({"type": "group-link-add", "privilege": 3}, ANA, "link_enabled", ANA, None, "an administrator approves"),
    ({"type": "group-link-reset"}, ANA, "link_reset", ANA, None, ""),
    ({"type": "group-link-remove"}, None, "link_disabled", None, None, ""),
    ({"type": "member-add", "aci": BEN}, ANA, "added", ANA, BEN, ""),
    ({"type": "member-add", "aci": BEN}, BEN, "joined", BEN, BEN, ""),
    ({"type": "member-add", "uuid": BEN}, None, "added", None, BEN, ""),
    ({"type": "member-add-from-invite", "aci": BEN, "inviter": ANA}, BEN, "invite_accepted", BEN, BEN, f"by aci:{ANA}"),
    ({"type": "member-add-from-invite", "aci": BEN, "inviter": ANA}, ANA, "added", ANA, BEN, f"by aci:{ANA}"),
    ({"type": "member-add-from-invite", "aci": BEN}, None, "invite_accepted", None, BEN, ""),
    ({"type": "member-add-from-link", "aci": BEN}, None, "joined_by_link", BEN, BEN, ""),
    ({"type": "member-add-from-admin-approval", "aci": BEN}, ANA, "request_approved", ANA, BEN, ""),
    ({"type": "member-privilege", "aci": BEN, "newPrivilege": 2}, ANA, "promoted", ANA, BEN, ""),
    ({"type": "member-privilege", "aci": BEN, "newPrivilege": 1}, ANA, "demoted", ANA, BEN, ""),
    ({"type": "member-privilege", "aci": BEN, "newPrivilege": 2}, None, "promoted", None, BEN, ""),
    ({"type": "member-privilege", "aci": BEN, "newPrivilege": 1}, BEN, "demoted", BEN, BEN, ""),
    ({"type": "member-remove", "aci": BEN}, ANA, "removed", ANA, BEN, ""),
    ({"type": "member-remove", "aci": BEN}, BEN, "left", BEN, BEN, ""),
    ({"type": "member-remove", "aci": BEN}, None, "removed", None, BEN, ""),
    ({"type": "pending-add-one", "serviceId": BEN}, ANA, "invited", ANA, BEN, ""),
    ({"type": "pending-add-many", "count": 3}, ANA, "invited", ANA, None, "3 people"),
    ({"type": "pending-remove-one", "serviceId": BEN, "inviter": ANA}, BEN, "invite_declined", BEN, BEN,
     f"by aci:{ANA}"),
    ({"type": "pending-remove-one", "serviceId": BEN}, ANA, "invite_revoked", ANA, BEN, ""),
    ({"type": "pending-remove-many", "count": 2}, ANA, "invite_revoked", ANA, None, "2 people"),
    ({"type": "admin-approval-add-one", "aci": BEN}, None, "join_requested", BEN, BEN, ""),
    ({"type": "admin-approval-remove-one", "aci": BEN}, BEN, "request_cancelled", BEN, BEN, ""),
    ({"type": "admin-approval-remove-one", "aci": BEN}, ANA, "request_denied", ANA, BEN, ""),
    ({"type": "admin-approval-remove-one", "aci": BEN}, None, "updated", None, BEN, "a request to join ended"),
    ({"type": "admin-approval-bounce", "aci": BEN, "times": 4}, BEN, "request_cancelled", BEN, BEN, "4 times"),
    ({"type": "summary"}, ANA, "updated", ANA, None, "several"),
    ({"type": "terminated"}, ANA, "terminated", ANA, None, ""),
]  # fmt: skip


@pytest.mark.parametrize(("detail", "actor", "kind", "told_actor", "target", "words"), CHANGES)
def test_every_kind_of_change_with_whoever_made_it(detail, actor, kind, told_actor, target, words):
    records = read(change(detail, actor))
    [event] = of(records, GroupEvent)

    assert (event.group, event.kind, event.actor, event.target) == (GROUP, kind, who(told_actor), who(target))
    assert (event.at, event.at_raw) == (at(SENT), str(SENT))
    assert words in event.detail
    assert event.provenance.locator == "messages 1 $.groupV2Change.details[0]"
    assert of(records, Problem) == []


def test_a_change_that_is_not_known_or_empty_keeps_its_time_and_says_so():
    odd = [change({"type": "teleport"}), change({}), ({"type": "group-v2-change"}, {"groupV2Change": {"from": ANA}}),
           change({"type": "member-privilege", "aci": BEN, "newPrivilege": 7}), change({"type": "member-add"}),
           change({"type": "member-add", "aci": "no identifier"})]  # fmt: skip
    records = read(*odd)

    assert [event.kind for event in of(records, GroupEvent)] == ["updated"] * 4 + ["added"] * 2
    assert len(of(records, Problem)) == 6
    assert all(problem.provenance.locator.startswith("messages ") for problem in of(records, Problem))


def test_an_asker_who_bounced_and_asks_again_is_told_twice():
    bounce = {"type": "admin-approval-bounce", "aci": BEN, "times": 2, "isApprovalPending": True}
    assert [event.kind for event in of(read(change(bounce)), GroupEvent)] == ["request_cancelled", "join_requested"]


def test_who_is_in_a_group_with_every_role():
    state = {
        "membersV2": [{"aci": ANA, "role": 2, "joinedAtVersion": 3}, {"uuid": ME, "role": 1}, {"role": 2}],
        "pendingMembersV2": [{"serviceId": f"PNI:{BEN}", "addedByUserId": ANA, "timestamp": SENT, "role": 1}],
        "pendingAdminApprovalV2": [{"aci": PAL, "timestamp": SENT}],
        "bannedMembersV2": [{"serviceId": BEN, "timestamp": SENT}, PAL],
    }
    records = read(({"body": "rain"}, {}), state=state)
    found = [(s.account, s.role, s.joined_at_revision, s.added_by) for s in of(records, MemberSnapshot)]

    assert found == [
        (who(ANA), "admin", 3, None), (who(ME), "member", None, None), (f"pni:{BEN}", "invited", None, who(ANA)),
        (who(PAL), "requesting", None, None), (who(BEN), "banned", None, None), (who(PAL), "banned", None, None),
    ]  # fmt: skip
    assert {s.at for s in of(records, MemberSnapshot)} == {at(SENT + 1000)}
    assert [(e.kind, e.actor, e.target) for e in of(records, GroupEvent)] == [
        ("invited", who(ANA), f"pni:{BEN}"), ("join_requested", who(PAL), who(PAL)), ("banned", None, who(BEN)),
    ]  # fmt: skip
    assert [p.provenance.locator for p in of(records, Problem)] == ["conversations 4 $.membersV2[2]"]
    [group] = [g for g in of(records, Group) if g.kind == "group"]
    assert (group.stable_id, group.revision, group.link_state, group.announcement_only) == (GROUP, 4, "approval", True)
    assert "BQUF" not in repr(records)


def test_the_state_of_a_group_that_was_left_is_dated_by_its_own_rows():
    later = {"conversationId": "c-ana", "received_at_ms": SENT + 99_000}
    state = {"left": True, "membersV2": [{"aci": ANA, "role": 2}]}
    records = read(({"body": "sun"}, {}), (later, {}), state=state)

    assert [snapshot.at for snapshot in of(records, MemberSnapshot)] == [at(SENT + 1000)]


def test_an_edited_message_keeps_the_key_of_its_first_version():
    edits = [{"body": "third", "timestamp": SENT + 200}, {"body": "second", "timestamp": SENT + 100},
             {"body": "first", "timestamp": SENT}]  # fmt: skip
    records = read(({"body": "third", "sourceServiceId": ANA}, {"editHistory": edits}))
    key = f"{GROUP}|{who(ANA)}|{SENT}"

    assert [(m.key, m.body, m.sent_at, m.revision) for m in of(records, Message)] == [
        (f"{key}|r0", "first", at(SENT), 0), (f"{key}|r1", "second", at(SENT + 100), 1),
        (key, "third", at(SENT + 200), 2),
    ]  # fmt: skip


def test_a_message_with_everything_that_hangs_on_it():
    data = {
        "quote": {"id": SENT - 5, "authorAci": BEN, "text": "…"},
        "reactions": [{"emoji": "🌦", "fromId": "c-ben", "timestamp": SENT + 7}, {"emoji": "🎬"}],
        "sendStateByConversationId": {
            "c-ana": {"status": "Read", "updatedAt": SENT + 9}, "c-ben": {"status": "Odd"}, "c-me": {"status": "Sent"},
        },
        "preview": [{"url": "https://example.org/films#key=secret"}],
    }  # fmt: skip
    columns = {"type": "outgoing", "body": "see https://example.org/a", "expireTimer": 60, "serverTimestamp": SENT + 3}
    records = read((columns, data))
    [message] = of(records, Message)

    assert (message.sender, message.direction) == (who(ME), "out")
    assert (message.reply_to, message.expires_in_ms) == (f"{GROUP}|{who(BEN)}|{SENT - 5}", 60_000)
    assert (message.server_at, message.received_at) == (at(SENT + 3), at(SENT + 1000))
    assert [(r.account, r.emoji, r.at) for r in of(records, Reaction)] == [(who(BEN), "🌦", at(SENT + 7))]
    assert [(d.account, d.status, d.at) for d in of(records, Delivery)] == [(who(ANA), "read", at(SENT + 9))]
    assert [(link.kind, link.url) for link in of(records, Link)] == [
        ("text", "https://example.org/a"), ("preview", "https://example.org/films"),
    ]  # fmt: skip
    assert [p.provenance.locator for p in of(records, Problem)] == [
        "messages 1 $.sendStateByConversationId['c-ben']", "messages 1 $.reactions[1]",
    ]  # fmt: skip


KINDS = [
    ({"deletedForEveryone": True}, "deleted", "", "by_author", ANA),
    ({"deletedForEveryone": True, "deletedForEveryoneByAdminAci": BEN}, "deleted", "", "by_admin", BEN),
    ({"isViewOnce": True, "isErased": True}, "view_once", "", "no", None),
    ({"sticker": {"emoji": "☂", "packId": "x"}}, "sticker", "☂", "no", None),
    ({"contact": [{"name": {"givenName": "Rain", "familyName": "Gauge"}, "number": [{"value": "1"}]}]},
     "contact", "Rain Gauge\n1", "no", None),
    ({"poll": {"question": "Film?", "options": ["Fog", "Dew"],
               "votes": [{"optionIndexes": [1]}, {"optionIndexes": 3}]}},
     "poll", "Film?\n- Fog (0)\n- Dew (1)", "no", None),
    ({"storyId": "s1", "storyReaction": {"emoji": "🌻"}}, "story_reply", "🌻", "no", None),
    ({"giftBadge": {"level": 1}}, "gift_badge", "", "no", None),
]  # fmt: skip


@pytest.mark.parametrize(("data", "kind", "body", "deleted", "by"), KINDS)
def test_every_kind_of_message(data, kind, body, deleted, by):
    [message] = of(read(({"sourceServiceId": ANA}, data)), Message)
    assert (message.kind, message.body, message.deleted, message.deleted_by) == (kind, body, deleted, who(by))


NOTICES = [
    ("timer-notification", {"expirationTimerUpdate": {"expireTimer": 60, "sourceServiceId": ANA}}, "timer", ANA, None),
    ("profile-change", {"changedId": "c-ben", "profileChange": {"oldName": "A", "newName": "B"}}, "updated", BEN, BEN),
    ("change-number-notification", {"sourceServiceId": BEN}, "number_changed", BEN, BEN),
    ("keychange", {"key_changed": BEN}, "updated", None, BEN),
    ("verified-change", {"verifiedChanged": "c-ben", "verified": True}, "updated", None, BEN),
    ("group-v1-migration", {"groupMigration": {}}, "migrated", None, None),
    ("pinned-message-notification", {"sourceServiceId": ANA, "pinMessage": {"targetAuthorAci": BEN,
     "targetSentTimestamp": 5}}, "pinned", ANA, None),
    ("poll-terminate", {"sourceServiceId": ANA, "pollTerminateNotification": {"question": "Fog?"}}, "updated",
     ANA, None),
    ("something-new", {}, "updated", None, None),
    ("incoming", {"flags": 2, "sourceServiceId": ANA, "expirationTimerUpdate": {"expireTimer": 0}}, "timer", ANA, None),
    ("incoming", {"group_update": {"left": "You"}}, "left", ME, ME),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "data", "event", "actor", "target"), NOTICES)
def test_every_kind_of_notice(kind, data, event, actor, target):
    records = read(({"type": kind}, data))
    assert [(e.kind, e.actor, e.target) for e in of(records, GroupEvent)] == [(event, who(actor), who(target))]
    assert of(records, Message) == []
    names = {(i.type, i.value) for i in of(records, AccountIdentifier) if i.type == "profile_name"}
    assert names == ({("profile_name", "A"), ("profile_name", "B")} if kind == "profile-change" else set())


def test_quotes_votes_mentions_and_sticker_packs_are_told_as_in_a_backup():
    data = {"quote": {"id": SENT - 5, "authorAci": BEN, "text": "rain?", "isPoll": True},
            "bodyRanges": [{"start": 0, "length": 1, "mentionAci": BEN}, {"start": 0, "length": 1, "style": 1}],
            "poll": {"options": ["Fog", "Dew"], "votes": [{"fromConversationId": "c-ben", "optionIndexes": [1, 9],
                                                           "timestamp": SENT + 4}]},
            "sticker": {"packId": "AB" * 16, "stickerId": 3}}  # fmt: skip
    records = read(({"sourceServiceId": ANA}, data))
    [quote, _] = sorted((r for r in records if isinstance(r, Message)), key=lambda one: one.kind)
    assert (quote.key, quote.sender, quote.body, quote.kind, quote.direction, quote.provenance.locator) == (
        f"{GROUP}|{who(BEN)}|{SENT - 5}", who(BEN), "rain?", "quote_poll", "none", "messages 1 $.quote",
    )  # fmt: skip
    assert [(r.account, r.emoji, r.at) for r in of(records, Reaction)] == [(who(BEN), "vote: Dew", at(SENT + 4))]
    links = {(r.kind, r.url) for r in records if isinstance(r, Link)}
    assert links == {("mention", who(BEN)), ("sticker_pack", f"signal:stickers/{'ab' * 16}/3")}


def test_calls_are_told_once_and_call_links_with_their_administrator():
    call = {"callId": "7", "peerId": ANA, "mode": "Direct", "type": "Video", "direction": "Incoming",
            "status": "Missed", "timestamp": SENT}  # fmt: skip
    group = {"callId": "8", "peerId": "R3JvdXA=", "mode": "Group", "type": "Group", "direction": "Incoming",
             "status": "Joined", "startedById": BEN, "timestamp": SENT + 1}  # fmt: skip
    link = {"roomId": "ab", "rootKey": b"root", "adminKey": b"adm", "name": "Film talk", "restrictions": 1}
    by_link = {
        "callId": "9",
        "peerId": "ab",
        "mode": "Adhoc",
        "type": "Adhoc",
        "status": "JoinedAdhoc",
        "timestamp": SENT,
    }
    row = {"type": "call-history", "conversationId": "c-ana"}
    old = {"callHistoryDetails": {"callMode": "Direct", "wasIncoming": False, "acceptedTime": SENT + 5}}
    tables = [("callsHistory", call), ("callsHistory", group), ("callLinks", link), ("callsHistory", by_link)]
    records = read((row, {"callId": "7"}), (row, old), ({"body": "x"}, {}), tables=tables)
    room = f"calllink:{hashlib.sha256(b'root').hexdigest()}"

    assert sorted((e.group, e.actor or "", e.target or "", e.detail) for e in of(records, GroupEvent)) == sorted([
        (DIRECT, who(ANA), who(ME), "video call, incoming, missed"), (GROUP, who(BEN), "", "group call, joined"),
        (room, "", "", "group call, joined"), (DIRECT, who(ME), who(ANA), "audio call, outgoing, accepted"),
    ])  # fmt: skip
    assert (room, who(ME), "admin") in [(s.group, s.account, s.role) for s in of(records, MemberSnapshot)]
    assert b"adm".hex() not in repr(records)


def test_files_of_the_table_and_of_old_json_with_wrong_sizes_and_other_spellings():
    plain, local = b"a gradient of clouds" * 9, bytes(range(64))
    made = profile(
        ({"body": "see"}, {}),
        ({}, {"attachments": [{"path": "cd\\old", "version": 1, "size": 20, "fileName": "old.jpg"}, {"size": 5}]}),
    )
    made.files["attachments.noindex/ab/new"] = sealed(plain, aes_key=local[:32], mac_key=local[32:], iv=b"i" * 16)
    made.files["attachments.noindex/cd/old"] = b"twenty bytes of rain"
    digest = hashlib.sha256(plain)
    row = {"messageId": "m0", "editHistoryIndex": -1, "size": 7, "version": 2, "path": "ab/new",
           "plaintextHash": digest.hexdigest(), "localKey": writer._base64(local)}  # fmt: skip
    for count, kind in enumerate(("quote", "attachment", "sticker", "long-message", "preview")):
        made.row("message_attachments", **row, attachmentType=kind, orderInMessage=count)
    tree = tree_of(made)
    [place] = find_stores(tree)
    records = of(list(signal_desktop.read(tree, place, None)), Attachment)
    entries = list(signal_desktop.attachments(tree, place, None))
    contents = [signal_desktop.open_attachment(tree, place, None, entry).read() for entry in entries]

    assert [record.role for record in records[:5]] == ["attachment", "sticker", "longtext", "preview", "quote"]
    assert [record.path for record in records] == ["attachments/ab/new"] * 5 + ["attachments/cd/old", None]
    assert [record.ordinal for record in records] == [0, 1, 2, 3, 4, 0, 1]
    assert contents == [plain, b"twenty bytes of rain"]
    assert [entry.locator for entry in entries] == ["message_attachments 1", "messages 2 $.attachments[0]"]

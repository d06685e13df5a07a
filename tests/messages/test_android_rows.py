"""Single rows of Signal for Android: what each kind of message, update and change of a group becomes."""

import base64
import hashlib
import json

import pytest
from tests.messages.android_world import ANA, BEN, GROUP_KEY, T, message, milliseconds, of, read_store, service, tiny
from tests.messages.conftest import encode

from sauveterre.messages.signal.android.state import ROWS
from sauveterre.records.account import AccountIdentifier
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind, MemberSnapshot, Role
from sauveterre.records.message import Attachment, Link, Message, Reaction
from sauveterre.records.problem import Problem

OWNER = b"\x11" * 16
ME, ANNA, BENO = (f"aci:{service(raw)}" for raw in (OWNER, ANA, BEN))
GROUP = hashlib.sha256(GROUP_KEY).hexdigest()
CHANGE = 0xA90014
SPECIAL = 1 << 32


def packed(kind, fields):
    return encode(kind, fields, ROWS)


def told(tmp_path, store):
    """All records, none of them a problem."""
    records = read_store(tmp_path, store)
    assert of(records, Problem) == []
    return records


def body_of(data):
    return base64.b64encode(data).decode()


def events(records, at):
    """(kind, actor, target, detail) of the events of a moment."""
    return [(e.kind, e.actor, e.target, e.detail) for e in of(records, GroupEvent) if milliseconds(e.at) == T + at]


def single(tmp_path, **row):
    """The message of one row in the group."""
    store = tiny()
    message(store, 50, sender=row.pop("sender", 2), **row)
    records = told(tmp_path, store)
    (found,) = [m for m in of(records, Message) if m.sent_raw == str(T + 50)]
    return found, records


def changed(tmp_path, context, **row):
    """The events of one change of the group."""
    store = tiny()
    extras = packed("MessageExtras", {"group": {"context": context}})
    message(store, 50, sender=3, kind=CHANGE, message_extras=extras, **row)
    records = told(tmp_path, store)
    return events(records, 50), records


def test_versions_of_an_edited_message_carry_the_key_of_the_first(tmp_path):
    store = tiny()
    for number, (at, latest) in enumerate([(40, 6), (50, 6), (60, None)]):
        message(store, at, sender=2, body=f"text {number}", latest_revision_id=latest, original_message_id=4)
    message(store, 70, sender=1, body="yes", quote_id=T + 40, quote_author=2)
    records = told(tmp_path, store)
    key = f"{GROUP}|{ANNA}|{T + 40}"
    found = [(m.key, m.body, m.revision) for m in of(records, Message) if m.body.startswith("text")]
    assert found == [(f"{key}|r0", "text 0", 0), (f"{key}|r1", "text 1", 1), (key, "text 2", 2)]
    assert next(m for m in of(records, Message) if m.body == "yes").reply_to == key


@pytest.mark.parametrize(("by", "deleted", "who"), [(2, "by_author", ANNA), (3, "by_admin", BENO), (1, "by_admin", ME)])
def test_deletion_says_by_whom(tmp_path, by, deleted, who):
    found, _ = single(tmp_path, deleted_by=by)
    assert (found.kind, found.deleted, found.deleted_by) == ("deleted", deleted, who)


def test_kinds_of_messages(tmp_path):
    store = tiny()
    contacts = [{"name": {"givenName": "Dora"}, "phoneNumbers": [{"number": "+33639980109"}], "emails": [None]}]
    rows = [
        ("view_once", {"view_once": 1}),
        ("contact", {"shared_contacts": json.dumps(contacts)}),
        ("story_reply", {"parent_story_id": 3, "body": "fine"}),
        ("story_reply", {"parent_story_id": 3, "body": "🌧", "kind": 10485780 | SPECIAL}),
        ("gift_badge", {"kind": 10485780 | 2 * SPECIAL}),
        ("payment", {"kind": 10485780 | 3 * SPECIAL, "body": "bread"}),
        ("sms", {"kind": 20, "body": "hail"}),
        ("poll", {"body": "Which film?"}),
        ("sticker", {}),
    ]
    for number, (_, row) in enumerate(rows):
        message(store, 100 + number, sender=2, **row)
    last = len(store.tables["message"])
    store.add("poll", message_id=last - 1, question="Which film?", author_id=2, end_message_id=0)
    store.add("poll_option", poll_id=1, option_text="The Ferry", option_order=0)
    store.add("poll_option", poll_id=1, option_text="The Quarry", option_order=1)
    store.add("poll_vote", poll_id=1, poll_option_id=2, voter_id=3, vote_state=3)
    store.add("poll_vote", poll_id=1, poll_option_id=1, voter_id=3, vote_state=1)
    store.add(
        "attachment", _id=70, message_id=last, content_type="image/webp", sticker_id=4, sticker_emoji="🌻", quote=0
    )
    records = told(tmp_path, store)
    found = [m for m in of(records, Message) if int(m.sent_raw) >= T + 100]
    assert [m.kind for m in found] == [kind for kind, _ in rows]
    bodies = {m.kind: m.body for m in found}
    assert bodies["contact"] == "Dora\n+33639980109"
    assert bodies["poll"].startswith("Which film?\n- The Ferry (0)\n- The Quarry (1)")
    assert bodies["sticker"] == "🌻"
    assert [a.role for a in of(records, Attachment) if a.provenance.locator == "attachment 70"] == ["sticker"]


def test_attachments_have_the_part_that_they_play(tmp_path):
    store = tiny()
    previews = [{"url": "https://example.org/film", "attachmentId": {"rowId": 21, "uniqueId": -1, "valid": True}}]
    one = message(
        store, 60, sender=2, link_previews=json.dumps(previews), quote_id=T + 10, quote_author=2, body="a long text"
    )
    rows = [(21, "image/png", 0), (22, "image/png", 1), (23, "text/x-signal-plain", 0), (24, "image/gif", 0)]
    for number, kind, quote in rows:
        store.add(
            "attachment", _id=number, message_id=one, content_type=kind, quote=quote, sticker_id=-1,
            data_hash_start=base64.b64encode(bytes([number]) * 32).decode(), data_hash_end="short",
        )  # fmt: skip
    records = told(tmp_path, store)
    found = {
        a.provenance.locator: (a.role, a.sha256) for a in of(records, Attachment) if a.message.endswith(str(T + 60))
    }
    roles = {21: "preview", 22: "quote", 23: "longtext", 24: "attachment"}
    assert found == {f"attachment {n}": (role, (bytes([n]) * 32).hex()) for n, role in roles.items()}
    assert [x.kind for x in of(records, Link)] == ["preview"]


def test_old_reactions_pins_and_timers_of_messages(tmp_path):
    old = packed("ReactionList", {"reactions": [{"emoji": "🌻", "author": 3, "sent": T + 55}]})
    found, records = single(tmp_path, reactions=old, pinned_at=T + 58, expires_in=9_000, body="rain")
    assert found.expires_in_ms == 9_000
    assert [(r.account, r.emoji) for r in of(records, Reaction) if r.message == found.key] == [(BENO, "🌻")]
    assert events(records, 58) == [(EventKind.PINNED, None, None, found.key)]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"kind": 14}, (EventKind.NUMBER_CHANGED, ANNA, ANNA, "")),
        ({"kind": 0xA40014, "expires_in": 60_000}, (EventKind.TIMER, ANNA, None, "messages disappear after 60 s")),
        ({"kind": 0xA00214}, (EventKind.UPDATED, None, ANNA, "safety number changed")),
        ({"kind": 5 * SPECIAL}, (EventKind.UPDATED, ME, None, "reported as spam")),
        ({"kind": 9}, (EventKind.MIGRATED, None, None, "")),
        ({"kind": 0x30014}, (EventKind.LEFT, ANNA, ANNA, "old kind of group")),
        ({"kind": 0x10014}, (EventKind.UPDATED, ANNA, None, "old kind of group")),
        (
            {"kind": 7, "body": body_of(packed("ProfileDetails", {"name": {"previous": "Ana", "new": "Anna"}}))},
            (EventKind.UPDATED, ANNA, ANNA, "profile name: Ana → Anna"),
        ),
        (
            {"kind": 16, "thread": 2, "body": body_of(packed("Number", {"e164": "+33639980177"}))},
            (EventKind.UPDATED, None, ANNA, "conversation merged with that of +33639980177"),
        ),
        (
            {"kind": 13 * SPECIAL, "extras": {"pin": {"author": BEN, "sent": T + 3}}},
            (EventKind.PINNED, ANNA, None, f"{GROUP}|{BENO}|{T + 3}"),
        ),
        (
            {"kind": 12 * SPECIAL, "extras": {"poll": {"question": "Which film?"}}},
            (EventKind.UPDATED, ANNA, None, "ended a poll: Which film?"),
        ),
        ({"kind": 3, "thread": 2}, (EventKind.CALL, ANNA, ME, "audio call, incoming, missed")),
    ],
)
def test_updates(tmp_path, row, expected):
    store = tiny()
    extras = packed("MessageExtras", row.pop("extras")) if "extras" in row else None
    message(store, 50, sender=2, message_extras=extras, **row)
    records = told(tmp_path, store)
    assert events(records, 50) == [expected]
    assert len(of(records, Message)) == 3


def test_calls_with_and_without_a_message(tmp_path):
    store = tiny()
    store.add("recipient", _id=12, call_link_room_id="room")
    store.add(
        "call_link", root_key=b"\x02" * 16, admin_key=b"\x03" * 32, name="Rehearsal", restrictions=1, recipient_id=12
    )
    one = message(store, 50, sender=2, thread=2, kind=11)
    details = packed("CallDetails", {"starter": service(BEN), "started": T + 61, "ended": T + 65})
    two = message(store, 60, sender=2, kind=12, body=body_of(details))
    base = {"call_id": 5, "ringer": None}
    store.add("call", **base, message_id=one, peer=2, type=1, direction=1, event=1, timestamp=T + 51)
    store.add("call", **{**base, "ringer": 2}, message_id=two, peer=9, type=3, direction=0, event=8, timestamp=T + 61)
    store.add("call", **base, message_id=None, peer=12, type=4, direction=0, event=6, timestamp=T + 71)
    store.add("call", **base, message_id=None, peer=2, type=0, direction=0, event=3, timestamp=T + 72)
    records = told(tmp_path, store)
    assert events(records, 51) == [(EventKind.CALL, ME, ANNA, "video call, outgoing, accepted")]
    (call,) = events(records, 61)
    assert call[:2] == (EventKind.CALL, BENO)
    assert call[3].startswith(f"group call, declined, rung by {ANNA}, ended ")
    assert events(records, 71) == [(EventKind.CALL, None, None, "by call link")]
    assert events(records, 72)[0][3] == "a call whose message is not in the store"
    link = next(g for g in of(records, Group) if g.kind == GroupKind.CALL_LINK)
    assert (link.title, link.link_state) == ("Rehearsal", "approval")
    assert [s.role for s in of(records, MemberSnapshot) if s.group == link.stable_id] == [Role.ADMIN]


def test_lists_old_groups_and_odd_numbers(tmp_path):
    store = tiny()
    for number in (20, 21):
        store.add("recipient", _id=number, distribution_list_id=number, group_id=None)
    store.add("distribution_list", _id=1, name="Close", distribution_id=service(b"\x07" * 16), recipient_id=20,
              privacy_mode=0, deletion_timestamp=0)  # fmt: skip
    store.add("distribution_list_member", list_id=1, recipient_id=3, privacy_mode=0)
    store.add("distribution_list", _id=2, name="Old", distribution_id=service(b"\x08" * 16), recipient_id=21,
              privacy_mode=1, deletion_timestamp=T + 5)  # fmt: skip
    store.add("recipient", _id=30, group_id="__textsecure_group__!AB12")
    store.add("groups", group_id="__textsecure_group__!AB12", recipient_id=30, title="Old choir", members="2,3")
    store.add("recipient", _id=40, e164="12345")
    records = told(tmp_path, store)
    groups = {g.title: g.stable_id for g in of(records, Group)}
    assert groups["Close"] == f"list:{service(b'%c' % 7 * 16)}"
    assert [s.account for s in of(records, MemberSnapshot) if s.group == groups["Close"]] == [BENO]
    assert [e.kind for e in of(records, GroupEvent) if e.group == groups["Old"]] == [EventKind.TERMINATED]
    assert groups["Old choir"] == "gv1:ab12"
    assert {s.account for s in of(records, MemberSnapshot) if s.group == "gv1:ab12"} == {ANNA, BENO}
    assert ("phone", "12345") in {(i.type, i.value) for i in of(records, AccountIdentifier)}


OLD = {"version": 3, "members": [{"userId": ANA, "role": 2}, {"userId": OWNER, "role": 1}], "title": "Film club"}
PERSON = {"userId": BEN, "role": 1}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"newMembers": [PERSON]}, (EventKind.ADDED, ANNA, BENO, "")),
        ({"newMembers": [{**PERSON, "userId": ANA}]}, (EventKind.JOINED_BY_LINK, ANNA, ANNA, "")),
        ({"deleteMembers": [BEN]}, (EventKind.REMOVED, ANNA, BENO, "")),
        ({"deleteMembers": [ANA]}, (EventKind.LEFT, ANNA, ANNA, "")),
        ({"modifyMemberRoles": [{**PERSON, "role": 2}]}, (EventKind.PROMOTED, ANNA, BENO, "")),
        ({"modifyMemberRoles": [PERSON]}, (EventKind.DEMOTED, ANNA, BENO, "")),
        ({"newPendingMembers": [PERSON]}, (EventKind.INVITED, ANNA, BENO, "")),
        ({"deletePendingMembers": [PERSON]}, (EventKind.INVITE_REVOKED, ANNA, BENO, "")),
        ({"deletePendingMembers": [{"userId": ANA}]}, (EventKind.INVITE_DECLINED, ANNA, ANNA, "")),
        ({"promotePendingPniAciMembers": [PERSON]}, (EventKind.INVITE_ACCEPTED, BENO, BENO, "")),
        ({"newRequestingMembers": [{"userId": BEN}]}, (EventKind.JOIN_REQUESTED, BENO, BENO, "")),
        ({"deleteRequestingMembers": [BEN]}, (EventKind.REQUEST_DENIED, ANNA, BENO, "")),
        ({"deleteRequestingMembers": [ANA]}, (EventKind.REQUEST_CANCELLED, ANNA, ANNA, "")),
        ({"promoteRequestingMembers": [PERSON]}, (EventKind.REQUEST_APPROVED, ANNA, BENO, "")),
        ({"newBannedMembers": [{"userId": BEN}]}, (EventKind.BANNED, ANNA, BENO, "")),
        ({"deleteBannedMembers": [{"userId": BEN}]}, (EventKind.UNBANNED, ANNA, BENO, "")),
        ({"newTitle": {"value": "Films"}}, (EventKind.RENAMED, ANNA, None, "Films")),
        ({"newAvatar": {}}, (EventKind.AVATAR, ANNA, None, "removed")),
        ({"newDescription": {"value": "rain"}}, (EventKind.DESCRIPTION, ANNA, None, "rain")),
        ({"newTimer": {"seconds": 5}}, (EventKind.TIMER, ANNA, None, "messages disappear after 5 s")),
        ({"newTimer": {}}, (EventKind.TIMER, ANNA, None, "messages no longer disappear")),
        ({"newInviteLinkAccess": 1}, (EventKind.LINK_ENABLED, ANNA, None, "no approval needed")),
        ({"newInviteLinkAccess": 3}, (EventKind.LINK_ENABLED, ANNA, None, "an administrator approves")),
        ({"newInviteLinkAccess": 4}, (EventKind.LINK_DISABLED, ANNA, None, "")),
        ({"newInviteLinkPassword": b"p" * 16}, (EventKind.LINK_RESET, ANNA, None, "")),
        ({"newIsAnnouncementGroup": 1}, (EventKind.SETTINGS, ANNA, None, "messages may be sent by administrators")),
        ({"newMemberAccess": 3}, (EventKind.SETTINGS, ANNA, None, "members may be added by administrators")),
        ({"terminateGroup": True}, (EventKind.TERMINATED, ANNA, None, "")),
        ({"revision": 9}, (EventKind.UPDATED, ANNA, None, "")),
    ],
)
def test_changes_of_a_group(tmp_path, change, expected):
    context = {"change": {"editor": ANA, **change}, "state": {**OLD, "version": 4}, "previous": OLD}
    found, _ = changed(tmp_path, context)
    assert found == [expected]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"members": [*OLD["members"], PERSON]}, (EventKind.ADDED, None, BENO, "")),
        ({"members": OLD["members"][1:]}, (EventKind.REMOVED, None, ANNA, "")),
        ({"members": [OLD["members"][0], {"userId": OWNER, "role": 2}]}, (EventKind.PROMOTED, None, ME, "")),
        ({"members": [{"userId": ANA, "role": 1}, OLD["members"][1]]}, (EventKind.DEMOTED, None, ANNA, "")),
        ({"title": "Films"}, (EventKind.RENAMED, None, None, "Films")),
        ({"membersBanned": [{"userId": BEN}]}, (EventKind.BANNED, None, BENO, "")),
        ({"pending": [{"userId": b"\x01" + BEN}]}, (EventKind.INVITED, None, f"pni:{service(BEN)}", "")),
        ({"accessControl": {"addFromInviteLink": 4}}, (EventKind.LINK_DISABLED, None, None, "")),
        ({"terminated": True}, (EventKind.TERMINATED, None, None, "")),
        ({}, (EventKind.UPDATED, None, None, "")),
    ],
)
def test_a_difference_of_two_states_says_what_happened_and_not_who_did_it(tmp_path, after, expected):
    found, records = changed(tmp_path, {"state": {**OLD, "version": 4, **after}, "previous": OLD})
    assert found == [expected]
    assert all(" difference" in e.provenance.locator for e in of(records, GroupEvent) if e.detail or e.target)


def test_one_who_was_invited_and_came_in_names_the_inviter(tmp_path):
    before = {**OLD, "pending": [{"userId": BEN, "addedByUserId": ANA}]}
    after = {**OLD, "version": 4, "members": [*OLD["members"], PERSON]}
    found, _ = changed(tmp_path, {"state": after, "previous": before})
    assert found == [(EventKind.INVITE_ACCEPTED, BENO, BENO, f"invited by {ANNA}")]


def test_updates_in_the_form_of_format_2_and_states_that_only_hold_a_place(tmp_path):
    store = tiny()
    update = {"groupAdminStatusUpdate": {"updaterAci": ANA, "memberAci": BEN, "wasAdminStatusGranted": True}}
    extras = packed("MessageExtras", {"group": {"change": {"updates": [update]}}})
    message(store, 50, sender=3, kind=CHANGE, message_extras=extras)
    place = {"isPlaceholder": True, "version": 0, "members": [PERSON]}
    context = {"change": {"editor": ANA, "newMembers": [PERSON]}, "state": place}
    message(store, 60, sender=3, kind=CHANGE, body=body_of(packed("Context", context)))
    records = told(tmp_path, store)
    assert events(records, 50) == [(EventKind.PROMOTED, ANNA, BENO, "")]
    assert events(records, 60) == [(EventKind.ADDED, ANNA, BENO, "")]
    assert not [s for s in of(records, MemberSnapshot) if " state" in s.provenance.locator]


def test_what_an_update_holds_may_be_broken(tmp_path):
    store = tiny()
    message(store, 50, sender=2, kind=CHANGE, message_extras=b"\x0a\xff")
    message(store, 60, sender=2, kind=7, body="no base64 ! at all")
    message(store, 70, sender=2, kind=12, body="/////w==")
    records = read_store(tmp_path, store)
    wrong = [p.provenance.locator for p in of(records, Problem) if "cannot be read" in p.what]
    assert wrong[:1] == ["message 4"]
    assert "message 6" in wrong
    assert [kind for kind, *_ in events(records, 50)] == [EventKind.UPDATED]

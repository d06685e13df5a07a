"""Single rows of Signal on iOS: every named update, every difference of two states, notices, edits, calls."""

import hashlib
import json
from uuid import UUID

import pytest
from tests.messages.signal_world import MemoryTree, at, of

from sauveterre.messages.readers import signal_ios
from sauveterre.messages.signal.ios.groups import Member, Model, differences
from sauveterre.messages.signal.ios.updates import RULES, difference
from sauveterre.messages.stores import find_stores
from sauveterre.records.account import AccountIdentifier
from sauveterre.records.group import Group, GroupEvent, MemberSnapshot
from sauveterre.records.message import Attachment, Delivery, Link, Message
from sauveterre.records.problem import Problem
from sauveterre.scenarios import signal_ios_writer as writer
from sauveterre.scenarios.keyed_archive import Keyed, Thing, archived

KEY = b"k" * 48
ME, ANA, BEN, PAL = (f"{digit * 8}-0000-4000-8000-00000000000{digit}" for digit in "1234")
MASTER, IDENTIFIER = b"\x05" * 32, b"\x06" * 32
GROUP = hashlib.sha256(MASTER).hexdigest()
SENT = 1_777_000_000_000
DIRECT = "direct:" + "|".join(sorted((f"aci:{ME}", f"aci:{ANA}")))


def who(identifier):
    return identifier and f"aci:{identifier}"


def person(identifier):
    return Thing("SignalServiceAddress", {"backingUuid": UUID(identifier)})


def member(identifier, kind=0, role=0, **more):
    return [{"backingUuid": identifier.upper()}, {"typeKey": kind, "role": role, **more}]


def model(*states, banned=(), title="Film club", **more):
    flat = [part for state in states for part in state]
    membership = {"memberStates": json.dumps(flat).encode(), "bannedMembers": Keyed(tuple(banned))}
    parameters = (b"\x00" + MASTER + IDENTIFIER + bytes(289))[:289]
    return Thing("TSGroupModelV2", {
        "groupId": IDENTIFIER, "groupName": title, "secretParamsData": parameters, "revision": 3,
        "membership": Thing("GroupMembership", membership), **more,
    })  # fmt: skip


def phone(*interactions, group=None, tables=()):
    made = writer.Phone(is_new=True)
    made.row("keyvalue", key="TSStorageRegisteredUUIDKey", collection="c", value=ME.upper().encode())
    for count, identifier in enumerate((ME, ANA, BEN), start=1):
        made.row(
            "model_SignalRecipient", id=count, recordType=31, uniqueId=f"r{count}", recipientUUID=identifier.upper()
        )
    state = group or model(member(ME), member(ANA, role=1))
    made.row("model_TSThread", recordType=26, uniqueId="g", groupModel=archived(state))
    made.row("model_TSThread", recordType=27, uniqueId="d", contactUUID=ANA.upper())
    for count, columns in enumerate(interactions, start=1):
        made.row("model_TSInteraction", **{
            "id": count, "recordType": 19, "uniqueId": f"i{count}", "timestamp": SENT + count, "uniqueThreadId": "g",
            "receivedAtTimestamp": SENT + 1000 + count, "authorUUID": ANA.upper(), **columns,
        })  # fmt: skip
    for table, row in tables:
        made.row(table, **row)
    return made


def read(*interactions, **more):
    tree = MemoryTree(writer.written(phone(*interactions, **more), KEY))
    [place] = find_stores(tree)
    return list(signal_ios.read(tree, place, KEY.hex()))


def info(kind, **values):
    pairs = tuple((f"InfoMessageUserInfoKey{name}", value) for name, value in values.items())
    return {"recordType": 10, "messageType": kind, "infoMessageUserInfo": archived(Keyed(pairs)), "authorUUID": None}


def update(*items):
    packed = Thing("Wrapper", {"updateItems": json.dumps(list(items)).encode()})
    return info(3, UpdateMessagesV2=packed)


ITEMS = [
    ("createdByLocalUser", {}, "created", ME, None),
    ("createdByOtherUser", {"updaterAci": ANA}, "created", ANA, None),
    ("createdByUnknownUser", {}, "created", None, None),
    ("nameChangedByOtherUser", {"updaterAci": ANA, "newGroupName": "Films"}, "renamed", ANA, None),
    ("localUserWasGrantedAdministratorByOtherUser", {"updaterAci": ANA}, "promoted", ANA, ME),
    ("otherUserWasGrantedAdministratorByLocalUser", {"userAci": BEN}, "promoted", ME, BEN),
    ("otherUserWasGrantedAdministratorByOtherUser", {"updaterAci": ANA, "userAci": BEN}, "promoted", ANA, BEN),
    ("otherUserWasGrantedAdministratorByUnknownUser", {"userAci": BEN}, "promoted", None, BEN),
    ("otherUserWasRevokedAdministratorByOtherUser", {"updaterAci": ANA, "userAci": BEN}, "demoted", ANA, BEN),
    ("localUserLeft", {}, "left", ME, ME),
    ("localUserRemoved", {"removerAci": ANA}, "removed", ANA, ME),
    ("localUserRemovedByUnknownUser", {}, "removed", None, ME),
    ("otherUserLeft", {"userAci": BEN}, "left", BEN, BEN),
    ("otherUserRemovedByLocalUser", {"userAci": BEN}, "removed", ME, BEN),
    ("otherUserRemoved", {"removerAci": ANA, "userAci": BEN}, "removed", ANA, BEN),
    ("localUserWasInvitedByOtherUser", {"updaterAci": ANA}, "invited", ANA, ME),
    ("otherUserWasInvitedByLocalUser", {"inviteeServiceId": f"PNI:{BEN.upper()}"}, "invited", ME, f"pni:{BEN}"),
    ("unnamedUsersWereInvitedByOtherUser", {"updaterAci": ANA, "count": 2}, "invited", ANA, None),
    ("localUserAcceptedInviteFromInviter", {"inviterAci": ANA}, "invite_accepted", ME, ME),
    ("otherUserAcceptedInviteFromLocalUser", {"userAci": BEN}, "invite_accepted", BEN, BEN),
    ("otherUserJoined", {"userAci": BEN}, "joined", BEN, BEN),
    ("localUserAddedByOtherUser", {"updaterAci": ANA}, "added", ANA, ME),
    ("otherUserAddedByOtherUser", {"updaterAci": ANA, "userAci": BEN}, "added", ANA, BEN),
    ("otherUserAddedByUnknownUser", {"userAci": BEN}, "added", None, BEN),
    ("otherUserDeclinedInviteFromInviter", {"invitee": BEN, "inviterAci": ANA}, "invite_declined", BEN, BEN),
    ("unnamedUserDeclinedInviteFromUnknownUser", {}, "invite_declined", None, None),
    ("localUserInviteRevoked", {"revokerAci": ANA}, "invite_revoked", ANA, ME),
    ("otherUserInviteRevokedByLocalUser", {"invitee": BEN}, "invite_revoked", ME, BEN),
    ("unnamedUserInvitesWereRevokedByOtherUser", {"updaterAci": ANA, "count": 3}, "invite_revoked", ANA, None),
    ("otherUserRequestedToJoin", {"userAci": BEN}, "join_requested", BEN, BEN),
    ("otherUserRequestApproved", {"userAci": BEN, "approverAci": ANA}, "request_approved", ANA, BEN),
    ("localUserRequestApprovedByUnknownUser", {}, "request_approved", None, ME),
    ("otherUserRequestRejectedByOtherUser", {"updaterAci": ANA, "requesterAci": BEN}, "request_denied", ANA, BEN),
    ("otherUserRequestCanceledByOtherUser", {"requesterAci": BEN}, "request_cancelled", BEN, BEN),
    ("localUserRequestCanceledByLocalUser", {}, "request_cancelled", ME, ME),
    ("disappearingMessagesEnabledByOtherUser", {"updaterAci": ANA, "durationMs": 60000}, "timer", ANA, None),
    ("inviteLinkResetByLocalUser", {}, "link_reset", ME, None),
    ("inviteLinkEnabledWithoutApprovalByOtherUser", {"updaterAci": ANA}, "link_enabled", ANA, None),
    ("inviteLinkEnabledWithApprovalByUnknownUser", {}, "link_enabled", None, None),
    ("inviteLinkDisabledByOtherUser", {"updaterAci": ANA}, "link_disabled", ANA, None),
    ("otherUserJoinedViaInviteLink", {"userAci": BEN}, "joined_by_link", BEN, BEN),
    ("sequenceOfInviteLinkRequestAndCancels", {"requester": BEN, "count": 2}, "request_cancelled", BEN, BEN),
    ("invitedPniPromotedToFullMemberAci", {"newMember": {"uuid": BEN}, "inviter": ANA}, "invite_accepted", BEN, BEN),
    ("wasMigrated", {}, "migrated", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "kind", "actor", "target"), ITEMS)
def test_every_named_update(name, data, kind, actor, target):
    found = difference(name, data, who(ME))
    stable = target if target and target.startswith("pni:") else who(target)
    assert (found.kind, found.actor, found.target) == (kind, who(actor), stable)


def test_named_updates_are_events_with_their_places_and_unknown_ones_keep_their_time():
    items = [
        {"otherUserLeft": {"userAci": BEN.upper()}},
        {"flewAwayByOtherUser": {}},
        {"inviteFriendsToNewlyCreatedGroup": {}},
    ]
    records = read(update(*items))
    events = of(records, GroupEvent)

    assert [(e.kind, e.actor, e.target, e.at) for e in events] == [
        ("left", who(BEN), who(BEN), at(SENT + 1)), ("updated", None, None, at(SENT + 1)),
    ]  # fmt: skip
    assert events[0].provenance.locator == "model_TSInteraction 1 InfoMessageUserInfoKeyUpdateMessagesV2 $[0]"
    assert [p.provenance.locator for p in of(records, Problem)] == [
        "model_TSInteraction 1 InfoMessageUserInfoKeyUpdateMessagesV2 $[1]"
    ]
    assert len(RULES) > 40


def state(**members):
    accounts = {"me": who(ME), "ana": who(ANA), "ben": who(BEN)}
    made = Model(GROUP, "Film club", is_new=True, revision=2)
    made.members = {accounts[name]: value for name, value in members.items()}
    return made


FULL, ADMIN, ASKING = Member(), Member(is_administrator=True), Member(kind=2)
INVITED = Member(kind=1, inviter=who(ANA))
CASES = [
    (None, FULL, ANA, "added", ANA), (None, FULL, BEN, "joined", BEN), (None, FULL, None, "added", None),
    (None, Member(by_link=True), ANA, "joined_by_link", BEN), (None, INVITED, ANA, "invited", ANA),
    (None, INVITED, None, "invited", ANA), (None, ASKING, None, "join_requested", BEN),
    (INVITED, FULL, BEN, "invite_accepted", BEN), (INVITED, FULL, None, "invite_accepted", None),
    (INVITED, FULL, ANA, "added", ANA), (INVITED, None, BEN, "invite_declined", BEN),
    (INVITED, None, ANA, "invite_revoked", ANA), (ASKING, FULL, ANA, "request_approved", ANA),
    (ASKING, None, ANA, "request_denied", ANA), (ASKING, None, BEN, "request_cancelled", BEN),
    (ASKING, None, None, "updated", None), (FULL, None, ANA, "removed", ANA), (FULL, None, BEN, "left", BEN),
    (FULL, None, None, "removed", None), (FULL, ADMIN, ANA, "promoted", ANA), (ADMIN, FULL, ANA, "demoted", ANA),
    (ADMIN, FULL, None, "demoted", None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "actor", "kind", "told"), CASES)
def test_every_difference_in_who_is_in(before, after, actor, kind, told):
    old = state(me=FULL, **({"ben": before} if before else {}))
    new = state(me=FULL, **({"ben": after} if after else {}))
    [found] = differences(old, new, who(actor), who(ME))

    assert (found.kind, found.actor, found.target) == (kind, who(told), who(BEN))


def test_differences_of_settings_and_bans():
    old = state(me=FULL)
    new = state(me=FULL)
    new.title, new.description, new.announcement_only = "Films", "Weekly", True
    new.link_level, new.has_password, new.password = 3, True, "x"
    new.banned, new.terminated, new.avatar, new.access = {who(BEN): 5}, True, "a", (3, 2)
    reset = state(me=FULL)
    reset.link_level, reset.has_password, reset.password = 1, True, "y"
    there = [(d.kind, d.detail) for d in differences(old, new, None, who(ME))]

    assert [kind for kind, _ in there] == [
        "renamed", "description", "avatar", "settings", "settings", "settings", "terminated", "link_enabled", "banned",
    ]  # fmt: skip
    assert ("link_enabled", "an administrator approves") in there
    assert [d.kind for d in differences(new, reset, None, who(ME))][-2:] == ["settings", "unbanned"]
    assert list(differences(new, new, who(ANA), who(ME))) == []


def test_states_before_and_after_are_told_with_whoever_the_row_names():
    old, new = model(member(ME), member(ANA, role=1)), model(member(ME, role=1), member(ANA, role=1))
    records = read(info(3, OldGroupModel=old, NewGroupModel=new, GroupUpdateSourceAddress=person(ANA)))
    [event] = of(records, GroupEvent)

    assert (event.group, event.kind, event.actor, event.target) == (GROUP, "promoted", who(ANA), who(ME))
    assert event.provenance.locator == "model_TSInteraction 1 difference of the group models"


def test_who_is_in_a_group_with_every_role_and_old_groups_are_silent_about_roles():
    group = model(
        member(ME), member(ANA, role=1), member(BEN, kind=1, addedByUuid=ANA.upper()), member(PAL, kind=2),
        banned=((UUID(PAL), SENT),), access=Thing("GroupAccess", {"addFromInviteLink": 3}), inviteLinkPassword=b"pw",
    )  # fmt: skip
    old = Thing("TSGroupModel", {"groupId": b"1" * 16, "groupName": "Old", "groupMembers": [person(ANA), person(ME)]})
    tables = [("model_TSThread", {"recordType": 26, "uniqueId": "o", "groupModel": archived(old)})]
    records = read({"body": "rain"}, group=group, tables=tables)
    found = [(s.account, str(s.role), s.added_by, s.role_stated) for s in of(records, MemberSnapshot)]

    assert found == [
        (who(ME), "member", None, True), (who(ANA), "admin", None, True), (who(BEN), "invited", who(ANA), True),
        (who(PAL), "requesting", None, True), (who(PAL), "banned", None, True),
        (who(ME), "member", None, False), (who(ANA), "member", None, False),
    ]  # fmt: skip
    groups = {g.title: g for g in of(records, Group)}
    assert (groups["Film club"].stable_id, groups["Film club"].link_state) == (GROUP, "approval")
    assert groups["Old"].stable_id.startswith("local:")
    assert MASTER.hex() not in repr(records)


def test_edits_keep_the_key_of_the_first_version():
    rows = [{"body": "third", "timestamp": SENT + 200}, {"body": "first", "timestamp": SENT},
            {"body": "second", "timestamp": SENT + 100}]  # fmt: skip
    edits = [("EditRecord", {"latestRevisionId": 1, "pastRevisionId": 3}), ("EditRecord", {"latestRevisionId": 1,
             "pastRevisionId": 2})]  # fmt: skip
    key = f"{GROUP}|{who(ANA)}|{SENT}"

    assert sorted((m.key, m.body, m.revision) for m in of(read(*rows, tables=edits), Message)) == [
        (key, "third", 2), (f"{key}|r0", "first", 0), (f"{key}|r1", "second", 1),
    ]  # fmt: skip


NOTICES = [
    (info(14, ChangePhoneNumberUuid=ANA.upper(), ChangePhoneNumberOld="+1", ChangePhoneNumberNew="+2"),
     "number_changed", ANA, ANA),
    (info(22), "updated", ME, ANA),
    (info(11), "updated", None, ANA),
    (info(99), "updated", None, ANA),
    ({"recordType": 28, "configurationDurationSeconds": 60, "configurationIsEnabled": 1}, "timer", None, None),
    ({"recordType": 20, "callType": 3, "offerType": 1}, "call", ANA, ME),
    ({"recordType": 20, "callType": 2, "offerType": 0}, "call", ME, ANA),
    ({"recordType": 65, "creatorUuid": BEN.upper()}, "call", BEN, None),
    ({"recordType": 77}, "updated", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "kind", "actor", "target"), NOTICES)
def test_every_kind_of_notice(columns, kind, actor, target):
    records = read({**columns, "uniqueThreadId": "d"})
    [event] = of(records, GroupEvent)
    assert (event.kind, event.actor, event.target, event.group) == (kind, who(actor), who(target), DIRECT)
    if kind == "number_changed":
        assert {i.value for i in of(records, AccountIdentifier) if i.type == "e164"} == {"+1", "+2"}


def test_kinds_of_message_and_who_deleted_one():
    sticker = Thing("MessageSticker", {"emoji": "☂"})
    contact = Thing("OWSContact", {"name": Thing("Name", {"givenName": "Rain", "familyName": "Gauge"}),
                                   "phoneNumbers": [Thing("P", {"phoneNumber": "1"})]})  # fmt: skip
    rows = [{"messageSticker": archived(sticker)}, {"contactShare": archived(contact)}, {"isViewOnceMessage": 1},
            {"storyTimestamp": 5, "storyReactionEmoji": "🌻"}, {"wasRemotelyDeleted": 1},
            {"wasRemotelyDeleted": 1}]  # fmt: skip
    tables = [("AdminDelete", {"interactionId": 6, "deleteAuthorId": 3})]
    found = [(m.kind, m.body, m.deleted, m.deleted_by) for m in of(read(*rows, tables=tables), Message)]

    assert found == [
        ("sticker", "☂", "no", None), ("contact", "Rain Gauge\n1", "no", None), ("view_once", "", "no", None),
        ("story_reply", "🌻", "no", None), ("deleted", "", "by_author", who(ANA)),
        ("deleted", "", "by_admin", who(BEN)),
    ]  # fmt: skip


def test_what_hangs_on_a_message():
    states = Keyed((
        (person(ANA), Thing("S", {"state": 3, "statusTimestamp": 0, "readTimestamp": SENT + 9})),
        (person(BEN), Thing("S", {"state": 5, "statusTimestamp": SENT + 8})), (person(ME), Thing("S", {"state": 3})),
    ))  # fmt: skip
    quote = Thing("TSQuotedMessage", {"timestamp": SENT - 5, "authorAddress": person(BEN), "body": "rain?"})
    row = {"recordType": 21, "recipientAddressStates": archived(states), "quotedMessage": archived(quote),
           "linkPreview": archived(Thing("L", {"urlString": "https://example.org/films#key=secret"})),
           "expiresInSeconds": 60}  # fmt: skip
    file = {
        "id": 4,
        "mimeType": "image/png",
        "unencryptedByteCount": 9,
        "encryptionKey": b"k",
        "sha256ContentHash": b"s" * 32,
    }
    ties = [("MessageAttachmentReference", {"ownerType": kind, "ownerRowId": 1, "attachmentRowId": 4})
            for kind in (3, 0, 1)]  # fmt: skip
    records = read(row, tables=[("Attachment", file), *ties])
    [message] = of(records, Message)

    assert (message.reply_to, message.expires_in_ms, message.direction) == (
        f"{GROUP}|{who(BEN)}|{SENT - 5}",
        60_000,
        "out",
    )
    [quote] = [r for r in records if isinstance(r, Message) and r.kind == "quote"]
    assert (quote.key, quote.sender, quote.body) == (message.reply_to, who(BEN), "rain?")
    assert [(d.account, d.status, d.at) for d in of(records, Delivery)] == [
        (who(ANA), "read", at(SENT + 9)), (who(BEN), "delivered", at(SENT + 8)),
    ]  # fmt: skip
    assert [link.url for link in of(records, Link)] == ["https://example.org/films"]
    assert [(a.role, a.ordinal, a.sha256, a.path) for a in of(records, Attachment)] == [
        ("attachment", 0, "73" * 32, None), ("longtext", 1, "73" * 32, None), ("quote", 2, "73" * 32, None),
    ]  # fmt: skip
    assert "6b" * 8 not in repr(records)

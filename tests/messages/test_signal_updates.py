"""All 36 kinds of group update, each written out by its meaning: what happened, who did it, to whom."""

import pytest

from sauveterre.messages.signal.schema import SCHEMA
from sauveterre.records.account import Account
from sauveterre.records.group import GroupEvent
from sauveterre.records.problem import Problem

A, B, C = b"\xaa" * 16, b"\xbb" * 16, b"\xcc" * 16
ACI = {
    raw: f"aci:{raw.hex()[:8]}-{raw.hex()[:4]}-{raw.hex()[:4]}-{raw.hex()[:4]}-{raw.hex()[:12]}" for raw in (A, B, C)
}
ME = "owner"
UPDATES = [
    ("genericGroupUpdate", {"updaterAci": A}, ("updated", A, None, "")),
    ("groupCreationUpdate", {"updaterAci": A}, ("created", A, None, "")),
    ("groupNameUpdate", {"updaterAci": A, "newGroupName": "Film"}, ("renamed", A, None, "Film")),
    ("groupAvatarUpdate", {"updaterAci": A, "wasRemoved": True}, ("avatar", A, None, "removed")),
    ("groupDescriptionUpdate", {"updaterAci": A, "newDescription": "Rain"}, ("description", A, None, "Rain")),
    (
        "groupMembershipAccessLevelChangeUpdate",
        {"updaterAci": A, "accessLevel": 3},
        ("settings", A, None, "members may be added by administrators"),
    ),
    (
        "groupAttributesAccessLevelChangeUpdate",
        {"updaterAci": A, "accessLevel": 2},
        ("settings", A, None, "title, picture and timer may be changed by all members"),
    ),
    (
        "groupAnnouncementOnlyChangeUpdate",
        {"updaterAci": A, "isAnnouncementOnly": True},
        ("settings", A, None, "messages may be sent by administrators"),
    ),
    (
        "groupAdminStatusUpdate",
        {"updaterAci": A, "memberAci": B, "wasAdminStatusGranted": True},
        ("promoted", A, B, ""),
    ),
    ("groupMemberLeftUpdate", {"aci": A}, ("left", A, A, "")),
    ("groupMemberRemovedUpdate", {"removerAci": A, "removedAci": B}, ("removed", A, B, "")),
    ("selfInvitedToGroupUpdate", {"inviterAci": A}, ("invited", A, ME, "")),
    ("selfInvitedOtherUserToGroupUpdate", {"inviteeServiceId": B}, ("invited", ME, B, "")),
    (
        "groupUnknownInviteeUpdate",
        {"inviterAci": A, "inviteeCount": 3},
        ("invited", A, None, "3 people who are not named"),
    ),
    (
        "groupInvitationAcceptedUpdate",
        {"inviterAci": A, "newMemberAci": B},
        ("invite_accepted", B, B, f"invited by {ACI[A]}"),
    ),
    (
        "groupInvitationDeclinedUpdate",
        {"inviterAci": A, "inviteeAci": B},
        ("invite_declined", B, B, f"invited by {ACI[A]}"),
    ),
    ("groupMemberJoinedUpdate", {"newMemberAci": A}, ("joined", A, A, "")),
    ("groupMemberAddedUpdate", {"updaterAci": A, "newMemberAci": B}, ("added", A, B, "")),
    ("groupSelfInvitationRevokedUpdate", {"revokerAci": A}, ("invite_revoked", A, ME, "")),
    (
        "groupInvitationRevokedUpdate",
        {"updaterAci": A, "invitees": [{"inviterAci": C, "inviteeAci": B}]},
        ("invite_revoked", A, B, f"invited by {ACI[C]}"),
    ),
    ("groupJoinRequestUpdate", {"requestorAci": A}, ("join_requested", A, A, "")),
    (
        "groupJoinRequestApprovalUpdate",
        {"requestorAci": A, "updaterAci": B, "wasApproved": True},
        ("request_approved", B, A, ""),
    ),
    ("groupJoinRequestCanceledUpdate", {"requestorAci": A}, ("request_cancelled", A, A, "")),
    ("groupInviteLinkResetUpdate", {"updaterAci": A}, ("link_reset", A, None, "")),
    (
        "groupInviteLinkEnabledUpdate",
        {"updaterAci": A, "linkRequiresAdminApproval": True},
        ("link_enabled", A, None, "an administrator approves"),
    ),
    ("groupInviteLinkAdminApprovalUpdate", {"updaterAci": A}, ("settings", A, None, "link: no approval needed")),
    ("groupInviteLinkDisabledUpdate", {"updaterAci": A}, ("link_disabled", A, None, "")),
    ("groupMemberJoinedByLinkUpdate", {"newMemberAci": A}, ("joined_by_link", A, A, "")),
    ("groupV2MigrationUpdate", {}, ("migrated", None, None, "")),
    ("groupV2MigrationSelfInvitedUpdate", {}, ("invited", None, ME, "when the group changed to the new format")),
    (
        "groupV2MigrationInvitedMembersUpdate",
        {"invitedMembersCount": 2},
        ("migrated", None, None, "2 members were invited again"),
    ),
    (
        "groupV2MigrationDroppedMembersUpdate",
        {"droppedMembersCount": 2},
        ("migrated", None, None, "2 members were dropped"),
    ),
    (
        "groupSequenceOfRequestsAndCancelsUpdate",
        {"requestorAci": A, "count": 4},
        ("request_cancelled", A, A, "asked to join and withdrew 4 times"),
    ),
    (
        "groupExpirationTimerUpdate",
        {"expiresInMs": 60000, "updaterAci": A},
        ("timer", A, None, "messages disappear after 60 s"),
    ),
    (
        "groupMemberLabelAccessLevelChangeUpdate",
        {"updaterAci": A, "accessLevel": 2},
        ("settings", A, None, "member labels may be set by all members"),
    ),
    ("groupTerminateChangeUpdate", {"updaterAci": A}, ("terminated", A, None, "")),
]
START = [
    {"account": {}},
    {"recipient": {"id": 1, "self": {}}},
    {"recipient": {"id": 2, "contact": {"aci": C}}},
    {"recipient": {"id": 3, "group": {"masterKey": b"\x05" * 32}}},
    {"chat": {"id": 7, "recipientId": 3}},
]


def change(*updates, author=2):
    item = {"chatId": 7, "authorId": author, "dateSent": 1_700_000_000_000, "directionless": {}}
    return {"chatItem": {**item, "updateMessage": {"groupChange": {"updates": list(updates)}}}}


def events(kit, folder, *updates):
    records = kit.read(folder, kit.stream([*START, change(*updates)]))
    assert [record for record in records if isinstance(record, Problem)] == []
    return [record for record in records if isinstance(record, GroupEvent)], f"self:{records[0].provenance.source}"


def test_every_kind_that_the_format_has_is_here():
    assert {name for name, _, _ in UPDATES} == set(SCHEMA.by_name["GroupUpdate"])
    assert len(UPDATES) == 36


@pytest.mark.parametrize(("name", "fields", "expected"), UPDATES, ids=[name for name, _, _ in UPDATES])
def test_a_group_update_says_what_happened_who_did_it_and_to_whom(kit, tmp_path, name, fields, expected):
    [event], owner = events(kit, tmp_path, {name: fields})
    kind, actor, target, detail = expected
    names = {**ACI, ME: owner, None: None}

    assert (event.kind, event.detail) == (kind, detail)
    assert (event.actor, event.target) == (names[actor], names[target])


def test_a_stranger_who_only_acts_is_not_taken_for_the_owner(kit, tmp_path):
    _, owner = events(kit, tmp_path, {"groupCreationUpdate": {"updaterAci": A}})
    records = kit.read(tmp_path, kit.stream([*START, change({"groupCreationUpdate": {"updaterAci": A}})]))

    assert [record.stable_id for record in records if isinstance(record, Account) and record.is_owner] == [owner]


@pytest.mark.parametrize(
    ("name", "fields", "kind"),
    [
        ("groupAdminStatusUpdate", {"updaterAci": A, "memberAci": B}, "demoted"),
        ("groupJoinRequestApprovalUpdate", {"requestorAci": B, "updaterAci": A}, "request_denied"),
    ],
)
def test_a_flag_that_is_not_set_means_the_contrary(kit, tmp_path, name, fields, kind):
    [event], _ = events(kit, tmp_path, {name: fields})

    assert (event.kind, event.actor, event.target) == (kind, ACI[A], ACI[B])


@pytest.mark.parametrize("name", [name for name, fields, _ in UPDATES if "updaterAci" in fields])
def test_an_update_that_names_nobody_has_no_actor(kit, tmp_path, name):
    [event], _ = events(kit, tmp_path, {name: {}})

    assert event.actor is None


def test_several_updates_of_one_item_are_told_in_order(kit, tmp_path):
    found, _ = events(
        kit, tmp_path, {"groupMemberJoinedUpdate": {"newMemberAci": A}}, {"groupMemberLeftUpdate": {"aci": A}}
    )

    assert [(e.kind, e.provenance.locator) for e in found] == [
        ("joined", "frame 6 update 0"),
        ("left", "frame 6 update 1"),
    ]

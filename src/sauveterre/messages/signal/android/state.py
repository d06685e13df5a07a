"""The messages that rows of Signal for Android hold: a group's state, its changes, and what an update is about.

Numbers are facts about the format, written down from public descriptions of it. ``State`` is the group as one device
saw it; ``Change`` is what one person did to it. An ACI is 16 raw bytes, a PNI a byte 1 and 16 more.
"""

import base64
import binascii

from sauveterre.messages.protobuf import Decoder, Fields, Malformed, schema
from sauveterre.messages.signal.schema import ENUMS, UPDATES

_MESSAGES = {
    **UPDATES,
    "Empty": "",
    "MessageExtras": "1 group GroupDescription, 3 profile ProfileDetails, 5 poll PollEnd, 6 pin Pin",
    "GroupDescription": "1 context Context, 2 change GroupChange",
    "Context": "2 change Change, 3 state State, 4 previous State",
    "State": "2 title string, 3 avatar string, 4 timer Timer, 5 accessControl AccessControl, 6 version uint32, "
    "7 members Member*, 8 pending Pending*, 9 membersPendingAdminApproval Requesting*, 10 password bytes, "
    "11 description string, 12 announcements uint32, 13 membersBanned Banned*, 14 terminated bool, "
    "64 isPlaceholder bool",
    "AccessControl": "1 attributes uint32, 2 members uint32, 3 addFromInviteLink uint32, 4 memberLabel uint32",
    "Member": "1 userId bytes, 2 role uint32, 5 joinedAtVersion uint32, 6 pni bytes",
    "Pending": "1 userId bytes, 2 role uint32, 3 addedByUserId bytes, 4 timestamp uint64",
    "Requesting": "1 userId bytes, 4 timestamp uint64",
    "Banned": "1 userId bytes, 2 timestamp uint64",
    "Timer": "1 seconds uint32",
    "Text": "1 value string",
    "Change": "1 editor bytes, 2 revision uint32, 3 newMembers Member*, 4 deleteMembers bytes*, "
    "5 modifyMemberRoles Member*, 7 newPendingMembers Pending*, 8 deletePendingMembers Pending*, "
    "9 promotePendingMembers Member*, 10 newTitle Text, 11 newAvatar Text, 12 newTimer Timer, "
    "13 newAttributeAccess uint32, 14 newMemberAccess uint32, 15 newInviteLinkAccess uint32, "
    "16 newRequestingMembers Requesting*, 17 deleteRequestingMembers bytes*, 18 promoteRequestingMembers Member*, "
    "19 newInviteLinkPassword bytes, 20 newDescription Text, 21 newIsAnnouncementGroup uint32, "
    "22 newBannedMembers Banned*, 23 deleteBannedMembers Banned*, 24 promotePendingPniAciMembers Member*, "
    "27 newMemberLabelAccess uint32, 28 terminateGroup bool",
    "ProfileDetails": "1 name TextChange, 2 learned TextChange, 3 learnedName Learned",
    "TextChange": "1 previous string, 2 new string",
    "Learned": "1 e164 string, 2 username string",
    "PollEnd": "1 question string, 2 message uint64, 3 sent uint64",
    "Pin": "1 message uint64, 2 author bytes, 3 sent uint64",
    "CallDetails": "2 starter string, 3 started int64, 7 ended int64",
    "Number": "1 e164 string",
    "ReactionList": "1 reactions OldReaction*",
    "OldReaction": "1 emoji string, 2 author uint64, 3 sent uint64",
    "BodyRanges": "1 ranges BodyRange*",
    "BodyRange": "1 start uint32, 2 length uint32, 3 mention string",
}
ROWS = schema(_MESSAGES, ENUMS)
"""Everything that a row may hold."""
OPEN, APPROVAL, OFF = 1, 3, 4
"""Who may join by a link: anyone, whom an administrator approves, nobody."""


def decoded(data: bytes, message: str) -> Fields:
    """Read one message out of a row; raise ``Malformed``."""
    return Decoder(ROWS, keep_unknown=False).decode(data, message)


def from_base64(text: object) -> bytes:
    """Return the bytes that a column of text holds; raise ``Malformed``."""
    try:
        return base64.b64decode(text, validate=False) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        raise Malformed("not base64") from None


def snapshot(state: Fields) -> Fields:
    """Return a group's state as a backup of format 2 shows it; empty for one that only holds a place."""
    if not state or state.get("isPlaceholder"):
        return {}
    return {
        "title": {"title": state.get("title", "")},
        "description": {"descriptionText": state.get("description", "")},
        "accessControl": state.get("accessControl", {}),
        "version": state.get("version", 0),
        "members": state.get("members", []),
        "membersPendingProfileKey": [{"member": one, **one} for one in state.get("pending", [])],
        "membersPendingAdminApproval": state.get("membersPendingAdminApproval", []),
        "membersBanned": state.get("membersBanned", []),
        "announcementsOnly": state.get("announcements", 0) == 1,
        "terminated": state.get("terminated", False),
    }


def difference(before: Fields, after: Fields) -> Fields:
    """Return the change that leads from one state to the next; who made it cannot be told from that."""
    old, new = _people(before, "members"), _people(after, "members")
    invited, asking = _people(before, "pending"), _people(before, "membersPendingAdminApproval")
    entered = {one: member for one, member in new.items() if one not in old}
    change: Fields = {
        "newMembers": [member for one, member in entered.items() if one not in invited and one not in asking],
        "promotePendingMembers": [member for one, member in entered.items() if one in invited],
        "promoteRequestingMembers": [m for one, m in entered.items() if one in asking and one not in invited],
        "deleteMembers": [one for one in old if one not in new],
        "modifyMemberRoles": [m for one, m in new.items() if one in old and _role(old[one]) != _role(m)],
        "newPendingMembers": _only_in(after, before, "pending"),
        "deletePendingMembers": [m for m in _only_in(before, after, "pending") if _is_gone(m, new)],
        "newRequestingMembers": _only_in(after, before, "membersPendingAdminApproval"),
        "newBannedMembers": _only_in(after, before, "membersBanned"),
        "deleteBannedMembers": _only_in(before, after, "membersBanned"),
        **_settings(before, after),
    }
    return {name: value for name, value in change.items() if value}


def _settings(before: Fields, after: Fields) -> Fields:
    changed: Fields = {
        name: {"value": after.get(field, "")}
        for field, name in (("title", "newTitle"), ("description", "newDescription"), ("avatar", "newAvatar"))
        if before.get(field, "") != after.get(field, "")
    }
    old, new = before.get("accessControl", {}), after.get("accessControl", {})
    for field, name in _ACCESS.items():
        if new.get(field, 0) != old.get(field, 0):
            changed[name] = new.get(field, 0)
    if before.get("timer", {}).get("seconds", 0) != (seconds := after.get("timer", {}).get("seconds", 0)):
        changed["newTimer"] = {"seconds": seconds}
    if before.get("announcements", 0) != after.get("announcements", 0):
        changed["newIsAnnouncementGroup"] = after.get("announcements", 0)
    if before.get("password") and after.get("password") and before["password"] != after["password"]:
        changed["newInviteLinkPassword"] = after["password"]
    if after.get("terminated") and not before.get("terminated"):
        changed["terminateGroup"] = True
    return changed


_ACCESS = {
    "attributes": "newAttributeAccess",
    "members": "newMemberAccess",
    "addFromInviteLink": "newInviteLinkAccess",
    "memberLabel": "newMemberLabelAccess",
}


def _people(state: Fields, name: str) -> dict[bytes, Fields]:
    return {one["userId"]: one for one in state.get(name, []) if one.get("userId")}


def _only_in(one: Fields, other: Fields, name: str) -> list[Fields]:
    there = _people(other, name)
    return [member for number, member in _people(one, name).items() if number not in there]


def _is_gone(invited: Fields, members: dict[bytes, Fields]) -> bool:
    """Say whether an invitation ended without a member: one of a PNI may have become a member by its ACI."""
    return len(invited["userId"]) == 16 and invited["userId"] not in members


def _role(member: Fields) -> bool:
    return bool(member.get("role", 0) == 2)

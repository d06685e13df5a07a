"""What a row says was done to a group: the change itself, or the difference between the states before and after.

The one who did it is the editor whom the change names, never the message's sender. Of a mere difference the actor is
unknown: *removed* then means left or removed, *added* that one came in.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sauveterre.messages.protobuf import Fields
from sauveterre.messages.signal.android.state import APPROVAL, OFF, OPEN, difference
from sauveterre.messages.signal.context import Leaf, moment
from sauveterre.messages.signal.people import ADMINISTRATOR
from sauveterre.messages.signal.updates import Moment, read_update
from sauveterre.records.group import EventKind, GroupEvent, MemberSnapshot, Role


@dataclass(frozen=True, slots=True)
class Deed:
    """What one list of a change means."""

    kind: EventKind
    by_self: EventKind | None = None
    """The kind where the editor is the one concerned; None: the same."""
    is_own: bool = False
    """Whether only the one concerned can do it."""


DEEDS: dict[str, Deed] = {
    "newMembers": Deed(EventKind.ADDED, EventKind.JOINED_BY_LINK),
    "deleteMembers": Deed(EventKind.REMOVED, EventKind.LEFT),
    "newPendingMembers": Deed(EventKind.INVITED),
    "deletePendingMembers": Deed(EventKind.INVITE_REVOKED, EventKind.INVITE_DECLINED),
    "promotePendingMembers": Deed(EventKind.INVITE_ACCEPTED, is_own=True),
    "promotePendingPniAciMembers": Deed(EventKind.INVITE_ACCEPTED, is_own=True),
    "newRequestingMembers": Deed(EventKind.JOIN_REQUESTED, is_own=True),
    "deleteRequestingMembers": Deed(EventKind.REQUEST_DENIED, EventKind.REQUEST_CANCELLED),
    "promoteRequestingMembers": Deed(EventKind.REQUEST_APPROVED),
    "newBannedMembers": Deed(EventKind.BANNED),
    "deleteBannedMembers": Deed(EventKind.UNBANNED),
}
"""By list of a change. One who adds themselves came in by the link: there is no other way."""
ENTERING = ("newMembers", "promotePendingMembers", "promotePendingPniAciMembers", "promoteRequestingMembers")

SETTINGS: dict[str, tuple[str, Callable[[Fields], Fields]]] = {
    "newTitle": ("groupNameUpdate", lambda change: {"newGroupName": change["newTitle"].get("value", "")}),
    "newAvatar": ("groupAvatarUpdate", lambda change: {"wasRemoved": not change["newAvatar"].get("value")}),
    "newTimer": (
        "groupExpirationTimerUpdate",
        lambda change: {"expiresInMs": change["newTimer"].get("seconds", 0) * 1000},
    ),
    "newDescription": (
        "groupDescriptionUpdate",
        lambda change: {"newDescription": change["newDescription"].get("value", "")},
    ),
    "newAttributeAccess": (
        "groupAttributesAccessLevelChangeUpdate",
        lambda change: {"accessLevel": change["newAttributeAccess"]},
    ),
    "newMemberAccess": (
        "groupMembershipAccessLevelChangeUpdate",
        lambda change: {"accessLevel": change["newMemberAccess"]},
    ),
    "newMemberLabelAccess": (
        "groupMemberLabelAccessLevelChangeUpdate",
        lambda change: {"accessLevel": change["newMemberLabelAccess"]},
    ),
    "newIsAnnouncementGroup": (
        "groupAnnouncementOnlyChangeUpdate",
        lambda change: {"isAnnouncementOnly": change["newIsAnnouncementGroup"] == 1},
    ),
    "terminateGroup": ("groupTerminateChangeUpdate", lambda _: {}),
}
"""By field of a change: the update of format 2 that says the same, and what is in it besides who did it."""


def read_change(leaf: Leaf, at: Moment, data: Fields) -> None:
    """Tell one change of a group. ``data`` holds ``change``, ``state`` and ``previous``, as far as the row has them."""
    before, after = (_state(data.get(name)) for name in ("previous", "state"))
    change = data.get("change", {})
    place = leaf.inner("change")
    if not change and before and after:
        change, place = difference(before, after), leaf.inner("difference")
    told = len(leaf.records)
    if after and not before:
        _snapshot(leaf.inner("state"), at, after)
    if after and not before and not after.get("version"):
        _created(place, at, change)
    else:
        _people(place, at, change, before or {})
        _settings(place, at, change, before or {})
    if not any(isinstance(record, GroupEvent) for record in leaf.records[told:]):
        actor = leaf.service(change.get("editor"), "who changed a group")
        _event(place, at, EventKind.UPDATED, actor, None)


def _state(state: Fields | None) -> Fields | None:
    return None if state is None or state.get("isPlaceholder") else state


def _created(leaf: Leaf, at: Moment, change: Fields) -> None:
    """Tell the group's beginning: who made it, and whom they put in."""
    _event(leaf, at, EventKind.CREATED, leaf.service(change.get("editor"), "who made a group"), None)
    editor = change.get("editor")
    others = [member for member in change.get("newMembers", []) if member.get("userId") != editor]
    _people(leaf, at, {**change, "newMembers": others}, {})


def _people(leaf: Leaf, at: Moment, change: Fields, before: Fields) -> None:
    editor = change.get("editor", b"")
    actor = leaf.service(editor, "who changed a group")
    for name, deed in DEEDS.items():
        for count, one in enumerate(change.get(name, [])):
            place, raw = f"{name} {count}", one if isinstance(one, bytes) else one.get("userId", b"")
            target = leaf.service(raw, "a person in a change of a group", place)
            if target is None:
                leaf.problem("a change of a group concerns somebody who is not named", place)
                continue
            kind = deed.by_self if deed.by_self is not None and raw == editor else deed.kind
            by = target if deed.is_own else actor
            _event(leaf, at, kind, by, target, _invited_by(leaf, name, raw, before), place)
            if name in ENTERING and one.get("role") == ADMINISTRATOR:
                _event(leaf, at, EventKind.PROMOTED, actor, target, "came in as an administrator", place)
    for count, one in enumerate(change.get("modifyMemberRoles", [])):
        place = f"modifyMemberRoles {count}"
        kind = EventKind.PROMOTED if one.get("role") == ADMINISTRATOR else EventKind.DEMOTED
        if target := leaf.service(one.get("userId"), "a member whose role changed", place):
            _event(leaf, at, kind, actor, target, "", place)


def _invited_by(leaf: Leaf, name: str, raw: bytes, before: Fields) -> str:
    """Say who had invited one who comes in, where the state before names them."""
    if name not in ENTERING:
        return ""
    invitation: Fields = next((one for one in before.get("pending", []) if one.get("userId") == raw), {})
    inviter = leaf.service(invitation.get("addedByUserId"), "an inviter")
    return f"invited by {inviter}" if inviter else ""


def _settings(leaf: Leaf, at: Moment, change: Fields, before: Fields) -> None:
    by = {"updaterAci": change["editor"]} if change.get("editor") else {}
    updates = [
        {update: {**by, **content(change)}}
        for name, (update, content) in SETTINGS.items()
        if change.get(name, 0) not in (0, False)  # an empty message is there, and says that something was taken away
    ]
    updates += [{update: {**by, **content}} for update, content in _link(change, before)]
    if updates:
        read_update(leaf, at, {"groupChange": {"updates": updates}})


def _link(change: Fields, before: Fields) -> list[tuple[str, Fields]]:
    """Return what happened to the link by which one can join."""
    access = change.get("newInviteLinkAccess", 0)
    approval = {"linkRequiresAdminApproval": access == APPROVAL}
    if access in (OPEN, APPROVAL):
        was_on = before.get("accessControl", {}).get("addFromInviteLink") in (OPEN, APPROVAL)
        return [("groupInviteLinkAdminApprovalUpdate" if was_on else "groupInviteLinkEnabledUpdate", approval)]
    if access == OFF:
        return [("groupInviteLinkDisabledUpdate", {})]
    return [("groupInviteLinkResetUpdate", {})] if change.get("newInviteLinkPassword") else []


def _snapshot(leaf: Leaf, at: Moment, state: Fields) -> None:
    """Tell who was in when this device first saw the group, or saw it again after a gap."""
    when = moment(at.sent)
    if when is None:
        return
    for count, member in enumerate(state.get("members", [])):
        place = f"member {count}"
        account = leaf.service(member.get("userId"), "a group member", place)
        role = Role.ADMIN if member.get("role") == ADMINISTRATOR else Role.MEMBER
        if account is not None:
            joined = member.get("joinedAtVersion", 0)
            leaf.add(MemberSnapshot(at.chat.group, account, role, when, leaf.provenance(place), joined))


def _event(
    leaf: Leaf,
    at: Moment,
    kind: EventKind,
    actor: str | None,
    target: str | None,
    detail: str = "",
    place: str = "",
) -> None:
    where = leaf.provenance(place)
    leaf.add(GroupEvent(at.chat.group, kind, actor, target, moment(at.sent), str(at.sent), where, detail))

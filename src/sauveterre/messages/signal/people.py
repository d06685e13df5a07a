"""Recipient, chat and account frames: who is who, and which conversation is which."""

import hashlib
import uuid
from datetime import datetime

from sauveterre.messages.protobuf import Fields
from sauveterre.messages.signal.bodies import when
from sauveterre.messages.signal.context import (
    RELEASE_NOTES,
    SERVICE,
    Chat,
    Leaf,
    Peer,
    e164,
    moment,
    service_id,
)
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.signal.updates import SETTINGS, call_id, level, timer
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind, MemberSnapshot, Role

LINK_STATES = {1: "open", 3: "approval", 4: "off"}
CALL_LINK_STATES = {1: "open", 2: "approval"}
ADMINISTRATOR = 2
ONLY_WITH = 1
PRIVACY = {1: "reaches only those named", 2: "reaches all except those named", 3: "reaches everyone"}


def read_account(leaf: Leaf, data: Fields) -> None:
    """Tell the device owner's own name and username."""
    if leaf.context.has_account:
        leaf.problem("a second account frame: a backup has one")
    leaf.context.has_account = True
    owner = leaf.account(leaf.context.owner)
    leaf.identifier(owner, "profile_name", _name(data, "givenName", "familyName"))
    leaf.identifier(owner, "username", data.get("username", ""))
    leaf.identifier(owner, "about", f"{data.get('bioEmoji', '')} {data.get('bioText', '')}")


def read_recipient(leaf: Leaf, data: Fields) -> None:
    """Tell one recipient: a contact, a group, a list, the owner, Signal itself or a call link."""
    number = data.get("id", 0)
    for name, tell in _RECIPIENTS.items():
        if name in data:
            peer = tell(leaf, number, data[name])
            if number in leaf.context.peers:
                leaf.problem(f"recipient {number} is described twice; the first description is used")
            else:
                leaf.context.peers[number] = peer
            return
    leaf.problem(f"recipient {number} is of no kind that is known")


def _name(data: Fields, given: str, family: str) -> str:
    return f"{data.get(given, '')} {data.get(family, '')}".strip()


def _contact(leaf: Leaf, number: int, data: Fields) -> Peer:
    stated = []
    for kind in ("aci", "pni"):
        if value := data.get(kind):
            stable_id = service_id(value) if len(value) == 16 else None
            if stable_id is None:
                leaf.problem(f"the {kind} of recipient {number} is no identifier: {len(value)} bytes, or all zero")
            else:
                stated.append((kind, stable_id.partition(":")[2]))
    if data.get("e164"):
        stated.append(("e164", e164(data["e164"])))
    local = leaf.context.local_id("recipient", number)
    account = leaf.account(":".join(stated[0]) if stated else local)
    gone = moment(data.get("notRegistered", {}).get("unregisteredTimestamp"))
    for kind, text in stated:
        leaf.identifier(account, kind, text, until=gone)
    leaf.identifier(account, "username", data.get("username", ""))
    leaf.identifier(account, "profile_name", _name(data, "profileGivenName", "profileFamilyName"))
    leaf.identifier(account, "contact_name", _name(data, "systemGivenName", "systemFamilyName"))
    leaf.identifier(account, "nickname", data.get("systemNickname", ""))
    leaf.identifier(account, "nickname", _name(data.get("nickname", {}), "given", "family"))
    return Peer(account, is_account=True)


def _self(leaf: Leaf, _number: int, _data: Fields) -> Peer:
    owner = leaf.account(leaf.context.owner)
    leaf.identifier(owner, "aci", leaf.context.owner_aci)
    return Peer(owner, is_account=True)


def _release_notes(leaf: Leaf, _number: int, _data: Fields) -> Peer:
    return Peer(leaf.account(RELEASE_NOTES), is_account=True)


def _group(leaf: Leaf, number: int, data: Fields) -> Peer:
    key = data.get("masterKey", b"")
    group = hashlib.sha256(key).hexdigest()
    if len(key) != 32:
        group = leaf.context.local_id("group", number)
        leaf.problem(f"the group of recipient {number} has a key of {len(key)} bytes, not 32")
    snapshot = data.get("snapshot")
    state = snapshot or {}
    access = state.get("accessControl", {})
    leaf.add(
        Group(
            service=SERVICE,
            stable_id=group,
            title=safe_text(state.get("title", {}).get("title", "")),
            kind=GroupKind.GROUP,
            provenance=leaf.provenance(),
            revision=state.get("version", 0) if snapshot else None,
            description=safe_text(state.get("description", {}).get("descriptionText", "")),
            announcement_only=state.get("announcementsOnly", False) if snapshot else None,
            link_state=LINK_STATES.get(access.get("addFromInviteLink", 0), "unknown"),
            terminated=state.get("terminated", False) if snapshot else None,
        )
    )
    _settings(leaf, group, state)
    _members(leaf, group, state)
    return Peer(group, is_account=False)


def _settings(leaf: Leaf, group: str, state: Fields) -> None:
    """Tell who may do what, and the timer: the group's state, of which it is unknown who made it so and when."""
    access = state.get("accessControl", {})
    lines = [SETTINGS[name].format(level(access[name])) for name in SETTINGS if access.get(name)]
    if seconds := state.get("disappearingMessagesTimer", {}).get("disappearingMessagesDuration"):
        lines.append(timer(seconds * 1000))
    _state(leaf, group, EventKind.SETTINGS, "; ".join(lines))


def _state(leaf: Leaf, group: str, kind: EventKind, detail: str) -> None:
    if detail:
        told = f"at the time of the backup: {detail}"
        leaf.add(GroupEvent(group, kind, None, None, None, "", leaf.provenance("state"), told))


def _members(leaf: Leaf, group: str, state: Fields) -> None:
    for count, member in enumerate(state.get("members", [])):
        role = member.get("role", 0)
        if role not in (0, 1, ADMINISTRATOR):
            leaf.problem(f"role {role} is not known; the member is told as an ordinary one", f"member {count}")
        told = Role.ADMIN if role == ADMINISTRATOR else Role.MEMBER
        account = leaf.service(member.get("userId"), "a group member", f"member {count}")
        _snapshot(leaf, group, account, told, f"member {count}", revision=member.get("joinedAtVersion"))
        label = f"{member.get('labelEmoji', '')} {member.get('labelString', '')}"
        if account is not None:
            leaf.inner(f"member {count}").identifier(account, "member_label", label)
    for count, pending in enumerate(state.get("membersPendingProfileKey", [])):
        place = f"invited {count}"
        account = leaf.service(pending.get("member", {}).get("userId"), "an invited person", place)
        inviter = leaf.service(pending.get("addedByUserId"), "an inviter", place)
        _snapshot(leaf, group, account, Role.INVITED, place, added_by=inviter)
        _since(leaf, group, EventKind.INVITED, (inviter, account), pending, place)
    for count, asking in enumerate(state.get("membersPendingAdminApproval", [])):
        place = f"requesting {count}"
        account = leaf.service(asking.get("userId"), "a person who asks to join", place)
        _snapshot(leaf, group, account, Role.REQUESTING, place)
        _since(leaf, group, EventKind.JOIN_REQUESTED, (account, account), asking, place)
    for count, banned in enumerate(state.get("membersBanned", [])):
        place = f"banned {count}"
        account = leaf.service(banned.get("userId"), "a banned person", place)
        _snapshot(leaf, group, account, Role.BANNED, place)
        _since(leaf, group, EventKind.BANNED, (None, account), banned, place)


def _snapshot(
    leaf: Leaf,
    group: str,
    account: str | None,
    role: Role,
    place: str,
    revision: int | None = None,
    added_by: str | None = None,
) -> None:
    at = leaf.context.taken_at
    if account is None:
        leaf.problem(f"a person with the role {role} is listed without an identifier that can be used", place)
    elif at is None:
        leaf.problem_once("snapshot time", "the backup states no usable time: who is in which group is not told")
    else:
        leaf.add(MemberSnapshot(group, account, role, at, leaf.provenance(place), revision, added_by))


def _since(
    leaf: Leaf, group: str, kind: EventKind, who: tuple[str | None, str | None], row: Fields, place: str
) -> None:
    """Tell the time that the group's state gives for an invitation, request or ban, as the event it dates."""
    raw = row.get("timestamp", 0)
    actor, target = who
    if raw and target is not None:
        detail = "dated by the group's state at the time of the backup"
        leaf.add(GroupEvent(group, kind, actor, target, moment(raw), str(raw), leaf.provenance(place), detail))


def _distribution_list(leaf: Leaf, number: int, data: Fields) -> Peer:
    raw = data.get("distributionId", b"")
    group = f"list:{uuid.UUID(bytes=raw)}" if len(raw) == 16 else leaf.context.local_id("list", number)
    if len(raw) != 16:
        leaf.problem(f"the list of recipient {number} has an identifier of {len(raw)} bytes, not 16")
    deleted: datetime | None = moment(data.get("deletionTimestamp"))
    content = data.get("distributionList", {})
    privacy = PRIVACY.get(content.get("privacyMode", 0), "")
    leaf.add(
        Group(
            SERVICE,
            group,
            safe_text(content.get("name", "")),
            GroupKind.DISTRIBUTION_LIST,
            leaf.provenance(),
            description="; ".join(filter(None, [privacy, "replies allowed" * content.get("allowReplies", False)])),
            terminated="deletionTimestamp" in data,
        )
    )
    if "deletionTimestamp" in data:
        at_raw = str(data["deletionTimestamp"])
        leaf.add(
            GroupEvent(
                group,
                EventKind.TERMINATED,
                leaf.account(leaf.context.owner),
                None,
                deleted,
                at_raw,
                leaf.provenance(),
            )
        )
    for count, member in enumerate(content.get("memberRecipientIds", [])):
        account = leaf.recipient(member, "a member of the list")
        if content.get("privacyMode") == ONLY_WITH:
            _snapshot(leaf, group, account, Role.MEMBER, f"member {count}")
        elif account is not None:
            owner, place = leaf.account(leaf.context.owner), leaf.provenance(f"member {count}")
            told = "named in the list, but not as one of those whom it reaches"
            leaf.add(GroupEvent(group, EventKind.SETTINGS, owner, account, None, "", place, told))
    return Peer(group, is_account=False)


def _call_link(leaf: Leaf, number: int, data: Fields) -> Peer:
    key = data.get("rootKey", b"")
    group = f"calllink:{hashlib.sha256(key).hexdigest()}" if key else leaf.context.local_id("calllink", number)
    state = CALL_LINK_STATES.get(data.get("restrictions", 0), "unknown")
    title = safe_text(data.get("name", ""))
    leaf.add(Group(SERVICE, group, title, GroupKind.CALL_LINK, leaf.provenance(), link_state=state))
    if data.get("expirationMs"):
        _state(leaf, group, EventKind.SETTINGS, f"the link expires {when(data['expirationMs'])}")
    if data.get("adminKey"):
        _snapshot(leaf, group, leaf.account(leaf.context.owner), Role.ADMIN, "admin")
    return Peer(group, is_account=False)


_RECIPIENTS = {
    "contact": _contact,
    "group": _group,
    "distributionList": _distribution_list,
    "self": _self,
    "releaseNotes": _release_notes,
    "callLink": _call_link,
}


def read_chat(leaf: Leaf, data: Fields) -> None:
    """Tell one chat: a group that is known already, or a conversation of two."""
    number, recipient = data.get("id", 0), data.get("recipientId", 0)
    peer = leaf.context.peers.get(recipient)
    if peer is not None and not peer.is_account:
        chat = Chat(peer.id, None)
    else:
        other = leaf.recipient(recipient, f"chat {number}") or leaf.context.local_id("recipient", recipient)
        pair = sorted([leaf.context.owner, other])
        chat = Chat(f"direct:{pair[0]}|{pair[1]}", other)
        leaf.add(Group(SERVICE, chat.group, "", GroupKind.DIRECT, leaf.provenance()))
    if number in leaf.context.chats:
        leaf.problem(f"chat {number} is described twice; the first description is used")
    else:
        leaf.context.chats[number] = chat
    if data.get("expirationTimerMs"):
        _state(leaf, chat.group, EventKind.TIMER, timer(data["expirationTimerMs"]))


def read_ad_hoc_call(leaf: Leaf, data: Fields) -> None:
    """Tell a call over a call link."""
    number, raw = data.get("recipientId", 0), data.get("callTimestamp", 0)
    peer = leaf.context.peers.get(number)
    if peer is None or peer.is_account:
        leaf.problem(f"a call leads to recipient {number}, which is no call link that an earlier frame describes")
        return
    told = f"by call link{call_id(data)}"
    leaf.add(GroupEvent(peer.id, EventKind.CALL, None, None, moment(raw), str(raw), leaf.provenance(), told))

"""Chat updates: who changed what in a group, and when.

The author of the chat item is *not* the one who acted: a group change names its updater itself, and where it
does not, the actor is unknown. Someone who acts on themselves (joins, leaves, asks) is both actor and target.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sauveterre.messages.protobuf import Fields
from sauveterre.messages.signal.context import Chat, Leaf, e164, moment
from sauveterre.messages.signal.links import safe_text
from sauveterre.records.group import EventKind, GroupEvent

OWNER = "@owner"
"""In a rule, in place of a field: the device's own account."""
_LEVELS = ("an unknown circle", "anyone", "all members", "administrators", "no one")


SETTINGS = {
    "members": "members may be added by {}",
    "attributes": "title, picture and timer may be changed by {}",
    "memberLabel": "member labels may be set by {}",
}
"""What each circle of ``AccessControl`` may do."""


def level(number: int) -> str:
    """Return the circle that an access level means."""
    return _LEVELS[number] if 0 <= number < len(_LEVELS) else f"level {number}"


def timer(milliseconds: int) -> str:
    """Say after what time messages disappear."""
    if not milliseconds:
        return "messages no longer disappear"
    seconds, rest = divmod(milliseconds, 1000)
    return f"messages disappear after {seconds}{f'.{rest:03}'.rstrip('0') if rest else ''} s"


def call_id(data: Fields) -> str:
    """Return the call's number for the end of a sentence: both sides of a call know it by the same."""
    return f", call id {data['callId']}" if data.get("callId") else ""


def _access(name: str) -> Callable[[Fields], str]:
    return lambda data: SETTINGS[name].format(level(data.get("accessLevel", 0)))


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of group update means."""

    kind: EventKind
    actor: str = "updaterAci"
    """The field that names who did it."""
    target: str = ""
    """The field that names to whom; empty where it concerns the whole group."""
    detail: Callable[[Fields], str] = lambda _: ""
    flag: str = ""
    otherwise: EventKind = EventKind.UPDATED
    """The kind where ``flag`` is not set."""


RULES: dict[str, Rule] = {
    "genericGroupUpdate": Rule(EventKind.UPDATED),
    "groupCreationUpdate": Rule(EventKind.CREATED),
    "groupNameUpdate": Rule(EventKind.RENAMED, detail=lambda data: data.get("newGroupName", "")),
    "groupAvatarUpdate": Rule(EventKind.AVATAR, detail=lambda data: "removed" if data.get("wasRemoved") else "changed"),
    "groupDescriptionUpdate": Rule(EventKind.DESCRIPTION, detail=lambda data: data.get("newDescription", "")),
    "groupMembershipAccessLevelChangeUpdate": Rule(EventKind.SETTINGS, detail=_access("members")),
    "groupAttributesAccessLevelChangeUpdate": Rule(EventKind.SETTINGS, detail=_access("attributes")),
    "groupAnnouncementOnlyChangeUpdate": Rule(
        EventKind.SETTINGS,
        detail=lambda data: (
            f"messages may be sent by {'administrators' if data.get('isAnnouncementOnly') else 'all members'}"
        ),
    ),
    "groupAdminStatusUpdate": Rule(
        EventKind.PROMOTED, target="memberAci", flag="wasAdminStatusGranted", otherwise=EventKind.DEMOTED
    ),
    "groupMemberLeftUpdate": Rule(EventKind.LEFT, "aci", "aci"),
    "groupMemberRemovedUpdate": Rule(EventKind.REMOVED, "removerAci", "removedAci"),
    "selfInvitedToGroupUpdate": Rule(EventKind.INVITED, "inviterAci", OWNER),
    "selfInvitedOtherUserToGroupUpdate": Rule(EventKind.INVITED, OWNER, "inviteeServiceId"),
    "groupUnknownInviteeUpdate": Rule(
        EventKind.INVITED,
        "inviterAci",
        detail=lambda data: f"{data.get('inviteeCount', 0)} people who are not named",
    ),
    "groupInvitationAcceptedUpdate": Rule(EventKind.INVITE_ACCEPTED, "newMemberAci", "newMemberAci"),
    "groupInvitationDeclinedUpdate": Rule(EventKind.INVITE_DECLINED, "inviteeAci", "inviteeAci"),
    "groupMemberJoinedUpdate": Rule(EventKind.JOINED, "newMemberAci", "newMemberAci"),
    "groupMemberAddedUpdate": Rule(
        EventKind.ADDED,
        target="newMemberAci",
        detail=lambda data: "had an open invitation" if data.get("hadOpenInvitation") else "",
    ),
    "groupSelfInvitationRevokedUpdate": Rule(EventKind.INVITE_REVOKED, "revokerAci", OWNER),
    "groupJoinRequestUpdate": Rule(EventKind.JOIN_REQUESTED, "requestorAci", "requestorAci"),
    "groupJoinRequestApprovalUpdate": Rule(
        EventKind.REQUEST_APPROVED,
        target="requestorAci",
        flag="wasApproved",
        otherwise=EventKind.REQUEST_DENIED,
    ),
    "groupJoinRequestCanceledUpdate": Rule(EventKind.REQUEST_CANCELLED, "requestorAci", "requestorAci"),
    "groupInviteLinkResetUpdate": Rule(EventKind.LINK_RESET),
    "groupInviteLinkEnabledUpdate": Rule(EventKind.LINK_ENABLED, detail=lambda data: _approval(data)),
    "groupInviteLinkAdminApprovalUpdate": Rule(EventKind.SETTINGS, detail=lambda data: f"link: {_approval(data)}"),
    "groupInviteLinkDisabledUpdate": Rule(EventKind.LINK_DISABLED),
    "groupMemberJoinedByLinkUpdate": Rule(EventKind.JOINED_BY_LINK, "newMemberAci", "newMemberAci"),
    "groupV2MigrationUpdate": Rule(EventKind.MIGRATED, ""),
    "groupV2MigrationSelfInvitedUpdate": Rule(
        EventKind.INVITED, "", OWNER, detail=lambda _: "when the group changed to the new format"
    ),
    "groupV2MigrationInvitedMembersUpdate": Rule(
        EventKind.MIGRATED,
        "",
        detail=lambda data: f"{data.get('invitedMembersCount', 0)} members were invited again",
    ),
    "groupV2MigrationDroppedMembersUpdate": Rule(
        EventKind.MIGRATED,
        "",
        detail=lambda data: f"{data.get('droppedMembersCount', 0)} members were dropped",
    ),
    "groupSequenceOfRequestsAndCancelsUpdate": Rule(
        EventKind.REQUEST_CANCELLED,
        "requestorAci",
        "requestorAci",
        detail=lambda data: f"asked to join and withdrew {data.get('count', 0)} times",
    ),
    "groupExpirationTimerUpdate": Rule(EventKind.TIMER, detail=lambda data: _timer(data)),
    "groupMemberLabelAccessLevelChangeUpdate": Rule(EventKind.SETTINGS, detail=_access("memberLabel")),
    "groupTerminateChangeUpdate": Rule(EventKind.TERMINATED),
}
"""By name of the update. ``groupInvitationRevokedUpdate`` is not here: one event for each invitation."""


def _approval(data: Fields) -> str:
    return "an administrator approves" if data.get("linkRequiresAdminApproval") else "no approval needed"


def _timer(data: Fields) -> str:
    return timer(data.get("expiresInMs", 0))


@dataclass(frozen=True, slots=True)
class Moment:
    """The chat item around an update: where, when, and who is its author."""

    chat: Chat
    author: str | None
    sent: int


def _event(
    leaf: Leaf,
    at: Moment,
    kind: EventKind,
    actor: str | None,
    target: str | None,
    detail: str = "",
    suffix: str = "",
) -> None:
    leaf.add(
        GroupEvent(
            group=at.chat.group,
            kind=kind,
            actor=actor,
            target=target,
            at=moment(at.sent),
            at_raw=str(at.sent),
            provenance=leaf.provenance(suffix),
            detail=safe_text(detail),
        )
    )


def read_update(leaf: Leaf, at: Moment, data: Fields) -> None:
    """Tell one chat update as events."""
    for name, tell in _UPDATES.items():
        if name in data:
            tell(leaf, at, data[name])
            return
    leaf.problem("an update of a kind that is not known: only its time is told")
    _event(leaf, at, EventKind.UPDATED, None, None)


def _group_change(leaf: Leaf, at: Moment, data: Fields) -> None:
    updates = data.get("updates", [])
    if not updates:
        leaf.problem("a group change that holds no update: only its time is told")
        _event(leaf, at, EventKind.UPDATED, None, None)
    for count, update in enumerate(updates):
        inner = leaf.inner(f"update {count}")
        known = [name for name in update if name in RULES or name == "groupInvitationRevokedUpdate"]
        if not known:
            inner.problem("a group update of a kind that is not known: only its time is told")
            _event(inner, at, EventKind.UPDATED, None, None)
        for name in known:
            if name in RULES:
                _by_rule(inner, at, RULES[name], update[name])
            else:
                _invitations_revoked(inner, at, update[name])


def _by_rule(leaf: Leaf, at: Moment, rule: Rule, data: Fields) -> None:
    kind = rule.kind if not rule.flag or data.get(rule.flag) else rule.otherwise
    actor = _who(leaf, data, rule.actor)
    target = actor if rule.target == rule.actor else _who(leaf, data, rule.target)
    inviter = None if "inviterAci" in (rule.actor, rule.target) else _who(leaf, data, "inviterAci")
    details = [rule.detail(data), f"invited by {inviter}" if inviter else ""]
    _event(leaf, at, kind, actor, target, ", ".join(filter(None, details)))


def _who(leaf: Leaf, data: Fields, name: str) -> str | None:
    if name == OWNER:
        return leaf.account(leaf.context.owner)
    return leaf.service(data.get(name), name) if name else None


def _invitations_revoked(leaf: Leaf, at: Moment, data: Fields) -> None:
    actor = _who(leaf, data, "updaterAci")
    invitees = data.get("invitees", [])
    if not invitees:
        _event(leaf, at, EventKind.INVITE_REVOKED, actor, None)
    for count, invitee in enumerate(invitees):
        aci = _who(leaf, invitee, "inviteeAci")
        pni = invitee.get("inviteePni")
        target = aci or leaf.service(b"\x01" + pni if pni and len(pni) == 16 else pni, "inviteePni")
        inviter = _who(leaf, invitee, "inviterAci")
        detail = f"invited by {inviter}" if inviter else ""
        _event(leaf, at, EventKind.INVITE_REVOKED, actor, target, detail, f"invitee {count}")


_SIMPLE = {
    1: "joined Signal",
    2: "safety number changed",
    3: "safety number marked as verified",
    4: "safety number marked as not verified",
    5: "",
    6: "was asked for a donation",
    7: "ended the session",
    8: "the session was refreshed",
    9: "a message could not be decrypted",
    10: "payments were activated",
    11: "asked to activate payments",
    12: "sent a message that this version does not support",
    13: "reported as spam",
    14: "blocked",
    15: "unblocked",
    16: "message request accepted",
}
_BY_OWNER = frozenset({13, 14, 15, 16})
CHANGE_NUMBER = 5


def _simple(leaf: Leaf, at: Moment, data: Fields) -> None:
    kind = data.get("type", 0)
    if kind not in _SIMPLE:
        leaf.problem(f"simple update {kind} is not known: only its time is told")
    if kind == CHANGE_NUMBER:
        _event(leaf, at, EventKind.NUMBER_CHANGED, at.author, at.author)
    elif kind in _BY_OWNER:
        _event(leaf, at, EventKind.UPDATED, leaf.account(leaf.context.owner), at.chat.peer, _SIMPLE[kind])
    else:
        _event(leaf, at, EventKind.UPDATED, None, at.author, _SIMPLE.get(kind, ""))


def _timer_change(leaf: Leaf, at: Moment, data: Fields) -> None:
    _event(leaf, at, EventKind.TIMER, at.author, None, _timer(data))


def _profile_change(leaf: Leaf, at: Moment, data: Fields) -> None:
    before, after = data.get("previousName", ""), data.get("newName", "")
    _event(leaf, at, EventKind.UPDATED, at.author, at.author, f"profile name: {before} → {after}")
    if at.author:
        leaf.identifier(at.author, "profile_name", before, until=moment(at.sent))
        leaf.identifier(at.author, "profile_name", after, since=moment(at.sent))


def _number_learned(what: str, field: str) -> Callable[[Leaf, Moment, Fields], None]:
    """Return how to tell an update that states a number or username of the other person."""

    def tell(leaf: Leaf, at: Moment, data: Fields) -> None:
        person = at.chat.peer or at.author
        number = e164(data[field]) if data.get(field) else ""
        username = data.get("username", "")
        _event(leaf, at, EventKind.UPDATED, None, person, f"{what} {number or username}".strip())
        if person:
            leaf.identifier(person, "e164", number)
            leaf.identifier(person, "username", username)

    return tell


_CALL_TYPES = {1: "audio call", 2: "video call"}
_CALL_STATES = {1: "accepted", 2: "not accepted", 3: "missed", 4: "missed (notification profile)"}
_GROUP_CALL_STATES = {
    1: "group call",
    2: "group call, ringing others",
    3: "group call, ringing",
    4: "group call, joined",
    5: "group call, accepted",
    6: "group call, missed",
    7: "group call, missed (notification profile)",
    8: "group call, declined",
}


def _individual_call(leaf: Leaf, at: Moment, data: Fields) -> None:
    owner, peer = leaf.account(leaf.context.owner), at.chat.peer
    direction = {1: (peer, owner, "incoming"), 2: (owner, peer, "outgoing")}
    caller, called, word = direction.get(data.get("direction", 0), (None, None, "direction unknown"))
    kind = _CALL_TYPES.get(data.get("type", 0), "call")
    state = _CALL_STATES.get(data.get("state", 0), "outcome unknown")
    started = Moment(at.chat, at.author, data.get("startedCallTimestamp", 0) or at.sent)
    _event(leaf, started, EventKind.CALL, caller, called, f"{kind}, {word}, {state}{call_id(data)}")


def _group_call(leaf: Leaf, at: Moment, data: Fields) -> None:
    starter = data.get("startedCallRecipientId")
    actor = leaf.recipient(starter, "the one who started a call") if starter else None
    detail = _GROUP_CALL_STATES.get(data.get("state", 0), "group call, state unknown")
    if data.get("ringerRecipientId"):
        detail += f", rung by {leaf.recipient(data['ringerRecipientId'], 'the one who rang')}"
    if ended := moment(data.get("endedCallTimestamp")):
        detail += f", ended {ended.isoformat()}"
    detail += call_id(data)
    started = Moment(at.chat, at.author, data.get("startedCallTimestamp", 0) or at.sent)
    _event(leaf, started, EventKind.CALL, actor, None, detail)


def _poll_ended(leaf: Leaf, at: Moment, data: Fields) -> None:
    told = f"ended a poll: {data.get('question', '')}"
    if data.get("targetSentTimestamp"):
        told += f" (sent at {data['targetSentTimestamp']})"
    _event(leaf, at, EventKind.UPDATED, at.author, None, told)


def _pinned(leaf: Leaf, at: Moment, data: Fields) -> None:
    author = leaf.recipient(data.get("authorId", 0), "the author of a pinned message")
    key = message_key(at.chat.group, author, data.get("targetSentTimestamp", 0))
    _event(leaf, at, EventKind.PINNED, at.author, None, key)


def message_key(group: str, sender: str | None, sent: int) -> str:
    """Return ``Message.key``: equal on every device that saw the message."""
    return f"{group}|{sender or ''}|{sent}"


_UPDATES: dict[str, Callable[[Leaf, Moment, Fields], None]] = {
    "groupChange": _group_change,
    "simpleUpdate": _simple,
    "expirationTimerChange": _timer_change,
    "profileChange": _profile_change,
    "threadMerge": _number_learned("conversation merged with that of", "previousE164"),
    "sessionSwitchover": _number_learned("session moved from", "e164"),
    "individualCall": _individual_call,
    "groupCall": _group_call,
    "learnedProfileChange": _number_learned("known before as", "e164"),
    "pollTerminate": _poll_ended,
    "pinMessage": _pinned,
}

"""System rows: what happened in a chat, by ``action_type``, to whom, and by whom where the row says so.

In a group the row's sender is who acted and the participants beside it are whom it befell. A few kinds name one account
only; it is told as the one that it befell, and who acted stays unknown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sauveterre.messages.database import Row
from sauveterre.messages.whatsapp.context import Chat, Context
from sauveterre.messages.whatsapp.links import safe
from sauveterre.messages.whatsapp.values import moment, text, whole
from sauveterre.records.group import EventKind, GroupEvent, GroupKind
from sauveterre.records.provenance import Provenance

SYSTEM = 7
SENDER, NOBODY, ITSELF, OWNER = "sender", "nobody", "itself", "owner"
ON_WHOLE, ON_PEOPLE, ON_SENDER, ON_OWNER, ON_PEER = "whole", "people", "sender", "owner", "peer"
MOST_PEOPLE = 10_000


@dataclass(frozen=True, slots=True)
class Action:
    """What one kind of system row means."""

    kind: EventKind
    actor: str = SENDER
    """Who did it: the row's sender, nobody that the row names, each one whom it befell, or this device's account."""
    target: str = ON_WHOLE
    """Whom it befell: the group, the participants (or where none are named the sender), the sender, this device's
    account, the other of a conversation of two."""
    detail: str = ""
    says: bool = False
    """Whether the row's text is the new value."""


def _settings(detail: str) -> Action:
    return Action(EventKind.SETTINGS, detail=detail)


def _notice(detail: str, target: str = ON_WHOLE) -> Action:
    return Action(EventKind.UPDATED, NOBODY, target, detail)


ACTIONS: Mapping[int, Action] = {
    1: Action(EventKind.RENAMED, says=True),
    4: Action(EventKind.ADDED, NOBODY, ON_PEOPLE, "the row does not say by whom"),
    5: Action(EventKind.LEFT, ITSELF, ON_PEOPLE),
    6: Action(EventKind.AVATAR, detail="changed"),
    7: Action(EventKind.REMOVED, NOBODY, ON_PEOPLE, "the row names one account and does not say by whom"),
    11: Action(EventKind.CREATED, says=True),
    12: Action(EventKind.ADDED, SENDER, ON_PEOPLE),
    13: Action(EventKind.LEFT, ITSELF, ON_PEOPLE),
    14: Action(EventKind.REMOVED, SENDER, ON_PEOPLE),
    15: Action(EventKind.PROMOTED, SENDER, ON_OWNER),
    16: Action(EventKind.DEMOTED, SENDER, ON_OWNER),
    18: _notice("security code changed", ON_SENDER),
    19: _notice("messages are encrypted from here on"),
    20: Action(EventKind.JOINED_BY_LINK, ITSELF, ON_PEOPLE),
    21: Action(EventKind.LINK_RESET),
    27: Action(EventKind.DESCRIPTION, says=True),
    29: _settings("title, picture and description may be changed by administrators"),
    30: _settings("title, picture and description may be changed by all members"),
    31: _settings("messages may be sent by administrators"),
    32: _settings("messages may be sent by all members"),
    33: _notice("only administrators may send messages"),
    46: _notice("the other is a business account"),
    47: _notice("the other is an official business account"),
    50: _notice("the other is no business account any more"),
    52: Action(EventKind.INVITE_ACCEPTED, ITSELF, ON_PEOPLE),
    56: Action(EventKind.TIMER),
    57: _notice("linked devices changed", ON_SENDER),
    59: Action(EventKind.TIMER),
    67: _notice("messages are encrypted"),
    68: Action(EventKind.TIMER, detail="by the default of new chats"),
    69: _notice("messages are encrypted, or handled by a business service"),
    75: _settings("the group was added to a community"),
    78: _settings("the group was taken out of its community"),
    79: Action(EventKind.JOINED, ITSELF, ON_PEOPLE, "from the community"),
    80: _settings("messages that disappear may be kept"),
    84: _settings("link: an administrator approves"),
    85: _settings("link: no approval needed"),
    90: Action(EventKind.ADDED, SENDER, ON_PEOPLE, "to the community"),
    91: _settings("members may be added by all members"),
    92: _settings("members may be added by administrators"),
    99: _notice("advanced privacy changed"),
    102: _settings("any member of the community may join"),
    107: Action(EventKind.RENAMED, detail="the community", says=True),
    108: _settings("the group was added to a community"),
    118: Action(EventKind.PINNED),
    120: Action(EventKind.JOIN_REQUESTED, ITSELF, ON_PEOPLE),
    129: _notice("the sender is in the contacts"),
    132: Action(EventKind.CREATED, NOBODY, detail="channel"),
    136: _notice("joined WhatsApp", ON_SENDER),
}  # fmt: skip
"""By ``action_type``. Number changes, blocking and administrators of communities are told by themselves."""
NUMBER_CHANGED, BLOCKED, COMMUNITY_ADMIN = (10, 28), 58, 81
EXITS = (EventKind.LEFT, EventKind.REMOVED)


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A system row with what hangs on it."""

    chat: Chat
    sender: object
    sent: int
    words: str
    action: int
    where: Provenance
    beside: Mapping[str, Sequence[Row]]
    people: Sequence[object] = ()
    """Participants that the row itself holds, as old versions do."""


def read_action(context: Context, row: SystemRow) -> None:
    """Tell one system row as events: one for each account that it befell."""
    if row.action in NUMBER_CHANGED:
        _number_changed(context, row)
    elif row.action == BLOCKED:
        _blocked(context, row)
    elif row.action == COMMUNITY_ADMIN:
        inside = row.chat.kind is GroupKind.COMMUNITY
        kind = EventKind.PROMOTED if inside else EventKind.UPDATED
        _tell(context, row, Action(kind, SENDER, ON_PEOPLE, "administrator of the community"))
    elif row.action in ACTIONS:
        _tell(context, row, ACTIONS[row.action])
    else:
        context.problem_once(row.where, f"system action {row.action} is not known: only its time is told")
        _event(context, row, EventKind.UPDATED, None, None, f"action {row.action}")


def _tell(context: Context, row: SystemRow, action: Action) -> None:
    sender = context.person(row.sender, row.where)
    detail = _detail(row, action)
    for target in _targets(context, row, action.target, sender):
        actor = {SENDER: sender, ITSELF: target}.get(action.actor)
        if action.target in (ON_PEOPLE, ON_OWNER) and action.actor == SENDER and actor == target:
            actor = None
        _event(context, row, action.kind, actor, target, detail)


def _detail(row: SystemRow, action: Action) -> str:
    parts = [action.detail, safe(row.words) if action.says else ""]
    if action.says and (old := text(_first(row, "message_system_value_change").get("old"))):
        parts.append(f"before: {safe(old)}")
    if action.kind is EventKind.TIMER:
        seconds = whole(_first(row, "message_ephemeral_setting").get("seconds"))
        parts.append(f"messages disappear after {seconds} s" if seconds else "")
    return "; ".join(part for part in parts if part)


def _first(row: SystemRow, table: str) -> Row:
    return next(iter(row.beside.get(table, ())), {})


def _targets(context: Context, row: SystemRow, target: str, sender: str | None) -> Sequence[str | None]:
    if target == ON_OWNER:
        return [context.account(context.owner, row.where)]
    if target == ON_PEOPLE:
        return _people(context, row) or [sender]
    return [{ON_SENDER: sender, ON_PEER: row.chat.peer}.get(target)]


def _people(context: Context, row: SystemRow) -> list[str]:
    """Return whom the row names beside its sender, each once."""
    cells = [one["user"] for one in row.beside.get("message_system_chat_participant", ())] or row.people
    found = [context.person(cell, row.where) for cell in cells[:MOST_PEOPLE]]
    if not any(found) and whole(_first(row, "message_system_group").get("is_me_joined")) == 1:
        found = [context.account(context.owner, row.where)]
    return list(dict.fromkeys(account for account in found if account))


def _event(
    context: Context, row: SystemRow, kind: EventKind, actor: str | None, target: str | None, detail: str
) -> None:
    if kind in EXITS and target is not None:
        context.exits.add((row.chat.group, target, row.sent // 1000))
    if kind is EventKind.CREATED and actor is not None:
        context.created.add(row.chat.group)
    at = moment(row.sent)
    context.add(GroupEvent(row.chat.group, kind, actor, target, at, str(row.sent), row.where, detail))


def _number_changed(context: Context, row: SystemRow) -> None:
    """Tell that one person went from one address to another: two accounts, which the row joins."""
    change = _first(row, "message_system_number_change")
    old, new = (context.person(change.get(name), row.where) for name in ("old", "new"))
    old = old or context.person(row.sender, row.where)
    detail = f"from {old or 'an unknown number'} to {new or 'an unknown number'}"
    _event(context, row, EventKind.NUMBER_CHANGED, old, new or old, detail)


def _blocked(context: Context, row: SystemRow) -> None:
    change = _first(row, "message_system_block_contact")
    word = "unblocked" if change and not whole(change.get("is_blocked")) else "blocked"
    _event(context, row, EventKind.UPDATED, context.account(context.owner, row.where), row.chat.peer, word)

"""State events of a room: its making, who comes and goes, and every change of levels, with the sender as actor."""

from collections.abc import Callable
from typing import Any

from sauveterre.messages.exports.rows import list_of, map_of, text_of
from sauveterre.messages.matrix.levels import Levels, level_of, levels_in
from sauveterre.messages.matrix.room import MOST, Happening, account_of, is_user
from sauveterre.records.group import EventKind, MemberSnapshot, Role

FIRST_VERSION_WITH_CREATORS_ABOVE = 12
_BY_ONESELF = {
    ("invite", "join"): EventKind.INVITE_ACCEPTED, ("invite", "leave"): EventKind.INVITE_DECLINED,
    ("knock", "leave"): EventKind.REQUEST_CANCELLED, ("", "join"): EventKind.JOINED, ("", "leave"): EventKind.LEFT,
    ("", "knock"): EventKind.JOIN_REQUESTED,
}  # fmt: skip
_BY_ANOTHER = {
    ("invite", "leave"): EventKind.INVITE_REVOKED, ("knock", "leave"): EventKind.REQUEST_DENIED,
    ("ban", "leave"): EventKind.UNBANNED, ("", "leave"): EventKind.REMOVED, ("", "ban"): EventKind.BANNED,
    ("", "invite"): EventKind.INVITED,
}  # fmt: skip
"""By membership before (empty: any other) and after: what happened."""


def created(one: Happening) -> None:
    """Tell the making of the room; its maker has level 100 until a row says otherwise."""
    version = level_of(one.content.get("room_version")) or 1
    above = {one.sender} | {user for user in list_of(one.content, "additional_creators") if is_user(user)}
    is_above = version >= FIRST_VERSION_WITH_CREATORS_ABOVE
    one.room.creator = one.sender
    one.room.levels = Levels({one.sender: 100}, above_all=frozenset(above) if is_above else frozenset())
    one.room.held[one.sender] = Role.OWNER if is_above else Role.ADMIN
    one.happened(EventKind.CREATED, detail=f"room version {version}")
    if is_above and one.actor is not None:
        _shown(one, one.actor, Role.OWNER)


def membership(one: Happening) -> None:
    """Tell one change of one user's membership."""
    user, after = text_of(one.event, "state_key"), text_of(one.content, "membership")
    target = one.account(user)
    if target is None:
        return
    one.row.identifier(target, "profile_name", text_of(one.content, "displayname"), one.at)
    stated = text_of(map_of(map_of(one.event, "unsigned"), "prev_content"), "membership")
    before = stated or one.room.members.get(user, "")
    is_first = user not in one.room.members
    if len(one.room.members) < MOST or not is_first:
        one.room.members[user] = after
    table = _BY_ONESELF if one.sender == user else _BY_ANOTHER
    kind = table.get((before, after)) or table.get(("", after))
    if (before == after and after != "invite") or (is_first and after == "join" and user == one.room.creator):
        return  # a new name or picture; or the maker of the room, who is in it from its making on
    if kind is None:
        one.row.problem(
            f"the membership {after[:40]!r} by {'oneself' if one.sender == user else 'another'} is not known"
        )
        return
    reason, asked = text_of(one.content, "reason"), before == "knock" and after == "invite"
    one.happened(kind, target, f"reason: {reason}" if reason else "had asked to join" if asked else "")
    if after == "join":
        _enters(one, user, target)
    elif after in ("leave", "ban"):
        one.room.held.pop(user, None)


def _enters(one: Happening, user: str, target: str) -> None:
    """Tell the role that somebody has on coming in, by levels that an earlier row gave."""
    role = one.room.levels.role(user) if one.room.levels else Role.MEMBER
    if role in (Role.MEMBER, one.room.held.get(user)):
        return
    one.room.held[user] = role
    if role is Role.ADMIN:
        one.happened(EventKind.PROMOTED, target, "by the level that an earlier row gives", by_sender=False)
    else:
        _shown(one, target, role)


def levels(one: Happening) -> None:
    """Tell what one row of levels changes: administrators as events, moderators as seen from this row on."""
    known = one.room.levels
    above = known.above_all if known else frozenset[str]()
    before_content = map_of(map_of(one.event, "unsigned"), "prev_content")
    before = levels_in(before_content, above) if before_content else known
    after = one.room.levels = levels_in(one.content, above)
    one.happened(EventKind.SETTINGS, detail=after.words())
    users = dict.fromkeys([*(before.users if before else ()), *after.users])
    if before is None or (before.default, before.moderates_from) != (after.default, after.moderates_from):
        users |= dict.fromkeys(user for user, state in one.room.members.items() if state == "join")
    for user in users:
        if not is_user(user):
            one.row.problem(f"{user[:100]!r} has a level and is no Matrix id of a user")
        elif one.room.is_out(user):
            _given_outside(one, user, before, after)
        else:
            _changed(one, user, before, after)


def _given_outside(one: Happening, user: str, before: Levels | None, after: Levels) -> None:
    if before is None or before.of(user) != after.of(user):
        target = one.row.account(account_of(user))
        one.happened(EventKind.SETTINGS, target, f"level {after.of(user)}, given to one who is not in the room")


def _changed(one: Happening, user: str, before: Levels | None, after: Levels) -> None:
    role = after.role(user)
    was = before.role(user) if before else None
    is_told = role is Role.MEMBER if was is None else role is was and one.room.held.get(user, Role.MEMBER) is role
    if is_told:
        return
    target = one.row.account(account_of(user))
    one.room.held[user] = role
    if was is None or role is was:
        _shown(one, target, role)
        return
    words = f"level {before.of(user) if before else 'unknown'} before, {after.of(user)} now"
    if role is Role.ADMIN:
        one.happened(EventKind.PROMOTED, target, words)
    elif was is Role.ADMIN:
        one.happened(EventKind.DEMOTED, target, words)
    else:
        made = "made moderator" if role is Role.MODERATOR else "no longer moderator"
        one.happened(EventKind.SETTINGS, target, f"{made}: {words}; moderators have {after.moderates_from} or more")
    if role is not Role.ADMIN and Role.MODERATOR in (role, was):
        _shown(one, target, role)


def _shown(one: Happening, target: str, role: Role) -> None:
    if one.at is not None:
        one.row.add(MemberSnapshot(one.room.group, target, role, one.at, one.row.provenance()))


def _setting(word: str, member: str) -> Callable[[Happening], None]:
    def tell(one: Happening) -> None:
        value: Any = one.content.get(member)
        told = str(value)[:200] if isinstance(value, str | int) else ""
        one.happened(EventKind.SETTINGS, detail=f"{word}: {told}" if told else word)

    return tell


def _named(kind: EventKind, member: str) -> Callable[[Happening], None]:
    return lambda one: one.happened(kind, detail=text_of(one.content, member))


def _pinned(one: Happening) -> None:
    keys = [one.room.key(event) for event in list_of(one.content, "pinned") if isinstance(event, str)]
    one.happened(EventKind.PINNED, detail=f"messages: {', '.join(keys)}")


STATE: dict[str, Callable[[Happening], None]] = {
    "m.room.create": created,
    "m.room.member": membership,
    "m.room.power_levels": levels,
    "m.room.name": _named(EventKind.RENAMED, "name"),
    "m.room.topic": _named(EventKind.DESCRIPTION, "topic"),
    "m.room.avatar": lambda one: one.happened(EventKind.AVATAR),
    "m.room.join_rules": _setting("join rule", "join_rule"),
    "m.room.history_visibility": _setting("history visible", "history_visibility"),
    "m.room.guest_access": _setting("guests", "guest_access"),
    "m.room.canonical_alias": _setting("address", "alias"),
    "m.room.encryption": _setting("encrypted", "algorithm"),
    "m.room.server_acl": _setting("servers let in and kept out", ""),
    "m.room.third_party_invite": lambda one: one.happened(
        EventKind.INVITED, detail=f"by address, shown as {text_of(one.content, 'display_name')}"
    ),
    "m.room.tombstone": _named(EventKind.MIGRATED, "replacement_room"),
    "m.room.pinned_events": _pinned,
    "m.call.invite": lambda one: one.happened(EventKind.CALL),
}
"""By type of event: how it is told."""

"""Channels and servers of a package, and what a server's log says of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sauveterre.messages.discord.people import account_of, number
from sauveterre.messages.exports.rows import Row, list_of, map_of, moment, raw, text_of
from sauveterre.messages.signal.links import safe_text
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind

FIRST_MS = 1_420_070_400_000
"""The first millisecond of 2015, from which ids count."""
_TYPES = {1: "DM", 3: "GROUP_DM", 5: "GUILD_ANNOUNCEMENT"}
_KINDS = {
    "DM": GroupKind.DIRECT, "GUILD_ANNOUNCEMENT": GroupKind.CHANNEL, "GUILD_NEWS": GroupKind.CHANNEL,
}  # fmt: skip
_ACTIONS = {
    1: EventKind.SETTINGS, "GUILD_UPDATE": EventKind.SETTINGS, 20: EventKind.REMOVED, "MEMBER_KICK": EventKind.REMOVED,
    22: EventKind.BANNED, "MEMBER_BAN_ADD": EventKind.BANNED, 23: EventKind.UNBANNED,
    "MEMBER_BAN_REMOVE": EventKind.UNBANNED, 28: EventKind.ADDED, "BOT_ADD": EventKind.ADDED,
}  # fmt: skip
"""By action of a server's log; every other one is *updated*, with its number."""


def moment_of(snowflake: int | None) -> datetime | None:
    """Return the time that an id carries, by the service's clock."""
    return None if snowflake is None else moment((snowflake >> 22) + FIRST_MS)


@dataclass(frozen=True, slots=True)
class Channel:
    """One conversation of the package."""

    number: int
    group: str
    """``Group.stable_id``."""


def tell_server(row: Row, server: int, name: str) -> None:
    """Write a server, once: a group of groups."""
    group = f"discord:{server}"
    if row.export.is_new(("group", group)):
        row.add(Group("discord", group, safe_text(name), GroupKind.COMMUNITY, row.provenance()))


def tell_channel(row: Row, stated: int, channel: dict[str, Any], name: str) -> Channel:
    """Write a channel; ``stated`` is the number of its folder, ``name`` what the index calls it."""
    if channel and number(channel.get("id")) != stated:
        row.problem(f"the channel states another id than its folder ({stated}): the folder's is used")
    written = channel.get("type")
    sort = written if isinstance(written, str) else _TYPES.get(written, "") if isinstance(written, int) else ""
    recipients = [account for one in list_of(channel, "recipients") if (account := account_of(one)) is not None]
    for account in recipients:
        row.account(account)
    group, kind = f"discord:{stated}", _KINDS.get(sort, GroupKind.GROUP)
    if kind is GroupKind.DIRECT:
        pair = _pair(recipients, row.export.owner)
        group = f"direct:{'|'.join(pair)}" if len(pair) == 2 else group
    guild = map_of(channel, "guild")
    server, about = number(guild.get("id")), ""
    if server is not None:
        tell_server(row, server, text_of(guild, "name"))
        about = f"in the server {text_of(guild, 'name')} (discord:{server})"
    title = safe_text(text_of(channel, "name") or name)
    row.add(Group("discord", group, title, kind, row.provenance(), description=safe_text(about)))
    return Channel(stated, group)


def _pair(recipients: Iterable[str], owner: str | None) -> list[str]:
    found = sorted(set(recipients))
    return sorted({*found, owner}) if len(found) == 1 and owner else found


def tell_log_entry(row: Row, server: int, entry: dict[str, Any]) -> None:
    """Write one entry of a server's log."""
    action = entry.get("action_type")
    kind = _ACTIONS.get(action, EventKind.UPDATED) if isinstance(action, int | str) else EventKind.UPDATED
    actor, target = account_of(entry.get("user_id")), None
    if kind in (EventKind.REMOVED, EventKind.BANNED, EventKind.UNBANNED, EventKind.ADDED):
        target = account_of(entry.get("target_id"))
    for account in (actor, target):
        if account is not None:
            row.account(account)
    reason = text_of(entry, "reason")[:500]
    detail = f"action {raw(action)}" + (f"; reason: {safe_text(reason)}" if reason else "")
    at = moment_of(number(entry.get("id")))
    row.add(GroupEvent(f"discord:{server}", kind, actor, target, at, raw(entry.get("id")), row.provenance(), detail))

"""Who is who in an export of Telegram Desktop, which conversation is which, and what a message is called everywhere.

Accounts and conversations share no numbers: ``tg:user1``, ``tg:chat1`` (a small group) and ``tg:channel1`` (a
supergroup or channel) are three. Before 2021 exports wrote bare numbers, with the sort in the bits above the 32nd.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sauveterre.messages.exports.json_items import Path, pointer
from sauveterre.messages.exports.rows import Row, bounded, number_of, text_of
from sauveterre.records.group import Group, GroupKind

MOST_KEYS = 200_000
"""Messages of one conversation to which a reply can still be tied, where only the export numbers them."""
_PEER = re.compile(r"(user|chat|channel)(\d{1,20})")
_SORTS = ("user", "chat", "channel")
_UNIX = re.compile(r"\d{1,12}")
_TWO = frozenset({"personal_chat", "bot_chat", "saved_messages", "replies", "verification_codes"})
_ALONE = {"saved_messages": "(saved messages)", "replies": "(replies)", "verification_codes": "(verification codes)"}
KINDS = {
    "private_group": ("chat", GroupKind.GROUP),
    "private_supergroup": ("channel", GroupKind.GROUP),
    "public_supergroup": ("channel", GroupKind.GROUP),
    "private_channel": ("channel", GroupKind.CHANNEL),
    "public_channel": ("channel", GroupKind.CHANNEL),
}
"""By type of chat: the sort of its number, and what it is."""


def peer(value: object) -> str | None:
    """Return ``tg:user1`` and the like for an id, new (text) or old (a number); None for anything else."""
    if isinstance(value, str) and (match := _PEER.fullmatch(value)):
        return f"tg:{match[1]}{int(match[2])}"
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 3 << 32:
        return f"tg:{_SORTS[value >> 32]}{value & 0xFFFFFFFF}"
    return None


def unix(value: object) -> datetime | None:
    """Return seconds since 1970, as Telegram writes them (text), as a time in UTC; None for anything else and for 0."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _UNIX.fullmatch(text) or not int(text):
        return None
    try:
        return datetime.fromtimestamp(int(text), UTC)
    except (OverflowError, ValueError, OSError):
        return None


@dataclass(slots=True)
class Chat:
    """One conversation of the export, and the keys of its messages so far."""

    place: Path
    name: str = ""
    type: str = ""
    number: int | None = None
    group: str = ""
    """``Group.stable_id``; empty until it is told."""
    is_numbered_for_all: bool = False
    """Whether every member's telephone calls a message by the same number: supergroups and channels."""
    names: dict[str, str] = field(default_factory=dict)
    """The account that was last seen under a display name; ``several`` where there were two."""
    _keys: dict[int, str] = field(default_factory=dict)
    _last: int | None = None
    _second: tuple[str, int] = ("", 0)
    _same: dict[str, int] = field(default_factory=dict)

    def tell(self, row: Row, first: dict[str, Any]) -> None:
        """Write the conversation itself; ``first`` is its first message, which tells old exports from new ones."""
        owner = row.export.owner or f"self:sha256:{row.export.digest}"
        sort, kind = KINDS.get(self.type, ("", GroupKind.GROUP))
        if self.number is None or (not sort and self.type not in _TWO):
            row.problem(self._why_unknown())
            self.group = bounded(f"source:sha256:{row.export.digest}:chat:{pointer(self.place)}")
        elif sort:
            self.group = f"tg:{sort}{_bare(self.number, first)}"
            self.is_numbered_for_all = sort == "channel"
        else:
            kind = GroupKind.DIRECT
            other = row.account(f"tg:user{self.number}" if self.type != "saved_messages" else owner)
            row.identifier(other, "display_name", self.name)
            self.group = f"direct:{'|'.join(sorted([row.account(owner), other]))}"
        title = _ALONE.get(self.type, "") if kind is GroupKind.DIRECT else self.name
        state = "open" if self.type.startswith("public_") else "unknown"
        row.add(Group(row.export.service, self.group, title, kind, row.provenance(), link_state=state))

    def _why_unknown(self) -> str:
        if any(str(part).startswith("behind byte") for part in self.place):
            return "behind the damage nothing tells which chat this is: told as a conversation of its own"
        return f"the chat states no id and type that are known ({self.type[:40] or 'no type'})"

    def key(self, row: Row, message: dict[str, Any], sender: str | None, at: datetime | None) -> str:
        """Return ``Message.key``: the number where all share it, else sender, second, and which in that second.

        A number that does not rise cannot be trusted: such a message is not tied to what other devices hold.
        """
        number = number_of(message, "id")
        local = f"{self.group}|{row.export.digest[:16]}:{row.locator}"
        if number is None or (self._last is not None and number <= self._last):
            row.problem_once(
                f"order {self.place}", "the numbers of messages do not rise here: these are not tied to other devices"
            )
            return local
        self._last = number
        if self.is_numbered_for_all and number > 0:
            return f"{self.group}|{number}"
        key = local if at is None else self._key_by_time(sender or "?", int(at.timestamp()))
        if len(self._keys) >= MOST_KEYS:
            self._keys.pop(next(iter(self._keys)))
        self._keys[number] = key
        return key

    def _key_by_time(self, sender: str, second: int) -> str:
        if self._second != ("", second):
            self._second, self._same = ("", second), {}
        count = self._same[sender] = self._same.get(sender, 0) + 1
        return f"{self.group}|{sender}|{second}" + (f"|{count}" if count > 1 else "")

    def reply(self, message: dict[str, Any]) -> str | None:
        """Return the key of the message that this one answers, where it can be told."""
        number = number_of(message, "reply_to_message_id") or number_of(message, "message_id")
        if number is None:
            return None
        elsewhere = text_of(message, "reply_to_peer_id")
        if elsewhere:
            return f"{peer(elsewhere)}|{number}" if elsewhere.startswith("channel") and peer(elsewhere) else None
        if self.is_numbered_for_all and number > 0:
            return f"{self.group}|{number}"
        return self._keys.get(number)

    def meet(self, name: str, account: str) -> None:
        """Remember under which display name an account was seen."""
        name = bounded(name)
        if name and len(self.names) < MOST_KEYS and self.names.setdefault(name, account) != account:
            self.names[name] = "several"


def _bare(number: int, first: dict[str, Any]) -> int:
    """Return the number of a group or channel without the sort that old exports put above it."""
    is_new = "date_unixtime" in first or any(isinstance(first.get(name), str) for name in ("from_id", "actor_id"))
    return number if is_new or not first else number & 0xFFFFFFFF

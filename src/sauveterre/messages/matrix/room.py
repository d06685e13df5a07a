"""A room while its events are read: who is in it, which levels hold, and what was changed or deleted."""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from sauveterre.messages.exports.rows import Row, bounded, map_of, moment, number_of, raw, text_of
from sauveterre.messages.matrix.levels import Levels
from sauveterre.messages.signal.links import safe_text
from sauveterre.records.group import EventKind, GroupEvent, Role

MOST = 100_000
"""Of members, deletions and edits remembered; more are not tied together."""

MOST_IDS = 500_000
"""Of events; repetitions behind them are not noticed."""


def is_user(value: object) -> bool:
    """Say whether this is a Matrix id of a user: ``@name:server``."""
    return isinstance(value, str) and value.startswith("@") and ":" in value and len(value) <= 255


def account_of(user: str) -> str:
    """Return ``Account.stable_id`` of a Matrix id."""
    return f"mxid:{user}"


def effective(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event as its members read it: some exports keep the decrypted one inside."""
    return map_of(event, "decrypted") or event


def relation(event: dict[str, Any]) -> tuple[str, str]:
    """Return how an event relates to which other: (``m.replace``, event id) and the like; empty without."""
    related = map_of(map_of(event, "content"), "m.relates_to")
    return text_of(related, "rel_type"), bounded(text_of(related, "event_id"))


@dataclass(slots=True)
class Survey:
    """What has to be known before the first message is told."""

    room: str = ""
    name: str = ""
    topic: str = ""
    exported_by: str = ""
    date: str = ""
    rule: str = ""
    """The last join rule."""
    encrypted: int = 0
    events: int = 0
    deleted: dict[str, str] = field(default_factory=dict)
    """Who deleted an event, by its id."""
    edits: dict[str, Counter[str]] = field(default_factory=dict)
    """How often whom an event was changed by, by its id."""
    media: Counter[str] = field(default_factory=Counter)
    """How many messages may mean a file beside the export."""

    def take(self, event: dict[str, Any]) -> None:
        """Note what one event says of others."""
        self.events += 1
        kind, sender = text_of(event, "type"), text_of(event, "sender")
        self.room = self.room or text_of(event, "room_id")
        self.encrypted += kind == "m.room.encrypted" and not map_of(map_of(event, "unsigned"), "redacted_because")
        if kind == "m.room.join_rules":
            self.rule = text_of(event.get("content"), "join_rule")
        if kind == "m.room.redaction" and len(self.deleted) < MOST:
            target = text_of(event, "redacts") or text_of(event.get("content"), "redacts")
            self.deleted.setdefault(bounded(target), bounded(sender))
        how, target = relation(event)
        if kind == "m.room.message" and how == "m.replace" and len(self.edits) < MOST:
            self.edits.setdefault(target, Counter())[bounded(sender)] += 1


@dataclass(slots=True)
class Room:
    """What holds at the event being read."""

    survey: Survey
    group: str
    creator: str = ""
    levels: Levels | None = None
    """None until a row, or the creation of the room, tells."""
    members: dict[str, str] = field(default_factory=dict)
    """The last membership of each user: join, invite, leave, ban, knock."""
    held: dict[str, Role] = field(default_factory=dict)
    """Who was told to hold a role above that of a member, and which."""
    authors: dict[str, str] = field(default_factory=dict)
    """The sender of each event that was changed later."""
    changed: Counter[str] = field(default_factory=Counter)
    """How many changes of each event have been told."""
    ids: set[bytes] = field(default_factory=set)
    """Digests of the ids of events that were told."""

    def key(self, event_id: str) -> str:
        """Return ``Message.key`` of an event."""
        return f"{self.group}|{bounded(event_id)}"

    def is_repeated(self, one: "Happening") -> bool:
        """Say whether an event of this id was told before, and remember it."""
        digest = blake2b(one.id.encode("utf-8", "backslashreplace"), digest_size=16).digest()
        if digest in self.ids:
            return True
        if len(self.ids) < MOST_IDS:
            self.ids.add(digest)
        return False

    def is_out(self, user: str) -> bool:
        """Say whether a row tells that somebody is not in the room."""
        return self.members.get(user, "join") != "join"


class Happening:
    """One event of the room while it becomes records."""

    def __init__(self, row: Row, room: Room, event: dict[str, Any]) -> None:
        """Take an event with its place."""
        self.row, self.room, self.event = row, room, event
        self.kind = text_of(event, "type")
        self.sender = text_of(event, "sender")
        self.content = map_of(event, "content")
        self.stamp = number_of(event, "origin_server_ts")
        self.at = moment(self.stamp)
        self.at_raw = raw(event.get("origin_server_ts"))
        stated = text_of(event, "event_id")
        self.id = bounded(stated) or f"{row.export.digest[:16]}:{row.locator}"
        self.actor = self.account(self.sender)

    def account(self, user: str) -> str | None:
        """Make sure that the account of a Matrix id has been told; None and a problem for what is no such id."""
        if is_user(user):
            return self.row.account(account_of(user))
        self.row.problem(f"{user[:100]!r} is no Matrix id of a user")
        return None

    def happened(self, kind: EventKind, target: str | None = None, detail: str = "", *, by_sender: bool = True) -> None:
        """Write an event of the group."""
        actor = self.actor if by_sender else None
        told = safe_text(detail)[:1_000]
        self.row.add(
            GroupEvent(self.room.group, kind, actor, target, self.at, self.at_raw, self.row.provenance(), told)
        )


def group_of(survey: Survey, digest: str) -> str:
    """Return ``Group.stable_id`` of the room; one that no event names belongs to this file alone."""
    return bounded(f"mx:{survey.room}") if survey.room.startswith("!") else f"source:sha256:{digest}:room"

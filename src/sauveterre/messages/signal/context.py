"""What is remembered while a backup is read, and one frame while it becomes records.

Remembered are tables only: who each recipient is, which conversation each chat is, which accounts have been
told already. Messages pass through.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sauveterre.messages.protobuf import Fields
from sauveterre.messages.signal.links import safe_text
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import Group, GroupKind
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

SERVICE = "signal"
RELEASE_NOTES = "signal:release-notes"
"""The account under which Signal itself writes to its users."""
ROW = "@row"
"""In fields that were made of a database's row: the row's own name, which is then its place."""
HELD = "@held"
"""In a file pointer that was made of a row: the path of the bytes among the store's attachments, or None."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Origin(Protocol):
    """What the records of one reading come from."""

    @property
    def digest(self) -> str:
        """SHA-256 of the main file, lowercase hex."""

    @property
    def media(self) -> Mapping[str, str]:
        """Path of each media file that is there, by media name."""

    def provenance(self, ordinal: int, suffix: str = "") -> Provenance:
        """Name a frame, line or row, and what in it."""


def moment(milliseconds: int | None) -> datetime | None:
    """Return Unix milliseconds as a time in UTC; None for none, for 0, and beyond the year 9999."""
    if not milliseconds:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def service_id(value: bytes) -> str | None:
    """Return ``aci:UUID`` for 16 bytes, ``pni:UUID`` for 17 that begin with 1; None for anything else."""
    kind = "aci"
    if len(value) == 17 and value[0] in (0, 1):
        kind, value = ("pni" if value[0] else "aci"), value[1:]
    if len(value) != 16 or not any(value):
        return None
    return f"{kind}:{uuid.UUID(bytes=value)}"


def e164(number: int) -> str:
    """Return a phone number as stored (a bare integer) in international form."""
    return f"+{number}"


@dataclass(frozen=True, slots=True)
class Peer:
    """What a recipient number stands for."""

    id: str
    """``Account.stable_id`` or ``Group.stable_id``."""
    is_account: bool


@dataclass(slots=True)
class Context:
    """The tables of one reading."""

    store: Origin
    owner: str
    """``Account.stable_id`` of the device owner."""
    owner_aci: str
    """The owner's ACI as text when it is known, else empty."""
    taken_at: datetime | None
    """When the backup says it was made: the moment of every snapshot."""
    peers: dict[int, Peer] = field(default_factory=dict)
    chats: dict[int, "Chat"] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    """Accounts for which a record was yielded."""
    complained: set[str] = field(default_factory=set)
    """What was reported once and is not repeated for every frame."""
    has_account: bool = False

    def local_id(self, kind: str, number: int) -> str:
        """Return an identifier for something that the store numbers and does not describe."""
        return f"local:{self.store.digest[:16]}:{kind}:{number}"


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation: its group, and the other account when it is one of two."""

    group: str
    peer: str | None


class Leaf:
    """One frame while it becomes records."""

    def __init__(self, context: Context, ordinal: int, place: str = "") -> None:
        """Begin with no records."""
        self.context = context
        self.ordinal = ordinal
        self.place = place
        self.records: list[MessageRecord] = []

    def inner(self, place: str) -> "Leaf":
        """Return a leaf for a part of this frame, which writes to the same records."""
        leaf = Leaf(self.context, self.ordinal, f"{self.place} {place}".strip())
        leaf.records = self.records
        return leaf

    def provenance(self, suffix: str = "") -> Provenance:
        """Say where this frame (and what in it) lies."""
        place = f"{self.place} {suffix}" if self.place and suffix else self.place or suffix
        return self.context.store.provenance(self.ordinal, place)

    def at(self, fields: Fields, counted: str) -> Provenance:
        """Say where a part of this frame lies: its own row, where it has one, else its place by count."""
        if ROW in fields:
            return self.context.store.provenance(self.ordinal, fields[ROW])
        return self.provenance(counted)

    def add(self, record: MessageRecord) -> None:
        """Write one record."""
        self.records.append(record)

    def problem(self, what: str, suffix: str = "") -> None:
        """Write one thing that could not be read."""
        self.add(Problem(self.provenance(suffix), what))

    def problem_once(self, key: str, what: str) -> None:
        """Write a problem the first time that it shows."""
        if key not in self.context.complained:
            self.context.complained.add(key)
            self.problem(what)

    def account(self, stable_id: str) -> str:
        """Make sure that an account has been told, and return its identifier."""
        if stable_id not in self.context.told:
            self.context.told.add(stable_id)
            is_owner = stable_id == self.context.owner
            self.add(Account(SERVICE, stable_id, is_owner, self.provenance()))
        return stable_id

    def identifier(
        self,
        account: str,
        kind: str,
        value: str,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """Write an identifier that this frame states, unless it is empty."""
        if value := safe_text(value.strip()):
            self.add(AccountIdentifier(account, kind, value, self.provenance(), since, until))

    def service(self, value: bytes | None, what: str, suffix: str = "") -> str | None:
        """Return the account of a raw service identifier; None without one, and a problem if malformed."""
        if not value:
            return None
        stable_id = service_id(value)
        if stable_id is None:
            self.problem(f"{what} is no service identifier: {len(value)} bytes, or all of them zero", suffix)
            return None
        return self.account(stable_id)

    def recipient(self, number: int, what: str) -> str | None:
        """Return the account of a recipient number; one that is not described gets a placeholder."""
        peer = self.context.peers.get(number)
        if peer is None:
            stable_id = self.context.local_id("recipient", number)
            self.problem_once(stable_id, f"{what} is recipient {number}, which no earlier frame describes")
            return self.account(stable_id)
        if not peer.is_account:
            self.problem(f"{what} is recipient {number}, which is a conversation and no person")
            return None
        return peer.id

    def chat(self, number: int) -> Chat:
        """Return a chat; one that the store does not describe gets a placeholder."""
        found = self.context.chats.get(number)
        if found is None:
            group = self.context.local_id("chat", number)
            self.problem_once(group, f"the message lies in chat {number}, which no earlier frame describes")
            title = f"(chat {number}: not described in this store)"
            self.add(Group(SERVICE, group, title, GroupKind.GROUP, self.provenance()))
            found = self.context.chats[number] = Chat(group, None)
        return found

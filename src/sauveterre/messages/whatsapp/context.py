"""What is remembered while a database is read: addresses, chats, who has been told. Messages pass through."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sauveterre.messages.whatsapp.jids import SERVICE, THIS_DEVICE, account_id, bare, is_person, number
from sauveterre.messages.whatsapp.links import safe
from sauveterre.messages.whatsapp.store import Store
from sauveterre.messages.whatsapp.values import text
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import Group, GroupKind
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

MOST_PROBLEMS = 10_000


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation: its group, and the other account where it is one of two."""

    group: str
    kind: GroupKind
    peer: str | None = None


@dataclass(slots=True)
class Context:
    """The tables of one reading. Records collect in ``records`` until ``told`` hands them out."""

    store: Store
    owner: str
    """``Account.stable_id`` of the device's own account."""
    jids: dict[int, str]
    """Address by its row."""
    phones: dict[str, str]
    """Hidden address (``@lid``) to the address with a phone number, where a row states both."""
    taken_at: datetime | None = None
    """When the device wrote last: the moment of every list of members."""
    chats: dict[int | str, Chat] = field(default_factory=dict)
    invitations: dict[str, str] = field(default_factory=dict)
    """Group by the digest of the code of an invitation to it."""
    exits: set[tuple[str, str, int]] = field(default_factory=set)
    """Group, account and second of each leaving and removal that was told."""
    created: set[str] = field(default_factory=set)
    """Groups whose creator was told."""
    known: set[str] = field(default_factory=set)
    records: list[MessageRecord] = field(default_factory=list)
    complained: set[str] = field(default_factory=set)
    problems: int = 0

    def told(self) -> Iterator[MessageRecord]:
        """Hand out what has collected."""
        records, self.records = self.records, []
        yield from records

    def add(self, record: MessageRecord) -> None:
        """Write one record."""
        self.records.append(record)

    def problem(self, where: Provenance, what: str) -> None:
        """Write one thing that could not be read; after ``MOST_PROBLEMS`` they are no longer told one by one."""
        self.problems += 1
        if self.problems < MOST_PROBLEMS:
            self.add(Problem(where, what))
        elif self.problems == MOST_PROBLEMS:
            self.add(Problem(where, f"{MOST_PROBLEMS} things could not be read; what follows is not told one by one"))

    def problem_once(self, where: Provenance, what: str) -> None:
        """Write a problem the first time that it shows."""
        if what not in self.complained and self.problems < MOST_PROBLEMS:
            self.complained.add(what)
            self.problem(where, what)

    def address(self, cell: object) -> str:
        """Return the address that a cell names by row or in words, a phone's in place of a hidden one; else empty."""
        raw = self.jids.get(cell, "") if isinstance(cell, int) else bare(text(cell))
        return self.phones.get(raw, raw)

    def is_owner(self, cell: object) -> bool:
        """Say whether a cell names this device's account by a word that stands for it."""
        raw = self.jids.get(cell) if isinstance(cell, int) else cell
        return raw in THIS_DEVICE

    def person(self, cell: object, where: Provenance) -> str | None:
        """Return the account that a cell names, told if it is new; None where it names nobody."""
        if cell is None or cell in (0, -1, ""):
            return None
        if self.is_owner(cell):
            return self.account(self.owner, where)
        address = self.address(cell)
        if not is_person(address):
            if isinstance(cell, int) and cell > 0 and cell not in self.jids:
                self.problem_once(where, f"the row names address {cell}, which the database does not hold")
            return None
        return self.account(account_id(address), where)

    def account(self, stable_id: str, where: Provenance) -> str:
        """Make sure that an account has been told, with the number that its address states, and return its id."""
        if stable_id not in self.known:
            self.known.add(stable_id)
            self.add(Account(SERVICE, stable_id, stable_id == self.owner, where))
            self.identifier(stable_id, "e164", number(stable_id.removeprefix("jid:")), where)
        return stable_id

    def identifier(self, account: str, kind: str, value: str, where: Provenance) -> None:
        """Write an identifier that a row states, unless it is empty."""
        if value := safe(value.strip()):
            self.add(AccountIdentifier(account, kind, value, where))

    def chat(self, cell: object, where: Provenance) -> Chat:
        """Return the chat that a cell names; one that the database does not describe gets a placeholder."""
        name = cell if isinstance(cell, int) else self.address(cell)
        found = self.chats.get(name)
        if found is None:
            group = f"source:{self.store.digest[:16]}:chat:{name}"
            self.problem_once(where, f"a message lies in chat {name or '(unnamed)'}, which the database does not hold")
            found = self.chats[name] = Chat(group, GroupKind.GROUP)
            self.add(Group(SERVICE, group, "(not described in this store)", GroupKind.GROUP, where))
        return found

    def direct(self, peer: str) -> Chat:
        """Return the conversation of the device's own account with another."""
        one, other = sorted([self.owner, peer])
        return Chat(f"direct:{one}|{other}", GroupKind.DIRECT, peer)

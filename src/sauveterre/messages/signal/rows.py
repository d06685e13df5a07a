"""One row of a Signal database while it becomes records, and what is remembered meanwhile."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sauveterre.messages.signal.context import SERVICE, moment
from sauveterre.messages.signal.links import SafeLink, links_in, safe_link, safe_text
from sauveterre.messages.signal.loose import service_text
from sauveterre.messages.signal.updates import message_key
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.message import Link, Message
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

PLAUSIBLE_MS = range(1_262_304_000_000, 4_102_444_800_000)
"""When a row of a messenger can have been written: 2010 to 2099."""


@dataclass(slots=True)
class Memory:
    """What is remembered of one database: who it is about, and what was told already. Messages pass through."""

    digest: str
    """SHA-256 of the database's file, lowercase hex."""
    path: str
    """Of that file, in the tree."""
    reader: str
    owner: str = ""
    """``Account.stable_id`` of the device's owner."""
    latest: int = 0
    """The newest time by the device's own clock, in milliseconds: the moment of every snapshot."""
    told: set[str] = field(default_factory=set)
    complained: set[str] = field(default_factory=set)

    def local_id(self, kind: str, name: object) -> str:
        """Return an identifier for something that this store alone knows."""
        return f"local:{self.digest[:16]}:{kind}:{name}"

    def seen_at(self, milliseconds: int) -> None:
        """Note a time by the device's own clock, where it can be one."""
        if milliseconds > self.latest and milliseconds in PLAUSIBLE_MS:
            self.latest = milliseconds


class RowLeaf:
    """One row while it becomes records."""

    def __init__(self, memory: Memory, table: str, rowid: int, place: str = "") -> None:
        """Begin with no records. ``place`` is where in the row: a JSON path, a key of an archive."""
        self.memory = memory
        self.table = table
        self.rowid = rowid
        self.place = place
        self.records: list[MessageRecord] = []

    def inner(self, place: str) -> "RowLeaf":
        """Return a leaf for a part of this row, which writes to the same records."""
        leaf = RowLeaf(self.memory, self.table, self.rowid, f"{self.place} {place}".strip())
        leaf.records = self.records
        return leaf

    def provenance(self, place: str = "") -> Provenance:
        """Say which row this is, and where in it."""
        locator = f"{self.table} {self.rowid} {self.place} {place}"
        memory = self.memory
        return Provenance(f"sha256:{memory.digest}", memory.path, " ".join(locator.split()), memory.reader)

    def add(self, record: MessageRecord) -> None:
        """Write one record."""
        self.records.append(record)

    def problem(self, what: str, place: str = "") -> None:
        """Write one thing that could not be read."""
        self.add(Problem(self.provenance(place), what))

    def problem_once(self, key: str, what: str) -> None:
        """Write a problem the first time that it shows."""
        if key not in self.memory.complained:
            self.memory.complained.add(key)
            self.problem(what)

    def account(self, stable_id: str) -> str:
        """Make sure that an account has been told, and return its identifier."""
        if stable_id not in self.memory.told:
            self.memory.told.add(stable_id)
            self.add(Account(SERVICE, stable_id, stable_id == self.memory.owner, self.provenance()))
        return stable_id

    def identifier(
        self, account: str, kind: str, value: str, since: datetime | None = None, until: datetime | None = None
    ) -> None:
        """Write an identifier that this row states, unless it is empty."""
        if value := safe_text(value.strip()):
            self.add(AccountIdentifier(account, kind, value, self.provenance(), since, until))

    def service(self, value: object, what: str, place: str = "") -> str | None:
        """Return the account of a service identifier as text; None without one, and a problem if it is malformed."""
        if value is None or value == "":
            return None
        stable_id = service_text(value)
        if stable_id is None:
            self.problem(f"{what} is no service identifier", place)
            return None
        return self.account(stable_id)

    def quoted(self, group: str, author: str, sent: int, said: str, kind: str, place: str) -> str:
        """Write a message as another one quotes it, and return its key."""
        key, where = message_key(group, author, sent), self.provenance(place)
        self.add(Message(key, group, author, "none", moment(sent), str(sent), None, safe_text(said), kind, where))
        return key

    def links(self, key: str, body: str, previews: Iterable[str]) -> None:
        """Write the links of a message's text and of its previews."""
        found: list[tuple[str, SafeLink]] = [("text", link) for link in links_in(body)]
        found += [("preview", safe_link(url)) for url in previews if url]
        for count, (where, link) in enumerate(found):
            kind = "group_invite" if link.is_invitation else where
            self.add(Link(key, link.url, kind, self.provenance(f"link {count}"), link.group, link.credential))

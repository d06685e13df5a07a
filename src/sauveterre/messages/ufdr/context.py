"""One reading of a report: where its records come from, who is who, and which conversation is which."""

from dataclasses import dataclass, field
from datetime import datetime

from sauveterre.messages.protobuf import clean_text
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.ufdr.index import Index
from sauveterre.messages.ufdr.models import Model
from sauveterre.messages.ufdr.names import Named, account_of, service_of, short
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import Group, GroupKind
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

STORE_DIGITS = 16
MOST_PROBLEMS = 10_000
"""Problems are told one by one up to this many."""


@dataclass(frozen=True, slots=True)
class Source:
    """The report as provenance names it."""

    sha256: str
    path: str
    reader: str

    @property
    def digest(self) -> str:
        """Stands for this report in identifiers that no other store shares."""
        return self.sha256[:STORE_DIGITS]

    def at(self, locator: str) -> Provenance:
        """Name a place in the report."""
        return Provenance(f"sha256:{self.sha256}", self.path, locator, self.reader)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A chat: its group, and whose it is."""

    number: int
    service: str
    group: str
    kind: GroupKind
    owner: str
    """The device's own account in it; ``self:…`` where the report does not say which that is."""


@dataclass(slots=True)
class Telling:
    """Turns models into records, which collect in ``records``."""

    source: Source
    index: Index
    taken_at: datetime | None
    """When the device was read, or the latest activity in the report: the moment of all lists of participants."""
    records: list[MessageRecord] = field(default_factory=list)
    problems: int = 0

    def drained(self) -> list[MessageRecord]:
        """Return what was told since the last time."""
        records, self.records = self.records, []
        return records

    def where(self, model: Model, place: str = "") -> Provenance:
        """Name a model: its identifier and source index; whether it was deleted, and how sure the program is."""
        index, state = model.attributes.get("source_index", ""), model.attributes.get("deleted_state", "")
        parts = [f"model {model.id or '(without id)'}", place, f"source_index {index}" if index else ""]
        if state.lower() not in ("", "intact", "unknown"):
            confidence = model.attributes.get("decoding_confidence", "")
            parts += [f"deleted_state {state}", f"decoding_confidence {confidence}" if confidence else ""]
        return self.source.at(clean_text(" ".join(filter(None, parts))))

    def problem(self, where: Provenance, what: str) -> None:
        """Write one thing that could not be read; after ``MOST_PROBLEMS`` they are counted."""
        self.problems += 1
        if self.problems <= MOST_PROBLEMS:
            self.records.append(Problem(where, what))

    def problem_once(self, where: Provenance, what: str) -> None:
        """Write a problem the first time that it shows."""
        if self.index.is_new("problem", what):
            self.problem(where, what)

    def local(self, kind: str, identifier: str) -> str:
        """Return an identifier for what the report does not identify in a way that another store shares."""
        return f"source:{self.source.digest}:{kind}:{short(clean_text(identifier))}"

    def owner(self, service: str) -> str:
        """Return the device's own account on a service: the only one that the report states, else ``self:…``."""
        owners = self.index.owners(service)
        return owners[0] if len(owners) == 1 else f"self:sha256:{self.source.sha256}"

    def account(self, service: str, named: Named, where: Provenance) -> str:
        """Make sure that an account has been told, with what its identifier states, and return its stable id."""
        if self.index.is_new("account", named.id):
            is_owner = named.id in self.index.owners(service) or named.id == f"self:sha256:{self.source.sha256}"
            self.records.append(Account(service, named.id, is_owner, where))
        for kind, value in named.stated:
            self.identifier(named.id, kind, value, where)
        return named.id

    def identifier(self, account: str, kind: str, value: str, where: Provenance) -> None:
        """Write an identifier that a model states, once, unless it is empty."""
        value = self.text(value).strip()
        if value and self.index.is_new("identifier", account, kind, value):
            self.records.append(AccountIdentifier(account, kind, value, where))

    def person(self, service: str, party: Model | None, where: Provenance, owner: str = "") -> str | None:
        """Return the account of a party, told with the name that this device shows; None where it names nobody."""
        if party is None:
            return None
        identifier, name = party.text("Identifier"), party.text("Name")
        named = account_of(service, identifier)
        if named is None and not identifier:
            named = self._unnamed(party, name, owner or self.owner(service))
        if named is None:
            return None
        account = self.account(service, named, where)
        if name and account_of(service, name) != named:
            self.identifier(account, "display_name", name, where)
        return account

    def _unnamed(self, party: Model, name: str, owner: str) -> Named | None:
        if party.truth("IsPhoneOwner"):
            return Named(owner)
        return Named(f"name:{self.source.digest}:{short(self.text(name))}") if name else None

    def direct(self, service: str, owner: str, peer: str, where: Provenance) -> str:
        """Return the conversation of two accounts, told once."""
        one, other = sorted([owner, peer])
        group = f"direct:{one}|{other}"
        if self.index.is_new("direct", group):
            self.records.append(Group(service, group, "", GroupKind.DIRECT, where))
        return group

    @staticmethod
    def text(value: str) -> str:
        """Return a text without live credentials, as any database can hold it."""
        return safe_text(clean_text(value))


def service_in(*models: Model) -> str:
    """Return the service that the first of these models names that names one."""
    stated = (model.text("Source", "SourceApplication", "ServiceType") for model in models)
    return service_of(next(filter(None, stated), ""))

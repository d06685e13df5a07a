"""What the rows of a Signal database refer to: conversations, accounts, and the moment of an event."""

from dataclasses import dataclass, field

from sauveterre.messages.signal.context import SERVICE, moment
from sauveterre.messages.signal.links import safe_text
from sauveterre.messages.signal.loose import service_text
from sauveterre.messages.signal.rows import Memory, RowLeaf
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind


@dataclass(slots=True)
class Talk:
    """A conversation: its group, and the other account when it is one of two."""

    group: str
    peer: str | None
    latest: int = 0
    """The newest time by the device's clock of a row in it, in milliseconds."""


@dataclass(slots=True)
class People:
    """The tables that rows refer to."""

    memory: Memory
    talks: dict[str, Talk] = field(default_factory=dict)
    """By the conversation's own id, which other computers do not share."""
    accounts: dict[str, str] = field(default_factory=dict)
    """Stable id by service id (``aci:…``, ``pni:…``) and number."""
    groups: dict[str, str] = field(default_factory=dict)
    """The conversation's id by the group's own id in base64."""
    recipients: dict[int, str] = field(default_factory=dict)
    """Stable id by the number of the row that describes an account."""
    told: set[str] = field(default_factory=set)
    """Conversations for which a record was yielded, by ``Group.stable_id``."""
    calls: set[str] = field(default_factory=set)
    """The ids of all calls that the table of calls has."""

    def talk(self, leaf: RowLeaf, identifier: str) -> Talk:
        """Return a conversation and see that its group is told; one that is not described gets a placeholder."""
        found = self.talks.get(identifier)
        if found is None:
            group = self.memory.local_id("conversation", identifier)
            leaf.problem_once(group, f"the conversation {identifier[:64]!r} is not described in this profile")
            title = "(a conversation that this profile does not describe)"
            leaf.add(Group(SERVICE, group, title, GroupKind.GROUP, leaf.provenance()))
            found = self.talks[identifier] = Talk(group, None)
        if found.peer is not None:
            self.direct(leaf, found.peer)
        return found

    def direct(self, leaf: RowLeaf, account: str) -> Talk:
        """Return the conversation of two with an account, and see that it is told."""
        first, second = sorted([self.memory.owner, account])
        talk = Talk(f"direct:{first}|{second}", account)
        if talk.group not in self.told:
            self.told.add(talk.group)
            leaf.add(Group(SERVICE, talk.group, "", GroupKind.DIRECT, leaf.provenance()))
        return talk

    def account(self, leaf: RowLeaf, name: str, what: str) -> str | None:
        """Return the account that a row names by service id, number or conversation; None where it names none."""
        if not name:
            return None
        talk = self.talks.get(name)
        if talk is not None and talk.peer is not None:
            return leaf.account(talk.peer)
        stable_id = service_text(name) or (f"e164:{name}" if name.startswith("+") else None)
        if stable_id is not None:
            return leaf.account(self.accounts.get(stable_id, stable_id))
        stable_id = self.memory.local_id("conversation", name)
        leaf.problem_once(f"{stable_id} as a person", f"{what} is {name[:64]!r}, which no conversation describes")
        return leaf.account(stable_id)


@dataclass(frozen=True, slots=True)
class Moment:
    """The row around a change: in which group, and when."""

    group: str
    sent: int


def event(
    leaf: RowLeaf, at: Moment, kind: EventKind, actor: str | None = None, target: str | None = None, detail: str = ""
) -> None:
    """Tell one event."""
    where = leaf.provenance()
    leaf.add(GroupEvent(at.group, kind, actor, target, moment(at.sent), str(at.sent), where, safe_text(detail)))

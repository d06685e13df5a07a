"""What a reader of message stores is: a module with these names."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.entry import Entry
from sauveterre.records.group import Group, GroupEvent, MemberSnapshot
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.records.tree import Tree

MessageRecord = (
    StoreInfo | Account | AccountIdentifier | Group | MemberSnapshot | GroupEvent
    | Message | Delivery | Attachment | Reaction | Link | Problem
)  # fmt: skip


class MessageReader(Protocol):
    """The shape of every module in ``messages/readers/``."""

    NAME: str
    VERSION: int

    def find(self, tree: Tree) -> Iterator[StoreLocation]:
        """Find stores in a tree from names and first bytes."""

    def read(self, tree: Tree, location: StoreLocation, key: str | None) -> Iterator[MessageRecord]:
        """Yield the store's records; raise ``Locked`` when the key is missing or wrong."""

    def attachments(self, tree: Tree, location: StoreLocation, key: str | None) -> Iterator[Entry]:
        """List the attachments whose bytes the store holds, as entries of a source of its own."""

    def open_attachment(self, tree: Tree, location: StoreLocation, key: str | None, entry: Entry) -> BinaryIO:
        """Open one attachment's plain bytes; raise ``UnreadableSource`` when they fail their own checks."""

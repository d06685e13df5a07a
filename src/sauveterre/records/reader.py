"""What a reader of evidence is: a module with these names. Other families of formats have shapes of their own.

A reader yields records in the order of what it reads and never raises for one bad record: that becomes a
``Problem``. Only what cannot be trusted at all raises.
"""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from sauveterre.records.entry import Entry
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreLocation
from sauveterre.records.tree import Tree


class Container(Protocol):
    """An opened source. Close it when done; use as a context manager."""

    problems: "list[Problem]"
    """What was wrong while listing; complete once ``entries`` has been read to its end."""

    def entries(self) -> Iterator[Entry]:
        """List every entry, in a stable order, without reading any content."""

    def open(self, entry: Entry) -> BinaryIO:
        """Open an entry's content; raise ``UnreadableSource`` or ``LimitExceeded`` with the reason."""

    def close(self) -> None:
        """Release what is held. Closing twice is harmless."""

    def __enter__(self) -> "Container": ...

    def __exit__(self, *exc: object) -> None: ...


class EvidenceReader(Protocol):
    """The shape of every module in ``evidence/readers/``."""

    NAME: str
    VERSION: int
    """Raised when the same source would now be listed or read otherwise: what it touched is then done again."""

    def recognises(self, peek: Peek) -> bool:
        """Say from both ends of a stream whether this reader may open it."""

    def open(self, origin: "Origin", limits: Limits) -> Container:
        """Open a folder or stream.

        Raises ``UnreadableSource`` when it is not what it seems, and ``Locked`` when none of the keys opens it.
        """


class TreeReader(Protocol):
    """The shape of every module in ``evidence/trees/``: a source that is spread over many files of another one."""

    NAME: str
    VERSION: int

    def find(self, tree: Tree) -> Iterator[StoreLocation]:
        """Find such sources in a tree from names and first bytes."""

    def open(self, tree: Tree, location: StoreLocation, keys: tuple[str, ...], limits: Limits) -> Container:
        """Open one; raise ``Locked`` when none of the keys opens it, ``UnreadableSource`` when it is damaged."""


class Origin(Protocol):
    """What an evidence reader opens: either a folder on disk or a seekable stream of known identity."""

    identity: str
    depth: int
    name: bytes
    keys: tuple[str, ...]

    def sibling(self, name: bytes) -> BinaryIO | None:
        """Return another file of the same folder by its name, None when there is none."""

    @property
    def folder(self) -> str | None:
        """The folder's path, or None for a stream."""

    @property
    def stream(self) -> BinaryIO | None:
        """The seekable stream, or None for a folder."""

"""Open any source, whatever lies around it: folder, image, archive in archive, message store in backup in archive.

A child process works through many entries of few sources, so the last opened ones stay open (``Opener``).
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO, Self

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.evidence.opening import check_depth, open_path, open_steps
from sauveterre.evidence.readers import READERS as EVIDENCE_READERS
from sauveterre.evidence.tree import ContainerTree
from sauveterre.evidence.trees import READERS as TREE_READERS
from sauveterre.messages.readers import READERS as MESSAGE_READERS
from sauveterre.messages.stores import reader_named
from sauveterre.records.entry import Entry
from sauveterre.records.limits import Limits
from sauveterre.records.message_reader import MessageReader, MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.reader import Container, EvidenceReader, TreeReader
from sauveterre.records.source import Source, Step
from sauveterre.records.store import StoreLocation
from sauveterre.records.tree import Tree

OPEN_SOURCES = 4
STORE_READERS = frozenset(reader.NAME for reader in MESSAGE_READERS)
TREES: dict[str, TreeReader] = {reader.NAME: reader for reader in TREE_READERS}


def located(reader: MessageReader | TreeReader, tree: Tree, root: str) -> StoreLocation:
    """Return where a source that spreads over many files lies in the tree around it.

    Raises ``UnreadableSource`` when it is not there any more.
    """
    for location in reader.find(tree):
        if location.root == root:
            return location
    raise UnreadableSource(f"{tree.identity} holds no {reader.NAME} at {root or 'its top'}; process the exhibit again")


def reader_versions() -> dict[str, int]:
    """Return the version of every reader of sources by its name."""
    readers: tuple[EvidenceReader | TreeReader | MessageReader, ...]
    readers = (*EVIDENCE_READERS, *TREE_READERS, *MESSAGE_READERS)
    return {reader.NAME: reader.VERSION for reader in readers}


def reader_version(name: str) -> int:
    """Return the version of the reader of this name; 0 for one that is no more."""
    return reader_versions().get(name, 0)


def is_store(source: Source) -> bool:
    """Say whether a source is a message store."""
    return bool(source.steps) and source.steps[-1].reader in STORE_READERS


class StoreContainer:
    """A message store as a container: its entries are the attachments whose bytes it holds."""

    def __init__(self, around: Container, step: Step, identity: str, keys: tuple[str, ...]) -> None:
        """Open a store with the first of the keys that fits; raise ``Locked`` when none does."""
        self.problems: list[Problem] = []
        self._tree = ContainerTree(around, identity)
        self._reader = reader_named(step.reader)
        self._location = located(self._reader, self._tree, step.locator)
        self._key = fitting_key(self._reader, self._tree, self._location, keys)

    def entries(self) -> Iterator[Entry]:
        """List the attachments, each distinct one once."""
        return self._reader.attachments(self._tree, self._location, self._key)

    def open(self, entry: Entry) -> BinaryIO:
        """Open one attachment's plain bytes."""
        return self._reader.open_attachment(self._tree, self._location, self._key, entry)

    def records(self) -> Iterator[MessageRecord]:
        """Read what the store states, in its own order."""
        return self._reader.read(self._tree, self._location, self._key)

    def close(self) -> None:
        """Hold nothing: the source around the store stays with whoever opened it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def fitting_key(reader: MessageReader, tree: Tree, location: StoreLocation, keys: tuple[str, ...]) -> str | None:
    """Return the key that opens a store, None for a store that needs none.

    Raises ``Locked`` with the last key's own sentence when none of them does.
    """
    locked = Locked(f"{location.root or 'the store'} needs a key; add it to the exhibit with `sauveterre key add`")
    for key in keys or (None,):
        try:
            next(reader.read(tree, location, key), None)
        except Locked as error:
            locked = error
        else:
            return key
    raise locked


def open_source(source: Source, limits: Limits, keys: tuple[str, ...], opened: ExitStack) -> Container:
    """Open a source at the end of any way down; ``opened`` closes all of it."""
    check_depth(source.steps, source.identity, limits)
    container = open_path(source, limits, keys, opened)
    for step in source.steps:
        container = _one_step(container, step, source.identity, limits, keys, opened)
    return container


def _one_step(
    container: Container,
    step: Step,
    identity: str,
    limits: Limits,
    keys: tuple[str, ...],
    opened: ExitStack,
) -> Container:
    if step.reader in STORE_READERS:
        return opened.enter_context(StoreContainer(container, step, identity, keys))
    if step.reader in TREES:
        tree = ContainerTree(container, identity)
        location = located(TREES[step.reader], tree, step.locator)
        return opened.enter_context(TREES[step.reader].open(tree, location, keys, limits))
    return opened.enter_context(open_steps(container, (step,), limits, identity=identity, keys=keys))

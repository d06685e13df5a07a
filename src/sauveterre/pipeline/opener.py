"""Sources kept open: a child process works through many entries of few sources."""

from collections import OrderedDict
from contextlib import ExitStack
from typing import BinaryIO

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.evidence.opening import open_container
from sauveterre.evidence.readers import LAYER_NAMES
from sauveterre.evidence.tree import ContainerTree
from sauveterre.records.entry import Entry
from sauveterre.records.limits import Limits
from sauveterre.records.reader import Container
from sauveterre.records.source import Source
from sauveterre.records.tree import Tree

OPEN_SOURCES = 4


class Opener:
    """Keeps the last few sources open, so that an archive's directory is read once and not for each entry."""

    def __init__(self, limits: Limits, keys: tuple[str, ...] = ()) -> None:
        """Open within these limits, trying these keys on what is locked."""
        self.limits = limits
        self.keys = keys
        self._open: OrderedDict[Source, tuple[Container, ExitStack]] = OrderedDict()

    def container(self, source: Source) -> Container:
        """Return the opened source; it belongs to the opener."""
        if source in self._open:
            self._open.move_to_end(source)
            return self._open[source][0]
        with ExitStack() as opened:
            container = _opened(source, self.limits, self.keys, opened)
            self._open[source] = (container, opened.pop_all())
        while len(self._open) > OPEN_SOURCES:
            self._open.popitem(last=False)[1][1].close()
        return container

    def tree(self, source: Source) -> Tree:
        """Return a source's files by path."""
        return ContainerTree(self.container(source), source.identity)

    def close(self) -> None:
        """Close all that is open."""
        while self._open:
            self._open.popitem()[1][1].close()


_opener: Opener | None = None


def shared_opener(limits: Limits, keys: tuple[str, ...]) -> Opener:
    """Return this process's opener; a new one when the keys or limits are others than before."""
    global _opener
    if _opener is None or (_opener.limits, _opener.keys) != (limits, keys):
        if _opener is not None:
            _opener.close()
        _opener = Opener(limits, keys)
    return _opener


def content_of(container: Container, entry: Entry) -> BinaryIO:
    """Open an entry's content; whatever a reader lets through becomes ``UnreadableSource``."""
    try:
        return container.open(entry)
    except SauveterreError:
        raise
    except (OSError, ValueError) as error:
        raise UnreadableSource(f"{entry.provenance.path} cannot be opened: {error}") from error


def _opened(source: Source, limits: Limits, keys: tuple[str, ...], opened: ExitStack) -> Container:
    """Open a source; what reads message stores is loaded for those that lie in more than the layers of an image."""
    if all(step.reader in LAYER_NAMES for step in source.steps):
        return opened.enter_context(open_container(source, limits, keys))
    from sauveterre.pipeline.opening import open_source

    return open_source(source, limits, keys, opened)

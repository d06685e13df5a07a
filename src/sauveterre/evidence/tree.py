"""The files of an opened source by path, for readers of formats that spread over many files."""

from collections.abc import Iterable
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.records.entry import Entry
from sauveterre.records.pulse import heard
from sauveterre.records.reader import Container


class ContainerTree:
    """The entries of a container that may be read, by their path as shown. The container stays with the caller."""

    def __init__(self, container: Container, identity: str) -> None:
        """Show a container; it is listed when a path is first asked for."""
        self.identity = identity
        self._container = container
        self._listed: dict[str, Entry] | None = None

    def paths(self) -> Iterable[str]:
        """Every path, in the order of the source; a path that repeats once, for its first entry."""
        return self._entries().keys()

    def open(self, path: str) -> BinaryIO:
        """Open one file; raise ``UnreadableSource`` when there is none at this path or it cannot be read."""
        entry = self._entries().get(path)
        if entry is None:
            raise UnreadableSource(
                f"{self.identity} holds no readable file at {path}; list the source to see what it holds"
            )
        return self._container.open(entry)

    def _entries(self) -> dict[str, Entry]:
        if self._listed is None:
            found: dict[str, Entry] = {}
            for entry in heard(self._container.entries()):
                if not entry.refusal and not entry.failure:
                    found.setdefault(entry.provenance.path, entry)
            self._listed = found
        return self._listed

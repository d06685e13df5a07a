"""The store that was opened last: tried with a key, listed, read, and asked for one attachment after the other."""

from collections.abc import Callable
from typing import Generic, TypeVar

from sauveterre.records.store import StoreLocation
from sauveterre.records.tree import Tree

T = TypeVar("T")


class LastOpened(Generic[T]):
    """Opens a store, and gives the same again while nothing else is asked for."""

    def __init__(
        self, opened: Callable[[Tree, StoreLocation, str | None], T], close: Callable[[T], None] | None = None
    ) -> None:
        """Take what opens a store, and what lets go of one when another takes its place."""
        self._open, self._close = opened, close
        self._last: tuple[Tree, StoreLocation, str | None, T] | None = None

    def __call__(self, tree: Tree, location: StoreLocation, key: str | None) -> T:
        """Return the store at a place, opened with a key; raises what opening raises, and keeps the one before then."""
        last = self._last
        if last is not None and last[0] is tree and last[1:3] == (location, key):
            return last[3]
        found = self._open(tree, location, key)
        if last is not None and self._close is not None:
            self._close(last[3])
        self._last = (tree, location, key, found)
        return found

"""The first bytes of a file of a tree, by which a store is recognised."""

from sauveterre.errors import SauveterreError
from sauveterre.records.tree import Tree

HEAD = 4096
"""Bytes that are looked at, unless a format needs fewer."""


def head_of(tree: Tree, path: str, size: int = HEAD) -> bytes:
    """Return a file's first bytes; none where it cannot be read, since what cannot be read is no store."""
    try:
        with tree.open(path) as stream:
            return stream.read(size)
    except (SauveterreError, OSError):
        return b""

"""Inventory: what a source holds, listed in full before any content is read."""

from pathlib import Path

from sauveterre.messages.stores import find_stores
from sauveterre.pipeline.listing import Listing, write_entries
from sauveterre.pipeline.opener import shared_opener
from sauveterre.pipeline.opening import TREES, is_store
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source
from sauveterre.records.store import StoreLocation


def list_source(source: Source, limits: Limits, keys: tuple[str, ...], file: Path) -> Listing:
    """List a source into a file, entry by entry, and look for the sources that spread over its entries.

    Memory: what the source's own directory takes (nothing for a file system), and two hundred bytes for each entry
    while message stores are looked for.
    """
    opener = shared_opener(limits, keys)
    container = opener.container(source)
    count = write_entries(file, container.entries())
    problems = tuple(getattr(container, "problems", ()))
    stores: tuple[StoreLocation, ...] = ()
    if not is_store(source):
        tree = opener.tree(source)
        stores = (*find_stores(tree), *(found for reader in TREES.values() for found in reader.find(tree)))
    return Listing(file, count, problems, stores)

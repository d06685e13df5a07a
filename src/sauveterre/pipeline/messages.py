"""Message stores: from a store to the records that it states."""

from sauveterre.messages.stores import reader_named
from sauveterre.pipeline.opening import fitting_key, outer, shared_opener, store_location
from sauveterre.records.limits import Limits
from sauveterre.records.reader import MessageRecord
from sauveterre.records.source import Source


def read_store(source: Source, limits: Limits, keys: tuple[str, ...]) -> list[MessageRecord]:
    """Read a message store whole, in its own order: about one kilobyte of memory for each record.

    Raises ``Locked`` when no key opens it.
    """
    tree = shared_opener(limits, keys).tree(outer(source))
    location = store_location(source)
    reader = reader_named(location.reader)
    return list(reader.read(tree, location, fitting_key(reader, tree, location, keys)))

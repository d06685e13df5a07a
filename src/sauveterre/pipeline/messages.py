"""Message stores: from a store to the records that it states."""

from contextlib import ExitStack

from sauveterre.pipeline.opening import open_store
from sauveterre.records.limits import Limits
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.pulse import heard
from sauveterre.records.source import Source


def read_store(source: Source, limits: Limits, keys: tuple[str, ...]) -> list[MessageRecord]:
    """Read a message store whole, in its own order: about one kilobyte of memory for each record.

    Raises ``Locked`` when no key opens it.
    """
    with ExitStack() as opened:
        return list(heard(open_store(source, limits, keys, opened).records()))

"""Message stores: from a store to the records that it states, in memory that does not grow with it."""

from contextlib import ExitStack
from pathlib import Path

from sauveterre.pipeline.opening import open_store
from sauveterre.pipeline.record_file import RecordFile, write_records
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source


def read_store(source: Source, limits: Limits, keys: tuple[str, ...], file: Path) -> RecordFile:
    """Inside a child: read a message store into a file, in its own order.

    Raises ``Locked`` when no key opens it.
    """
    with ExitStack() as opened:
        return RecordFile(file, write_records(file, open_store(source, limits, keys, opened).records()))

"""Message stores: from a store to the records that it states, in memory that does not grow with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from sauveterre.pipeline.opener import shared_opener
from sauveterre.pipeline.opening import StoreContainer
from sauveterre.pipeline.record_file import RecordFile, write_records
from sauveterre.records.limits import Limits
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.source import Source


def read_store(source: Source, limits: Limits, keys: tuple[str, ...], file: Path) -> RecordFile:
    """Inside a child: read a message store into a file, in its own order.

    Raises ``Locked`` when no key opens it.
    """
    return RecordFile(file, write_records(file, records_of(source, limits, keys)))


def records_of(source: Source, limits: Limits, keys: tuple[str, ...]) -> Iterator[MessageRecord]:
    """Yield what a message store states; the store stays open for whoever asks for its files next."""
    return cast(StoreContainer, shared_opener(limits, keys).container(source)).records()

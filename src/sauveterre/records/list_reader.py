"""What a reader of hash lists is: a module with these names."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from sauveterre.records.hash_list import ListRecord


class ListReader(Protocol):
    """The shape of every module in ``matching/readers/``."""

    NAME: str

    def recognises(self, head: bytes) -> bool:
        """Say from the first 8,192 bytes whether the list is in this format."""

    def read(self, stream: BinaryIO, *, identity: str, name: str) -> Iterator[ListRecord]:
        """Yield items in constant memory; raise ``MalformedList`` where the list can be followed no further."""

"""Sources that are spread over many files of another source: each reader finds its own by names and first bytes."""

from sauveterre.evidence.trees import ios_backup
from sauveterre.records.reader import TreeReader

READERS: tuple[TreeReader, ...] = (ios_backup,)

"""Sources that are spread over many files of another source: each reader finds its own by names and first bytes."""

from sauveterre.records.reader import TreeReader

READERS: tuple[TreeReader, ...] = ()

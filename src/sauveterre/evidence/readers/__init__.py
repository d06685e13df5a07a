"""The kinds of source: the first reader that recognises one opens it. TAR comes last: it has a checksum, no magic."""

from sauveterre.evidence.readers import (
    android_backup,
    compressed,
    directory,
    ewf,
    seven_zip,
    tar_archive,
    ufdr,
    zip_archive,
)
from sauveterre.records.reader import EvidenceReader

LAYERS: tuple[EvidenceReader, ...] = (
    ewf,
)
"""What a disk image is made of: image formats, partitions, volumes, file systems. They do not count as nesting."""
ARCHIVES: tuple[EvidenceReader, ...] = (
    ufdr,
    zip_archive,
    seven_zip,
    compressed,
    android_backup,
    tar_archive,
)
READERS: tuple[EvidenceReader, ...] = (directory, *LAYERS, *ARCHIVES)
LAYER_NAMES = frozenset(reader.NAME for reader in LAYERS)

"""The kinds of source: the first reader that recognises one opens it. TAR comes last: it has a checksum, no magic."""

from sauveterre.evidence.readers import compressed, directory, seven_zip, tar_archive, zip_archive
from sauveterre.records.reader import EvidenceReader

READERS: tuple[EvidenceReader, ...] = (directory, zip_archive, seven_zip, compressed, tar_archive)

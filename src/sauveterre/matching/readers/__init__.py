"""The formats of hash lists: the first reader that recognises a list reads it."""

from sauveterre.matching.readers import hash_csv, icse_csv, ncmec_xml, plain, vics
from sauveterre.records.list_reader import ListReader

READERS: tuple[ListReader, ...] = (vics, ncmec_xml, icse_csv, hash_csv, plain)

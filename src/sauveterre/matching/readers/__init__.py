"""The formats of hash lists: the first reader that recognises a list reads it."""

from sauveterre.matching.readers import (
    hash_csv,
    icse_csv,
    ncmec_json,
    ncmec_xml,
    nsrl,
    plain,
    signals_csv,
    signals_json,
    vics,
)
from sauveterre.records.list_reader import ListReader

READERS: tuple[ListReader, ...] = (
    vics, ncmec_xml, ncmec_json, nsrl, icse_csv, signals_csv, signals_json, hash_csv, plain,
)  # fmt: skip

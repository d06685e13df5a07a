"""Signals of ThreatExchange and Hasher-Matcher-Actioner as a table: one signal a row.

Columns: ``collab``, ``signal_type``, ``signal_str``, ``category``, ``tags``, as ``threatexchange dataset --csv`` prints
them. Types that are read: ``pdq``, ``vpdq``, ``video_md5`` and those named after MD5, SHA-1 or SHA-256.
``category`` is the opinion of the exchange, e.g. ``POSITIVE_CLASS``. Not read: ``collab``, signals of other types.

Source of the format: the output of python-threatexchange.
"""

from collections.abc import Iterator
from typing import BinaryIO

from sauveterre.matching.fingerprints import signals_of
from sauveterre.matching.tables import columns_of, rows_of
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia, ListRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

NAME = "signals_csv"
SCHEME = "threatexchange-opinion"
MOST_BYTES_IN_ONE_LINE = 1 << 23
"""The frames of a film of a day, at one a second, are one signal."""


def recognises(head: bytes) -> bool:
    """Say whether the first line names the type of a signal and the signal."""
    return {"signaltype", "signalstr"} <= set(columns_of(head))


def read(stream: BinaryIO, *, identity: str, name: str) -> Iterator[ListRecord]:
    """Yield the signals, in memory that does not grow with the list.

    A signal that is none, or of a type that is not matched here, is a problem that names its line. Raises
    ``MalformedList`` without a head.
    """
    for row in rows_of(stream, name, frozenset({"signalstr"}), most=MOST_BYTES_IN_ONE_LINE):
        where = Provenance(identity, name, f"line {row.line}", NAME)
        if row.what:
            yield Problem(where, row.what)
        if row.cells is None:
            continue
        hashes, frames, troubles = signals_of([(row.cells.get("signaltype", ""), row.cells["signalstr"])])
        yield from (Problem(where, what) for what in troubles)
        if hashes or frames:
            code = row.cells.get("category", "")
            category = Category(SCHEME, code) if code else None
            yield ListedMedia(hashes, category, where, tags=row.cells.get("tags", ""), frames=frames)

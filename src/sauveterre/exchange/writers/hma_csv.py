"""A hash list for Hasher-Matcher-Actioner and ThreatExchange: one signal a row, as ``threatexchange dataset`` has it.

The format knows PDQ (``pdq``), vPDQ (``vpdq``) and one kind of MD5 (``video_md5``), which every MD5 is written as. An
item gives a row for each. What the exchange holds of it is not the item's category but an opinion, which whoever writes
the list states for each category: a list of harmless pictures must not leave as its opposite.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import BinaryIO

from sauveterre.errors import InvalidInput
from sauveterre.exchange.cells import cell
from sauveterre.exchange.writers.hash_lists import Written, fit, hexes
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia
from sauveterre.records.vpdq import vpdq_json

NAME = "hma_csv"

COLUMNS = ("collab", "signal_type", "signal_str", "category", "tags")
OPINIONS = frozenset({"POSITIVE_CLASS", "NEGATIVE_CLASS", "INVESTIGATION_SEED"})
_SIGNALS = {"pdq": "pdq", "md5": "video_md5"}


def write_hma_csv(
    out: BinaryIO, items: Iterable[ListedMedia], *, collab: str, opinions: Mapping[Category | None, str]
) -> Written:
    """Write items in their order, in memory that does not grow with them.

    Left out, with the reason: items without PDQ, vPDQ and MD5, and those for whose category no opinion is stated.
    Raises ``InvalidInput`` for an opinion that the exchange does not know.
    """
    for opinion in opinions.values():
        if opinion not in OPINIONS:
            raise InvalidInput(f"{opinion[:64]!r} is no opinion; state one of {', '.join(sorted(OPINIONS))}")
    written = Written()
    out.write(_line(COLUMNS))
    for item in fit(items, written, lambda one: _reason(one, opinions)):
        for algorithm, signal in _SIGNALS.items():
            for value in hexes(item, algorithm):
                out.write(_line((cell(collab), signal, value, opinions[item.category], cell(item.tags))))
        if item.frames:
            value = vpdq_json(item.frames)
            out.write(_line((cell(collab), "vpdq", value, opinions[item.category], cell(item.tags))))
    return written


def _reason(item: ListedMedia, opinions: Mapping[Category | None, str]) -> str:
    if item.category not in opinions:
        return f"no opinion is stated for the category {item.category or 'none'}"
    has_signal = bool(item.frames) or any(digest.algorithm in _SIGNALS for digest in item.hashes)
    return "" if has_signal else "it has no PDQ, no vPDQ and no MD5"


def _line(cells: Iterable[str]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerow(cells)
    return stream.getvalue().encode("utf-8", "replace")

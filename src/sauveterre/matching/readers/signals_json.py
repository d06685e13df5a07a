"""Signals in JSON: answers of ThreatExchange and of StopNCII, and the bodies that Hasher-Matcher-Actioner takes.

ThreatExchange: ``data`` holds records with ``id``, ``type``, ``indicator``, ``should_delete``, ``descriptors.data``.
StopNCII: ``hashRecords`` holds ``signalType``, ``hashValue``, ``hashStatus``. HMA: an object, or one a line, that names
signals, ``{"pdq": "…", "video_md5": "…", "vpdq": "[…]"}``. What is deleted or withdrawn is a withdrawal.

Source of the formats: the public client of both exchanges and the interface of HMA.
"""

import codecs
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

from sauveterre.matching.fingerprints import VPDQ, algorithm_of, signals_of
from sauveterre.matching.json_events import follow
from sauveterre.matching.json_items import Items
from sauveterre.records.category import Category
from sauveterre.records.digest import HEX_LENGTH
from sauveterre.records.hash_list import ListedMedia, ListRecord, Withdrawal
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

NAME = "signals_json"
TAKES_BACK = True
"""Files of this format may hold withdrawals."""
SCHEME = "threatexchange-status"

_WITHDRAWN = frozenset({"withdrawn", "deleted"})
_OF_THREATEXCHANGE = frozenset({"indicator", "type", "should_delete"})
_MARKS = (b'"indicator"', b'"should_delete"', b'"hashRecords"', b'"video_md5"', b'"pdq"', b'vpdq"')


def recognises(head: bytes) -> bool:
    """Say whether this is JSON that names what only these exchanges name."""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return text[:1] in (b"{", b"[") and any(mark in text for mark in _MARKS)


def read(stream: BinaryIO, *, identity: str, name: str) -> Iterator[ListRecord]:
    """Yield signals and withdrawals in the order of the file, in memory that does not grow with it.

    A problem says where further pages follow. Raises ``MalformedList``, after everything before the damage, where the
    JSON breaks or ends too early, or where nothing in it is of these formats.
    """
    items = Items(Provenance(identity, name, "", NAME), frozenset({"data", "hashRecords"}), _records)
    found = False
    for record in follow(stream, items, many=True):
        found = True
        yield record
    if not found and not items.is_listed:
        raise items.malformed('there is neither "data" nor "hashRecords" nor a signal', 0)


def _records(item: dict[str, Any], key: str, where: Provenance) -> Iterator[ListRecord]:
    if key == "$":
        yield from _of_outermost(item, where)
    elif "hashValue" in item:
        yield from _of_stopncii(item, where)
    elif not item.keys().isdisjoint(_OF_THREATEXCHANGE):
        yield from _of_threatexchange(item, where)
    else:
        yield from _of_signals(item, where)


def _of_outermost(item: dict[str, Any], where: Provenance) -> Iterator[ListRecord]:
    paging = item.get("paging")
    if item.get("hasMoreRecords") is True or (isinstance(paging, dict) and paging.get("next")):
        yield Problem(where, "further pages of this answer follow: the list is whole only with them")
    if any(algorithm_of(name) in HEX_LENGTH or algorithm_of(name) == VPDQ for name in item):
        yield from _of_signals(item, where)


def _of_signals(item: dict[str, Any], where: Provenance) -> Iterator[ListRecord]:
    yield from _listed([(name, _text(value)) for name, value in item.items()], where)


def _of_threatexchange(item: dict[str, Any], where: Provenance) -> Iterator[ListRecord]:
    entry = _text(item.get("id"))
    if item.get("should_delete") is True:
        yield Withdrawal(entry, where)
        return
    held = item.get("descriptors")
    opinions = _objects(held.get("data") if isinstance(held, dict) else held)
    statuses = Counter(filter(None, (_text(one.get("status"))[:64] for one in opinions)))
    words = {
        _text(tag.get("text")): None
        for one in opinions
        for tag in _objects(one["tags"].get("data") if isinstance(one.get("tags"), dict) else one.get("tags"))
    }
    counted = [f"{status} by {count}" for status, count in sorted(statuses.items())] if len(statuses) > 1 else []
    category = Category(SCHEME, next(iter(statuses))) if len(statuses) == 1 else None
    stated = [(_text(item.get("type")), _text(item.get("indicator")))]
    yield from _listed(stated, where, category, "; ".join(filter(None, (*words, *counted))), entry)


def _of_stopncii(item: dict[str, Any], where: Provenance) -> Iterator[ListRecord]:
    kind, value, status = (_text(item.get(key)) for key in ("signalType", "hashValue", "hashStatus"))
    entry = f"{kind}/{value}"
    if status.lower() in _WITHDRAWN:
        yield Withdrawal(entry, where)
        return
    feedback = Counter(_text(one.get("feedbackValue"))[:64] for one in _objects(item.get("CSPFeedbacks")))
    said = (f"{what} by {count}" for what, count in sorted(feedback.items()) if what and what != "None")
    tags = "; ".join(filter(None, (f"status {status}" if status else "", *said)))
    yield from _listed([(kind, value)], where, None, tags, entry)


def _listed(
    stated: list[tuple[str, str]], where: Provenance, category: Category | None = None, tags: str = "", entry: str = ""
) -> Iterator[ListRecord]:
    hashes, frames, troubles = signals_of(stated)
    yield from (Problem(where, what) for what in troubles)
    if hashes or frames:
        yield ListedMedia(hashes, category, where, tags=tags, entry=entry, frames=frames)


def _text(value: Any) -> str:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def _objects(value: Any) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []

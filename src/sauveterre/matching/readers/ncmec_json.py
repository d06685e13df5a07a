"""NCMEC hash sharing in JSON: entries under the names that its XML has, and as the public client keeps them.

The XML's answer as JSON: ``queryResult`` holds ``images`` and ``videos``, each with ``image``, ``video``,
``deletedImage`` or ``deletedVideo``, one entry or an array of them. The client's own form: objects with ``id``,
``member_id``, ``entry_type``, ``deleted``, ``classification`` and ``fingerprints``, in an array or one a line. An entry
is known by member and id together; what is unknown is passed over.

Source of the names: answers of the interface and the records of the client, as the public client of ThreatExchange
tests them. The interface's own JSON is described nowhere in public: what has other names is not recognised.
"""

import codecs
from collections.abc import Iterator
from typing import Any, BinaryIO

from sauveterre.matching.fingerprints import digests_of
from sauveterre.matching.json_events import follow
from sauveterre.matching.json_items import Items
from sauveterre.matching.ncmec import SCHEME
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia, ListRecord, Withdrawal
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

NAME = "ncmec_json"
TAKES_BACK = True
"""Files of this format may hold withdrawals."""

_ARRAYS = frozenset({"image", "video", "deletedImage", "deletedVideo", "images", "videos", "entries", "updates"})
_DELETED = frozenset({"deletedImage", "deletedVideo"})
_MARKS = (b'"queryResult"', b'"fingerprints"', b'"deletedImage"', b'"deletedVideo"')


def recognises(head: bytes) -> bool:
    """Say whether this is JSON that has the names of the interface."""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return text[:1] in (b"{", b"[") and any(mark in text for mark in _MARKS)


def read(stream: BinaryIO, *, identity: str, name: str) -> Iterator[ListRecord]:
    """Yield entries and withdrawals in the order of the file, in memory that does not grow with it.

    A problem says that further pages follow. Raises ``MalformedList``, after everything before the damage, where the
    JSON breaks or ends too early, or where nothing in it is an entry.
    """
    items = Items(Provenance(identity, name, "", NAME), _ARRAYS, _records)
    found = False
    for record in follow(stream, items, many=True):
        found = True
        yield record
    if not found and not items.is_listed:
        raise items.malformed("there are neither images nor videos", 0)


def _records(item: dict[str, Any], key: str, where: Provenance) -> Iterator[ListRecord]:
    if key == "$" and "fingerprints" not in item:
        yield from _of_outermost(item, where)
    else:
        yield from _of_entry(item, where, is_deleted=key in _DELETED or item.get("deleted") is True)


def _of_outermost(item: dict[str, Any], where: Provenance) -> Iterator[ListRecord]:
    """Tell single entries that stand where several would be an array, and that the answer goes on."""
    answer = item.get("queryResult", item)
    if not isinstance(answer, dict):
        return
    for kind in ("images", "videos"):
        held = answer.get(kind)
        for name, entry in held.items() if isinstance(held, dict) else ():
            if name in _ARRAYS and isinstance(entry, dict):
                yield from _of_entry(entry, _at(where, f".{kind}.{name}"), is_deleted=name in _DELETED)
    paging = answer.get("paging")
    if isinstance(paging, dict) and paging.get("next"):
        yield Problem(where, "further pages of this answer follow: the list is whole only with them")


def _at(where: Provenance, step: str) -> Provenance:
    return Provenance(where.source, where.path, f"{where.locator}{step}", where.reader)


def _of_entry(item: dict[str, Any], where: Provenance, *, is_deleted: bool) -> Iterator[ListRecord]:
    member, number = item.get("member"), _text(item.get("id"))
    owner = _text(member.get("id") if isinstance(member, dict) else item.get("member_id", member))
    entry = f"{owner}/{number}" if number else ""
    if not number:
        yield Problem(where, "the entry has no id, by which it could be changed or taken back")
    if is_deleted:
        if number:
            yield Withdrawal(entry, where)
        return
    stated = item.get("fingerprints")
    named = stated.items() if isinstance(stated, dict) else ()
    hashes, troubles = digests_of((name, _text(value)) for name, value in named)
    yield from (Problem(where, what) for what in troubles)
    if hashes:
        code = _text(item.get("classification"))[:64]
        yield ListedMedia(hashes, Category(SCHEME, code) if code else None, where, entry=entry)


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""

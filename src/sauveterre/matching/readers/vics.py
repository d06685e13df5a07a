"""VICS, the JSON of Project VIC: lists of media and cases that carry media, models 1.2, 1.3 and 2.0.

The envelope is OData: ``{"@odata.context": "…/2.0.xml/REGION/$metadata#SET", "value": [...]}``, before 2.0 the key
``odata.metadata`` with ``…/1.3.xml#SET``. In the set ``Media`` each value is an item of a list; in the set ``Cases``
each value is a case whose ``Media`` holds the items. Field names are those of the published OData model
ProjectVicDataModel 2.0. The dialects met in the field are read too; ``docs/formats.md`` names them.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO

from sauveterre.errors import MalformedList
from sauveterre.matching.json_events import CHUNK, follow
from sauveterre.records.category import Category
from sauveterre.records.digest import HEX_LENGTH, Digest
from sauveterre.records.hash_list import ListedFile, ListedMedia
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

NAME = "vics"

MOST_DEPTH = 64
MOST_VALUES_IN_ONE_ITEM = 50_000
MOST_TEXT_IN_ONE_ITEM = 1 << 21

_KEPT = frozenset({
    "MD5", "SHA1", "SHA256", "AlternativeHashes", "Category", "MediaSize", "VictimIdentified",
    "OffenderIdentified", "IsDistributed", "Series", "Tags", "MediaFiles",
})  # fmt: skip
_FLAGS = ("VictimIdentified", "OffenderIdentified", "IsDistributed")
_CASE_KEYS = frozenset({"CaseID", "CaseNumber", "Media"})
_CONTEXT_KEYS = frozenset({"@odata.context", "odata.context", "odata.metadata"})
_REGION = re.compile(r"\.xml/([A-Za-z0-9_-]{1,32})/")
_SET = re.compile(r"#([A-Za-z]{1,32})")
_HEAD = re.compile(rb"projectvic|vicsdatamodel", re.IGNORECASE)
_STARTS = frozenset({"start_map", "start_array"})
_ENDS = frozenset({"end_map", "end_array"})


def recognises(head: bytes) -> bool:
    """Say whether this is a JSON object that names the model, or that holds ``value`` and ``Media`` or ``MD5``."""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not text.startswith(b"{"):
        return False
    return bool(_HEAD.search(text)) or (b'"value"' in text and (b'"Media"' in text or b'"MD5"' in text))


def read(stream: BinaryIO, *, identity: str, name: str) -> Iterator[ListedMedia | Problem]:
    """Yield the items in the order of the file, in memory that does not grow with it.

    An item without a valid MD5, the key of the model, becomes a ``Problem`` that names it. Raises ``MalformedList``
    after everything before the damage was yielded, where the JSON breaks or ends too early.
    """
    walk = _Walk(identity, name)
    yield from follow(stream, walk)
    if not walk.lists:
        raise walk.malformed('there is no array "value"', 0)


@dataclass(slots=True)
class _Draft:
    """One object that may be an item: what is kept of it, under bounds."""

    locator: str
    in_case: bool
    values: dict[str, Any] = field(default_factory=dict)
    is_case: bool = False
    room: int = MOST_VALUES_IN_ONE_ITEM
    text_room: int = MOST_TEXT_IN_ONE_ITEM
    full: bool = False

    def admits(self, value: object) -> bool:
        """Say whether there is room for one more value, and take it."""
        self.room -= 1
        self.text_room -= len(value) if isinstance(value, str) else 8
        self.full = self.full or self.room < 0 or self.text_room < 0
        return not self.full


class _Walk:
    """Follows the JSON event by event. Each open container has a role; what has none is stepped over."""

    def __init__(self, identity: str, name: str) -> None:
        self.identity, self.name = identity, name
        self.offset = self.items = self.lists = 0
        self.region, self.of_cases = "default", False
        self._roles: list[str] = []
        self._keys: list[str] = []
        self._built: list[Any] = []
        self._drafts: list[_Draft] = []
        self._value_at = self._media_at = 0
        self._out: list[ListedMedia | Problem] = []

    def take(self, events: Any) -> Iterator[ListedMedia | Problem]:
        """Follow the events, empty their list, and hand over the records that they complete."""
        for event, value in events:
            if event == "map_key":
                self._key(value)
            elif event in _STARTS:
                self._start(event)
            elif event in _ENDS:
                self._end()
            else:
                self._scalar(value)
            if self._out:
                yield from self._out
                self._out.clear()
        del events[:]

    def where(self, length: int) -> str:
        """Name the bytes being read."""
        return f"bytes {self.offset:,} to {self.offset + length:,}"

    def place(self) -> str:
        """Name the value, and the item in its case, being read."""
        place = f"$.value[{self._value_at}]"
        return f"{place}.Media[{self._media_at}]" if "media_array" in self._roles else place

    def problem(self, what: str, locator: str = "") -> Problem:
        """Return a problem at a locator, by default the place being read."""
        return Problem(Provenance(self.identity, self.name, locator or self.place(), NAME), what)

    def malformed(self, what: str, length: int) -> MalformedList:
        """Return the error that names the item and the bytes where nothing more can be followed."""
        return MalformedList(
            f"{self.name}: {what} in or behind item {self.place()}, {self.where(length)}; "
            f"the {self.items:,} items before it were read; ask the sender for the whole list and its digest"
        )

    def _key(self, key: str) -> None:
        self._keys[-1] = key
        if self._roles[-1] == "value" and key in _CASE_KEYS:
            self._drafts[-1].is_case = True

    def _start(self, event: str) -> None:
        if len(self._roles) >= MOST_DEPTH:
            raise self.malformed(f"values lie more than {MOST_DEPTH} deep", CHUNK)
        is_map = event == "start_map"
        role = self._role_of_child(is_map=is_map)
        if role == "build":
            built: Any = {} if is_map else []
            self._put(built)
            self._built.append(built)
        elif role == "value_array":
            self.lists += 1
        elif role == "value":
            self._drafts.append(_Draft(self.place(), self.of_cases))
        elif role == "media_array":
            self._media_at = 0
        self._roles.append(role)
        self._keys.append("")
        if role == "media":
            self._drafts.append(_Draft(self.place(), in_case=True))

    def _role_of_child(self, *, is_map: bool) -> str:
        if not self._roles:
            if not is_map:
                raise self.malformed("the file holds no JSON object", CHUNK)
            return "root"
        parent, key = self._roles[-1], self._keys[-1]
        if parent in {"value_array", "media_array"}:
            return parent.removesuffix("_array") if is_map else "skip"
        if parent == "root":
            return "value_array" if key == "value" and not is_map else "skip"
        if parent == "value" and key == "Media" and not is_map:
            return "media_array"
        if parent == "build" or (parent in {"value", "media"} and key in _KEPT):
            return "build" if self._drafts[-1].admits(None) else "skip"
        return "skip"

    def _put(self, value: Any) -> None:
        if self._roles[-1] != "build":
            self._drafts[-1].values[self._keys[-1]] = value
        elif isinstance(self._built[-1], dict):
            self._built[-1][self._keys[-1]] = value
        else:
            self._built[-1].append(value)

    def _scalar(self, value: Any) -> None:
        if not self._roles:
            raise self.malformed("the file holds no JSON object", CHUNK)
        role, key = self._roles[-1], self._keys[-1]
        if role == "build" or (role in {"value", "media"} and key in _KEPT):
            if self._drafts[-1].admits(value):
                self._put(value)
        elif role == "root" and key in _CONTEXT_KEYS and isinstance(value, str):
            self._context(value)
        elif role in {"value_array", "media_array"}:
            self._out.append(self.problem("this is not an object: no item was read"))
            self._step(role)

    def _context(self, text: str) -> None:
        region, of = _REGION.search(text), _SET.search(text)
        self.region = region[1].lower() if region else self.region
        self.of_cases = bool(of and of[1].lower() == "cases")

    def _end(self) -> None:
        role = self._roles.pop()
        self._keys.pop()
        if role == "build":
            self._built.pop()
        elif role in {"value", "media"}:
            self._finish(self._drafts.pop())
        parent = self._roles[-1] if self._roles else ""
        if parent in {"value_array", "media_array"}:
            if role == "skip":
                self._out.append(self.problem("this is not an object: no item was read"))
            self._step(parent)

    def _step(self, array: str) -> None:
        if array == "value_array":
            self._value_at += 1
        else:
            self._media_at += 1

    def _finish(self, draft: _Draft) -> None:
        if "MD5" not in draft.values and (draft.is_case or (draft.in_case and ".Media[" not in draft.locator)):
            return
        if draft.full:
            what = "this item is too large: what stands behind its first values was left out"
            self._out.append(self.problem(what, draft.locator))
        hashes, troubles = _hashes(draft.values)
        self._out += [self.problem(what, draft.locator) for what in (*troubles, *_unread(draft.values))]
        if hashes and hashes[0].algorithm == "md5":
            self._out.append(self._item(draft, hashes))
            self.items += 1

    def _item(self, draft: _Draft, hashes: tuple[Digest, ...]) -> ListedMedia:
        values = draft.values
        return ListedMedia(
            hashes=hashes,
            category=_category(values.get("Category"), self.region, in_case=draft.in_case),
            provenance=Provenance(self.identity, self.name, draft.locator, NAME),
            size=_whole(values.get("MediaSize")),
            victim_identified=_flag(values.get("VictimIdentified")),
            offender_identified=_flag(values.get("OffenderIdentified")),
            distributed=_flag(values.get("IsDistributed")),
            series=_words(values.get("Series")),
            tags=_words(values.get("Tags")),
            files=_files(values.get("MediaFiles")),
        )


def _hashes(values: dict[str, Any]) -> tuple[tuple[Digest, ...], list[str]]:
    """Return the valid digests, MD5 first, and a sentence for each that is not valid."""
    found: dict[Digest, None] = {}
    troubles: list[str] = []
    stated = [("md5", values.get("MD5")), ("sha1", values.get("SHA1")), ("sha256", values.get("SHA256"))]
    for other in _objects(values.get("AlternativeHashes")):
        name = _text(other.get("HashName")).lower().replace("-", "")
        if name in HEX_LENGTH:
            stated.append((name, other.get("HashValue")))
    for algorithm, value in stated:
        text = _text(value).strip().lower()
        if not text:
            continue
        try:
            found[Digest(algorithm, text)] = None
        except ValueError:
            troubles.append(f"{algorithm.upper()} is not {HEX_LENGTH[algorithm]} hex digits: not used")
    hashes = tuple(found)
    if not hashes or hashes[0].algorithm != "md5":
        troubles.append("the item has no valid MD5, which is its key: no item was read")
    return hashes, troubles


def _unread(values: dict[str, Any]) -> list[str]:
    """Return a sentence for each stated value that is none of the model's: it is taken as unknown, and said so."""
    read: dict[str, bool] = {
        "Category": bool(_code(values.get("Category"))),
        "MediaSize": _whole(values.get("MediaSize")) is not None,
        **{key: _flag(values.get(key)) is not None for key in _FLAGS},
    }
    wrong = (key for key, understood in read.items() if not understood and values.get(key) not in (None, ""))
    return [f"{key} has a value that the model does not know: taken as unknown" for key in wrong]


def _code(value: Any) -> str:
    number = _whole(value)
    return str(number) if number is not None else _text(value).strip()[:64]


def _category(value: Any, region: str, *, in_case: bool) -> Category | None:
    """Return the code in the scheme of its region and set: 0 is benign in a list but undecided in a case."""
    code = _code(value)
    if not code or (in_case and code == "0"):
        return None
    return Category(f"vics-{region}-{'case' if in_case else 'list'}", code)


def _flag(value: Any) -> bool | None:
    text = str(value).strip().lower() if isinstance(value, (bool, int, str)) else ""
    return {"true": True, "1": True, "false": False, "0": False}.get(text)


def _whole(value: Any) -> int | None:
    """Return a whole number that is not negative and fits 64 bits, from a number or its digits."""
    if value is None or isinstance(value, (bool, dict, list)):
        return None
    if isinstance(value, Decimal) and value.is_finite() and 0 <= value.adjusted() < 19 and value == int(value):
        value = int(value)
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _objects(value: Any) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _words(value: Any) -> str:
    """Return a text as it is, ``{"Name": …}`` as its name, and a list of either joined with ``, ``."""
    if isinstance(value, list):
        return ", ".join(filter(None, (_words(part) for part in value if not isinstance(part, list))))
    return _text(value.get("Name")) if isinstance(value, dict) else _text(value)


def _files(value: Any) -> tuple[ListedFile, ...]:
    return tuple(ListedFile(_text(f.get("FileName")), _text(f.get("FilePath"))) for f in _objects(value))

"""NCMEC hash sharing, the XML of its interface, version 2: one answer to a query for entries.

``queryResult`` holds ``images`` and ``videos``; each entry has the member that gave it, an id, perhaps a
``classification`` (A1 to B2), ``fingerprints`` and ``feedback``. An entry is known by member and id together;
``deletedImage`` and ``deletedVideo`` take one back. Elements are known by their local names, in any order and any
namespace; what is unknown is passed over.

Source of the format: answers of the interface as the public client of ThreatExchange tests them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from sauveterre.errors import MalformedList
from sauveterre.matching.fingerprints import digests_of
from sauveterre.matching.ncmec import SCHEME
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia, ListRecord, Withdrawal
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

NAME = "ncmec_xml"
TAKES_BACK = True
"""Files of this format may hold withdrawals."""

CHUNK = 1 << 14
MOST_SILENCE = 1 << 22
"""Most bytes in which nothing begins or ends: a parser would keep them all."""
MOST_DEPTH = 32
MOST_VALUES_IN_ONE_ENTRY = 1_000
MOST_TEXT = 4_096
"""Characters kept of one value."""

_ENTRIES = {"image": False, "video": False, "deletedImage": True, "deletedVideo": True}
_FEEDBACK = {"affirmativeFeedback": "affirmed", "negativeFeedback": "disputed"}


def recognises(head: bytes) -> bool:
    """Say whether this is XML of the interface, by its namespace or its outermost element."""
    return b"<" in head[:4] and (b"hashsharing.ncmec.org/" in head or b"<queryResult" in head)


def read(stream: BinaryIO, *, identity: str, name: str) -> Iterator[ListRecord]:
    """Yield entries and withdrawals in the order of the file, in memory that does not grow with it.

    A problem says where a set holds fewer entries than it states, and that further pages follow. Raises
    ``MalformedList``, after everything before the damage, where the XML breaks, ends too early or is another answer.
    """
    target = _Answer(identity, name)
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    fed = silent = 0
    while chunk := stream.read(CHUNK):
        before = target.events
        broken = _feed(parser, chunk)
        yield from target.drained()
        if broken:
            raise target.malformed(f"{broken}, between the bytes {fed:,} and {fed + len(chunk):,}")
        fed += len(chunk)
        silent = 0 if target.events != before else silent + len(chunk)
        if silent > MOST_SILENCE:
            raise target.malformed(f"a single value is longer than {MOST_SILENCE:,} bytes")
    if not target.is_whole:
        raise target.malformed(f"it ends too early, after {fed:,} bytes")


def _feed(parser: DefusedXMLParser, chunk: bytes) -> str:
    """Return what is wrong, as the begin of a sentence; empty where nothing is."""
    try:
        parser.feed(chunk)
    except _Unfit as error:
        return str(error)
    except DefusedXmlException:
        return "it declares a document type or entities, which are refused"
    except (ParseError, ValueError, LookupError):
        return "the XML breaks"
    return ""


class _Unfit(Exception):
    """The answer can be followed no further; the message is the begin of a sentence."""


@dataclass(slots=True)
class _Draft:
    """What is kept of one entry, under a bound."""

    locator: str
    is_withdrawal: bool
    values: dict[str, str] = field(default_factory=dict)
    fingerprints: list[tuple[str, str]] = field(default_factory=list)
    feedback: list[list[str]] = field(default_factory=list)
    """For each kind: what was said, how many members say so, and their reasons."""
    members: list[int] = field(default_factory=list)
    room: int = MOST_VALUES_IN_ONE_ENTRY


class _Answer:
    """What the parser calls: keeps one entry at a time."""

    def __init__(self, identity: str, name: str) -> None:
        self.events = self.entries = 0
        self.is_whole = False
        self._identity, self._name = identity, name
        self._open: list[str] = []
        self._counts = dict.fromkeys(_ENTRIES, 0)
        self._stated: int | None = None
        self._held = 0
        self._draft: _Draft | None = None
        self._text: list[str] = []
        self._length = 0
        self._out: list[ListRecord] = []

    def drained(self) -> list[ListRecord]:
        """Return the records completed so far, each once."""
        out, self._out = self._out, []
        return out

    def malformed(self, what: str) -> MalformedList:
        """Return the error that says where nothing more can be followed."""
        return MalformedList(
            f"{self._name}: {what}, behind {self.entries:,} entries, which were read; "
            "ask for the entries of this list again"
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take up an element."""
        self.events += 1
        name = tag.rpartition("}")[2]
        if not self._open and name != "queryResult":
            raise _Unfit(f"this is no answer with entries but {name[:64]!r}")
        if len(self._open) >= MOST_DEPTH:
            raise _Unfit(f"elements lie more than {MOST_DEPTH} deep")
        self._text, self._length = [], 0
        if self._draft is not None:
            self._in_entry(self._draft, name, attributes)
        elif name in _ENTRIES and len(self._open) == 2:
            self._counts[name] += 1
            self._held += 1
            self._draft = _Draft(f"(//{name})[{self._counts[name]}]", _ENTRIES[name])
        elif len(self._open) == 1:
            stated = attributes.get("count", "")
            self._held, self._stated = 0, int(stated) if stated.isdecimal() and len(stated) < 19 else None
        self._open.append(name)

    def _in_entry(self, draft: _Draft, name: str, attributes: dict[str, str]) -> None:
        draft.room -= 1
        if draft.room < 0:
            return
        parent = self._open[-1]
        if name == "member" and len(self._open) == 3:
            draft.values["member"] = attributes.get("id", "")[:MOST_TEXT].strip()
        elif name in _FEEDBACK and parent == "feedback":
            kind = attributes.get("type", "")[:64].strip().lower()
            draft.feedback.append([f"{kind} {_FEEDBACK[name]}".strip()])
            draft.members.append(0)
        elif draft.feedback and name == "member":
            draft.members[-1] += 1
        elif draft.feedback and name == "reason":
            draft.feedback[-1].append(attributes.get("name", "")[:256].strip())

    def data(self, text: str) -> None:
        """Take the text of a value, as far as it is kept."""
        if self._draft is not None and self._length < MOST_TEXT:
            self._text.append(text[: MOST_TEXT - self._length])
            self._length += len(text)

    def end(self, _tag: str) -> None:
        """Leave an element."""
        self.events += 1
        name = self._open.pop()
        draft, depth = self._draft, len(self._open)
        if draft is not None and depth == 2:
            self._finish(draft)
            self._draft = None
        elif draft is not None and draft.room >= 0:
            text = "".join(self._text).strip()
            if depth == 3 and name in ("id", "classification"):
                draft.values[name] = text
            elif depth == 4 and self._open[-1] == "fingerprints":
                draft.fingerprints.append((name.lower(), text))
        elif depth == 1:
            self._end_of_set(name)
        elif depth == 0:
            self.is_whole = True
        elif depth == 2 and name == "next" and self._open[-1] == "paging":
            self._problem("paging/next", "further pages of this answer follow: the list is whole only with them")
        self._text, self._length = [], 0

    def close(self) -> None:
        """Nothing is left to close."""

    def _end_of_set(self, name: str) -> None:
        if name in ("images", "videos") and self._stated is not None and self._stated != self._held:
            self._problem(name, f"{self._stated:,} entries are stated and {self._held:,} are there")
        self._stated = None

    def _finish(self, draft: _Draft) -> None:
        entry = f"{draft.values.get('member', '')}/{draft.values.get('id', '')}"
        if draft.room < 0:
            self._problem(draft.locator, "this entry is too large: what stands behind its first values was left out")
        if not draft.values.get("id"):
            self._problem(draft.locator, "the entry has no id, by which it could be changed or taken back")
        elif draft.is_withdrawal:
            self._out.append(Withdrawal(entry, self._at(draft.locator)))
            self.entries += 1
        if draft.is_withdrawal:
            return
        hashes, troubles = digests_of(draft.fingerprints)
        for what in troubles:
            self._problem(draft.locator, what)
        if hashes:
            code = draft.values.get("classification", "")[:64]
            category = Category(SCHEME, code) if code else None
            where, tags = self._at(draft.locator), _tags(draft)
            self._out.append(
                ListedMedia(hashes, category, where, tags=tags, entry=entry if draft.values.get("id") else "")
            )
            self.entries += 1

    def _at(self, locator: str) -> Provenance:
        return Provenance(self._identity, self._name, locator, NAME)

    def _problem(self, locator: str, what: str) -> None:
        self._out.append(Problem(self._at(locator), what))


def _tags(draft: _Draft) -> str:
    """Say which fingerprints members affirmed or disputed, how many they are, and why."""
    return "; ".join(
        f"{what} by {members}" + (f" ({', '.join(filter(None, reasons))})" if any(reasons) else "")
        for (what, *reasons), members in zip(draft.feedback, draft.members, strict=True)
    )

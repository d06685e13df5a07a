"""A report as a stream of what stands in it, in constant memory: facts of its head, files, models.

No schema is public. Known from published parsers and excerpts: ``project`` has ``sourceExtractions``, ``metadata`` with
``item`` by name, ``taggedFiles/file``, and ``decodedData/modelType/model``; a model has ``field`` and ``multiField``
with ``value`` or ``empty``, ``modelField`` and ``multiModelField`` with models, ``dataField/source``. Chats are handed
out piece by piece, as one chat may be most of the report. Document types are refused, entities cannot occur.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from sauveterre.errors import UnreadableSource
from sauveterre.messages.ufdr.clean import clean_text
from sauveterre.messages.ufdr.models import Model, value_of
from sauveterre.records.pulse import pulse

MOST_SILENCE = 32 << 20
"""Most characters in which nothing begins or ends: more than that is kept by no parser."""
MOST_TEXT = 1 << 20
"""Most characters kept of one value."""
MOST_MODEL_TEXT = 16 << 20
MOST_MODELS = 20_000
"""Most models, and most values, kept of what is handed out as one piece."""
MOST_NESTED = 60
"""Deepest element that is looked at; what lies below is passed over."""
MOST_DEPTH = 5_000
MOST_NAMES = 5_000
"""Most different names of elements and attributes: the parser keeps each for ever."""
MOST_NAME = 300
"""Most characters kept of an attribute: names, identifiers, states."""
_ATTRIBUTES = ("id", "pa_id", "deleted_state", "decoding_confidence", "source_index", "file_id")
"""Attributes of a model that are kept."""


_STARTS = {
    "project": "project",
    "taggedFiles": "files",
    "decodedData": "decoded",
    "file": "file",
    "item": "item",
    "model": "model",
    "field": "field",
    "multiField": "field",
    "modelField": "field",
    "multiModelField": "field",
    "value": "value",
    "source": "source",
}
"""Elements that are looked at, and by which method."""
_ENDS = frozenset({"file", "item", "model", "value"})


class BadReport(ValueError):
    """The report can be followed no further; the message is the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the report's head: an attribute of the project (``@name``) or an item of its metadata."""

    name: str
    value: str


@dataclass(slots=True)
class TaggedFile:
    """A file that the report lists."""

    id: str
    path: str
    """On the device."""
    size: int | None
    items: dict[str, str]
    """Metadata by name: ``Local Path``, ``MD5``, ``SHA256`` …"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A model that stands for itself, or a piece of a chat."""

    model: Model
    number: int
    """Counted from 1 over the whole report."""
    field: str = ""
    """The field of the chat that it comes from; empty for a model that stands for itself."""
    chat: int = 0
    """Number of the chat that it is, or is a piece of, counted from 1; a chat's pieces come before it."""
    cut: str = ""
    """What of it was too much to be kept."""

    @property
    def sort(self) -> str:
        """The model's type, after the field of a chat where it is a piece of one."""
        return f"{self.model.type or '(no type)'}{f' in {self.field} of chats' if self.chat and self.field else ''}"


@dataclass(frozen=True, slots=True)
class Begin:
    """A part of the report begins: ``taggedFiles``, ``decodedData``."""

    name: str


Found = Fact | TaggedFile | Piece | Begin


def read_report(stream: BinaryIO) -> Iterator[Found]:
    """Yield what stands in a report, in its order.

    Raises ``BadReport`` where it can be followed no further, ``UnreadableSource`` where the stream ends in damage.
    """
    target = _Target()
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    target.listen(parser)
    silent = fed = 0
    try:
        for text in clean_text(stream):
            pulse()
            before = target.events
            parser.feed(text)
            fed += len(text)
            silent = 0 if target.events != before else silent + len(text)
            yield from target.drained()
            _look_at(silent)
        parser.close()
        yield from target.drained()
    except (ParseError, DefusedXmlException, BadReport, UnreadableSource) as error:
        yield from target.drained()
        yield from target.abandoned()
        what = "it has a document type" if isinstance(error, DefusedXmlException) else str(error)
        raise BadReport(f"it breaks off about {fed:,} characters after its start{target.place}: {what}") from error


def _look_at(silent: int) -> None:
    if silent > MOST_SILENCE:
        raise BadReport(f"a single value is longer than {MOST_SILENCE:,} characters")


class _Target:
    """What the parser calls. Keeps the models that are open, and nothing of what was handed out."""

    def __init__(self) -> None:
        self.events = 0
        self._found: list[Found] = []
        self._names: set[str] = set()
        self._starts: dict[str, Callable[[dict[str, str]], None] | None] = {}
        self._ends: dict[str, Callable[[], None] | None] = {}
        self._depth = 0
        self._open: list[Model] = []
        self._field: list[str] = [""]
        """The field at hand, for each open model and for none."""
        self._text: list[str] = []
        self._length = 0
        self._wanted = False
        self._style = ""
        self._item = ""
        self._file: TaggedFile | None = None
        self._section = "project"
        self._budgets: list[list[int]] = []
        """Values and characters kept so far, of the piece at hand and of the chat around it."""
        self._cut = ""
        self._chats = self._pieces = 0
        self._last = ""

    @property
    def place(self) -> str:
        """Where the report was left, as a part of a sentence."""
        return f", after model {self._last}" if self._last else ""

    def drained(self) -> list[Found]:
        """Return what was completed so far, each once."""
        found, self._found = self._found, []
        return found

    def abandoned(self) -> list[Found]:
        """Return the chat that was open where the report broke off, as far as it was read."""
        chat = self._open[:1] if self._open and self._open[0].type == "Chat" else []
        return [Piece(model, self._pieces + 1, "", self._chats) for model in chat]

    def listen(self, parser: Any) -> None:
        """Be called by the parser's own engine for elements and text; what it refuses, it goes on to refuse."""
        engine = parser.parser
        engine.ordered_attributes = False
        engine.DefaultHandlerExpand = None
        engine.StartElementHandler, engine.EndElementHandler = self._start, self._end
        engine.CharacterDataHandler = self._data

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.events += 1
        self._depth += 1
        if tag not in self._starts or not self._names.issuperset(attributes):
            self._learn(tag, attributes)
        if self._depth > MOST_NESTED:
            if self._depth > MOST_DEPTH:
                raise BadReport(f"its elements lie more than {MOST_DEPTH:,} deep")
            self._cut = self._cut or f"what lies more than {MOST_NESTED} elements deep"
            return
        handler = self._starts[tag]
        if handler is not None:
            handler(attributes)

    def _learn(self, tag: str, attributes: dict[str, str]) -> None:
        """Find once for each name of an element what it means here, and count all names."""
        name = tag.rpartition("}")[2]
        self._starts[tag] = getattr(self, f"_start_{_STARTS[name]}") if name in _STARTS else None
        self._ends[tag] = getattr(self, f"_end_{name}") if name in _ENDS else None
        self._names.update(attributes)
        if len(self._names) + len(self._starts) > MOST_NAMES:
            raise BadReport(f"it has more than {MOST_NAMES:,} different names of elements and attributes")

    def _data(self, text: str) -> None:
        if self._wanted and self._depth <= MOST_NESTED:
            room = MOST_TEXT - self._length
            if len(text) > room:
                self._cut = self._cut or f"what a value has beyond {MOST_TEXT:,} characters"
            self._text.append(text[:room])
            self._length += min(len(text), room)

    def _end(self, tag: str) -> None:
        self.events += 1
        self._depth -= 1
        handler = self._ends[tag]
        if handler is not None and self._depth < MOST_NESTED:
            handler()

    def close(self) -> None:
        """Have nothing more to do."""

    def _start_project(self, attributes: dict[str, str]) -> None:
        self._found += [Fact(f"@{name}", value.strip()) for name, value in sorted(attributes.items())]

    def _start_files(self, _attributes: dict[str, str]) -> None:
        self._part("taggedFiles")

    def _start_decoded(self, _attributes: dict[str, str]) -> None:
        self._part("decodedData")

    def _part(self, name: str) -> None:
        if not self._open:
            self._section = name
            self._found.append(Begin(name))

    def _start_file(self, attributes: dict[str, str]) -> None:
        if self._section == "taggedFiles":
            size = attributes.get("size", "")
            known = int(size) if size.isdecimal() and len(size) < 19 else None
            identifier, path = attributes.get("id", "")[:MOST_NAME], attributes.get("path", "")[:MOST_TEXT]
            self._file = TaggedFile(identifier, path, known, {})

    def _end_file(self) -> None:
        if self._file is not None:
            self._found.append(self._file)
            self._file = None

    def _start_item(self, attributes: dict[str, str]) -> None:
        if not self._open and self._section != "decodedData":
            self._item = attributes.get("name", "")[:MOST_NAME]
            self._want("")

    def _end_item(self) -> None:
        value, name, self._item = self._taken(""), self._item, ""
        if not name:
            return
        if self._file is not None:
            if len(self._file.items) < MOST_NESTED:
                self._file.items.setdefault(name, value)
        elif self._section != "taggedFiles":
            self._found.append(Fact(name, value))

    def _start_model(self, attributes: dict[str, str]) -> None:
        kept = {name: attributes[name][:MOST_NAME] for name in _ATTRIBUTES if attributes.get(name)}
        model = Model(attributes.get("type", "")[:MOST_NAME], kept)
        self._open.append(model)
        self._field.append("")
        if len(self._open) == 1:
            self._chats += model.type == "Chat"
        if len(self._open) == 1 or self._is_piece():
            self._budgets.append([0, 0])

    def _end_model(self) -> None:
        if not self._open:
            return
        is_piece = self._is_piece()
        model = self._open.pop()
        self._field.pop()
        self._last = model.id or self._last
        if not self._open or is_piece:
            self._budgets.pop()
            chat = self._chats if is_piece or model.type == "Chat" else 0
            self._pieces += 1
            self._found.append(Piece(model, self._pieces, self._field[-1], chat, self._cut))
            self._cut = ""
        elif self._room(len("model")):
            self._open[-1].models.setdefault(self._field[-1], []).append(model)

    def _is_piece(self) -> bool:
        """Say whether the innermost model lies directly in a chat: those are handed out by themselves."""
        return len(self._open) == 2 and self._open[0].type == "Chat"

    def _room(self, length: int) -> bool:
        """Say whether a value or model of this length may still be kept, and count it."""
        budget = self._budgets[-1]
        budget[0] += 1
        budget[1] += length
        if budget[0] > MOST_MODELS or budget[1] > MOST_MODEL_TEXT:
            self._cut = self._cut or f"what one model holds beyond {MOST_MODELS:,} values"
            return False
        return True

    def _start_field(self, attributes: dict[str, str]) -> None:
        if self._open:
            self._field[-1] = attributes.get("name", "")[:MOST_NAME]

    def _start_value(self, attributes: dict[str, str]) -> None:
        if self._open:
            self._want(attributes.get("format", ""))

    def _end_value(self) -> None:
        value = self._taken(self._style)
        if self._open and value and self._room(len(value)):
            self._open[-1].fields.setdefault(self._field[-1], []).append(value)

    def _start_source(self, attributes: dict[str, str]) -> None:
        length = attributes.get("length", "")
        if self._open and length.isdecimal() and len(length) < 19 and self._room(1):
            self._open[-1].lengths.append(int(length))

    def _want(self, style: str) -> None:
        self._text, self._length, self._wanted, self._style = [], 0, True, style

    def _taken(self, style: str) -> str:
        text, self._text, self._wanted = "".join(self._text), [], False
        return value_of(text, style)

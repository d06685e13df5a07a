"""XML from outside as a small tree, within bounds: no DTD, no entities, limits on size and depth.

What every element says is kept; namespaces are reduced to local names.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import defusedxml.ElementTree as SafeTree
from defusedxml.common import DefusedXmlException

from sauveterre.errors import MalformedReferral
from sauveterre.records.referral import ReferralElement

MAX_BYTES = 16 << 20
MAX_DEPTH = 32
MAX_ELEMENTS = 200_000
MAX_NAME = 128
MAX_PATH_CHARACTERS = 64 << 20
"""Of all paths together: deep trees of long names would otherwise outgrow the file that states them."""


@dataclass(slots=True)
class Node:
    """One element while the document is read."""

    name: str
    path: str
    attributes: tuple[tuple[str, str], ...]
    children: list["Node"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The element's own character data, exactly; empty where it is only the layout between children."""
        joined = "".join(self.pieces)
        return "" if self.children and not joined.strip() else joined

    @property
    def value(self) -> str:
        """The text without the white space around it."""
        return self.text.strip()

    def all(self, name: str) -> list["Node"]:
        """Return the children of this name, in order."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> "Node | None":
        """Return the first child of this name, or None."""
        return next((child for child in self.children if child.name == name), None)

    def value_of(self, *names: str) -> str:
        """Return the value of the first of these children that says something; empty when none does."""
        return next((node.value for name in names for node in self.all(name) if node.value), "")

    def attribute(self, name: str) -> str:
        """Return an attribute's text without white space around it; empty where it is absent."""
        return next((value.strip() for key, value in self.attributes if key == name), "")

    def walk(self) -> Iterator["Node"]:
        """Yield this element and everything below it, in the order of the document."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    def element(self) -> ReferralElement:
        """Return the record that keeps this element."""
        return ReferralElement(self.path, self.text, self.attributes)


@dataclass(slots=True)
class Document:
    """A whole document: its root element, and how many comments and instructions lie around the elements."""

    root: Node
    namespace: str
    asides: int


def local_name(name: str) -> str:
    """Return a name without its namespace: ``{http://…}report`` and ``report`` are both ``report``."""
    return name.rpartition("}")[2]


class _Builder:
    """Receives the parser's events. Raises ``MalformedReferral`` as soon as a bound is passed."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.root: Node | None = None
        self.namespace = ""
        self.open: list[Node] = []
        self.elements = 0
        self.path_characters = 0
        self.asides = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local_name(tag)
        parent = self.open[-1] if self.open else None
        if parent is None:
            self.namespace = tag[1:].partition("}")[0] if tag.startswith("{") else ""
            path = f"/{name}[1]"
        else:
            position = parent.counts[name] = parent.counts.get(name, 0) + 1
            path = f"{parent.path}/{name}[{position}]"
        self._check(name, path)
        pairs = tuple((local_name(key), value) for key, value in attributes.items())
        node = Node(name, path, pairs)
        if parent is None:
            self.root = node
        else:
            parent.children.append(node)
        self.open.append(node)

    def _check(self, name: str, path: str) -> None:
        self.elements += 1
        self.path_characters += len(path)
        if len(name) > MAX_NAME:
            raise refusal(self.label, f"an element has a name of more than {MAX_NAME} characters")
        if len(self.open) >= MAX_DEPTH:
            raise refusal(self.label, f"its elements lie more than {MAX_DEPTH} deep")
        if self.elements > MAX_ELEMENTS or self.path_characters > MAX_PATH_CHARACTERS:
            raise refusal(self.label, f"it has more elements than the {MAX_ELEMENTS:,} that are read")

    def data(self, text: str) -> None:
        if self.open:
            self.open[-1].pieces.append(text)

    def end(self, _tag: str) -> None:
        self.open.pop()

    def comment(self, _text: str) -> None:
        self.asides += 1

    def pi(self, _target: str, _data: str | None = None) -> None:
        self.asides += 1

    def close(self) -> Document:
        if self.root is None:
            raise refusal(self.label, "it holds no element")
        return Document(self.root, self.namespace, self.asides)


def refusal(label: str, why: str) -> MalformedReferral:
    """Return the error that says, in one sentence, that a referral cannot be read, why, and what to do."""
    return MalformedReferral(
        f"{label}: the referral cannot be read, because {why}; keep the file and ask its sender for it anew."
    )


def read_document(data: bytes, label: str) -> Document:
    """Parse bounded XML without DTD or entities.

    Args:
        data: the whole document, at most ``MAX_BYTES``, in an encoding that it declares or marks.
        label: the file's name, for the message.

    Raises:
        MalformedReferral: it is not well formed, too large, too deep, or carries a DTD or an entity.

    """
    if len(data) > MAX_BYTES:
        raise refusal(label, f"it is larger than the {MAX_BYTES >> 20} MiB that are read")
    parser = SafeTree.DefusedXMLParser(target=_Builder(label), forbid_dtd=True)
    try:
        parser.feed(data)
        document = parser.close()
    except DefusedXmlException as error:
        raise refusal(label, "it carries a document type or entities, which a referral never needs") from error
    except SafeTree.ParseError as error:
        raise refusal(label, f"its XML is broken ({error})") from error
    except (ValueError, LookupError) as error:
        raise refusal(label, "its text is not in the encoding that it declares") from error
    if not isinstance(document, Document):
        raise refusal(label, "it holds no element")
    return document

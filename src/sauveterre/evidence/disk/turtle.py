"""RDF in the Turtle notation, as far as AFF4 uses it: prefixes, names, literals, lists by ``;`` and ``,``.

Format: "RDF 1.1 Turtle", W3C. Blank nodes and collections are passed over.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_TOKEN = re.compile(
    r"""
      (?P<space>   \s+ | \#[^\n]* )
    | (?P<iri>     <[^<>"\s]*> )
    | (?P<long>    \"{3}(?:[^"\\]|\\.|\"{1,2}(?!\"))*\"{3} )
    | (?P<text>    "(?:[^"\\\n]|\\.)*" )
    | (?P<type>    \^\^ )
    | (?P<lang>    @[A-Za-z]+(?:-[A-Za-z0-9]+)* )
    | (?P<number>  [+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)? )
    | (?P<mark>    [;,.\[\]()] )
    | (?P<name>    [\w.%~\\-]{0,99}:[\w.%~:/\\-]{0,999}[\w%~:/-] | [\w.-]{0,99}: | \w+ )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Node:
    """One object of a statement: a name (an IRI) or a literal, whose type is then an IRI or empty."""

    value: str
    literal: bool = False
    type: str = ""


@dataclass(slots=True)
class Thing:
    """All that is said of one subject."""

    said: dict[str, list[Node]] = field(default_factory=dict)

    def values(self, predicate: str) -> list[str]:
        """Return the values of a predicate."""
        return [node.value for node in self.said.get(predicate, ())]

    def value(self, predicate: str) -> str:
        """Return the first value of a predicate; empty when nothing is said."""
        return next(iter(self.values(predicate)), "")

    def number(self, predicate: str, default: int = 0) -> int:
        """Return the first value of a predicate as a number that is not negative."""
        text = self.value(predicate)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else default


def parse_turtle(text: str) -> dict[str, Thing]:
    """Return what a document says, by subject; what cannot be followed is passed over to the next full stop."""
    found: dict[str, Thing] = {}
    prefixes: dict[str, str] = {}
    for statement in _statements(text):
        if statement[0][1].lower() in ("@prefix", "prefix") and len(statement) >= 3:
            prefixes[statement[1][1].removesuffix(":")] = statement[2][1][1:-1]
            continue
        subject = _node(statement[:1], prefixes)
        if subject is not None and not subject.literal:
            _say(found.setdefault(subject.value, Thing()), statement[1:], prefixes)
    return found


Token = tuple[str, str]


def _statements(text: str) -> Iterator[list[Token]]:
    statement: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None and text[at] == '"':
            return  # a text without an end: nothing after it can be told from it
        if match is None:
            at += 1
            continue
        at = match.end()
        kind = match.lastgroup or ""
        if kind == "mark" and match[0] == ".":
            if statement:
                yield statement
            statement = []
        elif kind != "space":
            statement.append((kind, match[0]))
    if statement:
        yield statement


def _say(thing: Thing, tokens: list[Token], prefixes: dict[str, str]) -> None:
    """Add what the predicates and objects after a subject say."""
    predicate = ""
    current: list[Token] = []
    for token in [*tokens, ("mark", ";")]:
        if token[0] != "mark" or token[1] not in ";,":
            if not predicate and not current:
                named = _node([token], prefixes)
                predicate = "" if named is None else named.value
            else:
                current.append(token)
            continue
        node = _node(current, prefixes)
        if predicate and node is not None:
            thing.said.setdefault(predicate, []).append(node)
        current = []
        if token[1] == ";":
            predicate = ""


def _node(tokens: list[Token], prefixes: dict[str, str]) -> Node | None:
    if not tokens:
        return None
    kind, text = tokens[0]
    match kind:
        case "iri":
            return Node(text[1:-1])
        case "text" | "long":
            quotes = 3 if kind == "long" else 1
            typed = _node(tokens[2:3], prefixes) if tokens[1:2] == [("type", "^^")] else None
            return Node(_unescaped(text[quotes:-quotes]), literal=True, type="" if typed is None else typed.value)
        case "number":
            return Node(text, literal=True)
        case "name" if text == "a":
            return Node(RDF_TYPE)
        case "name" if ":" in text:
            prefix, _, rest = text.partition(":")
            return Node(prefixes[prefix] + rest) if prefix in prefixes else Node(text)
        case _:
            return None


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) > 1:
            number = int(code[1:], 16)
            return chr(number) if number < 0xD800 or 0xDFFF < number < 0x110000 else "\ufffd"
        return {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}.get(code, code)

    return re.sub(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", character, text, flags=re.DOTALL)

"""A fast check of a CASE/UCO document in JSON-LD: what breaks most often, in time linear in its size.

It looks at structure alone: identities, closed references, typed literals, relationships and hashes. Which class may
carry which property is the ontology's business (CASE 1.5.0, https://caseontology.org): its own validator checks that.
"""

import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

MAX_PROBLEMS = 100
HASH_LENGTHS = {"MD5": 32, "SHA1": 40, "SHA256": 64, "SHA384": 96, "SHA512": 128}

_ID = re.compile(r"([A-Za-z][\w-]*):[a-z0-9-]+-([0-9a-f-]{36})")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_LITERALS = {
    "xsd:hexBinary": re.compile(r"(?:[0-9A-Fa-f]{2})+"),
    "xsd:nonNegativeInteger": re.compile(r"[0-9]+", re.ASCII),
    "xsd:positiveInteger": re.compile(r"0*[1-9][0-9]*", re.ASCII),
    "xsd:decimal": re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII),
}

Json = dict[str, Any]


def check_case(document: Json) -> list[str]:
    """Return what is wrong with a document, in sentences; an empty list when nothing was found.

    Checked: every object has an identity that ends in a UUID, a type, and known prefixes; none is defined twice;
    every reference leads to an object of the document; times have a zone; hex, counts and decimals are what they
    say; relationships have a source, one target and a direction; hashes have the length of their method.
    """
    context, graph = document.get("@context"), document.get("@graph")
    if not isinstance(context, dict) or not isinstance(graph, list):
        return ["The document needs a @context that names its prefixes and a @graph that lists its objects."]
    nodes = [item for item in _walk(graph) if "@value" not in item]
    problems = list(_problems(nodes, frozenset(context)))
    problems += [problem for item in _walk(graph) if "@value" in item for problem in _literal(item)]
    return problems[:MAX_PROBLEMS]


def _walk(value: Any) -> Iterator[Json]:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _problems(nodes: list[Json], prefixes: frozenset[str]) -> Iterator[str]:
    defined: set[str] = set()
    for node in nodes:
        if set(node) == {"@id"}:
            continue
        identity = node.get("@id")
        yield from _identity(node, prefixes)
        if isinstance(identity, str):
            if identity in defined:
                yield f"{identity} is defined twice."
            defined.add(identity)
        yield from _terms(node, prefixes)
        yield from _relationship(node)
        yield from _hash(node)
    for node in nodes:
        if set(node) == {"@id"} and node["@id"] not in defined:
            yield f"{node['@id']} is referred to and not in the document."


def _identity(node: Json, prefixes: frozenset[str]) -> Iterator[str]:
    identity = node.get("@id")
    match = _ID.fullmatch(identity) if isinstance(identity, str) else None
    if match is None:
        yield f"{identity!r} is not an identity of the form prefix:kind-UUID."
        return
    if match[1] not in prefixes:
        yield f"{identity} uses a prefix that the @context does not name."
    try:
        uuid.UUID(match[2])
    except ValueError:
        yield f"{identity} does not end in a UUID."


def _terms(node: Json, prefixes: frozenset[str]) -> Iterator[str]:
    label = node.get("@id")
    types = _types(node)
    if not types:
        yield f"{label} has no type."
    for term in (*types, *(key for key in node if not key.startswith("@"))):
        prefix, colon, name = term.partition(":")
        if not colon or not name or prefix not in prefixes:
            yield f"{label} uses the term {term!r}, whose prefix the @context does not name."


def _types(node: Json) -> tuple[str, ...]:
    stated = node.get("@type", ())
    return (stated,) if isinstance(stated, str) else tuple(str(item) for item in stated)


def _relationship(node: Json) -> Iterator[str]:
    if not {"uco-core:Relationship", "uco-observable:ObservableRelationship"} & set(_types(node)):
        return
    label = node.get("@id")
    if not node.get("uco-core:source"):
        yield f"{label} is a relationship without a source."
    target = node.get("uco-core:target")
    if not target or (isinstance(target, list) and len(target) != 1):
        yield f"{label} is a relationship that needs exactly one target."
    if not isinstance(node.get("uco-core:isDirectional"), bool):
        yield f"{label} is a relationship that does not say whether it is directional."


def _hash(node: Json) -> Iterator[str]:
    if "uco-types:Hash" not in _types(node):
        return
    value = node.get("uco-types:hashValue")
    method = node.get("uco-types:hashMethod")
    text = value.get("@value") if isinstance(value, dict) else None
    if not isinstance(text, str) or not isinstance(method, str):
        yield f"{node.get('@id')} is a hash without a method or a value in xsd:hexBinary."
    elif len(text) != HASH_LENGTHS.get(method, len(text)):
        yield f"{node.get('@id')} is a {method} of {len(text)} digits."


def _literal(item: Json) -> Iterator[str]:
    kind, text = item.get("@type"), item["@value"]
    if not isinstance(text, str) or not isinstance(kind, str):
        yield f"The literal {item!r} needs a type and a text."
    elif kind == "xsd:dateTime":
        if not _is_moment(text):
            yield f"{text!r} is not a time with its zone."
    elif kind in _LITERALS and not _LITERALS[kind].fullmatch(text):
        yield f"{text[:80]!r} is not {kind}."


def _is_moment(text: str) -> bool:
    if not _DATE_TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True

"""The readable twin of a backup as a tree that remembers which of its leaves were looked at."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID


class Node:
    """One message. A leaf is a value, or a message that holds nothing and so says something by being there."""

    def __init__(self, fields, path=""):
        self.path, self.values, self.seen = path, {}, set()
        for name, value in fields.items():
            self.values[name] = self._wrapped(name, value)

    def _wrapped(self, name, value):
        if isinstance(value, list):
            return [self._wrapped(name, one) for one in value]
        if isinstance(value, tuple) and value[0] == "enum":
            return value[1]
        return Node(value[1], f"{self.path}.{name}".lstrip(".")) if isinstance(value, tuple) else value

    def has(self, name):
        self.seen.add(name)
        return name in self.values

    def get(self, name, default=None):
        self.seen.add(name)
        return self.values.get(name, default)

    def text(self, name):
        return self.get(name, "")

    def number(self, name):
        return self.get(name, 0)

    def node(self, name):
        """A message; an empty one where it is not there, so that all of it reads as unset."""
        return self.get(name) or Node({})

    def many(self, name):
        return self.get(name, [])

    def either(self, names):
        return next((name for name in names if self.has(name)), "")

    def leaves(self, parent=None):
        """Yield (path, the node that holds it, its name, whether it was looked at) for every leaf."""
        for name, value in self.values.items():
            parts = value if isinstance(value, list) else [value]
            inner = [part for part in parts if isinstance(part, Node)]
            for part in inner:
                yield from part.leaves()
            if not inner or not all(part.values for part in inner):
                yield f"{self.path}.{name}".lstrip("."), self, name, name in self.seen


def changed(value):
    """Return another value of the same sort, that a reader must not take for this one."""
    if isinstance(value, list):
        return [changed(value[0]), *value[1:]] if value else value
    if isinstance(value, bool):
        return not value
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1, *value[1:]]) if value else value
    return value + (1 if isinstance(value, int | float) else "~")


def at(milliseconds):
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds) if milliseconds else None


def iso(milliseconds):
    return at(milliseconds).isoformat() if milliseconds else ""


def seconds(milliseconds):
    return f"{(Decimal(milliseconds) / 1000).normalize():f}"


def aci(raw):
    return f"aci:{UUID(bytes=raw)}" if raw else None


def service(raw):
    """An ACI of 16 bytes, or the 17 of a service identifier that says which it is."""
    return f"pni:{UUID(bytes=raw[1:])}" if raw and len(raw) == 17 and raw[0] else aci(raw[-16:] if raw else raw)


@dataclass
class Row:
    """An expected record: its class, what stands in it, and where it says it comes from."""

    kind: type
    place: str
    fields: dict

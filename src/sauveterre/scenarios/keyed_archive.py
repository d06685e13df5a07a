"""Writes objects as Apple's frameworks archive them: a binary property list of objects that refer to one another."""

import plistlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Thing:
    """An object by the name of its class."""

    kind: str
    members: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Keyed:
    """A dictionary whose keys may be objects."""

    items: tuple[tuple[Any, Any], ...]


def archived(value: object) -> bytes:
    """Return the archive of a value: a ``Thing``, ``Keyed``, list, UUID, bytes, text or number."""
    writer = _Writer()
    root = writer.reference(value)
    whole = {
        "$version": 100000, "$archiver": "NSKeyedArchiver", "$top": {"root": root}, "$objects": writer.objects,
    }  # fmt: skip
    return plistlib.dumps(whole, fmt=plistlib.FMT_BINARY)


class _Writer:
    def __init__(self) -> None:
        self.objects: list[Any] = ["$null"]
        self._classes: dict[str, plistlib.UID] = {}

    def reference(self, value: object) -> plistlib.UID:
        """Write a value as an object of its own and return its number."""
        if value is None:
            return plistlib.UID(0)
        place = len(self.objects)
        self.objects.append(None)
        self.objects[place] = self._object(value)
        return plistlib.UID(place)

    def _object(self, value: object) -> object:
        if isinstance(value, Thing):
            members = {name: self._member(one) for name, one in value.members.items()}
            return {"$class": self._class(value.kind), **members}
        if isinstance(value, Keyed):
            keys = [self.reference(key) for key, _ in value.items]
            values = [self.reference(one) for _, one in value.items]
            return {"$class": self._class("NSDictionary"), "NS.keys": keys, "NS.objects": values}
        if isinstance(value, list):
            return {"$class": self._class("NSArray"), "NS.objects": [self.reference(one) for one in value]}
        if isinstance(value, UUID):
            return {"$class": self._class("NSUUID"), "NS.uuidbytes": value.bytes}
        return value

    def _member(self, value: object) -> object:
        """Return a number as it is, anything else as a reference."""
        return value if isinstance(value, bool | int | float) else self.reference(value)

    def _class(self, name: str) -> plistlib.UID:
        if name not in self._classes:
            self.objects.append({"$classname": name, "$classes": [name, "NSObject"]})
            self._classes[name] = plistlib.UID(len(self.objects) - 1)
        return self._classes[name]

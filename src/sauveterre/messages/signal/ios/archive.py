"""Archived objects of Apple's frameworks (NSKeyedArchiver in a binary property list), as plain values.

An archive is a list of objects that refer to one another by number. Nothing is made of the classes that it names: an
object becomes ``Archived``, its members by name. Dictionaries keep their keys as they are, in ``Pairs``. A reference
that leads back to where it came from counts as nothing; depth and number of objects are bounded.
"""

import io
import plistlib
import uuid
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 4 << 20
MOST_OBJECTS = 200_000
MOST_DEPTH = 40
_TEXTS, _BYTES = ("NS.string",), ("NS.data", "NS.bytes")


class NotArchive(ValueError):
    """Bytes that are no archive; the message says why and quotes nothing of them."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """A dictionary whose keys may be anything."""

    items: tuple[tuple[Any, Any], ...]

    def get(self, name: object) -> Any:
        """Return the value of the first key that equals a name; None without one."""
        return next((value for key, value in self.items if type(key) is type(name) and key == name), None)


@dataclass(frozen=True, slots=True)
class Archived:
    """An object by the name of its class."""

    kind: str
    members: dict[str, Any]

    def get(self, name: str) -> Any:
        """Return a member; None without one."""
        return self.members.get(name)


def unarchived(data: object, root: str = "root") -> Any:
    """Return what an archive holds at its top; raise ``NotArchive``."""
    if not isinstance(data, bytes):
        raise NotArchive("it holds no bytes")
    if len(data) > MOST_BYTES:
        raise NotArchive(f"it is larger than {MOST_BYTES} bytes")
    if not data.startswith(b"bplist00"):
        raise NotArchive("it is no binary property list")
    try:
        whole = plistlib.load(io.BytesIO(data), fmt=plistlib.FMT_BINARY)
    except RecursionError:
        raise NotArchive("objects lie too deep inside one another") from None
    except Exception as error:  # noqa: BLE001  (the library lets whatever the bytes provoke come through)
        raise NotArchive(f"it is damaged ({type(error).__name__})") from None
    objects = whole.get("$objects") if isinstance(whole, dict) else None
    top = whole.get("$top") if isinstance(whole, dict) else None
    if not isinstance(objects, list) or not isinstance(top, dict) or not top:
        raise NotArchive("it is no archive of objects")
    return _Resolver(objects).value(top.get(root, next(iter(top.values()))), 0)


class _Resolver:
    """Follows the numbers of one archive; every object is made once."""

    def __init__(self, objects: list[Any]) -> None:
        self._objects = objects
        self._made: dict[int, Any] = {}
        self._count = 0

    def value(self, raw: Any, depth: int) -> Any:
        """Return what a raw value or a reference stands for."""
        self._count += 1
        if depth > MOST_DEPTH:
            raise NotArchive("objects lie too deep inside one another")
        if self._count > MOST_OBJECTS:
            raise NotArchive(f"it holds more than {MOST_OBJECTS} objects")
        if isinstance(raw, plistlib.UID):
            return self._object(raw.data, depth)
        if isinstance(raw, list):
            return [self.value(one, depth + 1) for one in raw]
        if isinstance(raw, dict):
            return self._class(raw, depth)
        return raw

    def _object(self, number: int, depth: int) -> Any:
        if number in self._made:
            return self._made[number]
        if not 0 < number < len(self._objects):
            return None
        self._made[number] = None
        self._made[number] = self.value(self._objects[number], depth + 1)
        return self._made[number]

    def _class(self, raw: dict[Any, Any], depth: int) -> Any:
        members = {str(name): one for name, one in raw.items() if name != "$class"}
        for name in (*_TEXTS, *_BYTES):
            if name in members:
                return self.value(members[name], depth + 1)
        if isinstance(members.get("NS.uuidbytes"), bytes) and len(members["NS.uuidbytes"]) == 16:
            return str(uuid.UUID(bytes=members["NS.uuidbytes"]))
        if "NS.keys" in members or "NS.objects" in members:
            return self._container(members, depth)
        kind = self._name(raw.get("$class"))
        return Archived(kind, {name: self.value(one, depth + 1) for name, one in members.items()})

    def _container(self, members: dict[str, Any], depth: int) -> Any:
        values = self.value(members.get("NS.objects", []), depth)
        values = values if isinstance(values, list) else []
        if "NS.keys" not in members:
            return values
        keys = self.value(members["NS.keys"], depth)
        return Pairs(tuple(zip(keys if isinstance(keys, list) else [], values, strict=False)))

    def _name(self, reference: object) -> str:
        if isinstance(reference, plistlib.UID) and 0 < reference.data < len(self._objects):
            described = self._objects[reference.data]
            if isinstance(described, dict) and isinstance(described.get("$classname"), str):
                return str(described["$classname"])
        return ""

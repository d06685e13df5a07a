"""Apple property lists from hostile sources, and the one object that a keyed archive holds.

A keyed archive (``NSKeyedArchiver``) is a property list: ``$objects`` holds values that refer to each other by number,
``$top`` names the first. Nothing is made into an object of a class: values stay bytes, text, numbers and dicts.
"""

import plistlib
import struct
from typing import Any
from xml.parsers.expat import ExpatError

MOST_BYTES = 16 << 20
"""Of one property list: a phone's own, with all its apps, is below one of these."""

_COMPLAINTS = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, MemoryError,
    struct.error, ExpatError,
)  # fmt: skip


class BadPropertyList(ValueError):
    """What is no property list, or not of the expected shape; the message is the end of a sentence."""


def read_plist(data: bytes) -> dict[str, Any]:
    """Read a property list, binary or XML, whose outermost value is a dictionary; raise ``BadPropertyList``."""
    if len(data) > MOST_BYTES:
        raise BadPropertyList(f"it has more than {MOST_BYTES:,} bytes")
    try:
        found = plistlib.loads(data)
    except _COMPLAINTS as error:
        raise BadPropertyList(f"it is no property list ({type(error).__name__})") from error
    if not isinstance(found, dict):
        raise BadPropertyList("it holds no dictionary")
    return found


def read_keyed_object(data: bytes) -> dict[str, Any]:
    """Return the outermost object of a keyed archive: its keys, each with the value it refers to.

    One level of references is followed, so no archive can lead in a circle. ``NSData`` becomes its bytes. Raises
    ``BadPropertyList``.
    """
    archive = read_plist(data)
    objects, top = archive.get("$objects"), archive.get("$top")
    if not isinstance(objects, list) or not isinstance(top, dict):
        raise BadPropertyList("it is no keyed archive")
    root = _followed(objects, top.get("root"))
    if not isinstance(root, dict):
        raise BadPropertyList("it is a keyed archive without an object")
    return {key: _plain(_followed(objects, value)) for key, value in root.items() if isinstance(key, str)}


def _followed(objects: list[Any], value: Any) -> Any:
    if not isinstance(value, plistlib.UID):
        return value
    return objects[value.data] if value.data < len(objects) else None


def _plain(value: Any) -> Any:
    return value.get("NS.data", value) if isinstance(value, dict) else value

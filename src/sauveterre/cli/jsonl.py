"""Records as JSON lines: one object a line, its kind in ``record``, times in ISO 8601 with their zone."""

import json
import sys
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any


def plain(value: Any) -> Any:
    """Return a record as what JSON knows, or as what is one step nearer to it: bytes in hex, enums by value."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no form in a JSON line")


_encoded = json.JSONEncoder(ensure_ascii=False, default=plain).encode


def line(record: str, **values: Any) -> None:
    """Print one object; whatever text holds, the line is valid UTF-8."""
    text = _encoded({"record": record, **values})
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")


def record_line(record: Any) -> None:
    """Print a record under its class's name."""
    line(_snake(type(record).__name__), **{field.name: getattr(record, field.name) for field in fields(record)})


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")

"""Records as JSON lines: one object a line, its kind in ``record``, times in ISO 8601 with their zone."""

import json
import sys
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any


def plain(value: Any) -> Any:
    """Return a record as what JSON knows: bytes in hex, enums by value."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def line(record: str, **values: Any) -> None:
    """Print one object; whatever text holds, the line is valid UTF-8."""
    text = json.dumps({"record": record, **plain_mapping(values)}, ensure_ascii=False)
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")


def plain_mapping(values: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping's values as what JSON knows."""
    return {name: plain(value) for name, value in values.items()}


def record_line(record: Any) -> None:
    """Print a record under its class's name."""
    line(_snake(type(record).__name__), **{field.name: getattr(record, field.name) for field in fields(record)})


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")

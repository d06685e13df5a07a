"""Limits that a person sets by name, in a file of settings or on the command line: read and checked here alone."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from decimal import Decimal
from typing import Any

from sauveterre.errors import InvalidInput
from sauveterre.records.limits import MEBIBYTE, Limits

NAMES = tuple(one.name for one in fields(Limits))
UNITS = {
    "": 1, "b": 1,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
}  # fmt: skip
_SIZES = ("_bytes", "ratio_floor")
_SECONDS = "_seconds"
_RANGES = {"memory_bytes": (640 * MEBIBYTE, 1 << 60), "depth": (1, 64), "layers": (1, 64)}
_OF_SIZES, _OF_SECONDS, _OF_COUNTS = (MEBIBYTE, 1 << 60), (1, 10**8), (1, 10**12)
_SIZE = re.compile(r"(\d{1,19}(?:\.\d{1,9})?) ?([a-z]{0,3})", re.ASCII | re.IGNORECASE)
_SPAN = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_COUNT = re.compile(r"\d{1,19}", re.ASCII)


def with_values(limits: Limits, values: Mapping[str, object]) -> Limits:
    """Return limits with some of them set: sizes as bytes or like ``"64GiB"``, times in seconds, all else by count.

    Raises ``InvalidInput`` for a name that is none, and for a value that makes no sense.
    """
    found: dict[str, Any] = {name: _value(name, value) for name, value in values.items()}
    return replace(limits, **found)


def with_assignments(limits: Limits, texts: Iterable[str]) -> Limits:
    """Return limits with those set that texts such as ``entry_bytes=200GiB`` name; raise ``InvalidInput`` as above."""
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput(f"{text!r} sets no limit; write NAME=VALUE, such as entry_bytes=200GiB")
        values[name.strip()] = value.strip()
    return with_values(limits, values)


def changed(limits: Limits) -> dict[str, int | float]:
    """Return the limits that are not what they are at first."""
    first = asdict(Limits())
    return {name: value for name, value in asdict(limits).items() if value != first[name]}


def _value(name: str, value: object) -> int | float:
    if name not in NAMES:
        raise InvalidInput(f"there is no limit called {name!r}; the limits are {', '.join(NAMES)}")
    text = "" if isinstance(value, bool) else str(value)
    if name.endswith(_SIZES):
        return _within(name, _OF_SIZES, _bytes(text), f"{value!r}, and a size such as 64GiB or 500MB")
    if name.endswith(_SECONDS):
        seconds = float(text) if _SPAN.fullmatch(text) else None
        return _within(name, _OF_SECONDS, seconds, f"{value!r}, and a number of seconds such as 1200")
    count = int(text) if _COUNT.fullmatch(text) else None
    return _within(name, _OF_COUNTS, count, f"{value!r}, and a whole number such as 12")


def _bytes(text: str) -> int | None:
    found = _SIZE.fullmatch(text)
    unit = None if found is None else UNITS.get(found[2].lower())
    return None if found is None or unit is None else int(Decimal(found[1]) * unit)


def _within(name: str, usual: tuple[int, int], value: float | None, told: str) -> int | float:
    least, most = _RANGES.get(name, usual)
    if value is None:
        raise InvalidInput(f"the limit {name} is {told} is meant; correct it")
    if not least <= value <= most:
        raise InvalidInput(f"the limit {name} is {value:,}, and it may be from {least:,} to {most:,}; correct it")
    return value

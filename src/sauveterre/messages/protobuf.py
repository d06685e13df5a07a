"""The protobuf wire format, read by our own field tables, and the same tables read as proto3-JSON.

A table says, for each message, which field number carries which name and kind; nothing is generated and no
foreign definition is needed. Both readers give one shape: a dict from field name to value, holding only the
fields that are present. Enum values are numbers, bytes are ``bytes``, a repeated field is a list.

What a table does not know is kept under ``#NUMBER`` (``#NAME`` in JSON) and counted, never dropped.
Format: https://protobuf.dev/programming-guides/encoding and .../json (groups are refused).
"""

import base64
import binascii
import struct
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 40
"""Most messages inside one another. The deepest that is meant has 12."""

Fields = dict[str, Any]
"""A decoded message: only the fields that are present, by name."""


class Malformed(ValueError):
    """Bytes that are not the message they should be; the text names the offset or the field."""


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a table."""

    number: int
    name: str
    kind: str
    """A scalar kind of ``SCALARS``, or the name of a message or enum of the same schema."""
    repeated: bool


@dataclass(frozen=True, slots=True)
class Schema:
    """All messages and enums of one format."""

    messages: Mapping[str, Mapping[int, Field]]
    enums: Mapping[str, Mapping[str, int]]
    by_name: Mapping[str, Mapping[str, Field]] = field(default_factory=dict)


def schema(messages: Mapping[str, str], enums: Mapping[str, str]) -> Schema:
    """Build a schema from its tables in text.

    A message is ``"1 name kind, 2 other kind*"``: number, name, kind; a star marks a repeated field. An enum
    is ``"ZEROTH FIRST SECOND"``, counted from 0. Raises ``KeyError`` when a kind is not defined.
    """
    tables = {name: {row.number: row for row in _rows(text)} for name, text in messages.items()}
    values = {name: {word: n for n, word in enumerate(text.split())} for name, text in enums.items()}
    for name, table in tables.items():
        for row in table.values():
            if row.kind not in SCALARS and row.kind not in tables and row.kind not in values:
                raise KeyError(f"{name}.{row.name} has the unknown kind {row.kind}")
    by_name = {name: {row.name: row for row in table.values()} for name, table in tables.items()}
    return Schema(tables, values, by_name)


def _rows(text: str) -> list[Field]:
    rows = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        number, name, kind = part.split()
        rows.append(Field(int(number), name, kind.rstrip("*"), kind.endswith("*")))
    return rows


def clean_text(value: str) -> str:
    r"""Return text that any database can hold: NUL and lone surrogates become ``\x00``, ``\ud800``."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a varint and the offset after it; raise ``Malformed`` when it is cut or longer than 64 bits."""
    if at < len(data) and data[at] < 0x80:
        return data[at], at + 1
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Malformed(f"a number is cut off at offset {at}")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >> 64:
                break
            return value, at
    raise Malformed(f"a number has more than 64 bits at offset {at - 1}")


_FIXED = {1: 8, 5: 4}


def _raw_value(data: bytes, at: int, wire: int) -> tuple[int | bytes, int]:
    if wire == 0:
        return read_varint(data, at)
    if wire == 2:
        length, at = read_varint(data, at)
    elif wire in _FIXED:
        length = _FIXED[wire]
    else:
        raise Malformed(f"wire type {wire} is not used, at offset {at}")
    if length > len(data) - at:
        raise Malformed(f"{length} bytes are claimed at offset {at}, {len(data) - at} are left")
    return data[at : at + length], at + length


def _signed(bits: int) -> Callable[[int], int]:
    def convert(value: int) -> int:
        value &= (1 << bits) - 1
        return value - (1 << bits) if value >> (bits - 1) else value

    return convert


def _text(value: bytes) -> str:
    return clean_text(value.decode("utf-8", "backslashreplace"))


def _little(value: bytes) -> int:
    return int.from_bytes(value, "little")


SCALARS: dict[str, tuple[int, Callable[[Any], Any]]] = {
    "uint64": (0, int),
    "uint32": (0, lambda value: value & 0xFFFFFFFF),
    "int64": (0, _signed(64)),
    "int32": (0, _signed(32)),
    "bool": (0, bool),
    "string": (2, _text),
    "bytes": (2, bytes),
    "fixed32": (5, _little),
    "fixed64": (1, _little),
    "float": (5, lambda value: struct.unpack("<f", value)[0]),
}
"""Kind: the wire type that carries it, and how to turn what was carried into a value."""


class Decoder:
    """Reads messages of one schema. ``unknown`` counts what its tables do not know, as ``Message.number``.

    With ``keep_unknown=False`` such fields are passed over: for tables that name only a part on purpose.
    """

    def __init__(self, tables: Schema, *, keep_unknown: bool = True) -> None:
        """Read by these tables."""
        self.schema = tables
        self.keep_unknown = keep_unknown
        self.unknown: Counter[str] = Counter()

    def decode(self, data: bytes, message: str, depth: int = 0) -> Fields:
        """Read one message from wire bytes; raise ``Malformed`` naming the offset in the outermost message.

        A field whose wire type is not its kind's counts as unknown, as protobuf demands.
        """
        table = self.schema.messages[message]
        fields: Fields = {}
        at = 0
        while at < len(data):
            start = at
            tag, at = read_varint(data, at)
            number, wire = tag >> 3, tag & 7
            if number == 0:
                raise Malformed(f"field number 0 at offset {start}")
            raw, at = _raw_value(data, at, wire)
            row = table.get(number)
            if row is None or not self._take(fields, row, wire, raw, depth):
                self._unknown(fields, message, str(number), raw)
        return fields

    def _unknown(self, fields: Fields, message: str, name: str, raw: object) -> None:
        if self.keep_unknown:
            self.unknown[f"{message}.{name}"] += 1
            fields.setdefault(f"#{name}", []).append(raw)

    def _take(self, fields: Fields, row: Field, wire: int, raw: int | bytes, depth: int) -> bool:
        """Put one wire value into ``fields``; return whether its wire type fits its kind."""
        if row.kind in self.schema.messages:
            if not isinstance(raw, bytes) or wire != 2:
                return False
            if depth >= MAX_DEPTH:
                raise Malformed(f"more than {MAX_DEPTH} messages lie inside one another, in {row.name}")
            try:
                value = self.decode(raw, row.kind, depth + 1)
            except Malformed as error:
                raise Malformed(f"{row.name}: {error}") from None
            _put(fields, row, value)
            return True
        expected, convert = SCALARS["uint64"] if row.kind in self.schema.enums else SCALARS[row.kind]
        if wire == expected:
            _put(fields, row, convert(raw))
            return True
        if wire == 2 and row.repeated and isinstance(raw, bytes):
            fields.setdefault(row.name, []).extend(_packed(raw, expected, convert))
            return True
        return False

    def from_json(self, value: object, message: str, depth: int = 0) -> Fields:
        """Read one message from parsed proto3-JSON; raise ``Malformed`` naming the field."""
        if not isinstance(value, dict):
            raise Malformed(f"{message} is not an object")
        if depth >= MAX_DEPTH:
            raise Malformed(f"more than {MAX_DEPTH} objects lie inside one another, in {message}")
        table = self.schema.by_name[message]
        fields: Fields = {}
        for name, item in value.items():
            row = table.get(name)
            if item is None:
                continue
            if row is None:
                self._unknown(fields, message, clean_text(name)[:60], item)
            elif row.repeated:
                if not isinstance(item, list):
                    raise Malformed(f"{message}.{name} is not a list")
                fields[name] = [self._json_value(one, row, message, depth) for one in item]
            else:
                fields[name] = self._json_value(item, row, message, depth)
        return fields

    def _json_value(self, value: object, row: Field, message: str, depth: int) -> object:
        if row.kind in self.schema.messages:
            return self.from_json(value, row.kind, depth + 1)
        if row.kind in self.schema.enums:
            return self._json_enum(value, row, message)
        try:
            return _JSON[row.kind](value)
        except (ValueError, TypeError, OverflowError, binascii.Error):
            raise Malformed(f"{message}.{row.name} is not a {row.kind}") from None

    def _json_enum(self, value: object, row: Field, message: str) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        number = self.schema.enums[row.kind].get(value) if isinstance(value, str) else None
        if number is None:
            self.unknown[f"{message}.{row.name}={clean_text(str(value))[:60]}"] += 1
            return -1
        return number


def _put(fields: Fields, row: Field, value: object) -> None:
    """Store a value; of a field that should come once, the last one counts, but messages are merged."""
    if row.repeated:
        fields.setdefault(row.name, []).append(value)
    elif isinstance(value, dict) and isinstance(fields.get(row.name), dict):
        fields[row.name].update(value)
    else:
        fields[row.name] = value


def _packed(data: bytes, wire: int, convert: Callable[[Any], Any]) -> list[object]:
    values, at = [], 0
    while at < len(data):
        raw, at = _raw_value(data, at, wire)
        values.append(convert(raw))
    return values


def _json_integer(low: int, high: int) -> Callable[[object], int]:
    def convert(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | str | float):
            raise TypeError(value)
        number = int(value)
        if number != value and not isinstance(value, str):
            raise ValueError(value)
        if not low <= number <= high:
            raise ValueError(value)
        return number

    return convert


def _json_bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError(value)
    text = value.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _json_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return clean_text(value)


def _json_bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


_JSON: dict[str, Callable[[Any], object]] = {
    "uint64": _json_integer(0, (1 << 64) - 1),
    "uint32": _json_integer(0, (1 << 32) - 1),
    "int64": _json_integer(-(1 << 63), (1 << 63) - 1),
    "int32": _json_integer(-(1 << 31), (1 << 31) - 1),
    "fixed32": _json_integer(0, (1 << 32) - 1),
    "fixed64": _json_integer(0, (1 << 64) - 1),
    "bool": _json_bool,
    "string": _json_text,
    "bytes": _json_bytes,
    "float": float,
}

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
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

MAX_DEPTH = 40
"""Most messages inside one another. The deepest that is meant has 12."""

Fields = dict[str, Any]
"""A decoded message: only the fields that are present, by name."""


class Step(NamedTuple):
    """What is done with a value on the wire."""

    name: str
    """Of its field."""
    kind: str
    """The message that it holds; empty for all else."""
    convert: Callable[[Any], Any] | None
    """How it becomes a value; None where it is one."""
    put: Callable[[Fields, str, Any], None] | None
    """How it is put into the fields; None where the last one counts."""


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
    by_name: Mapping[str, Mapping[str, Field]]
    steps: Mapping[str, Mapping[int, Step]]
    """What is done with each value on the wire, by its tag: field number and wire type."""


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
    return _schema(tables, values)


def leading_to(whole: Schema, kind: str) -> Schema:
    """Return a schema with only those fields by which messages of one kind are reached, and these messages whole."""
    reached = {kind}
    while more := {
        name
        for name, table in whole.messages.items()
        if name not in reached and any(row.kind in reached for row in table.values())
    }:
        reached |= more
    tables = {
        name: {number: row for number, row in table.items() if name == kind or row.kind in reached}
        for name, table in whole.messages.items()
        if name in reached
    }
    return _schema(tables, whole.enums)


def _schema(tables: Mapping[str, Mapping[int, Field]], enums: Mapping[str, Mapping[str, int]]) -> Schema:
    by_name = {name: {row.name: row for row in table.values()} for name, table in tables.items()}
    steps = {
        name: {tag: step for row in table.values() for tag, step in _steps(row, tables, enums)}
        for name, table in tables.items()
    }
    return Schema(tables, enums, by_name, steps)


def _rows(text: str) -> list[Field]:
    rows = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        number, name, kind = part.split()
        rows.append(Field(int(number), name, kind.rstrip("*"), kind.endswith("*")))
    return rows


def clean_text(value: str) -> str:
    r"""Return text that any database can hold: NUL and lone surrogates become ``\x00``, ``\ud800``."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")


_CONTINUED = [sum(0x80 << 7 * place for place in range(count)) for count in range(11)]
"""What the marks of so many bytes that another one follows add to a number."""


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a varint and the offset after it; raise ``Malformed`` when it is cut or longer than 64 bits."""
    value = shift = 0
    try:
        for end in range(at, at + 10):
            byte = data[end]
            value += byte << shift
            if byte < 0x80:
                value -= _CONTINUED[end - at]
                if value >> 64:
                    raise Malformed(f"a number has more than 64 bits at offset {end}")
                return value, end + 1
            shift += 7
    except IndexError:
        raise Malformed(f"a number is cut off at offset {len(data)}") from None
    raise Malformed(f"a number has more than 64 bits at offset {at + 9}")


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
    return value.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


def _little(value: bytes) -> int:
    return int.from_bytes(value, "little")


SCALARS: dict[str, tuple[int, Callable[[Any], Any] | None]] = {
    "uint64": (0, None),
    "uint32": (0, lambda value: value & 0xFFFFFFFF),
    "int64": (0, _signed(64)),
    "int32": (0, _signed(32)),
    "bool": (0, bool),
    "string": (2, _text),
    "bytes": (2, None),
    "fixed32": (5, _little),
    "fixed64": (1, _little),
    "float": (5, lambda value: struct.unpack("<f", value)[0]),
}
"""Kind: the wire type that carries it, and how to turn what was carried into a value; None where it is one."""


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
        steps, fields, at, end = self.schema.steps[message], Fields(), 0, len(data)
        while at < end:
            start, tag = at, data[at]
            at += 1
            if tag > 0x7F:
                tag, at = read_varint(data, start)
            step = steps.get(tag)
            if step is None and tag < 8:
                raise Malformed(f"field number 0 at offset {start}")
            value: Any
            wire = tag & 7
            if wire == 2 and at < end and (first := data[at]) < 0x80 and (stop := at + 1 + first) <= end:
                value, at = data[at + 1 : stop], stop
            elif wire == 0 and at < end and (first := data[at]) < 0x80:
                value, at = first, at + 1
            else:  # a number or a length of more than one byte, and what is neither
                value, at = _raw_value(data, at, wire)
            if step is None:
                self._unknown(fields, message, str(tag >> 3), value)
                continue
            name, kind, convert, put = step
            if kind:
                value = self._inner(value, name, kind, depth)
            elif convert:
                value = convert(value)
            if put is None:
                fields[name] = value
            else:
                put(fields, name, value)
        return fields

    def _unknown(self, fields: Fields, message: str, name: str, raw: object) -> None:
        if self.keep_unknown:
            self.unknown[f"{message}.{name}"] += 1
            fields.setdefault(f"#{name}", []).append(raw)

    def _inner(self, data: bytes, name: str, kind: str, depth: int) -> Fields:
        if depth >= MAX_DEPTH:
            raise Malformed(f"more than {MAX_DEPTH} messages lie inside one another, in {name}")
        try:
            return self.decode(data, kind, depth + 1) if data else {}
        except Malformed as error:
            raise Malformed(f"{name}: {error}") from None

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


def _steps(row: Field, messages: Container[str], enums: Container[str]) -> Iterator[tuple[int, Step]]:
    """Yield the tags that a field may come under, each with what is done then; packed numbers come under another."""
    tag = row.number << 3
    if row.kind in messages:
        yield tag | 2, Step(row.name, row.kind, None, _append if row.repeated else _merge)
        return
    wire, convert = SCALARS["uint64"] if row.kind in enums else SCALARS[row.kind]
    yield tag | wire, Step(row.name, "", convert, _append if row.repeated else None)
    if row.repeated and wire != 2:
        yield tag | 2, Step(row.name, "", lambda raw: _packed(raw, wire, convert), _extend)


def _append(fields: Fields, name: str, value: object) -> None:
    fields.setdefault(name, []).append(value)


def _extend(fields: Fields, name: str, values: list[object]) -> None:
    fields.setdefault(name, []).extend(values)


def _merge(fields: Fields, name: str, value: Fields) -> None:
    """Put a message that should come once: several are merged."""
    if name in fields:
        fields[name].update(value)
    else:
        fields[name] = value


def _packed(data: bytes, wire: int, convert: Callable[[Any], Any] | None) -> list[object]:
    values, at = [], 0
    while at < len(data):
        raw, at = _raw_value(data, at, wire)
        values.append(convert(raw) if convert else raw)
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

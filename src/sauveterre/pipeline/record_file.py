"""What a message store states, on its way from the child that reads it to the process that keeps it: a file of records.

Memory stays the same however many there are. The child is trusted with nothing: what it writes is read back as plain
values, each looked at whether it is of a kind that its field may have, and made into records again here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from operator import attrgetter
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgpack

from sauveterre.errors import UnreadableSource
from sauveterre.pipeline.listing import growing_blocks
from sauveterre.records.message_reader import MessageRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.pulse import heard

KINDS: tuple[type[Any], ...] = get_args(MessageRecord)
"""The number of a kind is its place here."""
MOST_RECORD_BYTES = 64 << 20
_PLACE = -1
"""In place of a kind's number: source, path and reader of the records that follow."""
_AMISS = (msgpack.UnpackException, LookupError, ValueError, TypeError, AttributeError, OverflowError)
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
_VALUES: dict[type[Any], Callable[[Any], tuple[Any, ...]]] = {
    kind: attrgetter(*("provenance.locator" if one.name == "provenance" else one.name for one in fields(kind)))
    for kind in KINDS
}


@dataclass(frozen=True, slots=True)
class RecordFile:
    """The records of one store, in its own order."""

    file: Path
    """Where they lie; it belongs to whoever asked for them."""
    count: int

    def records(self) -> Iterator[MessageRecord]:
        """Read the records back, one at a time; raise ``UnreadableSource`` when they are not all there."""
        held = 0
        for held, record in enumerate(read_records(self.file), start=1):  # noqa: B007 - the last number is the count
            yield record
        if held != self.count:
            raise UnreadableSource(
                f"{self.file.name} holds {held:,} records and {self.count:,} were announced; process the exhibit again"
            )


def write_records(file: Path, records: Iterable[MessageRecord]) -> int:
    """Write records to a file, and return how many there are; one that is too large becomes a problem there."""
    packer = msgpack.Packer(datetime=True, unicode_errors="surrogatepass")
    count, place = 0, ("", "", "")
    with file.open("wb") as out:
        for record in heard(records):
            where = record.provenance
            if place != (where.source, where.path, where.reader):
                place = (where.source, where.path, where.reader)
                out.write(packer.pack((_PLACE, place)))
            out.write(_packed(packer, record))
            count += 1
    return count


def _packed(packer: msgpack.Packer, record: MessageRecord) -> bytes:
    kind = type(record)
    try:
        data: bytes = packer.pack((_NUMBERS[kind], _VALUES[kind](record)))
    except OverflowError:
        packer.reset()
        return _packed(packer, Problem(record.provenance, "the row holds a number beyond 64 bits and was not read"))
    if len(data) > MOST_RECORD_BYTES:
        what = f"the row holds {len(data):,} bytes, more than the {MOST_RECORD_BYTES:,} of one record, and was not read"
        return _packed(packer, Problem(record.provenance, what))
    return data


def read_records(file: Path, ended: Callable[[], bool] = lambda: True) -> Iterator[MessageRecord]:
    """Yield the records of a file that may still grow until ``ended``.

    Raises ``UnreadableSource`` when it is not what was written.
    """
    with file.open("rb", buffering=0) as stream:
        unpacker = msgpack.Unpacker(
            max_buffer_size=2 * MOST_RECORD_BYTES, use_list=False, timestamp=3, unicode_errors="surrogatepass"
        )
        place = ("", "", "")
        try:
            for block in growing_blocks(stream, ended):
                unpacker.feed(block)
                for number, values in unpacker:
                    if number == _PLACE:
                        place = _three(values)
                    else:
                        yield _MAKERS[number].made(values, place)
        except _AMISS as error:
            raise UnreadableSource(
                f"the records in {file.name} are damaged ({type(error).__name__}); process the exhibit again"
            ) from error


def _three(values: Any) -> tuple[str, str, str]:
    source, path, reader = values
    if not (type(source) is type(path) is type(reader) is str):
        raise TypeError("a place has a value of another kind than it may have")
    return source, path, reader


class _Maker:
    """Makes records of one kind from values in the order of its fields."""

    def __init__(self, kind: type[Any]) -> None:
        hints = get_type_hints(kind)
        names = [one.name for one in fields(kind)]
        self._kind = kind
        self._allowed = [_plain_types(hints[name]) for name in names]
        self._where = names.index("provenance")
        self._enums = [(at, hints[name]) for at, name in enumerate(names) if _is_enum(hints[name])]
        self._texts = [at for at, name in enumerate(names) if get_origin(hints[name]) is tuple]
        self._sound: set[tuple[type[Any], ...]] = set()
        """Types of values that were found sound: there are few, and they come again and again."""

    def made(self, values: Any, place: tuple[str, str, str]) -> Any:
        """Return the record; raise ``TypeError`` or ``ValueError`` where values are none that it may have."""
        if (shape := tuple(map(type, values))) not in self._sound:
            self._check(shape)
        found = list(values)
        for at in self._texts:
            _check_texts(found[at])
        found[self._where] = Provenance(place[0], place[1], values[self._where], place[2])
        for at, enum in self._enums:
            found[at] = enum(found[at])
        return self._kind(*found)

    def _check(self, shape: tuple[type[Any], ...]) -> None:
        if len(shape) != len(self._allowed) or not all(map(_in, shape, self._allowed)):
            raise TypeError(f"a {self._kind.__name__} has a value of another kind than it may have")
        self._sound.add(shape)


def _in(one: type[Any], allowed: frozenset[type[Any]]) -> bool:
    return one in allowed


def _check_texts(values: tuple[Any, ...]) -> None:
    if any(type(value) is not str for value in values):
        raise TypeError("a list holds something else than texts")


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)


def _plain_types(hint: Any) -> frozenset[type[Any]]:
    """Return the types of the plain values that a field travels as."""
    if isinstance(hint, UnionType):
        return frozenset().union(*map(_plain_types, get_args(hint)))
    if hint is Provenance or _is_enum(hint):
        return frozenset({str})
    found = get_origin(hint) or hint
    if found not in (str, int, bool, datetime, tuple, NoneType):
        raise TypeError(f"no field of a record may be a {hint}")
    return frozenset({found})


_MAKERS = dict(enumerate(map(_Maker, KINDS)))

"""Plain lists: one hash a line, as MD5, SHA-1, SHA-256 or PDQ, with a category behind a comma where there is one.

The length of a bare hash tells its algorithm; 64 digits are SHA-256 unless the line says ``pdq`` (``pdq HEX``,
``pdq:HEX``) or a comment above it says ``# algorithm: pdq``. Lines that start with ``#`` are comments.
"""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from sauveterre.errors import MalformedList
from sauveterre.matching.bulk import HashRows, rows_of_block
from sauveterre.matching.lines import lines_of
from sauveterre.records.category import Category
from sauveterre.records.digest import HEX_LENGTH, Digest
from sauveterre.records.hash_list import ListedMedia
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

NAME = "plain"

FIRST_LINES = 1_000
MOST_BYTES_IN_ONE_LINE = 1 << 12
BLOCK = 1 << 20

_LINE = re.compile(
    r"(?:(?P<algorithm>md5|sha1|sha256|pdq)(?:[ \t]+|[ \t]*:[ \t]*))?(?P<hex>[0-9a-f]+)(?:[ \t]*,(?P<code>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_HEADER = re.compile(r"#\s*(algorithm|scheme)\s*[:=]\s*(\S{1,64})\s*", re.IGNORECASE)


def recognises(head: bytes) -> bool:
    """Say whether most whole lines of the head are hashes."""
    lines = head.removeprefix(codecs.BOM_UTF8).splitlines()
    if len(head) >= MOST_BYTES_IN_ONE_LINE and len(lines) > 1:
        lines.pop()
    stated = [text for line in lines if (text := _text(line)) and not text.startswith("#")]
    good = sum(_digest(text, "sha256") is not None for text in stated)
    return good > 0 and 2 * good >= len(stated)


def read(stream: BinaryIO, *, identity: str, name: str) -> Iterator[ListedMedia | Problem]:
    """Yield a record for each line that is neither empty nor a comment, in memory that does not grow with the list.

    A line that is not a hash becomes a ``Problem`` that names it. Raises ``MalformedList``, before it yields anything,
    where more than half of the first 1,000 lines are such.
    """
    reading = _Reading(identity, name)
    records = reading.records(lines_of(stream, MOST_BYTES_IN_ONE_LINE))
    yield from _first(records, name)
    yield from records


def read_rows(stream: BinaryIO, *, identity: str, name: str) -> Iterator[ListedMedia | Problem | HashRows]:
    """Yield as ``read`` does, but lines of bare hashes many at once where they stand together."""
    reading = _Reading(identity, name)
    yield from _first(reading.records(lines_of(stream, MOST_BYTES_IN_ONE_LINE)), name)
    while block := stream.read(BLOCK):
        whole, is_cut = _to_end_of_line(block, stream)
        ended = whole if whole.endswith(b"\n") else whole + b"\n"
        found = rows_of_block(ended, reading.line + 1)
        if found is not None and (found.algorithm != "sha256" or reading.of_64_digits == "sha256"):
            yield found
            reading.line += len(found.digests)
        else:
            lines = lines_of(io.BytesIO(whole), MOST_BYTES_IN_ONE_LINE, reading.line + 1)
            yield from reading.records(lines)
        if is_cut:
            yield from reading.records(iter([(reading.line + 1, None)]))


def _first(records: Iterator[ListedMedia | Problem], name: str) -> list[ListedMedia | Problem]:
    """Take the first records; raise ``MalformedList`` where most of them are none."""
    first = list(islice(records, FIRST_LINES))
    bad = sum(isinstance(record, Problem) for record in first)
    if 2 * bad > len(first):
        raise MalformedList(
            f"{name}: {bad:,} of the first {len(first):,} lines are not hashes; a plain list has one MD5, SHA-1, "
            "SHA-256 or named PDQ hash a line; look whether this is another format"
        )
    return first


def _to_end_of_line(block: bytes, stream: BinaryIO) -> tuple[bytes, bool]:
    """Return the lines that a block begins, the last one whole; and whether behind them a line too long was left out.

    At the end of the stream the last line may lack its end.
    """
    if not block.endswith(b"\n"):
        block += stream.readline(MOST_BYTES_IN_ONE_LINE)
    last = block[block.rfind(b"\n") + 1 :]
    if len(last) < MOST_BYTES_IN_ONE_LINE:
        return block, False
    while (more := stream.readline(MOST_BYTES_IN_ONE_LINE)) and not more.endswith(b"\n"):
        pass
    return block[: len(block) - len(last)], True


@dataclass(slots=True)
class _Reading:
    """Where the reading of a list stands, and what its comments said so far."""

    identity: str
    name: str
    of_64_digits: str = "sha256"
    scheme: str = ""
    line: int = 0

    def records(self, lines: Iterable[tuple[int, bytes | None]]) -> Iterator[ListedMedia | Problem]:
        """Yield a record for each line that is neither empty nor a comment."""
        for self.line, line in lines:
            where = Provenance(self.identity, self.name, f"line {self.line}", NAME)
            if line is None:
                yield Problem(where, f"the line is longer than {MOST_BYTES_IN_ONE_LINE:,} bytes: not read")
                continue
            text = _text(line)
            if text.startswith("#"):
                self._heed(text)
            elif text:
                yield _record(text, where, self.of_64_digits, self.scheme or f"plain-{self.name}")

    def _heed(self, comment: str) -> None:
        match = _HEADER.fullmatch(comment)
        if match is None:
            return
        if match[1].lower() == "scheme":
            self.scheme = match[2]
        elif (stated := match[2].lower().replace("-", "")) in {"pdq", "sha256"}:
            self.of_64_digits = stated


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").strip()


def _parts(text: str, of_64_digits: str) -> tuple[Digest, str] | None:
    match = _LINE.fullmatch(text)
    if match is None:
        return None
    value = match["hex"].lower()
    by_length = {length: name for name, length in HEX_LENGTH.items()} | {64: of_64_digits}
    algorithm = (match["algorithm"] or by_length.get(len(value), "")).lower()
    try:
        return Digest(algorithm, value), (match["code"] or "").strip()[:64]
    except ValueError:
        return None


def _digest(text: str, of_64_digits: str) -> Digest | None:
    parts = _parts(text, of_64_digits)
    return parts[0] if parts else None


def _record(text: str, where: Provenance, of_64_digits: str, scheme: str) -> ListedMedia | Problem:
    parts = _parts(text, of_64_digits)
    if parts is None:
        return Problem(where, "the line is not an MD5, SHA-1, SHA-256 or named PDQ hash: not read")
    digest, code = parts
    return ListedMedia((digest,), Category(scheme, code) if code else None, where)

"""Plain lists: one hash a line, as MD5, SHA-1, SHA-256 or PDQ, with a category behind a comma where there is one.

The length of a bare hash tells its algorithm; 64 digits are SHA-256 unless the line says ``pdq`` (``pdq HEX``,
``pdq:HEX``) or a comment above it says ``# algorithm: pdq``. Lines that start with ``#`` are comments.
"""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from sauveterre.errors import MalformedList
from sauveterre.matching.lines import lines_of
from sauveterre.records.category import Category
from sauveterre.records.digest import HEX_LENGTH, Digest
from sauveterre.records.hash_list import ListedMedia
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

NAME = "plain"

FIRST_LINES = 1_000
MOST_BYTES_IN_ONE_LINE = 1 << 12

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
    records = _records(stream, identity, name)
    first = [record for record, _ in zip(records, range(FIRST_LINES), strict=False)]
    bad = sum(isinstance(record, Problem) for record in first)
    if 2 * bad > len(first):
        raise MalformedList(
            f"{name}: {bad:,} of the first {len(first):,} lines are not hashes; a plain list has one MD5, SHA-1, "
            "SHA-256 or named PDQ hash a line; look whether this is another format"
        )
    yield from first
    yield from records


def _records(stream: BinaryIO, identity: str, name: str) -> Iterator[ListedMedia | Problem]:
    of_64_digits, scheme = "sha256", f"plain-{name}"
    for number, line in lines_of(stream, MOST_BYTES_IN_ONE_LINE):
        where = Provenance(identity, name, f"line {number}", NAME)
        if line is None:
            yield Problem(where, f"the line is longer than {MOST_BYTES_IN_ONE_LINE:,} bytes: not read")
            continue
        text = _text(line)
        if text.startswith("#"):
            of_64_digits, scheme = _header(text, of_64_digits, scheme)
        elif text:
            yield _record(text, where, of_64_digits, scheme)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").strip()


def _header(text: str, of_64_digits: str, scheme: str) -> tuple[str, str]:
    match = _HEADER.fullmatch(text)
    if match is None:
        return of_64_digits, scheme
    if match[1].lower() == "scheme":
        return of_64_digits, match[2]
    stated = match[2].lower().replace("-", "")
    return (stated if stated in {"pdq", "sha256"} else of_64_digits), scheme


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

r"""Hash lists as a table whose head names the hashes, as this program writes them and as many others do.

Columns, of which one hash is needed: ``md5``, ``sha1``, ``sha256``, ``pdq``, ``category``, ``scheme``, ``size``,
``victim_identified``, ``offender_identified``, ``distributed``, ``series``, ``tags``, ``entry``, ``files`` and
``escaped``. The text lists of NSRL before its version 3 (``SHA-1``, ``MD5``, ``CRC32``, ``FileName``, ``FileSize`` …)
are such tables too.

A cell may hold several hashes parted by spaces; ``files`` holds JSON, a list of pairs of name and path. Where the cell
``escaped`` says yes, texts have an apostrophe before them if they begin with what a spreadsheet takes for a formula (or
with an apostrophe), and ``\\``, ``\n``, ``\r``, ``\t`` stand for a backslash, ends of lines and a tab,
``\s`` for a space at an end.
"""

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from sauveterre.matching.fingerprints import algorithm_of, digests_of
from sauveterre.matching.tables import columns_of, flag, rows_of, whole
from sauveterre.records.category import Category
from sauveterre.records.digest import HEX_LENGTH
from sauveterre.records.hash_list import ListedFile, ListedMedia, ListRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

NAME = "hash_csv"

_HASHES = frozenset(HEX_LENGTH)
_FLAGS = {"victimidentified": "victim_identified", "offenderidentified": "offender_identified",
          "distributed": "distributed"}  # fmt: skip
_ESCAPED = re.compile(r"\\(.)")
_MEANINGS = {"n": "\n", "r": "\r", "t": "\t", "s": " ", "\\": "\\"}


def recognises(head: bytes) -> bool:
    """Say whether the first line names a hash as a column."""
    return bool(_HASHES & set(columns_of(head)))


def read(stream: BinaryIO, *, identity: str, name: str) -> Iterator[ListRecord]:
    """Yield the rows, in memory that does not grow with the list.

    A row without a hash is a problem that names its line. Raises ``MalformedList`` without a head.
    """
    for row in rows_of(stream, name, _HASHES):
        where = Provenance(identity, name, f"line {row.line}", NAME)
        if row.what:
            yield Problem(where, row.what)
        if row.cells is not None:
            yield from _records(row.cells, where, f"csv-{name}")


def _records(cells: dict[str, str], where: Provenance, scheme: str) -> Iterator[ListRecord]:
    text = _unescaped if flag(cells.get("escaped", "")) else str
    stated = ((name, value) for name, cell in cells.items() if algorithm_of(name) in _HASHES for value in cell.split())
    hashes, troubles = digests_of(stated)
    size = cells.get("size") or cells.get("filesize", "")
    files, unread = _files(text(cells.get("files", "")), text(cells.get("filename", "")))
    troubles += [*unread, *_wrong(cells, size)]
    yield from (Problem(where, what) for what in troubles)
    if hashes:
        code = text(cells.get("category", ""))
        yield ListedMedia(
            hashes,
            Category(text(cells.get("scheme", "")) or scheme, code) if code else None,
            where,
            size=whole(size),
            **{field: flag(cells.get(column, "")) for column, field in _FLAGS.items()},
            series=text(cells.get("series", "")),
            tags=text(cells.get("tags", "")),
            files=files,
            entry=text(cells.get("entry", "")),
            frames=(),
        )


def _wrong(cells: dict[str, str], size: str) -> Iterator[str]:
    if size and whole(size) is None:
        yield "the size is no whole number: taken as unknown"
    for column, field in _FLAGS.items():
        if cells.get(column) and flag(cells[column]) is None:
            yield f"{field} is neither yes nor no: taken as unknown"


def _files(text: str, name: str) -> tuple[tuple[ListedFile, ...], list[str]]:
    if not text:
        return ((ListedFile(name, ""),) if name else ()), []
    try:
        found = json.loads(text)
        return tuple(ListedFile(str(name), str(path)) for name, path in found), []
    except (ValueError, TypeError, RecursionError):
        return (), ["files holds no list of pairs of name and path: not read"]


def _unescaped(cell: str) -> str:
    return _ESCAPED.sub(lambda found: _MEANINGS.get(found[1], found[0]), cell.removeprefix("'"))

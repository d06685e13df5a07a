"""INTERPOL ICSE: the table that is exported from the International Child Sexual Exploitation database.

Columns, parted by semicolons: ``MD5``, ``SHA1``, ``PhotoDNA``, ``Image ID``, ``Is distributed``, ``Victim identified``,
``Offender identified``, ``Series name``, ``Number of submissions``, ``File Available``, ``Media Type``, ``Baseline``.
Their order, their case and the sign that parts them may differ, and all but a hash may be missing.

Source of the format: the head of the export, as a public reader of such lists knows it; no specification is public.
"""

from collections.abc import Iterator
from typing import BinaryIO

from sauveterre.matching.fingerprints import digests_of
from sauveterre.matching.tables import columns_of, flag, rows_of
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia, ListRecord
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance

NAME = "icse_csv"
SCHEME = "interpol-baseline"

_OWN = frozenset({"imageid", "isdistributed", "seriesname", "numberofsubmissions", "fileavailable", "baseline"})
_HASHES = frozenset({"md5", "sha1", "sha256", "photodna", "pdq"})
_FLAGS = {"victimidentified": "victim identified", "offenderidentified": "offender identified",
          "isdistributed": "is distributed", "baseline": "baseline"}  # fmt: skip
_TAGS = {"numberofsubmissions": "submissions", "mediatype": "type", "fileavailable": "file available"}


def recognises(head: bytes) -> bool:
    """Say whether the first line names a hash and at least two of the columns that only this export has."""
    columns = set(columns_of(head))
    return bool(columns & _HASHES) and len(columns & _OWN) >= 2


def read(stream: BinaryIO, *, identity: str, name: str) -> Iterator[ListRecord]:
    """Yield the rows, in memory that does not grow with the list.

    A row without a hash that can be matched is a problem that names its line. Raises ``MalformedList`` without a head.
    """
    for row in rows_of(stream, name, _HASHES):
        where = Provenance(identity, name, f"line {row.line}", NAME)
        if row.what:
            yield Problem(where, row.what)
        if row.cells is not None:
            yield from _records(row.cells, where)


def _records(cells: dict[str, str], where: Provenance) -> Iterator[ListRecord]:
    hashes, troubles = digests_of((name, cells[name]) for name in sorted(_HASHES & cells.keys()) if cells[name])
    flags = {name: flag(cells.get(name, "")) for name in _FLAGS}
    troubles += [
        f"{title} is neither yes nor no: taken as unknown"
        for name, title in _FLAGS.items()
        if flags[name] is None and cells.get(name)
    ]
    yield from (Problem(where, what) for what in troubles)
    if hashes:
        baseline = flags["baseline"]
        yield ListedMedia(
            hashes,
            None if baseline is None else Category(SCHEME, "yes" if baseline else "no"),
            where,
            victim_identified=flags["victimidentified"],
            offender_identified=flags["offenderidentified"],
            distributed=flags["isdistributed"],
            series=cells.get("seriesname", ""),
            tags="; ".join(f"{title} {cells[name]}" for name, title in _TAGS.items() if cells.get(name)),
            entry=cells.get("imageid", ""),
        )

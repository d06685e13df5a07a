"""Contents that lie in more than one exhibit: which, how often, and which exhibits share how many."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.db import connection

from sauveterre.casework.models import Content, Entry, Exhibit
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.contents import contents
from sauveterre.casework.selectors.paging import SIZE, Page

MOST_EXHIBITS = 62
"""Exhibits that are compared in pairs: one bit of a number each."""
SIDE = 16
"""Exhibits of the matrix: those that share the most."""
PAIRS = 60
STEP = 10**13
"""A page goes on after (exhibits, content): both in one number of at most eighteen digits."""

_PLACES = """
    WITH places AS (
        SELECT entry.content_id, count(DISTINCT source.exhibit_id) AS exhibits, count(*) AS entries
        FROM casework_entry entry
        JOIN casework_source source ON source.id = entry.source_id
        JOIN casework_exhibit exhibit ON exhibit.id = source.exhibit_id
        WHERE exhibit.operation_id = %(operation)s AND entry.content_id IS NOT NULL
        GROUP BY entry.content_id
        HAVING count(DISTINCT source.exhibit_id) > 1
            AND (%(one)s = 0 OR bool_or(source.exhibit_id = %(one)s))
            AND (%(other)s = 0 OR bool_or(source.exhibit_id = %(other)s))
    ), wanted AS (
        SELECT * FROM places WHERE NOT %(unlisted)s
            OR NOT EXISTS (SELECT 1 FROM casework_hit hit WHERE hit.content_id = places.content_id AND hit.via = '')
    )
    SELECT content_id, exhibits, entries, (SELECT count(*) FROM wanted) FROM wanted
    WHERE exhibits < %(after)s OR (exhibits = %(after)s AND content_id > %(last)s)
    ORDER BY exhibits DESC, content_id LIMIT %(limit)s
"""
_SETS = """
    WITH bits AS MATERIALIZED (
        SELECT id, 1::bigint << (array_position(%(ids)s::bigint[], exhibit_id) - 1) AS bit
        FROM casework_source WHERE exhibit_id = ANY(%(ids)s::bigint[])
    ), held AS (
        SELECT bit_or(bits.bit) AS bits FROM casework_entry entry JOIN bits ON bits.id = entry.source_id
        WHERE entry.content_id IS NOT NULL GROUP BY entry.content_id
    )
    SELECT bits, count(*) FROM held WHERE bits & (bits - 1) <> 0 GROUP BY bits
"""
_ELSEWHERE = """
    SELECT count(*) FROM (
        SELECT DISTINCT entry.content_id FROM casework_entry entry
        JOIN casework_source source ON source.id = entry.source_id
        WHERE source.exhibit_id = %(exhibit)s AND entry.content_id IS NOT NULL
    ) own WHERE EXISTS (
        SELECT 1 FROM casework_entry entry JOIN casework_source source ON source.id = entry.source_id
        WHERE entry.content_id = own.content_id AND source.exhibit_id <> %(exhibit)s
    )
"""


@dataclass(frozen=True, slots=True)
class Shared:
    """One content that lies in several exhibits."""

    content: Content
    exhibits: list[Exhibit]
    entries: int
    known: bool
    ignorable: bool


def shared_contents(
    sight: Sight, *, one: int = 0, other: int = 0, unlisted: bool = False, after: int = 0, size: int = SIZE
) -> Page[Shared]:
    """Return a page of shared contents, those in the most exhibits first.

    ``one`` and ``other`` narrow them to what lies in these exhibits too; ``unlisted`` to what is on no hash list.
    """
    exhibits, last = divmod(after, STEP) if after else (STEP, 0)
    found = _asked(
        _PLACES, operation=sight.operation.pk, one=one, other=other, unlisted=unlisted, after=exhibits, last=last,
        limit=size + 1,
    )  # fmt: skip
    more = len(found) > size
    found = found[:size]
    total = found[0][3] if found else 0
    going_on = found[-1][1] * STEP + found[-1][0] if more else None
    return Page(_shared(sight, found), total, going_on, not after)


def _shared(sight: Sight, found: Sequence[Sequence[int]]) -> list[Shared]:
    keys = [row[0] for row in found]
    rows = {row.pk: row for row in contents(sight).filter(pk__in=keys)}
    exhibits = {exhibit.pk: exhibit for exhibit in sight.operation.exhibits.all()}
    places: dict[int, list[Exhibit]] = {key: [] for key in keys}
    lying = Entry.objects.filter(content__in=keys).values_list("content_id", "source__exhibit_id").distinct()
    for content, exhibit in sorted(lying, key=lambda pair: exhibits[pair[1]].number):
        places[content or 0].append(exhibits[exhibit])
    return [
        Shared(rows[key], places[key], entries, rows[key].known, rows[key].ignorable) for key, _, entries, _ in found
    ]


@dataclass(frozen=True, slots=True)
class Pair:
    """How many contents two exhibits share."""

    one: Exhibit
    other: Exhibit
    contents: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Which exhibits share how many contents with which; the pairs say the same as a list."""

    exhibits: list[Exhibit]
    rows: list[tuple[Exhibit, list[int | None]]]
    """For each exhibit what it shares with each; None with itself."""
    pairs: list[Pair]
    """The strongest first."""
    most: int
    left_out: int
    """Exhibits that share something and stand in no row."""


def matrix(sight: Sight) -> Matrix:
    """Count what each two exhibits share, in one pass over where contents lie."""
    exhibits = list(sight.operation.exhibits.order_by("number")[:MOST_EXHIBITS])
    counts: Counter[tuple[int, int]] = Counter()
    if len(exhibits) > 1:
        for bits, n in _asked(_SETS, ids=[exhibit.pk for exhibit in exhibits]):
            for pair in combinations(_set_bits(bits), 2):
                counts[pair] += n
    sums: Counter[int] = Counter()
    for (one, other), n in counts.items():
        sums[one] += n
        sums[other] += n
    shown = sorted(place for place, _ in sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:SIDE])
    pairs = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:PAIRS]
    return Matrix(
        exhibits=[exhibits[place] for place in shown],
        rows=[(exhibits[a], [None if a == b else counts[min(a, b), max(a, b)] for b in shown]) for a in shown],
        pairs=[Pair(exhibits[a], exhibits[b], n) for (a, b), n in pairs],
        most=pairs[0][1] if pairs else 0,
        left_out=len(sums) - len(shown),
    )


def _set_bits(number: int) -> list[int]:
    return [place for place in range(number.bit_length()) if number >> place & 1]


def elsewhere(exhibit: Exhibit) -> int:
    """Count the contents of an exhibit that lie in another one of its operation too."""
    return int(_asked(_ELSEWHERE, exhibit=exhibit.pk)[0][0])


def _asked(query: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())

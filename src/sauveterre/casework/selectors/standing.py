"""Where contents and files stand: settled by a list, a copy, behind another one of their stack, or left to look at.

What a hit makes of its content is said once (``HITS``), and so is where that leaves each file (``Part``): a figure and
the list behind it ask the same query.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.postgres.aggregates import BoolOr
from django.db import connection
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from sauveterre.casework.models import Content, Entry, FilmCopy, Hit, Operation, Stack, StackDecision, StackMember
from sauveterre.casework.selectors.paging import SIZE, Page, keys_beyond, keyset
from sauveterre.records.ruling import Rule

NEAR = "pdq"
EXACT = ~Q(algorithm=NEAR) & Q(via="")
CONFIRMED = Q(rule=Rule.CONFIRM.value, people__lte=F("content__confirmed"))
HITS = {
    "known": (EXACT & Q(rule=Rule.SETTLED.value)) | CONFIRMED,
    "asked": Q(rule=Rule.CONFIRM.value) & ~CONFIRMED,
    "ignorable": EXACT & Q(rule=Rule.IGNORED.value),
    "near": ~EXACT & Q(rule=Rule.SETTLED.value),
}
"""What a hit makes of its content. A near hit, and one on a picture inside its file, settles nothing unless officers
confirm it."""
SHOWN = Q(picture__isnull=False) | Q(film__hashed__gt=0)
"""Contents that a gallery shows: pictures, and films of which frames were hashed. Sound alone is none."""
DECIDED = StackMember.objects.filter(Exists(StackDecision.objects.filter(stack=OuterRef("stack"))))
"""Contents in decided stacks. That settles them too, unless a list asks officers to confirm them."""
HIT_FILTERS = {
    "known": Q(known=True),
    "confirm": Q(known=False, asked=True),
    "ignorable": Q(known=False, asked=False, ignorable=True),
    "decided": Q(known=False, asked=False, ignorable=False, decided=True),
    "near": Q(known=False, asked=False, ignorable=False, decided=False, near=True),
    "unsettled": Q(known=False) & (Q(asked=True) | Q(ignorable=False, decided=False)),
    "all": Q(),
}


class Part(StrEnum):
    """Where a file stands. Every file of an operation is in exactly one part."""

    UNREAD = "unread"
    """Its content is not known: it waits, failed, or was skipped; its own state says why."""
    KNOWN = "known"
    IGNORABLE = "ignorable"
    DECIDED = "decided"
    """In a stack that an officer decided."""
    COPY = "copy"
    """Unsettled, and of the same content as a file before it, which stands for both."""
    STACKED = "stacked"
    """A picture that stands in a stack behind another one, which is decided for both; or a film that is a copy of a
    longer one, which is looked at first. That decides nothing for the copy: once it is settled, the copy is left."""
    OTHER = "other"
    """No picture and no film: a document, a text, sound, a program; nothing that a gallery shows."""
    LEFT = "left"
    """Somebody has to look at it."""


SPARED = (Part.KNOWN, Part.IGNORABLE, Part.DECIDED, Part.COPY, Part.STACKED)


@dataclass(frozen=True, slots=True)
class Effect:
    """Of an operation's files, how many stand where: the sum is ``files``, always."""

    parts: dict[Part, int]

    @property
    def files(self) -> int:
        """All of them."""
        return sum(self.parts.values())

    @property
    def left(self) -> int:
        """How many somebody has to look at."""
        return self.parts[Part.LEFT]

    @property
    def spared(self) -> int:
        """How many nobody has to look at because of lists, decisions, copies and stacks."""
        return sum(self.parts[part] for part in SPARED)

    @property
    def share(self) -> int:
        """The same in whole percent of all files, rounded down."""
        return 100 * self.spared // self.files if self.files else 0


def flags(content: str) -> dict[str, Exists]:
    """Return for each key of ``HITS`` whether the content that a row names has such a hit, and if it is decided."""
    says = {name: Exists(Hit.objects.filter(hits, content=OuterRef(content))) for name, hits in HITS.items()}
    return {**says, "decided": Exists(DECIDED.filter(content=OuterRef(content)))}


def _flagged(operation: Operation) -> QuerySet[Hit, Any]:
    """Return each content that is on a list, with the keys of ``HITS``."""
    says = {name: BoolOr(ExpressionWrapper(hits, output_field=BooleanField())) for name, hits in HITS.items()}
    return Hit.objects.filter(content__operation=operation).order_by().values("content_id").annotate(**says)


def _behind(operation: Operation) -> QuerySet[FilmCopy, Any]:
    """Return copies of films, each with the longer one that it stands behind while that is left and in no stack."""
    lies = Exists(Entry.objects.filter(content=OuterRef("head")))
    rows = FilmCopy.objects.filter(lies, head__operation=operation, head__film__hashed__gt=0, head__stacked=None)
    return rows.annotate(**flags("head")).filter(HIT_FILTERS["unsettled"]).order_by().values("content_id", "head_id")


def hit_counts(operation: Operation, *, shown: bool = False) -> dict[str, int]:
    """Count the contents, or the ``SHOWN`` ones, for each key of ``HIT_FILTERS``: most have no hit and no decision."""
    rows = Content.objects.filter(operation=operation)
    if shown:
        rows = rows.filter(SHOWN)
    touched = rows.filter(Q(pk__in=Hit.objects.values("content")) | Q(pk__in=DECIDED.values("content")))
    names = ("known", "confirm", "ignorable", "decided", "near")
    counted = {f"n_{name}": Count("pk", filter=HIT_FILTERS[name]) for name in names}
    found, total = touched.annotate(**flags("pk")).aggregate(**counted), rows.count()
    counts = {name: found[f"n_{name}"] for name in names}
    settled = counts["known"] + counts["ignorable"] + counts["decided"]
    return {**counts, "unsettled": total - settled, "all": total}


def several(operation: Operation) -> QuerySet[Stack]:
    """Return the stacks of two or more: a decided one may hold its head alone."""
    return Stack.objects.filter(operation=operation).annotate(n=Count("members")).filter(n__gt=1)


STANDING = """
    SELECT content.id, held.files, held.first, coalesce(member.stack_id, -behind.head_id, -content.id) AS pile,
        CASE WHEN flagged.known THEN 'known' WHEN flagged.ignorable AND NOT flagged.asked THEN 'ignorable'
            WHEN decision.stack_id IS NOT NULL AND flagged.asked IS NOT TRUE THEN 'decided'
            WHEN picture.content_id IS NULL AND film.content_id IS NULL THEN 'other' ELSE 'shown' END AS how
    FROM casework_content content
    JOIN (
        SELECT content_id, count(*) AS files, min(id) AS first FROM casework_entry
        WHERE content_id IS NOT NULL GROUP BY content_id
    ) held ON held.content_id = content.id
    LEFT JOIN ({flagged}) flagged ON flagged.content_id = content.id
    LEFT JOIN ({behind}) behind ON behind.content_id = content.id
    LEFT JOIN casework_picture picture ON picture.content_id = content.id
    LEFT JOIN casework_film film ON film.content_id = content.id AND film.hashed > 0
    LEFT JOIN casework_stackmember member ON member.content_id = content.id
    LEFT JOIN (SELECT DISTINCT stack_id FROM casework_stackdecision) decision ON decision.stack_id = member.stack_id
    WHERE content.operation_id = %s
"""
"""Each content that lies in some file. ``pile``: what is looked at once. A stack's own number, for it is decided at
once; of its pictures the first is shown. Below 0, the content that is shown: a film, for its copies too."""
STEP, MOST = 10**13, 99_999
_TALLY = """
    WITH standing AS MATERIALIZED ({standing}), counted AS (
        SELECT how, count(*) AS contents, sum(files) AS files FROM standing GROUP BY how
    )
    SELECT (SELECT jsonb_object_agg(how, jsonb_build_array(contents, files)) FROM counted),
        ARRAY(
            SELECT CASE WHEN pile < 0 THEN ({most} - 1) * {step} - pile
                ELSE ({most} - least(count(*), {most})) * {step} + min(id) END
            FROM standing WHERE how = 'shown' GROUP BY pile ORDER BY 1
        )
"""
"""How many contents and files stand where, and the places (``place_of``) of those that are left."""
_SETTLED = "SELECT entry.id FROM ({standing}) standing JOIN casework_entry entry ON entry.content_id = standing.id"
_PILED = """
    SELECT first FROM (
        SELECT id, first, CASE WHEN pile < 0 THEN -pile ELSE min(id) OVER (PARTITION BY pile) END AS shown
        FROM ({standing}) standing WHERE how = 'shown'
    ) piled WHERE id
"""
_FILES = {
    Part.KNOWN: f"{_SETTLED} WHERE how = 'known'",
    Part.IGNORABLE: f"{_SETTLED} WHERE how = 'ignorable'",
    Part.DECIDED: f"{_SETTLED} WHERE how = 'decided'",
    Part.COPY: f"{_SETTLED} WHERE how IN ('other', 'shown') AND entry.id > first",
    Part.STACKED: f"{_PILED} <> shown",
    Part.OTHER: "SELECT first FROM ({standing}) standing WHERE how = 'other'",
    Part.LEFT: f"{_PILED} = shown",
}


def _query(template: str, operation: Operation) -> tuple[str, tuple[Any, ...]]:
    """Return a query over the standing of contents, and what its placeholders stand for."""
    flagged, given = _flagged(operation).query.sql_with_params()
    behind, also = _behind(operation).query.sql_with_params()
    standing = STANDING.format(flagged=flagged, behind=behind)
    return template.format(standing=standing, step=STEP, most=MOST), (*given, *also, operation.pk)


def place_of(content: int, size: int) -> int:
    """Return where a content stands that is decided for ``size`` of them: the most at once first, then by its key.

    A number of at most eighteen digits, of which the last thirteen are the content's key.
    """
    return (MOST - min(size, MOST)) * STEP + content


def standing(operation: Operation, *, found: int) -> tuple[Effect, list[int]]:
    """Count where the files stand, of ``found`` in all, and return the places (``place_of``) of those that are left."""
    query, given = _query(_TALLY, operation)
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        said, left = cursor.fetchone()
    counted: dict[str, tuple[int, int]] = json.loads(said or "{}")
    contents, shown = counted.get("shown", (0, 0))
    others, other_files = counted.get("other", (0, 0))
    parts = {
        Part.UNREAD: found - sum(files for _, files in counted.values()),
        Part.KNOWN: counted.get("known", (0, 0))[1],
        Part.IGNORABLE: counted.get("ignorable", (0, 0))[1],
        Part.DECIDED: counted.get("decided", (0, 0))[1],
        Part.COPY: shown - contents + other_files - others,
        Part.STACKED: contents - len(left),
        Part.OTHER: others,
        Part.LEFT: len(left),
    }
    return Effect(parts), left


def files(rows: QuerySet[Entry], operation: Operation, part: Part, *, after: int, narrowed: bool) -> Page[Entry]:
    """Return a page of the files that stand in a part: of ``rows`` only where these are ``narrowed`` to some."""
    if part is Part.UNREAD:
        return keyset(rows.filter(content__isnull=True), after=after)
    query, given = _query(_FILES[part], operation)
    if narrowed:
        asked = rows.order_by().filter(pk__in=RawSQL(query, given))  # noqa: S611 - constants
        query, given = asked.values("pk").query.sql_with_params()
    keys, total = keys_beyond(query, given, after=after, size=SIZE + 1)
    found = list(rows.filter(pk__in=keys[:SIZE]).order_by("pk"))
    return Page(found, total, keys[SIZE - 1] if len(keys) > SIZE else None, not after)

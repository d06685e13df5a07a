"""Contents, pictures and films: which are known, which are near a known one, which a person must still look at."""

import io
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.core.files.storage import default_storage
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from PIL import Image, ImageFilter

from sauveterre.casework.models import (
    Content,
    Entry,
    Film,
    FilmCopy,
    HashList,
    Hit,
    Share,
    Source,
    StackMember,
)
from sauveterre.casework.pictures import embedded_of
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.indications import Indicated, indications
from sauveterre.casework.selectors.paging import Page
from sauveterre.casework.selectors.policies import Asked, asked
from sauveterre.casework.selectors.stacks import categories_of
from sauveterre.casework.selectors.standing import HIT_FILTERS, SHOWN, STEP, flags, place_of, several
from sauveterre.casework.selectors.tallies import left_to_look_at, tally_of
from sauveterre.casework.storage import sheet_name, thumbnail_name
from sauveterre.matching.hits import MatchOptions
from sauveterre.records.category import Category
from sauveterre.records.content import Embedded
from sauveterre.records.video import TILE_SIDE

TILES = 60
SIDE = 128
GRAIN = 24
"""Pixels a side that are left of a picture before it is blurred: shapes of light and dark, and nothing more."""


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class Flags(TypedDict):
        """What ``contents`` adds to each row."""

        known: bool
        asked: bool
        ignorable: bool
        decided: bool
        near: bool
        pile: int | None

    Flagged = WithAnnotations[Content, Flags]


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture or film of the gallery, or the one that stands for its stack."""

    content: Content
    stack: int | None
    size: int
    """How many pictures the stack has; 1 without one."""
    hits: list[Hit]
    category: Category | None
    """What an officer decided of its stack."""
    copies: int
    """How many films are copies of it."""


def contents(sight: Sight) -> "QuerySet[Flagged]":
    """Return the operation's contents with what hits make of them (``standing.HITS``), and ``decided`` and ``pile``.

    ``pile`` is the stack's key, or None.
    """
    says = flags("pk")
    return Content.objects.filter(operation=sight.operation).annotate(
        known=says["known"],
        asked=says["asked"],
        ignorable=says["ignorable"],
        near=says["near"],
        decided=says["decided"],
        pile=F("stacked__stack_id"),
    )


def content_rows(sight: Sight, *, hit: str, on: int = 0) -> "QuerySet[Flagged]":
    """Return contents by what their hits say: a key of ``HIT_FILTERS``, or found on one list; else all."""
    rows = contents(sight).filter(HIT_FILTERS.get(hit, Q()))
    if on:
        rows = rows.filter(Exists(Hit.objects.filter(content=OuterRef("pk"), hash_list=on)))
    copies = Entry.objects.filter(content=OuterRef("pk")).order_by().values("content").annotate(n=Count("pk"))
    return rows.annotate(copies=Coalesce(Subquery(copies.values("n")), 0))


def shown(sight: Sight, *, show: str) -> QuerySet[Content]:
    """Return the pictures and films for a key of ``HIT_FILTERS``; any other means all."""
    rows = Content.objects.filter(SHOWN, operation=sight.operation)
    if show not in HIT_FILTERS or show == "all":
        return rows
    return rows.annotate(**flags("pk")).filter(HIT_FILTERS[show])


def gallery(sight: Sight, *, show: str, after: int, stack: int | None = None) -> Page[Tile]:
    """Return a page of tiles; what is unsettled and stacks show each stack once, the others all."""
    if stack is None and show == "unsettled":
        return _left(sight, after)
    if stack is None and show == "stacks":
        firsts = several(sight.operation).annotate(first=Min("members__content_id")).filter(first__gt=after)
        keys = list(firsts.order_by("first").values_list("first", flat=True)[: TILES + 1])
        total = tally_of(sight.operation).stacks
    elif stack is None:
        keys = _beyond(shown(sight, show=show), after)
        total = tally_of(sight.operation).shown[show]
    else:
        rows = shown(sight, show="all").filter(stacked__stack=stack)
        keys, total = _beyond(rows, after), rows.count()
    more = len(keys) > TILES
    keys = keys[:TILES]
    return Page(_tiles(sight, keys), total, keys[-1] if more else None, not after)


def _left(sight: Sight, after: int) -> Page[Tile]:
    """Return a page of what is left to look at, beyond a place: the largest stacks first, for one decision each."""
    left = left_to_look_at(sight.operation)
    first = bisect_right(left, after)
    places = left[first : first + TILES]
    tiles = {tile.content.pk: tile for tile in _tiles(sight, [place % STEP for place in places])}
    shown = [tiles[place % STEP] for place in places if place % STEP in tiles]
    return Page(shown, len(left), places[-1] if first + TILES < len(left) else None, not after)


@dataclass(frozen=True, slots=True)
class Turn:
    """A content among those that are left to look at: what comes before and after it, by SHA-256."""

    number: int
    """Its own, from 1; 0 where it is not among them."""
    of: int
    before: str
    after: str


def turn(sight: Sight, found: "Held") -> Turn:
    """Return what to look at before and after a content; of one that is settled meanwhile, what it stood between."""
    left = left_to_look_at(sight.operation)
    place = _place_among(left, found.content.pk, found.stack_size)
    at, after = bisect_left(left, place), bisect_right(left, place)
    beside = {"before": at - 1, "after": after}
    keys = {name: left[place] % STEP for name, place in beside.items() if 0 <= place < len(left)}
    digests = dict(Content.objects.filter(pk__in=keys.values()).values_list("pk", "sha256"))
    named = {name: digests.get(key, "") for name, key in keys.items()}
    return Turn(after if after > at else 0, len(left), named.get("before", ""), named.get("after", ""))


def next_left(sight: Sight, *, after: int) -> str | None:
    """Return the SHA-256 of what is left to look at next after a content, from the start again after the last; or None.

    The content itself may be settled by now: it goes on where that stood.
    """
    left = left_to_look_at(sight.operation)
    size = StackMember.objects.filter(stack__members__content=after).count() or 1
    following = left[bisect_right(left, _place_among(left, after, size)) :] or left
    return Content.objects.values_list("sha256", flat=True).get(pk=following[0] % STEP) if following else None


def _place_among(left: list[int], content: int, size: int) -> int:
    """Return the place of a content among those that are left, or, once it is settled, where it stood."""
    return next((place for place in left if place % STEP == content), place_of(content, size))


def _beyond(rows: QuerySet[Content], after: int) -> list[int]:
    return list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[: TILES + 1])


def _tiles(sight: Sight, keys: list[int]) -> list[Tile]:
    found = contents(sight).filter(pk__in=keys).select_related("picture", "film", "stacked")
    tiles = list(found.prefetch_related("hits__hash_list").order_by("pk"))
    piles = {content.pile for content in tiles if content.pile}
    sizes, given = stack_sizes(piles), categories_of(piles)
    copies = dict(FilmCopy.objects.filter(head__in=keys).order_by().values_list("head").annotate(n=Count("pk")))
    return [
        Tile(
            content=one,
            stack=one.pile,
            size=sizes.get(one.pile or 0, 1),
            hits=list(one.hits.all()),
            category=given.get(one.pile or 0),
            copies=copies.get(one.pk, 0),
        )
        for one in tiles
    ]


def stack_sizes(stacks: set[int]) -> dict[int, int]:
    """Count the contents of stacks."""
    members = StackMember.objects.filter(stack__in=stacks).order_by().values_list("stack")
    return dict(members.annotate(n=Count("pk")))


@dataclass(frozen=True, slots=True)
class Inside:
    """A picture inside the file of a picture."""

    picture: Embedded
    apart: int
    """Bits of PDQ between the two."""

    @property
    def differs(self) -> bool:
        """Whether the two are not near: it may show what the picture no longer does."""
        return self.apart > MatchOptions().threshold


@dataclass(frozen=True, slots=True)
class Held:
    """A content, with everything that the operation knows of it."""

    content: Content
    entries: list[Entry]
    entries_total: int
    hits: list[Hit]
    asked: Asked
    stack: int | None
    stack_size: int
    shares: list[Share]
    inside: list[Inside]
    indications: list[Indicated]
    copies: list[FilmCopy]
    """The longer film that it is a copy of, and the films that are copies of it."""

    @property
    def is_shown(self) -> bool:
        """Whether there is something to look at: a picture, or frames of a film."""
        film: Film | None = getattr(self.content, "film", None)
        return hasattr(self.content, "picture") or (film is not None and film.hashed > 0)


def held(sight: Sight, sha256: str) -> Held | None:
    """Return what is known of one content, or None where the operation holds no such content."""
    content = contents(sight).filter(sha256=sha256).select_related("picture", "film").first()
    if content is None:
        return None
    entries = content.entries.select_related("source__exhibit").order_by("pk")
    shares = Share.objects.filter(operation=sight.operation, subject=f"sha256:{sha256}").order_by("at", "pk")
    sizes = stack_sizes({content.pile}) if content.pile else {}
    hits = list(content.hits.select_related("hash_list").order_by("via", "distance", "pk"))
    copies = FilmCopy.objects.filter(Q(content=content) | Q(head=content)).select_related("content", "head")
    return Held(
        content, list(entries[:50]), entries.count(), hits, asked(content), content.pile,
        sizes.get(content.pile or 0, 1), list(shares[:100]), _inside(content), indications(sight, content),
        list(copies.order_by("content__sha256")[:100]),
    )  # fmt: skip


def _inside(content: Content) -> list[Inside]:
    picture = getattr(content, "picture", None)
    if picture is None:
        return []
    own = int.from_bytes(bytes(picture.pdq), "big")
    found = [embedded_of(row) for row in picture.embedded]
    return [Inside(one, (own ^ int.from_bytes(one.pdq, "big")).bit_count()) for one in found]


def entry(sight: Sight, key: int) -> Entry | None:
    """Return one entry of the operation with its source and exhibit, or None."""
    rows = Entry.objects.filter(source__exhibit__operation=sight.operation)
    return rows.select_related("source__exhibit", "content__picture").filter(pk=key).first()


def child_sources(sight: Sight, found: Entry) -> QuerySet[Source]:
    """Return the sources that were found inside an entry."""
    return Source.objects.filter(exhibit__operation=sight.operation, parent_entry=found).order_by("path")


def blurred(sight: Sight, sha256: str) -> bytes | None:
    """Return a content's thumbnail as a grey, strongly blurred JPEG of at most ``SIDE`` pixels; None without one.

    With ``blurred_sheet`` the only way from a stored picture to a page. The detail is gone before the bytes leave this
    function: at most ``GRAIN`` by ``GRAIN`` grey values remain of a picture.
    """
    if not Content.objects.filter(operation=sight.operation, sha256=sha256, picture__isnull=False).exists():
        return None
    grey = _grey(thumbnail_name(sha256))
    return None if grey is None else _blurred(grey, GRAIN / max(grey.size), SIDE / max(grey.size))


def blurred_sheet(sight: Sight, sha256: str) -> bytes | None:
    """Return a film's contact sheet, grey and blurred as ``blurred`` does each frame of it; None without one."""
    if not Content.objects.filter(operation=sight.operation, sha256=sha256, film__isnull=False).exists():
        return None
    grey = _grey(sheet_name(sha256))
    return None if grey is None else _blurred(grey, GRAIN / TILE_SIDE, SIDE / TILE_SIDE)


def _grey(name: str) -> Image.Image | None:
    try:
        with default_storage.open(name) as stream, Image.open(stream) as picture:
            return picture.convert("L")
    except OSError:  # none stored, or none that is a picture
        return None


def _blurred(grey: Image.Image, grain: float, shown: float) -> bytes:
    """Take a picture down to a ``grain`` of its size, and back to what is ``shown`` of it, blurred."""
    small, large = ((max(1, round(grey.width * share)), max(1, round(grey.height * share))) for share in (grain, shown))
    grey = grey.resize(small, Image.Resampling.BOX) if grain < 1 else grey
    soft = grey.resize(large, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(SIDE / GRAIN))
    answer = io.BytesIO()
    soft.save(answer, "JPEG", quality=60)
    return answer.getvalue()


def hash_lists(sight: Sight, *, in_force: bool = True) -> QuerySet[HashList]:
    """Return the hash lists in force, or all versions, each with how many contents were found on it (``found``)."""
    rows = sight.operation.hash_lists
    return (rows.filter(in_force=True) if in_force else rows).annotate(found=Count("hits__content", distinct=True))

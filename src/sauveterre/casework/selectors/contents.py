"""Contents and pictures: which are known, which are near a known one, which a person must still look at."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.core.files.storage import default_storage
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from PIL import Image, ImageFilter

from sauveterre.casework.models import (
    Content,
    Entry,
    FilmCopy,
    HashList,
    Hit,
    Picture,
    Share,
    Source,
    Stack,
    StackDecision,
    StackMember,
)
from sauveterre.casework.pictures import embedded_of
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.paging import Page
from sauveterre.casework.selectors.policies import Asked, asked
from sauveterre.casework.selectors.stacks import categories_of
from sauveterre.casework.storage import sheet_name, thumbnail_name
from sauveterre.matching.hits import MatchOptions
from sauveterre.records.category import Category
from sauveterre.records.content import Embedded
from sauveterre.records.ruling import Rule
from sauveterre.records.video import TILE_SIDE

NEAR = "pdq"
TILES = 60
BATCH = 500
SIDE = 128
GRAIN = 24
"""Pixels a side that are left of a picture before it is blurred: shapes of light and dark, and nothing more."""

HIT_FILTERS = {
    "known": Q(known=True),
    "confirm": Q(known=False, asked=True),
    "ignorable": Q(known=False, asked=False, ignorable=True),
    "decided": Q(known=False, asked=False, ignorable=False, decided=True),
    "near": Q(known=False, asked=False, ignorable=False, decided=False, near=True),
    "unsettled": Q(known=False) & (Q(asked=True) | Q(ignorable=False, decided=False)),
    "all": Q(),
}


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
    """One picture of the gallery, or the one that stands for its stack."""

    content: Content
    stack: int | None
    size: int
    """How many pictures the stack has; 1 without one."""
    hits: list[Hit]
    category: Category | None
    """What an officer decided of its stack."""


@dataclass(frozen=True, slots=True)
class Spared:
    """Of all files that hold a picture, how many nobody has to look at, and why."""

    known: int
    ignorable: int
    decided: int
    """In a stack that an officer decided."""
    copies: int
    """Further files with the content of one that is not settled."""
    stacked: int
    """Contents that stand in a stack behind another one of it, which is decided once."""
    left: int
    """Contents to look at, each stack once."""
    pictures: int
    """Contents."""

    @property
    def files(self) -> int:
        """All files that hold a picture: the sum of the parts."""
        return self.known + self.ignorable + self.decided + self.copies + self.stacked + self.left

    @property
    def share(self) -> int:
        """Files that nobody has to look at in whole percent, rounded down: 100 only when nothing is left."""
        return 100 * (self.files - self.left) // self.files if self.files else 0


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
DECIDED = StackMember.objects.filter(Exists(StackDecision.objects.filter(stack=OuterRef("stack"))))
"""Contents in decided stacks. That settles them too, unless a list asks officers to confirm them."""


def contents(sight: Sight) -> "QuerySet[Flagged]":
    """Return the operation's contents with what hits make of them (``HITS``), and ``decided`` and ``pile``.

    ``pile`` is the stack's key, or None.
    """
    flags = _flags("pk")
    return Content.objects.filter(operation=sight.operation).annotate(
        known=flags["known"],
        asked=flags["asked"],
        ignorable=flags["ignorable"],
        near=flags["near"],
        decided=flags["decided"],
        pile=F("stacked__stack_id"),
    )


def _flags(content: str) -> dict[str, Exists]:
    """Return for each key of ``HITS`` whether the content that a row names has such a hit, and if it is decided."""
    flags = {name: Exists(Hit.objects.filter(hits, content=OuterRef(content))) for name, hits in HITS.items()}
    return {**flags, "decided": Exists(DECIDED.filter(content=OuterRef(content)))}


def content_rows(sight: Sight, *, hit: str, on: int = 0) -> "QuerySet[Flagged]":
    """Return contents by what their hits say: a key of ``HIT_FILTERS``, or found on one list; else all."""
    rows = contents(sight).filter(HIT_FILTERS.get(hit, Q()))
    if on:
        rows = rows.filter(Exists(Hit.objects.filter(content=OuterRef("pk"), hash_list=on)))
    copies = Entry.objects.filter(content=OuterRef("pk")).order_by().values("content").annotate(n=Count("pk"))
    return rows.annotate(copies=Coalesce(Subquery(copies.values("n")), 0))


def hit_counts(sight: Sight) -> dict[str, int]:
    """Count the contents for each key of ``HIT_FILTERS``, from the hits: most contents have none."""
    known, asked, ignorable, near = (_on_lists(sight, name) for name in HITS)
    decided = _decided(sight)
    total = Content.objects.filter(operation=sight.operation).count()
    settled = known | ((ignorable | decided) - asked)
    return {
        "known": len(known),
        "confirm": len(asked - known),
        "ignorable": len(ignorable - known - asked),
        "decided": len(decided - known - asked - ignorable),
        "near": len(near - known - asked - ignorable - decided),
        "unsettled": total - len(settled),
        "all": total,
    }


def _on_lists(sight: Sight, name: str) -> set[int]:
    """Return the contents that some hit makes what a key of ``HITS`` says."""
    hits = Hit.objects.filter(HITS[name], hash_list__operation=sight.operation)
    return set(hits.values_list("content_id", flat=True))


def _decided(sight: Sight) -> set[int]:
    """Return the contents of decided stacks."""
    return set(DECIDED.filter(stack__operation=sight.operation).values_list("content_id", flat=True))


def _settled(sight: Sight) -> set[int]:
    """Return the contents that nobody has to look at."""
    known, asked, ignorable = (_on_lists(sight, name) for name in ("known", "asked", "ignorable"))
    return known | ((ignorable | _decided(sight)) - asked)


def pictures(sight: Sight, *, show: str) -> QuerySet[Picture]:
    """Return the pictures for a key of ``HIT_FILTERS``; any other means all."""
    rows = Picture.objects.filter(content__operation=sight.operation)
    if show not in HIT_FILTERS or show == "all":
        return rows
    return rows.annotate(**_flags("content")).filter(HIT_FILTERS[show])


def stacks(sight: Sight) -> dict[int, int]:
    """Return every content that is in a stack of two or more, with its stack."""
    return dict(_stacked(sight).values_list("content_id", "stack_id"))


def _stacked(sight: Sight) -> QuerySet[StackMember]:
    own = Stack.objects.filter(operation=sight.operation).annotate(n=Count("members"))
    return StackMember.objects.filter(stack__in=own.filter(n__gt=1).values("pk"))


def spared(sight: Sight) -> Spared:
    """Count what lists, decisions, copies and stacks settle, and what a person must still look at."""
    unsettled = pictures(sight, show="unsettled").count()
    stacked = len(_repeated(sight, show="unsettled"))
    holding = Entry.objects.filter(content__operation=sight.operation, content__picture__isnull=False)
    counted = holding.annotate(**_flags("content")).aggregate(
        **{f"{name}_files": Count("pk", filter=HIT_FILTERS[name]) for name in ("known", "ignorable", "decided")},
        copies=Count("pk", filter=HIT_FILTERS["unsettled"])
        - Count("content", filter=HIT_FILTERS["unsettled"], distinct=True),
    )
    return Spared(
        counted["known_files"], counted["ignorable_files"], counted["decided_files"], counted["copies"],
        stacked, unsettled - stacked, pictures(sight, show="all").count(),
    )  # fmt: skip


def _repeated(sight: Sight, *, show: str) -> set[int]:
    """Return the contents that stand in a stack behind another one of it, the settled ones left out of account."""
    settled = _settled(sight) if show == "unsettled" else set()
    seen: set[int] = set()
    behind: set[int] = set()
    for content, stack in sorted(stacks(sight).items()):
        if content in settled:
            continue
        if stack in seen:
            behind.add(content)
        seen.add(stack)
    return behind


def gallery(sight: Sight, *, show: str, after: int, stack: int | None = None) -> Page[Tile]:
    """Return a page of tiles; unsettled pictures and stacks show each stack once, the others every picture."""
    rows = pictures(sight, show="all" if stack else show)
    total = -1
    behind: set[int] = set()
    if stack is not None:
        rows = rows.filter(content__stacked__stack=stack)
    elif show == "stacks":
        rows = rows.filter(content__in=_stacked(sight).values("content"))
        total, behind = len(set(stacks(sight).values())), _repeated(sight, show=show)
    elif show == "unsettled":
        behind = _repeated(sight, show=show)
        total = rows.count() - len(behind)
    keys = _first_keys(rows, after, behind)
    more = len(keys) > TILES
    keys = keys[:TILES]
    return Page(_tiles(sight, keys), rows.count() if total < 0 else total, keys[-1] if more else None, not after)


def _first_keys(rows: QuerySet[Picture], after: int, behind: set[int]) -> list[int]:
    """Return the keys of one page of contents and one more, in order, without those that stand behind others."""
    keys: list[int] = []
    ordered = rows.order_by("content_id").values_list("content_id", flat=True)
    while len(keys) <= TILES:
        batch = list(ordered.filter(content_id__gt=after)[:BATCH])
        keys += [key for key in batch if key not in behind]
        if len(batch) < BATCH:
            break
        after = batch[-1]
    return keys[: TILES + 1]


def next_left(sight: Sight, *, after: int) -> str | None:
    """Return the SHA-256 of the next picture that is left to look at, from the start again after the last; or None."""
    rows, behind = pictures(sight, show="unsettled"), _repeated(sight, show="unsettled")
    keys = _first_keys(rows, after, behind) or _first_keys(rows, 0, behind)
    return Content.objects.values_list("sha256", flat=True).get(pk=keys[0]) if keys else None


def _tiles(sight: Sight, keys: list[int]) -> list[Tile]:
    found = contents(sight).filter(pk__in=keys).select_related("picture", "stacked")
    tiles = list(found.prefetch_related("hits__hash_list").order_by("pk"))
    piles = {content.pile for content in tiles if content.pile}
    sizes, given = stack_sizes(piles), categories_of(piles)
    return [
        Tile(one, one.pile, sizes.get(one.pile or 0, 1), list(one.hits.all()), given.get(one.pile or 0))
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
    copies: list[FilmCopy]
    """The longer film that it is a copy of, and the films that are copies of it."""


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
        sizes.get(content.pile or 0, 1), list(shares[:100]), _inside(content),
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


def hash_lists(sight: Sight) -> QuerySet[HashList]:
    """Return the operation's hash lists, each with how many contents were found on it (``found``)."""
    return sight.operation.hash_lists.annotate(found=Count("hits__content", distinct=True))

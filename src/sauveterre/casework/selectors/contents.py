"""Contents and pictures: which are known, which are near a known one, which a person must still look at."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.core.files.storage import default_storage
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from PIL import Image, ImageFilter

from sauveterre.casework.models import Content, Entry, HashList, Hit, Picture, Share, Source, Stack, StackMember
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.paging import Page
from sauveterre.casework.selectors.policies import Asked, asked
from sauveterre.casework.storage import list_file, thumbnail_name
from sauveterre.errors import UnreadableSource
from sauveterre.pipeline.known import probably_known
from sauveterre.records.ruling import Rule

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
    "near": Q(known=False, asked=False, ignorable=False, near=True),
    "unsettled": Q(known=False) & (Q(asked=True) | Q(ignorable=False)),
    "all": Q(),
}


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class Flags(TypedDict):
        """What ``contents`` adds to each row."""

        known: bool
        asked: bool
        ignorable: bool
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


@dataclass(frozen=True, slots=True)
class Spared:
    """Of all pictures, how many nobody has to look at, and why."""

    pictures: int
    by_hash: int
    by_stack: int
    left: int

    @property
    def share(self) -> int:
        """Settled pictures in whole percent, rounded down: 100 only when nothing is left."""
        return 100 * (self.pictures - self.left) // self.pictures if self.pictures else 0


EXACT = ~Q(algorithm=NEAR)
CONFIRMED = Q(rule=Rule.CONFIRM.value, people__lte=F("content__confirmed"))
HITS = {
    "known": (EXACT & Q(rule=Rule.SETTLED.value)) | CONFIRMED,
    "asked": Q(rule=Rule.CONFIRM.value) & ~CONFIRMED,
    "ignorable": EXACT & Q(rule=Rule.IGNORED.value),
    "near": Q(algorithm=NEAR, rule=Rule.SETTLED.value),
}
"""What a hit makes of its content. A near hit settles nothing unless officers confirm it."""


def contents(sight: Sight) -> "QuerySet[Flagged]":
    """Return the operation's contents with ``known``, ``asked``, ``ignorable`` and ``near`` (``HITS``), and ``pile``.

    ``pile`` is the stack's key, or None.
    """
    flags = _flags("pk")
    return Content.objects.filter(operation=sight.operation).annotate(
        known=flags["known"],
        asked=flags["asked"],
        ignorable=flags["ignorable"],
        near=flags["near"],
        pile=Coalesce("stacked__stack_id", "heads__pk"),
    )


def _flags(content: str) -> dict[str, Exists]:
    """Return for each key of ``HITS`` whether the content that a row names has such a hit."""
    return {name: Exists(Hit.objects.filter(hits, content=OuterRef(content))) for name, hits in HITS.items()}


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
    total = Content.objects.filter(operation=sight.operation).count()
    settled = len(known) + len(ignorable - known - asked)
    return {
        "known": len(known),
        "confirm": len(asked - known),
        "ignorable": settled - len(known),
        "near": len(near - known - asked - ignorable),
        "unsettled": total - settled,
        "all": total,
    }


def _on_lists(sight: Sight, name: str) -> set[int]:
    """Return the contents that some hit makes what a key of ``HITS`` says."""
    hits = Hit.objects.filter(HITS[name], hash_list__operation=sight.operation)
    return set(hits.values_list("content_id", flat=True))


def _settled(sight: Sight) -> set[int]:
    """Return the contents that nobody has to look at."""
    known, asked, ignorable = (_on_lists(sight, name) for name in ("known", "asked", "ignorable"))
    return known | (ignorable - asked)


def pictures(sight: Sight, *, show: str) -> QuerySet[Picture]:
    """Return the pictures for a key of ``HIT_FILTERS``; any other means all."""
    rows = Picture.objects.filter(content__operation=sight.operation)
    if show not in HIT_FILTERS or show == "all":
        return rows
    return rows.annotate(**_flags("content")).filter(HIT_FILTERS[show])


def stacks(sight: Sight) -> dict[int, int]:
    """Return every content that is in a stack, with its stack."""
    own = Stack.objects.filter(operation=sight.operation)
    members = StackMember.objects.filter(stack__operation=sight.operation)
    return {**dict(members.values_list("content_id", "stack_id")), **dict(own.values_list("head_id", "pk"))}


def spared(sight: Sight) -> Spared:
    """Count what hashes and stacks settle, and what a person must still look at."""
    total = pictures(sight, show="all").count()
    unsettled = pictures(sight, show="unsettled").count()
    by_stack = len(_repeated(sight, show="unsettled"))
    return Spared(total, total - unsettled, by_stack, unsettled - by_stack)


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
        rows = rows.filter(Q(content__stacked__stack=stack) | Q(content__heads=stack))
    elif show == "stacks":
        rows = rows.filter(Q(content__stacked__isnull=False) | Q(content__heads__isnull=False))
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


def _tiles(sight: Sight, keys: list[int]) -> list[Tile]:
    found = (
        contents(sight).filter(pk__in=keys).select_related("picture").prefetch_related("hits__hash_list").order_by("pk")
    )
    tiles = list(found)
    sizes = stack_sizes({content.pile for content in tiles if content.pile})
    return [Tile(content, content.pile, sizes.get(content.pile or 0, 1), list(content.hits.all())) for content in tiles]


def stack_sizes(stacks: set[int]) -> dict[int, int]:
    """Count the contents of stacks, each with its head."""
    sizes: dict[int, int] = {}
    for stack in Stack.objects.filter(pk__in=stacks).prefetch_related("members"):
        sizes[stack.pk] = len({stack.head_id, *(member.content_id for member in stack.members.all())})
    return sizes


@dataclass(frozen=True, slots=True)
class Indicated:
    """What a filter says of a content. Never more than an indication."""

    hash_list: HashList
    probable: bool | None
    """Probably known; False: certainly not in it; None where it cannot be asked."""


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
    indications: list[Indicated]


def held(sight: Sight, sha256: str) -> Held | None:
    """Return what is known of one content, or None where the operation holds no such content."""
    content = contents(sight).filter(sha256=sha256).select_related("picture").first()
    if content is None:
        return None
    entries = content.entries.select_related("source__exhibit").order_by("pk")
    shares = Share.objects.filter(operation=sight.operation, subject=f"sha256:{sha256}").order_by("at", "pk")
    sizes = stack_sizes({content.pile}) if content.pile else {}
    hits = list(content.hits.select_related("hash_list").order_by("distance", "pk"))
    return Held(
        content, list(entries[:50]), entries.count(), hits, asked(content), content.pile,
        sizes.get(content.pile or 0, 1), list(shares[:100]), indications(sight, content),
    )  # fmt: skip


def entry(sight: Sight, key: int) -> Entry | None:
    """Return one entry of the operation with its source and exhibit, or None."""
    rows = Entry.objects.filter(source__exhibit__operation=sight.operation)
    return rows.select_related("source__exhibit", "content__picture").filter(pk=key).first()


def child_sources(sight: Sight, found: Entry) -> QuerySet[Source]:
    """Return the sources that were found inside an entry."""
    return Source.objects.filter(exhibit__operation=sight.operation, parent_entry=found).order_by("path")


def blurred(sight: Sight, sha256: str) -> bytes | None:
    """Return a content's thumbnail as a grey, strongly blurred JPEG of at most ``SIDE`` pixels; None without one.

    The only way from a stored picture to a page. The detail is gone before the bytes leave this function:
    at most ``GRAIN`` by ``GRAIN`` grey values remain of a picture.
    """
    if not Content.objects.filter(operation=sight.operation, sha256=sha256, picture__isnull=False).exists():
        return None
    try:
        with default_storage.open(thumbnail_name(sha256)) as stream, Image.open(stream) as picture:
            grey = picture.convert("L")
    except OSError:  # none stored, or none that is a picture
        return None
    scale = SIDE / max(grey.size)
    shown = (max(1, round(grey.width * scale)), max(1, round(grey.height * scale)))
    grey.thumbnail((GRAIN, GRAIN), Image.Resampling.BOX)
    soft = grey.resize(shown, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(SIDE / GRAIN))
    answer = io.BytesIO()
    soft.save(answer, "JPEG", quality=60)
    return answer.getvalue()


def hash_lists(sight: Sight, *, in_force: bool = True) -> QuerySet[HashList]:
    """Return the hash lists in force, or all versions, each with how many contents were found on it (``found``)."""
    rows = sight.operation.hash_lists.filter(**({"in_force": True} if in_force else {}))
    return rows.annotate(found=Count("hits__content", distinct=True))


def indications(sight: Sight, content: Content) -> list[Indicated]:
    """Return for each filter in force what it says of a content; it is asked anew each time, and settles nothing."""
    filters = sight.operation.hash_lists.filter(in_force=True, kind=HashList.Kind.FILTER)
    return [Indicated(one, _said_by(one, content)) for one in filters]


def _said_by(one: HashList, content: Content) -> bool | None:
    if not content.sha1:
        return None
    try:
        return probably_known(content.sha1, list_file(one.sha256))
    except UnreadableSource:
        return None

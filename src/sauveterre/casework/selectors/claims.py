"""Files that are not there: messages state their digests, and lists of known hashes name them."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, QuerySet, Value
from django.db.models.functions import Concat

from sauveterre.casework.models import AttachmentFact, ClaimedHit, Content, HashList, Share
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.paging import Page, portion

FILES = 100


@dataclass(frozen=True, slots=True)
class Claimed:
    """One such file: what lists say of it, and the rows that state it."""

    sha256: str
    hits: list[ClaimedHit]
    rows: list[AttachmentFact]

    @property
    def messages(self) -> int:
        """How many messages carry it, each counted once however many devices show it."""
        return len({row.message for row in self.rows})


def claims(sight: Sight) -> QuerySet[ClaimedHit]:
    """Return what lists in force say of files that messages state and the operation does not hold."""
    held = Content.objects.filter(operation=sight.operation, sha256=OuterRef("sha256"))
    rows = ClaimedHit.objects.filter(hash_list__operation=sight.operation, hash_list__in_force=True)
    return rows.exclude(Exists(held))


def claimed_count(sight: Sight) -> int:
    """Count these files."""
    return claims(sight).values("sha256").distinct().count()


def claimed_files(sight: Sight, *, after: int = 0, group: str = "") -> Page[Claimed]:
    """Return these files by digest: all, or those that were put into one group."""
    named = claims(sight)
    shares = Share.objects.filter(operation=sight.operation, group=group)
    if group:
        subjects = named.annotate(subject=Concat(Value("sha256:"), F("sha256"))).values("subject")
        put = shares.filter(subject__in=subjects).values_list("subject", flat=True).distinct()
        named = named.filter(sha256__in=[subject.removeprefix("sha256:") for subject in put])
    digests = list(named.order_by("sha256").values_list("sha256", flat=True).distinct())
    page = portion(digests, after=after, size=FILES)
    hits = list(named.filter(sha256__in=page.rows).select_related("hash_list").order_by("pk"))
    written = [*page.rows, *map(str.upper, page.rows)]
    facts = AttachmentFact.objects.filter(source__exhibit__operation=sight.operation, sha256__in=written)
    if group:
        facts = facts.filter(message__in=shares.filter(subject__in=_subjects(page.rows)).values("message"))
    rows = list(facts.select_related("source").order_by("pk"))
    found = [
        Claimed(one, [hit for hit in hits if hit.sha256 == one], [row for row in rows if _is(row, one)])
        for one in page.rows
    ]
    return Page(found, page.total, page.after, page.first)


def lists_of_group(sight: Sight, group: str) -> list[tuple[HashList, int]]:
    """Return the lists that name files of a group which are not there, and how many attachments that is."""
    named = claims(sight).annotate(subject=Concat(Value("sha256:"), F("sha256"))).select_related("hash_list")
    shares = Share.objects.filter(operation=sight.operation, group=group, subject__in=named.values("subject"))
    times = Counter(shares.values_list("subject", flat=True))
    on = {(hit.hash_list, hit.subject) for hit in named.filter(subject__in=list(times))}
    lists = Counter[HashList]()
    for hash_list, subject in on:
        lists[hash_list] += times[subject]
    return sorted(lists.items(), key=lambda one: (one[0].name, one[0].pk))


def _subjects(digests: list[str]) -> list[str]:
    return [f"sha256:{digest}" for digest in digests]


def _is(row: AttachmentFact, sha256: str) -> bool:
    return (row.sha256 or "").lower() == sha256

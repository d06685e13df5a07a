"""Settling by hash: which contents are on a list, and which are near-identical to one another."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from sauveterre.casework.claims import claimed_digests, write_claims
from sauveterre.casework.films import match_row
from sauveterre.casework.models import ClaimedHit, Content, FilmCopy, HashList, Hit, Operation
from sauveterre.casework.rulings import policies_of
from sauveterre.casework.stacking import stack_again
from sauveterre.casework.storage import kept_list
from sauveterre.pipeline.known import candidates_of, copies_of, look_up, look_up_claims, open_built
from sauveterre.records.content import Fingerprint
from sauveterre.records.hash_list import Hit as HitRecord
from sauveterre.records.ruling import Policy, ruling


@dataclass(frozen=True, slots=True)
class Settled:
    """Hits, copies of films and stacks, worked out and not yet written."""

    heads: dict[str, str]
    """SHA-256 of each stacked content to that of its stack's head."""
    write: Callable[[], None]


def settle(operation: Operation, prints: list[Fingerprint]) -> Settled:
    """Look all contents, and what messages state of others, up on all lists of an operation; find copies; stack.

    Stacks are made with those that stand.
    """
    lists = {(row.name, row.version): row for row in lists_in_force(operation)}
    known = [open_built(kept_list(row.kept_as, row.name, row.version)) for row in lists.values()]
    hits = look_up(prints, known)
    claims = look_up_claims(claimed_digests(operation, {one.digests.sha256 for one in prints}), known)
    copies = copies_of(prints)
    stacked = stack_again(operation, candidates_of(prints))

    def write() -> None:
        numbers = dict(Content.objects.filter(operation=operation).values_list("sha256", "pk"))
        current = set(lists_in_force(operation).values_list("pk", flat=True))
        asked = {key: row for key, row in lists.items() if row.pk in current}
        newer = current - {row.pk for row in asked.values()}  # given hits of their own while this was worked out
        Hit.objects.filter(content__operation=operation).exclude(hash_list__in=newer).delete()
        policies = policies_of(operation)
        met = (hit for hit in hits if (hit.identity.name, hit.identity.version) in asked)
        Hit.objects.bulk_create(_hit(hit, numbers, asked, policies) for hit in met)
        ClaimedHit.objects.filter(hash_list__operation=operation).exclude(hash_list__in=newer).delete()
        write_claims(claims, asked)
        FilmCopy.objects.filter(head__operation=operation).delete()
        FilmCopy.objects.bulk_create(
            FilmCopy(content_id=numbers[one.sha256], head_id=numbers[one.head], film=match_row(one.match))
            for one in copies
        )
        stacked.write()

    return Settled(stacked.heads, write)


def lists_in_force(operation: Operation) -> QuerySet[HashList]:
    """Return the lists that give hits: no version that was replaced, and no filter."""
    return HashList.objects.filter(operation=operation, in_force=True, kind=HashList.Kind.LIST).order_by("pk")


def rehit(old: Iterable[HashList], new: HashList, hits: Iterable[HitRecord], claims: Iterable[HitRecord]) -> None:
    """Give a new version's hits, on contents and on what messages state, in place of those that it replaces."""
    operation = new.operation
    numbers = dict(Content.objects.filter(operation=operation).values_list("sha256", "pk"))
    policies = policies_of(operation)
    Hit.objects.filter(hash_list__in=old).delete()
    Hit.objects.bulk_create(_hit(hit, numbers, {(new.name, new.version): new}, policies) for hit in hits)
    ClaimedHit.objects.filter(hash_list__in=old).delete()
    write_claims(claims, {(new.name, new.version): new})


def _hit(
    hit: HitRecord, numbers: dict[str, int], lists: dict[tuple[str, str], HashList], policies: list[Policy]
) -> Hit:
    hash_list = lists[hit.identity.name, hit.identity.version]
    policy = ruling(policies, hash_list.name, hit.category, hash_list.usual)
    return Hit(
        content_id=numbers[hit.sha256],
        hash_list=hash_list,
        rule=policy.rule.value,
        people=policy.people,
        algorithm=hit.digest.algorithm,
        value=hit.digest.hex,
        distance=hit.distance,
        quality=hit.quality,
        listed_quality=hit.listed_quality,
        category_scheme=hit.category.scheme if hit.category else "",
        category_code=hit.category.code if hit.category else "",
        locator=hit.locator,
        film=match_row(hit.film) if hit.film else None,
        via=hit.via,
        turn=hit.turn.value,
    )

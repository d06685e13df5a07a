"""Files that messages state by their SHA-256 and that the operation does not hold: looked up on its lists too."""

import re
from collections.abc import Collection, Iterable

from sauveterre.casework.models import AttachmentFact, ClaimedHit, HashList, Operation
from sauveterre.records.hash_list import Hit as HitRecord

_SHA256 = re.compile(r"[0-9a-f]{64}")
ListKey = tuple[str, str]
"""Name and version."""


def claimed_digests(operation: Operation, held: Collection[str]) -> list[str]:
    """Return the digests that attachments of an operation are stated to have, sorted, without those of its contents."""
    facts = AttachmentFact.objects.filter(source__exhibit__operation=operation, sha256__isnull=False)
    stated = {digest.lower() for digest in facts.order_by().values_list("sha256", flat=True).distinct() if digest}
    return sorted(digest for digest in stated.difference(held) if _SHA256.fullmatch(digest))


def write_claims(hits: Iterable[HitRecord], lists: dict[ListKey, HashList]) -> None:
    """Write what lists say of such files; hits on other lists are passed over."""
    ClaimedHit.objects.bulk_create(
        ClaimedHit(
            hash_list=lists[hit.identity.name, hit.identity.version],
            sha256=hit.sha256,
            category_scheme=hit.category.scheme if hit.category else "",
            category_code=hit.category.code if hit.category else "",
            locator=hit.locator,
        )
        for hit in hits
        if (hit.identity.name, hit.identity.version) in lists
    )

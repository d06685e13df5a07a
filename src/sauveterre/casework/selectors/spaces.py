"""Storage spaces: where files lay, and who led there."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from sauveterre.casework.models import Share, StorageSpace
from sauveterre.casework.selectors.access import Sight


@dataclass(frozen=True, slots=True)
class SpaceRow:
    """A storage space, and how many accounts and groups its links stood in."""

    space: StorageSpace
    accounts: int
    groups: int


def space_rows(sight: Sight) -> list[SpaceRow]:
    """Return the storage spaces, the most linked first."""
    links = Share.objects.filter(operation=sight.operation, subject__startswith="space:")
    counted = {
        subject: (accounts, groups)
        for subject, accounts, groups in links.values_list("subject")
        .annotate(accounts=Count("account", distinct=True), groups=Count("group", distinct=True))
        .order_by()
    }
    spaces = StorageSpace.objects.filter(operation=sight.operation).order_by("-links", "host", "identifier")
    return [SpaceRow(space, *counted.get(f"space:{space.key}", (0, 0))) for space in spaces]


def space(sight: Sight, key: str) -> tuple[StorageSpace, QuerySet[Share]] | None:
    """Return one storage space by ``HOST/ID`` with the shares that led there, or None."""
    host, _, identifier = key.partition("/")
    found = StorageSpace.objects.filter(operation=sight.operation, host=host, identifier=identifier).first()
    if found is None:
        return None
    return found, Share.objects.filter(operation=sight.operation, subject=f"space:{key}").order_by("pk")

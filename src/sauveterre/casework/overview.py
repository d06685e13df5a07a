"""The figures of an operation, each counted from the rows that it stands for."""

from django.db.models import QuerySet

from sauveterre.casework.models import (
    Content,
    Entry,
    HashList,
    Hit,
    Operation,
    ParticipantRole,
    Person,
    RoleInterval,
    Stack,
    StorageSpace,
)


def overview_of(operation: Operation) -> dict[str, int]:
    """Return the figures by name, in the order in which people read them."""
    contents = Content.objects.filter(operation=operation)
    hits = Hit.objects.filter(content__operation=operation)
    roles = RoleInterval.objects.filter(operation=operation)
    known = hits.filter(distance=0).exclude(algorithm="pdq")
    return {
        "exhibits": operation.exhibits.count(),
        "entries": Entry.objects.filter(source__exhibit__operation=operation).count(),
        "contents": contents.count(),
        "pictures": contents.filter(picture__isnull=False).count(),
        "known contents": _contents(known.filter(hash_list__effect=HashList.Effect.KNOWN)),
        "ignorable contents": _contents(known.filter(hash_list__effect=HashList.Effect.IGNORABLE)),
        "contents near a known one": _contents(hits.filter(algorithm="pdq")),
        "stacks": Stack.objects.filter(operation=operation).count(),
        "groups": roles.filter(role="member").values("group").distinct().count(),
        "administrators": roles.filter(role="admin").values("account").distinct().count(),
        "suppliers": ParticipantRole.objects.filter(operation=operation, role="supplier")
        .values("account")
        .distinct()
        .count(),
        "storage spaces": StorageSpace.objects.filter(operation=operation).count(),
        "persons": Person.objects.filter(operation=operation).count(),
        "countries": Person.objects.filter(operation=operation)
        .exclude(country="")
        .values("country")
        .distinct()
        .count(),
    }


def _contents(hits: QuerySet[Hit]) -> int:
    return hits.values("content").distinct().count()

"""The operation in figures. Each is counted as the list behind it counts, so that both always agree."""

from sauveterre.casework.models import StorageSpace
from sauveterre.casework.selectors import action, contents, exhibits, groups, people, stacks
from sauveterre.casework.selectors.access import Sight


def overview(sight: Sight, account: exhibits.Account, spared: contents.Spared) -> dict[str, int]:
    """Return the figures of the overview by name."""
    hits = contents.hit_counts(sight)
    persons = people.person_rows(sight)
    arrests = action.arrests(list(action.measure_rows(sight)))
    return {
        "referrals": sight.operation.referrals.count(),
        "exhibits": sight.operation.exhibits.count(),
        "sources": exhibits.source_count(sight),
        "entries": account.found,
        "processed": account.processed,
        "partial": account.partial,
        "failed": account.failed,
        "skipped": account.skipped,
        "pending": account.pending,
        "problems": exhibits.problem_rows(sight).count(),
        "contents": hits["all"],
        "known": hits["known"],
        "confirm": hits["confirm"],
        "ignorable": hits["ignorable"],
        "decided": hits["decided"],
        "near": hits["near"],
        "pictures": spared.pictures,
        "stacks": len(set(contents.stacks(sight).values())),
        "left": spared.left,
        "questions": stacks.open_questions(sight),
        "hash_lists": sight.operation.hash_lists.count(),
        "groups": len(groups.group_rows(sight)),
        "spaces": StorageSpace.objects.filter(operation=sight.operation).count(),
        "persons": len(persons),
        "administrators": sum("admin" in row.roles for row in persons),
        "suppliers": sum("supplier" in row.roles for row in persons),
        "countries": len({row.person.country for row in persons if row.person.country}),
        "packages": sight.operation.packages.count(),
        "targets": sight.operation.targets.count(),
        "arrests": len(arrests),
    }

"""The operation in figures. Each is counted as the list behind it counts, so that both always agree."""

from sauveterre.casework.models import StorageSpace
from sauveterre.casework.selectors import action, claims, exhibits, groups, people, stacks
from sauveterre.casework.selectors.access import Sight
from sauveterre.casework.selectors.tallies import Counted


def overview(sight: Sight, account: exhibits.Account, counted: Counted) -> dict[str, int]:
    """Return the figures of the overview by name."""
    hits = counted.hits
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
        "claimed": claims.claimed_count(sight),
        "pictures_and_films": counted.shown["all"],
        "stacks": counted.stacks,
        "left": counted.effect.left,
        "questions": stacks.open_questions(sight),
        "hash_lists": sight.operation.hash_lists.filter(in_force=True).count(),
        "groups": groups.group_count(sight),
        "spaces": StorageSpace.objects.filter(operation=sight.operation).count(),
        **people.person_counts(sight),
        "packages": sight.operation.packages.count(),
        "targets": sight.operation.targets.count(),
        "arrests": len(arrests),
    }

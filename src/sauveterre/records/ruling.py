"""What a hit settles: the rule that a unit gave to a hash list, or to one category of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sauveterre.records.category import Category


class Rule(StrEnum):
    """What follows from being found on a list. The set is closed."""

    SETTLED = "settled"
    """Nobody has to look: others have looked and decided."""
    CONFIRM = "confirm"
    """So many officers have to confirm it first; a near hit too is settled by that."""
    IGNORED = "ignored"
    """Harmless: nobody has to look."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule, and what it is for."""

    list_name: str
    """All versions of this list."""
    category: Category | None
    """None for every category that has no rule of its own, and for items without one."""
    rule: Rule
    people: int = 0
    """Officers who have to confirm, 1 and up, where the rule asks for that; else 0."""


def ruling(policies: Iterable[Policy], list_name: str, category: Category | None, usual: Rule) -> Policy:
    """Return the policy for a hit: its category's own, else its list's, else what is usual for the list."""
    own = {policy.category: policy for policy in policies if policy.list_name == list_name}
    return own.get(category) or own.get(None) or Policy(list_name, None, usual)

"""What each list and category settles, and what still waits to be confirmed."""

from dataclasses import dataclass

from django.db.models import Count

from sauveterre.casework.models import Content, HashList, Hit, Operation
from sauveterre.casework.rulings import category_of, policies_of
from sauveterre.records.category import Category
from sauveterre.records.ruling import Rule, ruling


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A list, or one category of it, and its rule."""

    list_name: str
    category: Category | None
    """None for the list's own rule, which holds for every other category."""
    rule: Rule
    people: int
    contents: int
    """Contents found under the category; for the list's own row those of no category."""


def rule_rows(operation: Operation) -> list[RuleRow]:
    """Return a row for each list, and for each category that something was found under or that has a rule."""
    policies = policies_of(operation)
    lists = operation.hash_lists.filter(in_force=True, kind=HashList.Kind.LIST)
    usual = {one.name: one.usual for one in lists.order_by("pk")}
    found = _found(operation)
    wanted = {(name, None) for name in usual} | {key for key in found if key[0] in usual}
    wanted |= {(policy.list_name, policy.category) for policy in policies if policy.list_name in usual}
    rows = []
    for name, category in sorted(wanted, key=lambda one: (one[0], str(one[1] or ""))):
        policy = ruling(policies, name, category, usual[name])
        rows.append(RuleRow(name, category, policy.rule, policy.people, found.get((name, category), 0)))
    return rows


def _found(operation: Operation) -> dict[tuple[str, Category | None], int]:
    names = ("hash_list__name", "category_scheme", "category_code")
    rows = Hit.objects.filter(hash_list__operation=operation).order_by().values_list(*names)
    counted = rows.annotate(n=Count("content", distinct=True))
    return {(name, category_of(scheme, code)): number for name, scheme, code, number in counted}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the lists ask of officers for one content."""

    needed: int
    """Officers who have to confirm it; 0 where no list asks."""
    by: tuple[str, ...]
    """Who did, in their order."""

    @property
    def is_settled(self) -> bool:
        """Whether enough have."""
        return 0 < self.needed <= len(self.by)


def asked(content: Content) -> Asked:
    """Return how many officers have to confirm a content at least, and who did."""
    needed = content.hits.filter(rule=Rule.CONFIRM.value).order_by("people").values_list("people", flat=True).first()
    return Asked(needed or 0, tuple(content.confirmations.values_list("officer__username", flat=True)))

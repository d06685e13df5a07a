"""What a hit settles: rules for lists and categories, confirmations, and taking a list out again."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count

from sauveterre.casework import audit
from sauveterre.casework.list_store import forget_files
from sauveterre.casework.models import Confirmation, Content, HashList, ListPolicy, Officer, Operation
from sauveterre.casework.rulings import category_of, policies_of
from sauveterre.casework.services.operations import require_member
from sauveterre.errors import InvalidInput
from sauveterre.records.category import Category
from sauveterre.records.ruling import Rule, ruling

MOST_PEOPLE = 9
_NAMES_THEM = "`sauveterre hashlist rules` names those it has"


@transaction.atomic
def set_policy(
    *, operation: Operation, list_name: str, category: Category | None, rule: Rule, people: int, by: Officer
) -> ListPolicy:
    """Give a list, or one category of it, a rule; it holds for all hits at once, and nothing is read again.

    Raises ``InvalidInput`` for a list that the operation has not, and a number of people that makes no sense.
    """
    require_member(operation=operation, officer=by)
    if not operation.hash_lists.filter(name=list_name, kind=HashList.Kind.LIST).exists():
        raise InvalidInput(f"the operation has no hash list {list_name!r}; {_NAMES_THEM}")
    if (rule is Rule.CONFIRM) != (0 < people <= MOST_PEOPLE):
        raise InvalidInput(
            f"{people} people do not go with the rule {rule}; {Rule.CONFIRM} needs 1 to {MOST_PEOPLE}, the others none"
        )
    row, _ = ListPolicy.objects.update_or_create(
        operation=operation,
        list_name=list_name,
        category_scheme=category.scheme if category else "",
        category_code=category.code if category else "",
        defaults={"rule": rule.value, "people": people},
    )
    apply_policies(operation, operation.hash_lists.filter(name=list_name))
    audit.record(
        actor=by.username, action="list-rule-set", subject=f"{list_name} {category or '*'}", operation=operation,
        rule=rule.value, people=people,
    )  # fmt: skip
    return row


def apply_policies(operation: Operation, lists: Iterable[HashList]) -> None:
    """Write on every hit of these lists what it settles."""
    policies = policies_of(operation)
    for one in lists:
        for scheme, code in set(one.hits.values_list("category_scheme", "category_code")):
            policy = ruling(policies, one.name, category_of(scheme, code), one.usual)
            hits = one.hits.filter(category_scheme=scheme, category_code=code)
            hits.update(rule=policy.rule.value, people=policy.people)


@transaction.atomic
def confirm(*, content: Content, by: Officer) -> Confirmation:
    """Say that a content is what a list says it is. Confirming twice is confirming once.

    Raises ``InvalidInput`` where no list asks for it.
    """
    require_member(operation=content.operation, officer=by)
    content = Content.objects.select_for_update().get(pk=content.pk)
    if not content.hits.filter(rule=Rule.CONFIRM.value).exists():
        raise InvalidInput("no list asks for this content to be confirmed; there is nothing to confirm")
    row, made = Confirmation.objects.get_or_create(content=content, officer=by)
    if made:
        _count_again(content, by, "hit-confirmed")
    return row


@transaction.atomic
def withdraw(*, content: Content, by: Officer) -> None:
    """Take one's confirmation back; where there is none, nothing changes."""
    require_member(operation=content.operation, officer=by)
    content = Content.objects.select_for_update().get(pk=content.pk)
    removed, _ = content.confirmations.filter(officer=by).delete()
    if removed:
        _count_again(content, by, "hit-confirmation-withdrawn")


def _count_again(content: Content, by: Officer, action: str) -> None:
    content.confirmed = content.confirmations.count()
    content.save(update_fields=["confirmed"])
    audit.record(
        actor=by.username,
        action=action,
        subject=content.sha256,
        operation=content.operation,
        confirmed=content.confirmed,
    )


@transaction.atomic
def remove_hash_list(*, operation: Operation, name: str, version: str, by: Officer) -> int:
    """Take a version of a list out, and its effect with it; return how many hits go.

    What rests on it in the assessment stays until the next one. Raises ``InvalidInput`` when there is no such list.
    """
    require_member(operation=operation, officer=by)
    row = operation.hash_lists.filter(name=name, version=version).annotate(found=Count("hits")).first()
    if row is None:
        raise InvalidInput(f"the operation has no hash list {name} {version}; {_NAMES_THEM}")
    found = int(row.found)
    row.delete()
    transaction.on_commit(lambda: forget_files(row))
    audit.record(
        actor=by.username, action="hash-list-removed", subject=f"{name} {version}", operation=operation,
        sha256=row.sha256, hits=found,
    )  # fmt: skip
    return found

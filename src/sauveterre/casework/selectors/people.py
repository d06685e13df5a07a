"""Accounts and persons: who is it, on which evidence."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from sauveterre.casework.models import (
    AccountFact,
    CountryIndication,
    IdentifierFact,
    Membership,
    ParticipantRole,
    Person,
    RoleInterval,
    Share,
)
from sauveterre.casework.selectors.access import Sight

NAME_ORDER = ("profile_name", "contact_name", "nickname", "username", "e164")
UNKNOWN = "-"
"""Stands for a country that nothing points to."""
ROLES = ("admin", "supplier", "user")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person with the groups and roles of their accounts."""

    person: Person
    groups: int
    roles: tuple[str, ...]
    shares: int


@dataclass(frozen=True, slots=True)
class Stated:
    """One identifier, with every row that states it."""

    account: str
    type: str
    value: str
    rows: list[IdentifierFact]


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is held on the accounts of one person."""

    key: str
    accounts: tuple[str, ...]
    person: Person | None
    """None where no assessment has judged these accounts yet."""
    stated: list[AccountFact]
    identifiers: list[Stated]
    memberships: list[Membership]
    roles: list[RoleInterval]
    parts: list[ParticipantRole]
    shares: list[Share]
    shares_total: int
    indications: list[CountryIndication]


def names(sight: Sight, accounts: Iterable[str | None]) -> dict[str, str]:
    """Return the most telling name that any row states for each account; accounts without one are left out."""
    wanted = {account for account in accounts if account}
    rows = IdentifierFact.objects.filter(
        source__exhibit__operation=sight.operation, account__in=wanted, type__in=NAME_ORDER
    ).values_list("account", "type", "value")
    best: dict[str, tuple[int, str]] = {}
    for account, kind, value in rows:
        rank = (NAME_ORDER.index(kind), value)
        if value and (account not in best or rank < best[account]):
            best[account] = rank
    return {account: value for account, (_, value) in best.items()}


def person_rows(sight: Sight, *, role: str = "", country: str = "", group: str = "") -> list[PersonRow]:
    """Return persons, by label: all, or those with a role (``ROLES``), of a country or of a group."""
    groups, roles, shares = _by_account(sight)
    rows = []
    for person in persons(sight):
        inside = set().union(*(groups[account] for account in person.accounts))
        held = set().union(*(roles[account] for account in person.accounts))
        if (role and role not in held) or (country and person.country != country.strip(UNKNOWN)):
            continue
        if group and group not in inside:
            continue
        shown = tuple(name for name in ROLES if name in held)
        rows.append(PersonRow(person, len(inside), shown, sum(shares[account] for account in person.accounts)))
    return rows


def person_counts(sight: Sight) -> dict[str, int]:
    """Count persons, those with a role, and the countries that anything points to."""
    found = list(Person.objects.filter(operation=sight.operation).values_list("accounts", "country"))
    admins = RoleInterval.objects.filter(operation=sight.operation, role="admin").values_list("account", flat=True)
    parts = ParticipantRole.objects.filter(operation=sight.operation)
    suppliers = parts.filter(role="supplier").values_list("account", flat=True)
    held = {"administrators": set(admins.distinct()), "suppliers": set(suppliers.distinct())}
    return {
        "persons": len(found),
        **{role: sum(not who.isdisjoint(accounts) for accounts, _ in found) for role, who in held.items()},
        "countries": len({country for _, country in found if country}),
    }


def persons(sight: Sight) -> QuerySet[Person]:
    """Return the persons of the operation, by label."""
    return Person.objects.filter(operation=sight.operation).order_by("label", "key")


def _by_account(sight: Sight) -> tuple[dict[str, set[str]], dict[str, set[str]], dict[str, int]]:
    groups: dict[str, set[str]] = defaultdict(set)
    roles: dict[str, set[str]] = defaultdict(set)
    shares: dict[str, int] = defaultdict(int)
    operation = sight.operation
    for account, group in Membership.objects.filter(operation=operation).values_list("account", "group"):
        groups[account].add(group)
    for account, role in RoleInterval.objects.filter(operation=operation).values_list("account", "role"):
        roles[account].add(role)
    parts = ParticipantRole.objects.filter(operation=operation)
    for account, role, count in parts.values_list("account", "role", "shares"):
        roles[account].add(role)
        shares[account] += count
    return groups, roles, shares


def dossier(sight: Sight, key: str) -> Dossier | None:
    """Return what is held on a person, found by the person's key or any account of theirs; None if nothing is."""
    person = persons(sight).filter(key=key).first() or persons(sight).filter(accounts__contains=key).first()
    accounts = tuple(person.accounts) if person else (key,)
    fact = {"source__exhibit__operation": sight.operation}
    stated = list(AccountFact.objects.filter(**fact, stable_id__in=accounts).select_related("source__exhibit"))
    identifiers = _identifiers(sight, accounts)
    mine = {"operation": sight.operation, "account__in": accounts}
    memberships = list(Membership.objects.filter(**mine).order_by("start", "pk"))
    if person is None and not (stated or identifiers or memberships):
        return None
    shares = Share.objects.filter(**mine).order_by("at", "pk")
    return Dossier(
        key=person.key if person else key,
        accounts=accounts,
        person=person,
        stated=stated,
        identifiers=identifiers,
        memberships=memberships,
        roles=list(RoleInterval.objects.filter(**mine).exclude(role="member").order_by("start", "pk")),
        parts=list(ParticipantRole.objects.filter(**mine).order_by("role", "pk")),
        shares=list(shares[:50]),
        shares_total=shares.count(),
        indications=list(
            CountryIndication.objects.filter(operation=sight.operation, subject__in=accounts).order_by(
                "-weight", "country"
            )
        ),
    )


def _identifiers(sight: Sight, accounts: tuple[str, ...]) -> list[Stated]:
    rows = IdentifierFact.objects.filter(source__exhibit__operation=sight.operation, account__in=accounts)
    grouped: dict[tuple[str, str, str], list[IdentifierFact]] = defaultdict(list)
    for row in rows.order_by("account", "type", "value", "pk")[:2_000]:
        grouped[(row.account, row.type, row.value)].append(row)
    return [Stated(account, kind, value, facts) for (account, kind, value), facts in grouped.items()]

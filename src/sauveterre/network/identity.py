"""Accounts that rows state to be one person's. Stated identifiers only: names never join anybody."""

import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sauveterre.network.urls import normalise
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.finding import Person
from sauveterre.records.provenance import Provenance
from sauveterre.records.referral import ReferralPerson

MOST_ACIS = 2
"""Above this many ACIs with one phone number, the reason says that numbers change hands."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SEPARATORS = str.maketrans("", "", " \t-.()/\u00a0\u2011")


class _Identifier(NamedTuple):
    type: str
    service: str
    """Only for user ids, which are unique on one service."""
    value: str

    def __str__(self) -> str:
        service = f" on {self.service}" if self.service else ""
        return f"{self.type} {self.value}{service}"


_Statements = defaultdict[_Identifier, defaultdict[str, set[Provenance]]]


def persons(
    accounts: Iterable[Account],
    identifiers: Iterable[AccountIdentifier],
    referral_people: Mapping[str, ReferralPerson] | None = None,
) -> list[Person]:
    """Return every account and referral person in exactly one person, sorted by key.

    Two are one person when rows state the same phone number, ACI, PNI or e-mail address for both, or the same
    user id on the same service; and so on through others. Display, profile and contact names, nicknames and
    user names join nobody. A value that is not well formed, and the all-zero UUID that stands for an unknown
    account, join nobody either. ``referral_people`` come from ``people.people_of``.
    """
    own_rows: defaultdict[str, set[Provenance]] = defaultdict(set)
    statements: _Statements = defaultdict(lambda: defaultdict(set))
    services: dict[str, str] = {}
    for account in sorted(accounts, key=lambda one: (one.stable_id, one.service)):
        own_rows[account.stable_id].add(account.provenance)
        services.setdefault(account.stable_id, account.service)
        kind, _, value = account.stable_id.partition(":")
        _state(statements, account.stable_id, _strong(kind, value, account.service), account.provenance)
    for stated in identifiers:
        own_rows[stated.account].add(stated.provenance)
        strong = _strong(stated.type, stated.value, services.get(stated.account, ""))
        _state(statements, stated.account, strong, stated.provenance)
    for key, person in (referral_people or {}).items():
        own_rows[key].add(person.provenance)
        for one in person.identifiers:
            _state(statements, key, _strong(one.type, one.value, one.service), one.provenance)
    shared = {strong: holders for strong, holders in statements.items() if len(holders) > 1}
    sets = _joined(own_rows, (list(holders) for holders in shared.values()))
    home = {account: members[0] for members in sets for account in members}
    ties: defaultdict[str, dict[_Identifier, Mapping[str, set[Provenance]]]] = defaultdict(dict)
    for strong, holders in sorted(shared.items(), key=lambda pair: pair[0]):
        ties[home[min(holders)]][strong] = holders
    return [_person(members, ties[members[0]], own_rows[members[0]]) for members in sets]


def _state(statements: _Statements, account: str, strong: _Identifier | None, row: Provenance) -> None:
    if strong is not None:
        statements[strong][account].add(row)


def _strong(kind: str, value: str, service: str) -> _Identifier | None:
    """Return a strong identifier in its one spelling, or None when it is weak or not well formed."""
    value = value.strip()
    if not value or len(value) > 320:
        return None
    if kind == "e164":
        number = value.translate(_SEPARATORS)
        return _Identifier(kind, "", number) if _E164.fullmatch(number) else None
    if kind in {"aci", "pni"}:
        return _of_uuid(kind, value)
    if kind == "email":
        return _of_email(value)
    if kind == "user_id" and service.strip():
        return _Identifier(kind, service.strip().casefold(), value)
    return None


def _of_uuid(kind: str, value: str) -> _Identifier | None:
    try:
        parsed = uuid.UUID(value.upper().removeprefix("PNI:"))
    except ValueError:
        return None
    return _Identifier(kind, "", str(parsed)) if parsed.int else None


def _of_email(value: str) -> _Identifier | None:
    """Bring the domain to one spelling; the part before the @ may mean its case, so it is kept."""
    local, _, domain = value.rpartition("@")
    address = normalise(f"//mail.{domain}")
    if not local or any(char in domain for char in "/?#:@ ") or address is None:
        return None
    return _Identifier("email", "", f"{local}@{address.host.removeprefix('mail.')}")


def _joined(keys: Iterable[str], groups: Iterable[list[str]]) -> list[tuple[str, ...]]:
    """Return the keys in sets, where all keys of one group are in one set. Sorted inside and out."""
    parent = {key: key for key in keys}

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for group in groups:
        for other in group[1:]:
            low, high = sorted((root(group[0]), root(other)))
            parent[high] = low
    sets: defaultdict[str, list[str]] = defaultdict(list)
    for key in sorted(parent):
        sets[root(key)].append(key)
    return sorted(tuple(members) for members in sets.values())


def _person(
    members: tuple[str, ...],
    ties: Mapping[_Identifier, Mapping[str, set[Provenance]]],
    own_rows: set[Provenance],
) -> Person:
    if not ties:
        alone = ("no row states a strong identifier that another account has as well",)
        return Person(members[0], members, alone, tuple(sorted(own_rows)))
    rows = {row for holders in ties.values() for found in holders.values() for row in found}
    return Person(
        key=members[0],
        accounts=members,
        reasons=tuple(_reason(strong, sorted(holders)) for strong, holders in ties.items()),
        rows=tuple(sorted(rows)),
    )


def _reason(strong: _Identifier, holders: list[str]) -> str:
    reason = f"{strong} is stated for {', '.join(holders)}"
    acis = sum(holder.startswith("aci:") for holder in holders)
    if strong.type == "e164" and acis > MOST_ACIS:
        reason += f"; {acis} ACIs with one number: numbers change hands, look at the times"
    return reason

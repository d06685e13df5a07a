"""What a country's package holds: drawn from the findings and facts of its persons, and of nobody else."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models import F

from sauveterre.casework.models import (
    AccountFact,
    Content,
    CountryIndication,
    GroupFact,
    Hit,
    IdentifierFact,
    Operation,
    ParticipantRole,
    Person,
    RoleInterval,
    Share,
)
from sauveterre.exchange.package import (
    ASSESSMENT,
    FACT,
    Package,
    PackageAccount,
    PackageContent,
    PackageIdentifier,
    PackageIndication,
    PackagePerson,
    PackageRole,
)
from sauveterre.network.people import people_of
from sauveterre.records.provenance import Provenance
from sauveterre.records.referral import Referral

PURPOSE = "Identification of the persons named here and protection of those whom they may endanger."
HANDLING = ("TLP:AMBER+STRICT", "H1")


def package_of(
    operation: Operation, country: str, *, created: datetime, origin: str, referrals: list[Referral]
) -> Package:
    """Draw up a country's package from the operation as it was last assessed."""
    persons = list(Person.objects.filter(operation=operation, country=country).order_by("key"))
    accounts = [account for person in persons for account in person.accounts]
    of_account = _Rows(operation, accounts, referrals)
    contents = _contents(operation, accounts)
    return Package(
        operation=operation.name,
        country=country,
        created=created,
        purpose=PURPOSE,
        handling=HANDLING,
        persons=tuple(_person(person, of_account) for person in persons),
        contents=contents,
        hits=sum(bool(content.lists) for content in contents),
        origin=origin,
    )


def titles_of(operation: Operation) -> dict[str, str]:
    """Return the newest title of each discussion group; a store that shows no state of a group tells least."""
    groups = GroupFact.objects.filter(source__exhibit__operation=operation, kind="group")
    newest_last = groups.order_by(F("revision").asc(nulls_first=True), "prov_source", "prov_locator")
    return dict(newest_last.values_list("stable_id", "title"))


class _Rows:
    """Facts and findings of some accounts, read once."""

    def __init__(self, operation: Operation, accounts: list[str], referrals: list[Referral]) -> None:
        inside = {"source__exhibit__operation": operation}
        self.services = dict(
            AccountFact.objects.filter(**inside, stable_id__in=accounts).values_list("stable_id", "service")
        )
        self.titles = titles_of(operation)
        self.identifiers = defaultdict[str, list[PackageIdentifier]](list)
        for fact in IdentifierFact.objects.filter(**inside, account__in=accounts).order_by("type", "value", "pk"):
            [row] = provenances([[fact.prov_source, fact.prov_path, fact.prov_locator, fact.prov_reader]])
            self.identifiers[fact.account].append(PackageIdentifier(fact.type, fact.value, row))
        for key, person in people_of(referrals).items():
            self.services[key] = "referral"
            self.identifiers[key] = [
                PackageIdentifier(one.type, one.value, one.provenance) for one in person.identifiers
            ]
        mine = {"operation": operation, "account__in": accounts}
        self.intervals = _by_account(RoleInterval.objects.filter(**mine, role="admin").order_by("group", "start"))
        self.participants = _by_account(ParticipantRole.objects.filter(**mine).order_by("group"))
        self.indications = defaultdict[str, list[CountryIndication]](list)
        for found in CountryIndication.objects.filter(operation=operation, subject__in=accounts).order_by("basis"):
            self.indications[found.subject].append(found)


def _by_account(findings: Any) -> dict[str, list[Any]]:
    found = defaultdict[str, list[Any]](list)
    for finding in findings:
        found[finding.account].append(finding)
    return found


def _person(person: Person, rows: _Rows) -> PackagePerson:
    return PackagePerson(
        key=person.key,
        label=person.label,
        accounts=tuple(
            PackageAccount(rows.services.get(account, "unknown"), account, tuple(rows.identifiers[account]))
            for account in person.accounts
        ),
        indications=tuple(
            PackageIndication(one.country, one.basis, one.weight, one.reason, provenances(one.rows))
            for account in person.accounts
            for one in rows.indications[account]
        ),
        roles=tuple(role for account in person.accounts for role in _roles(account, rows)),
        rows=provenances(person.rows),
        reasons=tuple(person.reasons),
    )


def _roles(account: str, rows: _Rows) -> list[PackageRole]:
    administered = [
        PackageRole(
            group_title=rows.titles.get(one.group, ""),
            group=one.group,
            role="administrator",
            account=account,
            start=one.start,
            end=one.end,
            basis=FACT,
            rows=provenances(one.rows),
            granted_by=one.granted_by or "",
        )
        for one in rows.intervals[account]
    ]
    took_part = [
        PackageRole(
            group_title=rows.titles.get(one.group, ""),
            group=one.group,
            role=one.role,
            account=account,
            basis=ASSESSMENT,
            reasons=tuple(one.reasons),
            rows=provenances(one.rows),
        )
        for one in rows.participants[account]
        if one.group in rows.titles
    ]
    return administered + took_part


def _contents(operation: Operation, accounts: list[str]) -> tuple[PackageContent, ...]:
    shares = list(
        Share.objects.filter(operation=operation, account__in=accounts, subject__startswith="sha256:").order_by(
            "subject", "account", "at", "message"
        )
    )
    digests = {share.subject.partition(":")[2] for share in shares}
    known = {row.sha256: row for row in Content.objects.filter(operation=operation, sha256__in=digests)}
    lists = defaultdict[str, set[str]](set)
    for hit in Hit.objects.filter(content__in=known.values(), via="").select_related("hash_list", "content"):
        lists[hit.content.sha256].add(f"{hit.hash_list.name} {hit.hash_list.version}")
    first: dict[tuple[str, str], PackageContent] = {}
    for share in shares:
        sha256 = share.subject.partition(":")[2]
        content = known.get(sha256)
        first.setdefault(
            (sha256, share.account),
            PackageContent(
                sha256=sha256,
                account=share.account,
                group=share.group,
                md5=content.md5 if content else "",
                sha1=content.sha1 if content else "",
                size=content.size if content else None,
                lists=tuple(sorted(lists[sha256])),
                rows=provenances(share.rows),
            ),
        )
    return tuple(first.values())


def provenances(rows: list[list[str]]) -> tuple[Provenance, ...]:
    """Return a finding's rows as provenances. A folder's name is nobody else's business: it often names a person."""
    return tuple(Provenance("folder" if row[0].startswith("folder:") else row[0], *row[1:]) for row in rows)

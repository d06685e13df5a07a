"""Assessment: the operation's facts out of the database, the findings back into it, all or nothing."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from django.db import models

from sauveterre.casework import audit
from sauveterre.casework.films import film_record
from sauveterre.casework.models import (
    ClockSkew,
    Content,
    Contradiction,
    CountryIndication,
    Membership,
    Operation,
    ParticipantRole,
    Person,
    Picture,
    RoleInterval,
    Share,
    StorageSpace,
)
from sauveterre.casework.pictures import embedded_of
from sauveterre.casework.rows import copy_rows, provenance_row, read_facts, storable
from sauveterre.casework.settling import settle
from sauveterre.pipeline import assess as core
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.camera import Camera
from sauveterre.records.content import Fingerprint
from sauveterre.records.content import Picture as PictureRecord
from sauveterre.records.digest import Digests
from sauveterre.records.group import Group, GroupEvent, MemberSnapshot
from sauveterre.records.message import Attachment, Link, Message
from sauveterre.records.provenance import Provenance
from sauveterre.referrals.reading import read_referral

FINDINGS: tuple[type[models.Model], ...] = (
    Membership, RoleInterval, Contradiction, ClockSkew, Share, ParticipantRole, StorageSpace, Person,
    CountryIndication,
)  # fmt: skip


def assess(operation_id: int, *, by: str) -> Callable[[], None]:
    """Work out an operation's hits, stacks and findings; return what writes them in place of the old ones."""
    operation = Operation.objects.get(pk=operation_id)
    facts = facts_of(operation)
    settled = settle(operation, list(fingerprints_of(operation)))
    picture = core.assess(facts, settled.heads)
    names = labels_of(facts)

    def write() -> None:
        Operation.objects.select_for_update(no_key=True).get(pk=operation_id)  # two assessments at once write in turn
        settled.write()
        for model in FINDINGS:
            model._default_manager.filter(operation=operation).delete()
        write_picture(operation_id, picture, names)
        audit.record(
            actor=by,
            action="assessed",
            subject=operation.name,
            operation=operation,
            facts=_digest(facts),
            persons=len(picture.persons),
            roles=len(picture.roles),
        )

    return write


def _digest(facts: core.Facts) -> str:
    """Return a digest of what the assessment rested on, so that the log can tell two of them apart."""
    digest = hashlib.sha256()
    for field in fields(facts):
        for record in getattr(facts, field.name):
            digest.update(repr(record).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()


def facts_of(operation: Operation) -> core.Facts:
    """Read back everything that the operation's sources and referrals state."""
    number = operation.pk
    return core.Facts(
        accounts=tuple(read_facts(Account, number)),
        identifiers=tuple(read_facts(AccountIdentifier, number)),
        groups=tuple(read_facts(Group, number)),
        snapshots=tuple(read_facts(MemberSnapshot, number)),
        events=tuple(read_facts(GroupEvent, number)),
        messages=tuple(read_facts(Message, number)),
        attachments=tuple(read_facts(Attachment, number)),
        links=tuple(read_facts(Link, number)),
        referrals=tuple(read_referral(bytes(row.original), row.name) for row in latest_referrals(operation)),
    )


def latest_referrals(operation: Operation) -> list[Any]:
    """Return the newest version of each referral."""
    return list(operation.referrals.order_by("name", "-version").distinct("name"))


def fingerprints_of(operation: Operation) -> Iterator[Fingerprint]:
    """Read back the fingerprints of all contents, in the order of their digests, without what is shown of them."""
    rows = Content.objects.filter(operation=operation).select_related("picture", "film").order_by("sha256")
    for row in rows.iterator(chunk_size=5_000):
        yield Fingerprint(
            digests=Digests(md5=row.md5, sha1=row.sha1, sha256=row.sha256),
            size=row.size,
            kind=row.kind,
            picture=_picture(row),
            film=film_record(row.film) if hasattr(row, "film") else None,
        )


def _picture(row: Content) -> PictureRecord | None:
    try:
        found: Picture = row.picture
    except Picture.DoesNotExist:
        return None
    return PictureRecord(
        width=found.width,
        height=found.height,
        pdq=bytes(found.pdq),
        quality=found.quality,
        thumbnail=b"",
        camera=Camera(found.make, found.model, found.serial, found.software),
        taken_raw=found.taken_raw,
        latitude=found.latitude,
        longitude=found.longitude,
        embedded=tuple(embedded_of(one) for one in found.embedded),
        turned=bytes(found.turned),
    )


NAME_TYPES = (
    "contact_name",
    "nickname",
    "profile_name",
    "display_name",
    "screen_name",
    "username",
    "e164",
    "email",
)
"""What a person is shown by, best first: how others call them, then how they call themselves."""


def labels_of(facts: core.Facts) -> Mapping[str, str]:
    """Return a name for people to read for each account: the best that a row states, the first of its kind."""
    best: dict[str, tuple[int, str]] = {}
    stated = sorted(facts.identifiers, key=lambda one: (one.account, one.type, one.value))
    for identifier in stated:
        if identifier.type in NAME_TYPES and identifier.value.strip():
            rank = NAME_TYPES.index(identifier.type)
            if identifier.account not in best or rank < best[identifier.account][0]:
                best[identifier.account] = (rank, identifier.value.strip())
    return {account: name for account, (_, name) in best.items()}


def write_picture(operation_id: int, picture: core.Picture, names: Mapping[str, str]) -> None:
    """Write all findings by COPY."""

    def put(model: type[models.Model], columns: list[str], records: Iterable[Any], **more: Any) -> None:
        def row(record: Any) -> list[Any]:
            own = [more[name](record) if name in more else getattr(record, name) for name in columns]
            return [operation_id, rows_of(record), *own]

        copy_rows(model, ["operation_id", "rows", *columns], (row(record) for record in records))

    interval = ["group", "account", "start", "end", "start_basis", "end_basis", "last_seen"]
    put(Membership, [*interval, "added_by"], picture.memberships)
    put(RoleInterval, [*interval, "role", "granted_by", "revoked_by"], picture.roles)
    put(Contradiction, ["group", "account", "what"], picture.contradictions)
    clock = ["device", "other", "since", "until", "least", "most", "estimate", "spread", "messages"]
    put(ClockSkew, clock, picture.clocks)
    put(Share, ["group", "account", "at", "subject", "message"], picture.shares)
    put(
        ParticipantRole,
        ["group", "account", "role", "shares", "first_shares", "reasons"],
        picture.participants,
    )
    put(
        StorageSpace,
        ["host", "identifier", "kind", "links"],
        picture.spaces,
        links=lambda space: len(space.links),
    )
    put(CountryIndication, ["subject", "country", "basis", "weight", "reason"], picture.indications)
    countries = {person.key: country for person, country in picture.persons}
    put(
        Person,
        ["key", "label", "accounts", "reasons", "country", "country_weight", "country_reasons"],
        [person for person, _ in picture.persons],
        label=lambda person: _label(person.accounts, names),
        country=lambda person: countries[person.key].code or "",
        country_weight=lambda person: countries[person.key].weight,
        country_reasons=lambda person: countries[person.key].reasons,
    )


def rows_of(record: Any) -> list[list[str]]:
    """Return the provenances that a finding rests on, each as four values."""
    rows: Iterable[Provenance] = getattr(record, "rows", ())
    if hasattr(record, "links"):
        rows = dict.fromkeys(row for share in record.links for row in share.rows)
    return [[storable(value) for value in provenance_row(row)] for row in rows]


def _label(accounts: Iterable[str], names: Mapping[str, str]) -> str:
    for account in accounts:
        if account in names:
            return names[account][:300]
    return next(iter(accounts))[:300]

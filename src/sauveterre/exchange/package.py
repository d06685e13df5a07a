"""What one country is given: its own persons, with what is known of them and the rows that prove it.

Nothing in here describes anyone else. Contents are named by their hashes, never shown. ``confine`` takes the
keys of other accounts out of every text, so that a sentence written for the whole operation can leave with it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sauveterre.errors import InvalidInput
from sauveterre.records.provenance import Provenance

OUTSIDE = "an account outside this package"
"""What stands where a text named an account that is not one of the package's persons."""

FACT = "fact"
ASSESSMENT = "assessment"
JUDGEMENT = "judgement"
BASES = frozenset({FACT, ASSESSMENT, JUDGEMENT})
"""What the data states, what the program works out, what a named officer decided: never mixed."""


@dataclass(frozen=True, slots=True)
class PackageIdentifier:
    """One row that states an identifier of an account; types as in ``AccountIdentifier``."""

    type: str
    value: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class PackageAccount:
    """An account of one of the package's persons."""

    service: str
    stable_id: str
    identifiers: tuple[PackageIdentifier, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageIndication:
    """Something suggests a country for a person. Never nationality. ``weight`` is from 0 to 1."""

    country: str
    basis: str
    weight: float
    reason: str
    rows: tuple[Provenance, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageRole:
    """A role in a group: a fact for an administrator that the data states, else an assessment."""

    group_title: str
    group: str
    """``Group.stable_id``: equal on every device, and no credential."""
    role: str
    account: str
    """``stable_id`` of the account of this person that holds the role."""
    start: datetime | None = None
    end: datetime | None = None
    basis: str = FACT
    reasons: tuple[str, ...] = ()
    rows: tuple[Provenance, ...] = ()
    granted_by: str = ""
    """``stable_id`` of who granted it; shown only when it is one of the package's own accounts."""


@dataclass(frozen=True, slots=True)
class PackagePerson:
    """A person for whom something suggests the package's country."""

    key: str
    label: str
    """How the operation calls the person; names only as they are known."""
    accounts: tuple[PackageAccount, ...]
    indications: tuple[PackageIndication, ...]
    roles: tuple[PackageRole, ...] = ()
    rows: tuple[Provenance, ...] = ()
    """What shows that the accounts are one person's."""
    reasons: tuple[str, ...] = ()
    basis: str = ASSESSMENT
    """assessment, or judgement once a named officer decided that the accounts are one person's."""
    confidence: int | None = None
    """0 to 100 that the accounts are this person's; None where nobody said."""


@dataclass(frozen=True, slots=True)
class PackageContent:
    """A content that one of the persons shared: its hashes and the lists that know it, never the content."""

    sha256: str
    account: str
    """``stable_id`` of the account, one of the package's, that shared it."""
    group: str = ""
    md5: str = ""
    sha1: str = ""
    size: int | None = None
    lists: tuple[str, ...] = ()
    rows: tuple[Provenance, ...] = ()


@dataclass(frozen=True, slots=True)
class Package:
    """All that one country gets of an operation. Raises ``InvalidInput`` when it does not hold together."""

    operation: str
    country: str
    """ISO 3166-1 alpha-2, upper case."""
    created: datetime
    """Aware; given by the caller, so that the same package is the same to the byte."""
    purpose: str
    handling: tuple[str, ...]
    """Handling codes, strictest first: ``TLP:AMBER+STRICT``, ``H1``."""
    persons: tuple[PackagePerson, ...]
    contents: tuple[PackageContent, ...] = ()
    hits: int = 0
    """How many of the persons' contents are on a list of known hashes."""
    origin: str = ""
    """The unit that sends it."""
    reference: str = ""

    def __post_init__(self) -> None:
        if self.created.utcoffset() is None:
            raise InvalidInput("A package needs its time with a zone; give an aware time.")
        if not re.fullmatch("[A-Z]{2}", self.country):
            raise InvalidInput(f"{self.country!r} is not a country of two capital letters.")
        keys = [person.key for person in self.persons]
        if len(set(keys)) != len(keys):
            raise InvalidInput("A package may hold each person only once.")
        for person in self.persons:
            _check_person(person, self.country)
        own = self.accounts
        for content in self.contents:
            if content.account not in own:
                raise InvalidInput(
                    f"Content {content.sha256} was not shared by a person of this package; leave it out."
                )

    @property
    def accounts(self) -> frozenset[str]:
        """The stable ids of the package's own accounts."""
        return frozenset(account.stable_id for person in self.persons for account in person.accounts)

    def statements(self) -> Iterator[Provenance]:
        """Yield every row that the package cites, as often as it is cited."""
        for person in self.persons:
            yield from person.rows
            for account in person.accounts:
                yield from (identifier.provenance for identifier in account.identifiers)
            for indication in person.indications:
                yield from indication.rows
            for role in person.roles:
                yield from role.rows
        for content in self.contents:
            yield from content.rows


def _check_person(person: PackagePerson, country: str) -> None:
    own = {account.stable_id for account in person.accounts}
    if not any(indication.country == country for indication in person.indications):
        raise InvalidInput(f"Nothing suggests {country} for person {person.label!r}; leave the person out.")
    if any(not 0 <= indication.weight <= 1 for indication in person.indications):
        raise InvalidInput(f"An indication for person {person.label!r} has a weight outside 0 to 1.")
    if any(role.account not in own for role in person.roles):
        raise InvalidInput(f"A role of person {person.label!r} is held by an account that is not the person's.")
    if {person.basis, *(role.basis for role in person.roles)} - BASES:
        raise InvalidInput(f"Person {person.label!r} has a basis other than {', '.join(sorted(BASES))}.")


_HEX = "[0-9a-f]"
_KEYS = re.compile(
    r"\b(?:aci|pni|e164|username|self|referral):[^\s,;|()\[\]\"'<>]+"
    rf"|\b{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\b"
    r"|\+[0-9](?:[ .\-\u00a0\u202f]?[0-9]){6,14}"
    r"|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}",
    re.IGNORECASE,
)


def confine(package: Package) -> Package:
    """Return the package with every account key, phone number and address of others taken out of its texts.

    What the package's own accounts and identifiers state stays. A text is the title of a group, a reason, a
    label, a purpose, the path or locator of a row, or who granted a role.
    """
    clean = _Confinement(package)
    return replace(
        package,
        purpose=clean.text(package.purpose),
        persons=tuple(clean.person(person) for person in package.persons),
        contents=tuple(
            replace(content, group=clean.text(content.group), rows=clean.rows(content.rows))
            for content in package.contents
        ),
    )


class _Confinement:
    """The keys that may stay, and the cutting out of all others."""

    def __init__(self, package: Package) -> None:
        self.own = package.accounts
        known = set(self.own)
        for person in package.persons:
            known |= {i.value for account in person.accounts for i in account.identifiers}
        self.known = {_bare(value) for value in known}

    def text(self, text: str) -> str:
        """Return a text in which only own keys are left."""
        return _KEYS.sub(lambda found: found[0] if _bare(found[0]) in self.known else OUTSIDE, text)

    def rows(self, rows: tuple[Provenance, ...]) -> tuple[Provenance, ...]:
        return tuple(self.row(row) for row in rows)

    def row(self, row: Provenance) -> Provenance:
        return replace(row, source=self.text(row.source), path=self.text(row.path), locator=self.text(row.locator))

    def texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.text(text) for text in texts)

    def person(self, person: PackagePerson) -> PackagePerson:
        return replace(
            person,
            label=self.text(person.label),
            reasons=self.texts(person.reasons),
            rows=self.rows(person.rows),
            accounts=tuple(
                replace(
                    account,
                    identifiers=tuple(replace(i, provenance=self.row(i.provenance)) for i in account.identifiers),
                )
                for account in person.accounts
            ),
            indications=tuple(
                replace(i, reason=self.text(i.reason), rows=self.rows(i.rows)) for i in person.indications
            ),
            roles=tuple(self.role(role) for role in person.roles),
        )

    def role(self, role: PackageRole) -> PackageRole:
        granted_by = role.granted_by
        if granted_by and granted_by not in self.own:
            granted_by = OUTSIDE
        return replace(
            role,
            group_title=self.text(role.group_title),
            group=self.text(role.group),
            reasons=self.texts(role.reasons),
            rows=self.rows(role.rows),
            granted_by=granted_by,
        )


def _bare(key: str) -> str:
    """Return a key as it is compared: without its type, its case, and the spaces of a phone number."""
    value = re.sub(r"^(?:aci|pni|e164|username|self|referral):", "", key.strip(), flags=re.IGNORECASE)
    return re.sub(r"[ .\-\u00a0\u202f]", "", value).casefold().rstrip("-.")

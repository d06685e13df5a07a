"""Findings: what the program worked out, each with its reasons and the rows it rests on. Never facts."""

from dataclasses import dataclass
from datetime import datetime

from sauveterre.records.provenance import Provenance


@dataclass(frozen=True, slots=True)
class Share:
    """An account put a content, or a link to a storage space, into a group."""

    group: str
    account: str
    at: datetime | None
    subject: str
    """``sha256:…`` of a content, or ``space:HOST/ID``."""
    message: str
    rows: tuple[Provenance, ...]


@dataclass(frozen=True, slots=True)
class ParticipantRole:
    """Supplier or user of a group: an assessment, from counts that are its reasons."""

    group: str
    account: str
    role: str
    """supplier or user."""
    shares: int
    first_shares: int
    """Contents that this account was the first to bring into the group."""
    reasons: tuple[str, ...]
    rows: tuple[Provenance, ...]


@dataclass(frozen=True, slots=True)
class StorageSpace:
    """A remote place for files that links lead to: one space however its links are written."""

    host: str
    identifier: str
    kind: str
    """folder, file or unknown, by the form of the link."""
    links: tuple[Share, ...]

    @property
    def key(self) -> str:
        """``HOST/ID``: equal for every spelling of the same place."""
        return f"{self.host}/{self.identifier}"


@dataclass(frozen=True, slots=True)
class Person:
    """Accounts that rows state to be one person's: they share an identifier that only one person holds."""

    key: str
    """The smallest stable id among the accounts: stable while accounts are added."""
    accounts: tuple[str, ...]
    reasons: tuple[str, ...]
    rows: tuple[Provenance, ...]


@dataclass(frozen=True, slots=True)
class CountryIndication:
    """Something suggests a country for an account or person. Never nationality."""

    subject: str
    """``Account.stable_id``, or ``referral:NUMBER#N`` for a person of a referral."""
    country: str
    """ISO 3166-1 alpha-2."""
    basis: str
    """phone_plan, stated_place or ip_registry."""
    weight: float
    """0 to 1: how much this basis counts beside the others."""
    reason: str
    rows: tuple[Provenance, ...]

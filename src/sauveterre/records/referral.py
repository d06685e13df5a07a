"""A referral: what came in from outside, kept whole, and what it states."""

from dataclasses import dataclass
from datetime import datetime

from sauveterre.records.digest import Digest
from sauveterre.records.provenance import Provenance


@dataclass(frozen=True, slots=True)
class ReferralElement:
    """One element of the original, so that nothing of it is lost: its path, its text, its attributes."""

    path: str
    """``/report[1]/reporter[1]/…``: unique in the document."""
    text: str
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReferralIdentifier:
    """One identifier that the referral states for a person."""

    type: str
    """email, e164, phone (not in international form), screen_name, display_name, user_id, profile_url, device_id or
    name."""
    value: str
    provenance: Provenance
    service: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A stated place. Empty text where the referral is silent."""

    country: str
    """ISO 3166-1 alpha-2, upper case, as stated."""
    region: str
    city: str
    postal_code: str
    kind: str
    """Home, Business, estimated, …"""
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class IpEvent:
    """An address seen at a time. The port matters behind shared addresses: it is kept."""

    address: str
    event: str
    at: datetime | None
    port: int | None
    possible_proxy: bool | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ReferralPerson:
    """A person in a referral, with the part they play there."""

    part: str
    """reported, recipient, victim or associated."""
    identifiers: tuple[ReferralIdentifier, ...]
    places: tuple[Place, ...]
    addresses: tuple[IpEvent, ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class ReferralFile:
    """A file named in a referral. The three flags are None where it is silent: never taken as viewed."""

    name: str
    hashes: tuple[Digest, ...]
    viewed_by_provider: bool | None
    exif_viewed_by_provider: bool | None
    publicly_available: bool | None
    classification: str
    relevance: str
    provenance: Provenance
    addresses: tuple[IpEvent, ...] = ()
    """Addresses that the referral ties to this file (where it was uploaded from)."""


@dataclass(frozen=True, slots=True)
class Referral:
    """What came in, whole: the facts it states, and every element of the original."""

    number: str
    """The reporting body's own number; empty when the file does not carry one."""
    incident_type: str
    incident_at: datetime | None
    incident_at_raw: str
    urgent_reason: str
    reporter: str
    people: tuple[ReferralPerson, ...]
    files: tuple[ReferralFile, ...]
    elements: tuple[ReferralElement, ...]
    warnings: tuple[str, ...]
    """What is odd about it, in sentences: an unknown element, a value outside its list."""
    provenance: Provenance

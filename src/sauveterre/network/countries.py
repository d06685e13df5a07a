"""Countries that the data suggests for an account or a person, with weights. Never nationality."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import phonenumbers

from sauveterre.records.account import AccountIdentifier
from sauveterre.records.finding import CountryIndication
from sauveterre.records.provenance import Provenance
from sauveterre.records.referral import IpEvent, ReferralPerson

STATED_PLACE = 0.8
PHONE_VALID = 0.6
PHONE_CODE_ONLY = 0.3
IP_REGISTRY = 0.3
IP_PROXY = 0.1
"""Where the provider says that the address may be a proxy."""

_MOST_NAMED = 5
"""Values written out in one reason."""
_WITHOUT_PHONES = frozenset({"AQ", "BV", "GS", "HM", "PN", "TF", "UM"})
_COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS) | _WITHOUT_PHONES
_USUAL_SPELLINGS = {"UK": "GB", "EL": "GR"}


class Country(NamedTuple):
    """What the indications come to."""

    code: str | None
    """ISO 3166-1 alpha-2; None when nothing suggests a country, or when several weigh the same."""
    weight: float
    """0 to 1: of the heaviest country or countries."""
    reasons: tuple[str, ...]


class _Found(NamedTuple):
    subject: str
    country: str
    basis: str


class _Item(NamedTuple):
    weight: float
    value: str
    row: Provenance


def country_indications(
    identifiers: Iterable[AccountIdentifier],
    referral_people: Mapping[str, ReferralPerson] | None = None,
    ip_country: Callable[[str], str | None] | None = None,
) -> list[CountryIndication]:
    """Return one indication for each subject, country and basis, with all the rows it has, sorted by these.

    ``referral_people`` come from ``people.people_of``. ``ip_country`` (``ip_registry.ip_country`` is one)
    gives the country of an address; without it addresses indicate nothing. Only numbers in international form
    count: the text must begin with ``+``.
    """
    found: defaultdict[_Found, set[_Item]] = defaultdict(set)
    for stated in identifiers:
        if stated.type == "e164":
            _add_phone(found, stated.account, stated.value, stated.provenance)
    for subject, person in (referral_people or {}).items():
        for identifier in person.identifiers:
            if identifier.type == "e164":
                _add_phone(found, subject, identifier.value, identifier.provenance)
        for place in person.places:
            country = _country(place.country)
            if country is not None:
                where = ", ".join(part for part in (place.city, place.region, place.country) if part)
                kind = f" ({place.kind})" if place.kind else ""
                item = _Item(STATED_PLACE, f"{where}{kind}", place.provenance)
                found[_Found(subject, country, "stated_place")].add(item)
        for event in person.addresses:
            _add_address(found, subject, event, ip_country)
    return [_indication(key, items) for key, items in sorted(found.items())]


def _add_phone(found: defaultdict[_Found, set[_Item]], subject: str, value: str, row: Provenance) -> None:
    country, weight = phone_country(value)
    if country is not None:
        found[_Found(subject, country, "phone_plan")].add(_Item(weight, value.strip(), row))


def _add_address(
    found: defaultdict[_Found, set[_Item]],
    subject: str,
    event: IpEvent,
    ip_country: Callable[[str], str | None] | None,
) -> None:
    country = _country(ip_country(event.address) or "") if ip_country is not None else None
    if country is not None:
        weight = IP_PROXY if event.possible_proxy else IP_REGISTRY
        found[_Found(subject, country, "ip_registry")].add(_Item(weight, event.address, event.provenance))


def phone_country(value: str) -> tuple[str | None, float]:
    """Return the country of a number's plan and the weight of that, or ``(None, 0.0)``.

    The plan often knows more than the prefix: +44 7911 is Guernsey, +7 727 Kazakhstan. A number that the plan
    does not assign counts less; where its country code is shared by several countries and nothing tells them
    apart, it says nothing.
    """
    text = value.strip()
    if not text.startswith("+") or len(text) > 32:
        return None, 0.0
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None, 0.0
    country = _country(phonenumbers.region_code_for_number(number) or "")
    if country is not None:
        return country, PHONE_VALID if phonenumbers.is_valid_number(number) else PHONE_CODE_ONLY
    sharing = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    country = _country(sharing[0]) if len(sharing) == 1 else None
    return country, PHONE_CODE_ONLY if country is not None else 0.0


def _country(stated: str) -> str | None:
    code = stated.strip().upper()
    code = _USUAL_SPELLINGS.get(code, code)
    return code if code in _COUNTRIES else None


def _indication(key: _Found, items: set[_Item]) -> CountryIndication:
    weight = max(item.weight for item in items)
    values = sorted({item.value for item in items})
    named = ", ".join(values[:_MOST_NAMED])
    if len(values) > _MOST_NAMED:
        named += f" and {len(values) - _MOST_NAMED} more"
    return CountryIndication(
        subject=key.subject,
        country=key.country,
        basis=key.basis,
        weight=weight,
        reason=_reason(key, named, weight),
        rows=tuple(sorted({item.row for item in items})),
    )


def _reason(key: _Found, named: str, weight: float) -> str:
    if key.basis == "stated_place":
        return f"a place in {key.country} is stated: {named}"
    if key.basis == "ip_registry":
        proxy = "; the provider says it may be a proxy" if weight <= IP_PROXY else ""
        return f"a registry delegated {named} to {key.country}; its user may have been elsewhere{proxy}"
    doubt = "" if weight >= PHONE_VALID else "; not a number that the plan assigns"
    return (
        f"{named} belongs to the numbering plan of {key.country}{doubt}; "
        "a number can be kept when its holder moves, and passed on"
    )


def country_of(indications: Iterable[CountryIndication]) -> Country:
    """Weigh the indications of one subject, or of all accounts of one person.

    For each country the heaviest indication of each basis counts once, and weights w combine to
    1 - (1 - w1)(1 - w2)…: more bases weigh more, and never more than 1. Countries of equal weight leave it
    undecided (None). The outcome is a probable country of residence for routing, never a nationality.
    """
    best: defaultdict[str, dict[str, float]] = defaultdict(dict)
    reasons: set[tuple[str, str, str]] = set()
    for one in indications:
        bases = best[one.country]
        bases[one.basis] = max(one.weight, bases.get(one.basis, 0.0))
        reasons.add((one.country, one.basis, one.reason))
    if not best:
        return Country(None, 0.0, ("nothing in the material suggests a country",))
    weights = {country: _combined(bases.values()) for country, bases in best.items()}
    top = max(weights.values())
    first = sorted(country for country, weight in weights.items() if weight == top)
    told = [f"{reason} (weight {best[country][basis]:.1f})" for country, basis, reason in sorted(reasons)]
    if len(first) > 1:
        undecided = f"undecided: {' and '.join(first)} weigh the same ({top:.2f})"
        return Country(None, top, (undecided, *told))
    return Country(first[0], top, tuple(told))


def _combined(weights: Iterable[float]) -> float:
    """Combine weights to 1 - ∏(1 - w), rounded so that the order of multiplication cannot show."""
    rest = 1.0
    for weight in sorted(weights):
        rest *= 1.0 - weight
    return round(1.0 - rest, 6)

"""The country for which a registry delegated an internet address: not where its user was."""

import ipaddress

import iptocc

_NOT_COUNTRIES = frozenset({"AP", "EU", "ZZ"})
"""Registries use these for regions and for what is unassigned."""


def ip_country(address: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code from the registries' delegations, or None.

    None for what is not an address, for private, documentation, multicast and otherwise special ranges, and
    for what no registry delegated to a country. The table is in the library ``iptocc``; nothing is contacted.
    """
    if len(address) > 64:
        return None
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if not parsed.is_global or parsed.is_multicast:
        return None
    country = iptocc.country_code(str(parsed).partition("%")[0])
    return None if country in _NOT_COUNTRIES else country

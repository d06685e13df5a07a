"""What a text in a referral means: time, yes or no, address, number, country. None or empty where unclear."""

import ipaddress
import re
from datetime import datetime

import phonenumbers

_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII
)  # xs:dateTime with its zone, as the reporting interface asks for
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_CALLING_CODE = re.compile(r"\+?([0-9]{1,3})", re.ASCII)
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_LONGEST_PHONE = 64


def time(text: str) -> datetime | None:
    """Return an aware time from ISO 8601 with a zone; None without one: a time with no zone is no moment."""
    if not _DATE_TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def truth(text: str) -> bool | None:
    """Return what an ``xs:boolean`` says; None where it says neither: unknown is not no."""
    return _TRUTH.get(text.lower())


def address(text: str) -> str:
    """Return an IP address in its usual spelling (``::ffff:192.0.2.1`` is ``192.0.2.1``), or empty text."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(parsed if mapped is None else mapped)


def port(text: str) -> int | None:
    """Return a port from 1 to 65535, or None."""
    number = int(text) if _PORT.fullmatch(text) else 0
    return number if 1 <= number <= 65_535 else None


def country(text: str) -> str:
    """Return two letters in upper case, or empty text where it is not a two-letter code."""
    code = text.upper()
    return code if _COUNTRY.fullmatch(code) else ""


def phone(text: str, calling_code: str) -> tuple[str, str]:
    """Return a phone number with its type.

    Args:
        text: the number as stated.
        calling_code: the country's calling code stated beside it (``+33``), or empty text.

    Returns:
        ``("e164", "+…")`` when the number is in international form, alone or with its calling code, and is a
        possible number; otherwise ``("phone", text)``, because guessing a country would make up a lead.

    """
    region = None if text.startswith("+") else _region(calling_code)
    if len(text) > _LONGEST_PHONE or (region is None and not text.startswith("+")):
        return "phone", text
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return "phone", text
    if not phonenumbers.is_possible_number(number):
        return "phone", text
    return "e164", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _region(calling_code: str) -> str | None:
    match = _CALLING_CODE.fullmatch(calling_code)
    if match is None:
        return None
    region = phonenumbers.region_code_for_country_code(int(match[1]))
    return region if _COUNTRY.fullmatch(region) and region != "ZZ" else None

"""Where a list comes from, and of which day it is, as far as its first bytes say so."""

import re
from datetime import UTC, date, datetime

from sauveterre.records.hash_list import Origin, Trust

_PUBLISHERS = {
    "icse_csv": "INTERPOL ICSE",
    "ncmec_json": "NCMEC hash sharing",
    "ncmec_xml": "NCMEC hash sharing",
    "nsrl": "NIST NSRL",
}
_REGION = re.compile(rb"/DataModels/[\d.]+\.xml/([A-Za-z0-9_-]{1,32})/")
_STAMP = re.compile(rb'maxTimestamp="(\d{4})-(\d\d)-(\d\d)T')
_COMMENT = re.compile(r"#\s*(origin|date|trust)\s*[:=]\s*(\S.{0,199}?)\s*", re.IGNORECASE)
_NEXT_SET = re.compile(rb'"nextSetTimestamp"\s*:\s*(\d{9,11})\b')


def origin_of(reader: str, head: bytes) -> Origin:
    """Return what the first 8,192 bytes of a list, read by this reader, say of its origin.

    A plain list may say it in comments: ``# origin: …``, ``# date: 2026-05-31``, ``# trust: several``. Trust is taken
    from nowhere else, since formats do not state it.
    """
    if reader == "plain":
        return _of_comments(head)
    if reader == "vics":
        region = _REGION.search(head)
        return Origin(f"Project VIC, {region[1].decode()}" if region else "Project VIC")
    if reader == "signals_json":
        is_stopncii = b'"hashRecords"' in head
        return Origin("StopNCII" if is_stopncii else "ThreatExchange", _of_seconds(head) if is_stopncii else None)
    return Origin(_PUBLISHERS.get(reader, ""), _of_stamp(head) if reader == "ncmec_xml" else None)


def _of_comments(head: bytes) -> Origin:
    stated: dict[str, str] = {}
    for line in head.decode("utf-8", "replace").removeprefix("\ufeff").splitlines():
        if match := _COMMENT.fullmatch(line.strip()):
            stated.setdefault(match[1].lower(), match[2])
    trust = stated.get("trust", "").lower()
    return Origin(
        stated.get("origin", ""),
        _day(stated.get("date", "")),
        Trust(trust) if trust in set(Trust) else Trust.UNKNOWN,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _of_stamp(head: bytes) -> date | None:
    """Return the latest day that a set of the answer states."""
    days = (_day("-".join(part.decode() for part in found.groups())) for found in _STAMP.finditer(head))
    return max((day for day in days if day is not None), default=None)


def _of_seconds(head: bytes) -> date | None:
    found = _NEXT_SET.search(head)
    return datetime.fromtimestamp(int(found[1]), UTC).date() if found else None

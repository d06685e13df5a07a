"""IPTC IIM, what agencies and programs write beside a picture: records of mark, number, length, value.

Source: IPTC-NAA Information Interchange Model, version 4. Only the fields that tell who made, changed, sent or named
the picture. Social networks leave marks of their own in ``SpecialInstructions``.
"""

from collections.abc import Iterator

from sauveterre.media.wording import as_text
from sauveterre.records.content import Statement

MOST_FIELDS = 64
"""Fields of one picture that are kept."""
_NAMES = {
    5: "ObjectName", 25: "Keywords", 40: "SpecialInstructions", 55: "DateCreated", 60: "TimeCreated",
    62: "DigitalCreationDate", 63: "DigitalCreationTime", 65: "OriginatingProgram", 70: "ProgramVersion",
    80: "By-line", 85: "By-lineTitle", 90: "City", 92: "Sub-location", 95: "Province-State", 100: "CountryCode",
    101: "CountryName", 103: "OriginalTransmissionReference", 105: "Headline", 110: "Credit", 115: "Source",
    116: "CopyrightNotice", 118: "Contact", 120: "Caption-Abstract", 122: "Writer-Editor",
}  # fmt: skip


def statements_of_iptc(block: bytes) -> tuple[Statement, ...]:
    """Return what the application record states, in its order. Never raises for bad content."""
    found: dict[Statement, None] = {}
    for name, value in _fields(block):
        if text := as_text(value):
            found[Statement("IPTC", name, text)] = None
        if len(found) == MOST_FIELDS:
            break
    return tuple(found)


def _fields(block: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        record, number, length = block[at + 1], block[at + 2], int.from_bytes(block[at + 3 : at + 5], "big")
        if length & 0x8000:  # more than 32,767 bytes: none of the fields that are read
            return
        if record == 2 and number in _NAMES:
            yield _NAMES[number], block[at + 5 : at + 5 + length]
        at += 5 + length

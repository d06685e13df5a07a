"""How an entry of a file system is found again: by the address of its record, and where that is not enough its folder.

``meta 45``, ``meta 45-128-1`` (attribute type and number, as The Sleuth Kit has them), ``meta 45 in 12`` (as folder 12
names it), ``meta 45 in 12 at 3`` (as that folder's name number 3, from 0, names it: another name of the same
record), ``name in 12 at 3`` (a name that leads to no record of its own).
"""

import re
from dataclasses import dataclass

_SHAPE = re.compile(r"(?:meta (\d{1,20})(?:-(\d{1,10})-(\d{1,10}))?|name)(?: in (\d{1,20})(?: at (\d{1,20}))?)?")


@dataclass(frozen=True, slots=True)
class Place:
    """What a locator says."""

    address: int | None
    """Of the record; None for a name without one."""
    attribute: tuple[int, int] | None = None
    """Type and number of the attribute that holds the content; None for the record's only one."""
    folder: int | None = None
    """Address of the folder that names it."""
    index: int | None = None
    """Which of the folder's names, from 0."""


def parse(locator: str) -> Place | None:
    """Read a locator; None when it is not one of these."""
    found = _SHAPE.fullmatch(locator)
    if found is None:
        return None
    address, kind, number, folder, index = (None if part is None else int(part) for part in found.groups())
    attribute = None if kind is None or number is None else (kind, number)
    if address is None and index is None:
        return None
    return Place(address, attribute, folder, index)

"""Storage spaces: remote places for files, recognised by the form of the links that lead to them.

A link is one to a storage space when its path has a marker (``folder``, ``file``, ``d``, …) followed by an
identifier, or its query carries one. The form is all that is looked at; no link is ever opened.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sauveterre.network.urls import Address, normalise
from sauveterre.records.finding import Share, StorageSpace
from sauveterre.records.message import Link, Message
from sauveterre.records.provenance import Provenance

_MARKERS = {
    "folder": "folder",
    "folders": "folder",
    "drive": "folder",
    "file": "file",
    "f": "file",
    "d": "unknown",
    "s": "unknown",
    "share": "unknown",
    "shared": "unknown",
}
_QUERY_NAMES = ("fid", "id")
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{6,256}")


@dataclass(frozen=True, slots=True)
class SpaceAddress:
    """The place that one link leads to."""

    host: str
    identifier: str
    """Case counts."""
    kind: str
    """folder, file or unknown."""


def space_of(url: str) -> SpaceAddress | None:
    """Return the storage space that a link leads to, or None when its form is that of a plain page."""
    address = normalise(url)
    if address is None:
        return None
    return _in_path(address) or _in_query(address)


def _in_path(address: Address) -> SpaceAddress | None:
    kind = "unknown"
    markers = [segment.lower() for segment in address.segments]
    for marker, segment in zip(markers, address.segments[1:], strict=False):
        if marker not in _MARKERS:
            kind = "unknown"
            continue
        if _MARKERS[marker] != "unknown":
            kind = _MARKERS[marker]
        if segment.lower() not in _MARKERS and _IDENTIFIER.fullmatch(segment):
            return SpaceAddress(address.host, segment, kind)
    return None


def _in_query(address: Address) -> SpaceAddress | None:
    values = dict(reversed(address.query))
    for name in _QUERY_NAMES:
        value = values.get(name, "")
        if _IDENTIFIER.fullmatch(value):
            kinds = {_MARKERS.get(segment.lower(), "unknown") for segment in address.segments} - {"unknown"}
            return SpaceAddress(address.host, value, kinds.pop() if len(kinds) == 1 else "unknown")
    return None


def storage_spaces(links: Iterable[Link], messages: Mapping[str, Message]) -> list[StorageSpace]:
    """Return the storage spaces that links lead to, each with who put it where; sorted by their keys.

    ``messages`` maps ``Message.key`` to the message. Where the message is missing, or does not say who sent
    it, the share's group or account is empty text: the space is still found.
    """
    kinds: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    rows: defaultdict[tuple[str, str], defaultdict[str, set[Provenance]]] = defaultdict(lambda: defaultdict(set))
    for link in links:
        space = space_of(link.url) if link.kind != "group_invite" else None
        if space is None:
            continue
        place = (space.host, space.identifier)
        kinds[place].add(space.kind)
        rows[place][link.message].add(link.provenance)
    spaces = []
    for place, by_message in sorted(rows.items()):
        named = kinds[place] - {"unknown"}
        subject = f"space:{place[0]}/{place[1]}"
        shares = [_share(subject, key, messages.get(key), found) for key, found in by_message.items()]
        shares.sort(key=lambda one: (one.at is None, one.at.timestamp() if one.at else 0.0, one.message))
        spaces.append(StorageSpace(*place, named.pop() if len(named) == 1 else "unknown", tuple(shares)))
    return spaces


def _share(subject: str, key: str, message: Message | None, rows: set[Provenance]) -> Share:
    group, account, at = "", "", None
    if message is not None:
        group, account, at = message.group, message.sender or "", message.sent_at
        rows = {*rows, message.provenance}
    return Share(group, account, at, subject, key, tuple(sorted(rows)))

"""What is true of a made-up operation: what the program must find. Written as ``truth.json`` beside the material.

Times are ISO 8601 in UTC with milliseconds; accounts are stable ids (``aci:UUID``); groups are stable ids (SHA-256
of the master key). Everything holds for the union of all devices, not for any one of them.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sauveterre.scenarios.ledger import Hazard, Listed


@dataclass(frozen=True, slots=True)
class TrueExhibit:
    """One exhibit; ``entries`` counts all its sources: itself, archives in it and attachments of its stores."""

    number: str
    kind: str
    path: str
    what: str
    entries: int
    key: str = ""


@dataclass(frozen=True, slots=True)
class TrueStore:
    """A Signal store. ``provable``: whether the store itself proves which account its owner is.

    Where it does not, a reader may add one ``self:`` account of its own, which ``persons`` leaves out; such owners
    write nothing in groups.
    """

    exhibit: str
    root: str
    kind: str
    """folder, export or frames."""
    owner: str
    provable: bool
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrueGroup:
    """A group. ``messages``: different messages over all devices, changes of the group not counted."""

    stable_id: str
    title: str
    of_interest: bool
    members_ever: int
    messages: int


@dataclass(frozen=True, slots=True)
class TrueAdministrator:
    """An administrator's term: from the event that created or promoted, to the demotion, leaving or removal.

    ``end`` is None for one who still is at the last snapshot. ``granted_by`` is the creator for the creator.
    """

    group: str
    account: str
    start: str
    end: str | None
    granted_by: str
    revoked_by: str | None


@dataclass(frozen=True, slots=True)
class TrueMembership:
    """An account's stay in a group, as the world knows it; ``end`` None: still in."""

    group: str
    account: str
    start: str
    end: str | None


@dataclass(frozen=True, slots=True)
class GroupAccount:
    """An account in a group, as supplier or user."""

    group: str
    account: str


@dataclass(frozen=True, slots=True)
class TrueSpace:
    """A storage space; ``links``: different messages with a link to it, however written."""

    key: str
    links: int
    groups: tuple[str, ...]
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrueReferral:
    """The referral. ``number`` is empty: the report carries none. ``file`` is met in a group and on devices."""

    number: str
    esp_identifier: str
    phone: str
    account: str
    """The account whose number the report states."""
    country: str
    unit: str
    file: str
    """SHA-256 of the content that ``referral_files/1.xml`` names by MD5 and SHA-1."""


@dataclass(frozen=True, slots=True)
class TrueFigures:
    """The public figures: only measures that took place count."""

    arrests: int
    arrests_by_country: dict[str, int]
    searches: int
    countries: list[str]
    """Countries with at least one executed measure."""
    days: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """All of it.

    A *supplier* of a group is an account that was the first (by sent time, over all devices) to bring at least five
    different contents or storage spaces into it; everyone else who ever was a member is a *user*. Nobody brought
    between two and six, so every threshold in between gives the same answer.
    """

    operation: str
    seed: int
    exhibits: list[TrueExhibit]
    sources: list[Listed]
    """Every source that listing must find, but for the archives inside ``deep.zip`` and the cut one."""
    entries: int
    pictures: int
    """Different whole pictures in the exhibits, attachments included; damaged files are not among them."""
    known: dict[str, list[str]]
    """By list name: SHA-256 of each content in the exhibits that is exactly on it."""
    near: dict[str, str]
    """SHA-256 of a near copy in the exhibits -> the partner's PDQ value that it lies 4 to 20 bits from."""
    films: list[str]
    """SHA-256 of every film in the exhibits, the one that is cut short and the picture that moves among them."""
    near_films: dict[str, str]
    """SHA-256 of a film -> the row of the partner's list that its frames are near to."""
    copied_films: list[list[str]]
    """Films that are one another's copies; no others have a frame in common."""
    stacks: list[list[str]]
    """Groups of near-identical contents in the exhibits: at most 20 bits apart; all else is more than 40 apart."""
    hazards: list[Hazard]
    deleted: dict[str, str]
    """Label and path of each deleted file to the SHA-256 of its content."""
    carved: list[str]
    """SHA-256 of each file that lies in free space."""
    stores: list[TrueStore]
    groups: list[TrueGroup]
    administrators: list[TrueAdministrator]
    """Of the groups of interest."""
    other_administrators: list[TrueAdministrator]
    memberships: list[TrueMembership]
    suppliers: list[GroupAccount]
    """Of the groups of interest, like ``users``, which has all other members ever, administrators included."""
    users: list[GroupAccount]
    storage_spaces: list[TrueSpace]
    persons: list[list[str]]
    """Accounts of one person together; every account is in exactly one."""
    namesakes: list[str]
    """Two accounts with one display name that are two persons."""
    countries: dict[str, str]
    """Account -> country of the number that a row states for it."""
    referral: TrueReferral
    figures: TrueFigures

    def write(self, path: Path) -> None:
        """Write as JSON with sorted keys."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=True)
        path.write_text(text + "\n", encoding="ascii")


def iso(milliseconds: int) -> str:
    """Return a moment, given in milliseconds since 1970, as ISO 8601 in UTC with milliseconds."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds")

"""Who and what is in the made-up operation: sixty accounts in twelve countries, and five groups."""

import base64
import hashlib
import random
from dataclasses import dataclass
from uuid import UUID

from sauveterre.scenarios.protobuf import binary

GIVEN = (
    "Maple", "Cedar", "Linden", "Rowan", "Hazel", "Birch", "Alder", "Juniper", "Sorrel", "Clover",
    "Fennel", "Thistle", "Bramble", "Larch", "Willow", "Heather", "Teasel", "Yarrow", "Sedge", "Moss",
)  # fmt: skip
FAMILY = (
    "Hill", "Brook", "Meadow", "Ridge", "Vale", "Cloud", "Harbour", "Lantern", "Ferry", "Orchard",
    "Quarry", "Beacon", "Marsh", "Summit", "Garden", "Bridge", "Kiln",
)  # fmt: skip
NUMBERS = {
    "FR": "+33639980{:03d}", "ES": "+34500000{:03d}", "BE": "+32400000{:03d}", "BG": "+35900000{:03d}",
    "HU": "+3620000{:03d}", "DE": "+493023125{:03d}", "IT": "+39060000{:03d}", "PT": "+351200000{:03d}",
    "NL": "+31600000{:03d}", "AT": "+431555000{:03d}", "FI": "+358955500{:03d}", "RO": "+40200000{:03d}",
}  # fmt: skip
"""Numbers that nobody holds: ranges reserved for fiction (France, Germany), unassigned, or made of zeros."""
COUNTRIES = (
    "FR", "FR", "ES", "BE", "HU", "DE", "BG", "IT", "PT", "NL", "AT", "ES", "BE", "FR", "ES",
    "HU", "BG", "DE", "IT", "FR", "FR", "ES", "BE", "HU", "DE", "BG", "IT", "", "PT", "FI",
    "ES", "DE", "FR", "ES", "BE", "NL", "HU", "RO", "", "FR", "ES", "FI", "AT", "FR", "BE",
    "DE", "PT", "NL", "RO", "", "FR", "ES", "HU", "BG", "FR", "HU", "BG", "", "", "",
)  # fmt: skip
"""By account, in order; empty for an account of which no number is known."""
REPORTED, ADMIN_1, ADMIN_2, ADMIN_3 = 0, 1, 2, 3
SUPPLIERS = {4: ("film",), 5: ("film", "recipes"), 6: ("recipes",), 7: ("weather",), 8: ("weather",)}
REPOSTERS = {9: "film", 10: "weather"}
EXPORT_OWNER, FRAMES_OWNER = 11, 12
"""Owners of the devices whose stores cannot prove whose they are: they write nothing in groups."""
NAMESAKES = (30, 31)
REINSTALLED = {50: 13, 51: 14, 52: 15, 53: 16}
"""New account by index, and the old one that stated the same number before."""
BARE = frozenset({57, 58, 59})
"""Accounts that appear as group members only, by their bare identifier."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the made-up messenger users."""

    index: int
    aci: UUID
    given: str
    family: str
    phone: str
    """E.164, or empty."""
    country: str
    """ISO 3166-1 alpha-2, by the number; empty without one."""

    @property
    def stable_id(self) -> str:
        """The account's stable id, as records write it."""
        return f"aci:{self.aci}"


@dataclass(frozen=True, slots=True)
class Room:
    """A made-up group."""

    name: str
    """Short name used inside the scenario."""
    title: str
    description: str
    master_key: bytes
    link_password: bytes
    initial: tuple[int, ...]
    """Accounts in it from its creation; the first is its creator."""
    later: tuple[int, ...]
    """Accounts that come in afterwards."""
    of_interest: bool

    @property
    def stable_id(self) -> str:
        """SHA-256 of the master key, lowercase hex: what records call the group."""
        return hashlib.sha256(self.master_key).hexdigest()

    @property
    def everyone(self) -> tuple[int, ...]:
        """All accounts that were ever in it."""
        return self.initial + self.later


@dataclass(frozen=True, slots=True)
class Cast:
    """All accounts by index, all groups by short name."""

    accounts: tuple[Account, ...]
    rooms: dict[str, Room]


def invite_link(room: Room) -> str:
    """Return the link by which anyone may join the group: it carries the group's live credentials."""
    contents = {"groupMasterKey": room.master_key, "inviteLinkPassword": room.link_password}
    packed = binary("GroupInviteLink", {"contentsV1": contents})
    return f"https://signal.group/#{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def make_cast(rng: random.Random) -> Cast:
    """Invent the accounts and groups; the generator alone decides identifiers and keys."""
    return Cast(tuple(_accounts(rng)), {room.name: room for room in _rooms(rng)})


def _accounts(rng: random.Random) -> list[Account]:
    accounts: list[Account] = []
    for index, stated in enumerate(COUNTRIES):
        country, phone = stated, NUMBERS[stated].format(100 + index) if stated else ""
        if index in REINSTALLED:
            old = accounts[REINSTALLED[index]]
            country, phone = old.country, old.phone
        name = index if index != NAMESAKES[1] else NAMESAKES[0]
        given, family = GIVEN[name % len(GIVEN)], FAMILY[name * 7 % len(FAMILY)]
        aci = UUID(bytes=rng.randbytes(16), version=4)
        accounts.append(Account(index, aci, given, family, phone, country))
    return accounts


def _rooms(rng: random.Random) -> list[Room]:
    def room(name: str, title: str, text: str, initial: list[int], later: list[int], *, interest: bool) -> Room:
        return Room(name, title, text, rng.randbytes(32), rng.randbytes(16), tuple(initial), tuple(later), interest)

    return [
        room(
            "film", "Film club", "One film a week, and what we thought of it.",
            [1, 0, 4, 5, 9, 13, 14, 15, 16, 17, 18, 19], [11, 12, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 40, 41],
            interest=True,
        ),
        room(
            "recipes", "Recipes of the valley", "Soups, breads and what grows in April.",
            [2, 1, 5, 6, 30, 31, 32, 33, 34, 35, 36, 37], [0, 38, 39, 42, 43, 44, 45, 46, 47, 48, 49],
            interest=True,
        ),
        room(
            "weather", "Weather watch", "Clouds, rain gauges and first frost.",
            [2, 3, 7, 8, 10, 36, 37, 39, 40, 54, 55, 56], [11, 12, 50, 51, 52, 53, 57, 58, 59, 41, 42],
            interest=True,
        ),
        room("garden", "Garden tools", "Lend and borrow.", [19, 0, 20, 21], [17], interest=False),
        room("choir", "Choir on Tuesday", "Rehearsal times.", [38, 2, 34, 35], [49], interest=False),
    ]  # fmt: skip

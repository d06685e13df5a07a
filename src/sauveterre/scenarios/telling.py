"""Tells the truth of the operation's people and groups from the timeline."""

from collections.abc import Iterable, Sequence

from sauveterre.scenarios.cast import NAMESAKES, REINSTALLED, SUPPLIERS, Account, Cast, Room
from sauveterre.scenarios.devices import Teller
from sauveterre.scenarios.timeline import Change, Timeline
from sauveterre.scenarios.truth import (
    GroupAccount,
    TrueAdministrator,
    TrueGroup,
    TrueMembership,
    TrueSpace,
    TrueStore,
    iso,
)
from sauveterre.scenarios.wording import SPACE_ID, SPACE_KEY

STORES = {
    "01": ("exhibits/01-phone/SignalBackups", "folder"),
    "03": ("exhibits/03-tablet.tar!/data/media/SignalBackups", "folder"),
    "05": ("exhibits/05-laptop/Downloads/signal-export-2026-05-12.zip", "export"),
    "06": ("exhibits/06-stick/signal/frames.binproto", "frames"),
}
"""By exhibit: where its store lies, and in which container."""


def stores(cast: Cast, tellers: Iterable[Teller]) -> list[TrueStore]:
    """Return where each device's store is and whose it is."""
    found = []
    for teller in tellers:
        device = teller.device
        root, kind = STORES[device.exhibit]
        groups = tuple(cast.rooms[name].stable_id for name in device.rooms)
        owner = cast.accounts[device.owner].stable_id
        found.append(TrueStore(device.exhibit, root, kind, owner, kind == "folder", groups))
    return found


def groups(cast: Cast, tellers: Sequence[Teller]) -> list[TrueGroup]:
    """Return every group with its counts over all devices."""
    seen = {(post.room, post.author, post.at) for teller in tellers for post in teller.posts()}
    return [
        TrueGroup(
            room.stable_id, room.title, room.of_interest, len(set(room.everyone)),
            sum(name == room.name for name, _, _ in seen),
        )
        for room in cast.rooms.values()
    ]  # fmt: skip


def administrators(cast: Cast, line: Timeline, *, of_interest: bool) -> list[TrueAdministrator]:
    """Return every administrator's term in the groups of interest, or in the others."""
    terms = []
    for room in cast.rooms.values():
        if room.of_interest == of_interest:
            changes = [change for change in line.changes if change.room == room.name]
            terms += _terms(room, changes, cast.accounts)
    return terms


def _terms(room: Room, changes: list[Change], accounts: Sequence[Account]) -> list[TrueAdministrator]:
    terms = []
    for number, change in enumerate(changes):
        holder = {"created": change.actor, "promoted": change.target}.get(change.kind)
        if holder is None or change.actor is None:
            continue
        ends = (
            later for later in changes[number + 1 :]
            if later.target == holder and later.kind in ("demoted", "left", "removed")
        )  # fmt: skip
        end = next(ends, None)
        revoker = None if end is None or end.actor is None else accounts[end.actor].stable_id
        terms.append(
            TrueAdministrator(
                room.stable_id, accounts[holder].stable_id, iso(change.at), None if end is None else iso(end.at),
                accounts[change.actor].stable_id, revoker,
            )
        )  # fmt: skip
    return terms


def memberships(cast: Cast, line: Timeline) -> list[TrueMembership]:
    """Return every stay in every group."""
    return [
        TrueMembership(
            cast.rooms[name].stable_id, cast.accounts[index].stable_id, iso(stay.start),
            None if stay.end is None else iso(stay.end),
        )
        for name, stays in line.stays.items()
        for index, stay in sorted(stays.items())
    ]  # fmt: skip


def participants(cast: Cast) -> tuple[list[GroupAccount], list[GroupAccount]]:
    """Return the suppliers and the users of the groups of interest."""
    suppliers: list[GroupAccount] = []
    users: list[GroupAccount] = []
    for room in cast.rooms.values():
        if room.of_interest:
            for index in sorted(set(room.everyone)):
                one = GroupAccount(room.stable_id, cast.accounts[index].stable_id)
                (suppliers if room.name in SUPPLIERS.get(index, ()) else users).append(one)
    return suppliers, users


def spaces(cast: Cast, line: Timeline) -> list[TrueSpace]:
    """Return the one storage space with all that leads to it."""
    tail = SPACE_ID[1:-1]
    links = [post for post in line.posts if tail in post.text]
    rooms = sorted({cast.rooms[post.room].stable_id for post in links})
    accounts = sorted({cast.accounts[post.author].stable_id for post in links})
    return [TrueSpace(SPACE_KEY, len(links), tuple(rooms), tuple(accounts))]


def persons(cast: Cast) -> list[list[str]]:
    """Return the accounts by person: re-installed phones joined, namesakes not."""
    ids = [account.stable_id for account in cast.accounts]
    joined = {old: new for new, old in REINSTALLED.items()}
    return [
        sorted([ids[index], ids[joined[index]]]) if index in joined else [ids[index]]
        for index in range(len(ids))
        if index not in REINSTALLED
    ]


def namesakes(cast: Cast) -> list[str]:
    """Return the two accounts with one display name."""
    return [cast.accounts[index].stable_id for index in NAMESAKES]


def countries(cast: Cast, tellers: Iterable[Teller]) -> dict[str, str]:
    """Return the country of every account whose number a row states."""
    stated = {index for teller in tellers for index in teller.stated_numbers()}
    return {cast.accounts[index].stable_id: cast.accounts[index].country for index in sorted(stated)}

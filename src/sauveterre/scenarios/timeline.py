"""The world's one timeline: what happened in the groups, from which every device's view is cut."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sauveterre.scenarios.cast import (
    ADMIN_1,
    ADMIN_2,
    ADMIN_3,
    BARE,
    EXPORT_OWNER,
    FRAMES_OWNER,
    REPORTED,
    REPOSTERS,
    SUPPLIERS,
    Cast,
    Room,
    invite_link,
)
from sauveterre.scenarios.wording import SPACE_SPELLINGS, ordinary_link, small_talk

DAY = 86_400_000
START = int(datetime(2026, 3, 2, 8, tzinfo=UTC).timestamp() * 1000)
CREATED = {"film": 0, "recipes": 3, "weather": 7, "garden": 9, "choir": 11}
"""Day on which each group is created, counted from ``START``."""
LAST_DAY = 66
SPACE_SHARERS = {
    "film": (5, 17, 1, 19, 23),
    "recipes": (5, 32, 46, 33),
    "weather": (7, 39, 51, 54, 10),
}
"""Who puts the storage space's link into each group; the first of each is a supplier of it."""
SINGLE_SHARERS = {"film": (REPORTED, 20, 24), "recipes": (33, 46), "weather": (36, 54)}
"""Users who bring one new picture, and no more."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a group. ``at`` in milliseconds since 1970."""

    at: int
    room: str
    kind: str
    """created, added, joined, joined_by_link, request_approved, invite_accepted, left, removed, promoted, demoted,
    link_enabled."""
    actor: int | None
    target: int | None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Post:
    """A message in a group or between two people."""

    at: int
    room: str
    """The group's short name, or ``direct:A|B`` with both indexes in order."""
    author: int
    text: str = ""
    pictures: tuple[int, ...] = ()
    """Indexes into the album's shared pictures."""
    expires_ms: int = 0
    preview: bool = False
    fate: str = ""
    """Empty, or how it ended: ``deleted`` by its author, ``admin_deleted``."""
    quotes: int = 0
    """Time of the message it answers (same conversation); 0 for none."""
    quoted_author: int = 0
    reactions: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Stay:
    """An account's time in a group."""

    start: int
    revision: int
    end: int | None = None


@dataclass(slots=True)
class Timeline:
    """All changes and posts in order of time, and what follows from them."""

    changes: list[Change] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    stays: dict[str, dict[int, Stay]] = field(default_factory=dict)
    """By group: when each account was in it."""
    pictures: int = 0
    """How many different pictures were shared."""

    def inside(self, room: str, account: int, at: int) -> bool:
        """Say whether the account was in the group at that time."""
        stay = self.stays[room].get(account)
        return stay is not None and stay.start <= at and (stay.end is None or at < stay.end)


def make_timeline(cast: Cast, rng: random.Random, *, talk: int, per_supplier: int) -> Timeline:
    """Invent the history. ``talk``: messages of small talk in each group; ``per_supplier``: new pictures each."""
    line = Timeline()
    for room in cast.rooms.values():
        changes = [replace(change, revision=number) for number, change in enumerate(_changes(room, rng))]
        line.changes += changes
        line.stays[room.name] = _stays(room, changes)
    plans = [plan for room in cast.rooms.values() for plan in _plans(line, room, rng, talk, per_supplier)]
    plans += _direct(rng)
    times = {change.at for change in line.changes}
    line.posts = list(_resolved(line, cast, sorted(plans, key=lambda plan: plan.at), times, rng))
    line.changes.sort(key=lambda change: change.at)
    return line


def _changes(room: Room, rng: random.Random) -> Iterator[Change]:
    """Invent one group's changes in order of time."""
    born = START + CREATED[room.name] * DAY
    creator = room.initial[0]
    changes = [Change(born, room.name, "created", creator, None)]
    admin = {"weather": ADMIN_3}.get(room.name, creator)
    if room.of_interest:
        changes.append(Change(born + DAY // 2, room.name, "link_enabled", creator, None))
    ways = ("added", "joined_by_link", "request_approved", "invite_accepted")
    for number, account in enumerate(room.later):
        at = born + int((9 + number * 2.1) * DAY) + rng.randrange(DAY // 3)
        way = "joined_by_link" if account in (REPORTED, FRAMES_OWNER) else ways[number % len(ways)]
        actor = None if way == "joined_by_link" else admin
        changes.append(Change(at, room.name, "added" if account == EXPORT_OWNER else way, actor, account))
    for day, kind, actor, target in DRAMAS.get(room.name, ()):
        changes.append(Change(born + int(day * DAY), room.name, kind, actor, target))
    yield from sorted(changes, key=lambda change: change.at)


DRAMAS: dict[str, tuple[tuple[float, str, int | None, int | None], ...]] = {
    "film": (
        (30.2, "left", None, 13), (31.3, "left", None, 15), (32.1, "left", None, 14), (33.7, "left", None, 16),
        (41.6, "removed", ADMIN_1, 18),
    ),
    "recipes": (
        (7.4, "promoted", ADMIN_2, ADMIN_1), (35.2, "removed", ADMIN_1, 34), (40.9, "left", None, 30),
    ),
    "weather": (
        (7.1, "promoted", ADMIN_2, ADMIN_3), (42.5, "demoted", ADMIN_3, ADMIN_2), (38.3, "removed", ADMIN_3, 55),
        (39.8, "left", None, 56),
    ),
}  # fmt: skip
"""By group: day after its creation, what happened, who did it, to whom."""


def _stays(room: Room, changes: Iterable[Change]) -> dict[int, Stay]:
    stays: dict[int, Stay] = {}
    for change in changes:
        if change.kind == "created":
            stays |= {account: Stay(change.at, 0) for account in room.initial}
        elif change.kind in ("left", "removed") and change.target is not None:
            stays[change.target] = replace(stays[change.target], end=change.at)
        elif change.kind not in ("promoted", "demoted", "link_enabled") and change.target is not None:
            stays[change.target] = Stay(change.at, change.revision)
    return stays


@dataclass(frozen=True, slots=True)
class _Plan:
    """A post to come: its content is settled when everything before it is known."""

    at: int
    room: str
    author: int
    kind: str
    """talk, new, repost, space, link, invite."""
    count: int = 1


def _plans(line: Timeline, room: Room, rng: random.Random, talk: int, per_supplier: int) -> Iterator[_Plan]:
    born, end = START + (CREATED[room.name] + 1) * DAY, START + LAST_DAY * DAY
    writers = [
        account for account in room.everyone if account not in BARE | {EXPORT_OWNER, FRAMES_OWNER} | set(SUPPLIERS)
    ]
    for number in range(talk if room.of_interest else talk // 3):
        at = rng.randrange(born, end)
        present = [account for account in writers if line.inside(room.name, account, at)]
        yield _Plan(at, room.name, rng.choice(present), "link" if number % 12 == 5 else "talk")
    if not room.of_interest:
        return
    for account, names in SUPPLIERS.items():
        if room.name in names:
            yield from _supplies(room, account, born, end, per_supplier, rng)
    for account, name in REPOSTERS.items():
        if name == room.name:
            for _ in range(14):
                yield _Plan(rng.randrange(born + 15 * DAY, end), room.name, account, "repost")
    yield from _single_shares(line, room, born, end, rng)


def _supplies(room: Room, account: int, born: int, end: int, count: int, rng: random.Random) -> Iterator[_Plan]:
    """Spread one supplier's new pictures over the group's life, one to three a message."""
    left = count
    while left:
        several = min(left, rng.choice((1, 1, 2, 3)))
        yield _Plan(rng.randrange(born, end - DAY), room.name, account, "new", several)
        left -= several
    for at in (born + DAY, end - DAY // 2):
        yield _Plan(at, room.name, account, "new")


def _single_shares(line: Timeline, room: Room, born: int, end: int, rng: random.Random) -> Iterator[_Plan]:
    for account in SINGLE_SHARERS[room.name]:
        yield _Plan(line.stays[room.name][account].start + 5 * DAY, room.name, account, "new")
    for order, account in enumerate(SPACE_SHARERS[room.name]):
        yield _Plan(born + (6 + order * 9) * DAY + rng.randrange(DAY), room.name, account, "space")
    if room.name == "film":
        yield _Plan(born + 20 * DAY, room.name, ADMIN_1, "invite")
    present = [account for account in room.initial[4:] if line.stays[room.name][account].end is None]
    for account in present:
        yield _Plan(rng.randrange(born + 20 * DAY, end), room.name, account, "repost")


def _direct(rng: random.Random) -> list[_Plan]:
    pairs = (
        (REPORTED, 1), (REPORTED, 17), (REPORTED, 20), (ADMIN_2, 3), (ADMIN_2, 7), (5, EXPORT_OWNER), (8, FRAMES_OWNER),
    )  # fmt: skip
    plans = []
    for pair in pairs:
        first, second = sorted(pair)
        for _ in range(9):
            at = rng.randrange(START + 40 * DAY, START + LAST_DAY * DAY)
            plans.append(_Plan(at, f"direct:{first}|{second}", rng.choice(pair), "talk"))
    return plans


def _resolved(line: Timeline, cast: Cast, plans: list[_Plan], times: set[int], rng: random.Random) -> Iterator[Post]:
    """Settle each planned post in order of time; every message gets a moment of its own."""
    seen: dict[str, list[int]] = {}
    before: dict[str, Post] = {}
    spellings = 0
    for plan in plans:
        at = plan.at
        while at in times:
            at += 1
        times.add(at)
        post = Post(at, plan.room, plan.author, small_talk(plan.room, rng))
        if plan.kind == "new":
            fresh = tuple(range(line.pictures, line.pictures + plan.count))
            line.pictures += plan.count
            seen.setdefault(plan.room, []).extend(fresh)
            post = replace(post, pictures=fresh, text="" if rng.random() < 0.5 else post.text)
        elif plan.kind == "repost" and seen.get(plan.room):
            post = replace(post, pictures=(rng.choice(seen[plan.room]),))
        elif plan.kind == "space":
            post = replace(post, text=SPACE_SPELLINGS[spellings % len(SPACE_SPELLINGS)])
            spellings += 1
        elif plan.kind == "link":
            post = replace(post, text=f"{post.text} {ordinary_link(rng)}", preview=rng.random() < 0.5)
        elif plan.kind == "invite":
            post = replace(post, text=f"Come and cook with us: {invite_link(cast.rooms['recipes'])}")
        else:
            post = _coloured(post, before.get(plan.room), line, cast, rng)
        before[plan.room] = post
        yield post


def _coloured(post: Post, last: Post | None, line: Timeline, cast: Cast, rng: random.Random) -> Post:
    """Give a message of small talk one of the things that happen to messages."""
    chance = rng.random()
    if post.room.startswith("direct:"):
        return post
    if chance < 0.06:
        return replace(post, expires_ms=7 * DAY)
    if chance < 0.08:
        return replace(post, text="", fate="deleted")
    if chance < 0.09 and cast.rooms[post.room].of_interest:
        return replace(post, text="", fate="admin_deleted")
    if chance < 0.25 and last is not None and not last.fate:
        return replace(post, quotes=last.at, quoted_author=last.author)
    if chance < 0.40:
        others = [a for a in cast.rooms[post.room].initial if line.inside(post.room, a, post.at) and a not in BARE]
        fans = rng.sample(others, min(2, len(others)))
        return replace(post, reactions=tuple((fan, rng.choice("🌦🌻🍲🎬")) for fan in fans))
    return post

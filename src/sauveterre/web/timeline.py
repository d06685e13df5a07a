"""Members and roles of a group over time, as the geometry of a drawing: one lane for each account.

All numbers leave here as text, so that no language's commas reach the SVG.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sauveterre.casework.models import Membership, RoleInterval

WIDTH, LEFT, RIGHT, TOP, LANE, BAR, INNER = 1080, 180, 40, 34, 24, 12, 6
MOST_LANES = 80
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60)
MOST_TICKS = 9
LABEL = 26


@dataclass(frozen=True, slots=True)
class Stretch:
    """One bar. An end is ``dated``, ``seen`` (open beyond what was seen) or ``unknown``."""

    x: str
    y: str
    width: str
    height: str
    x2: str
    role: str
    start: str
    end: str
    row: Membership | RoleInterval


@dataclass(slots=True)
class Lane:
    """One account's line."""

    account: str
    name: str
    label: str
    y: str
    middle: str
    base: str
    stretches: list[Stretch] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tick:
    """A first day of a month on the axis."""

    x: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole drawing."""

    width: str
    height: str
    left: str
    right: str
    bottom: str
    lanes: list[Lane]
    ticks: list[Tick]
    left_out: int
    """Accounts without a lane: the table beside the drawing has them all."""


@dataclass(frozen=True, slots=True)
class _Scale:
    first: datetime
    last: datetime

    def x(self, at: datetime) -> float:
        span = (self.last - self.first) / timedelta(seconds=1) or 1.0
        share = (at - self.first) / timedelta(seconds=1) / span
        return LEFT + share * (WIDTH - LEFT - RIGHT)


Rows = list[Membership | RoleInterval]


def draw(memberships: Iterable[Membership], roles: Iterable[RoleInterval], names: Mapping[str, str]) -> Timeline | None:
    """Lay the drawing out, administrators first; None where no row is dated."""
    shown: Rows = [*memberships, *(role for role in roles if role.role == "admin")]
    moments = [at for row in shown for at in (row.start, row.end, row.last_seen) if at is not None]
    if not moments:
        return None
    scale = _scale(min(moments), max(moments))
    lanes: dict[str, Lane] = {}
    accounts = _order(shown)
    for place, account in enumerate(accounts[:MOST_LANES]):
        y = TOP + place * LANE
        name = names.get(account, account)
        label = name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"
        lanes[account] = Lane(account, name, label, _text(y), _text(y + BAR / 2), _text(y + BAR / 2 + 4))
    for row in shown:
        if row.account in lanes:
            lanes[row.account].stretches.append(_stretch(row, scale, float(lanes[row.account].y)))
    bottom = TOP + len(lanes) * LANE
    return Timeline(
        width=_text(WIDTH),
        height=_text(bottom + 8),
        left=_text(LEFT),
        right=_text(WIDTH - RIGHT),
        bottom=_text(bottom - 6),
        lanes=list(lanes.values()),
        ticks=_ticks(scale),
        left_out=max(0, len(accounts) - MOST_LANES),
    )


def _order(rows: Rows) -> list[str]:
    admins = {row.account for row in rows if isinstance(row, RoleInterval)}
    first: dict[str, datetime] = {}
    late = datetime.max.replace(tzinfo=UTC)
    for row in rows:
        first[row.account] = min(first.get(row.account, late), row.start or late)
    return sorted(first, key=lambda account: (account not in admins, first[account], account))


def _scale(first: datetime, last: datetime) -> _Scale:
    margin = max((last - first) * 0.03, timedelta(days=1))
    return _Scale(first - margin, last + margin)


def _stretch(row: Membership | RoleInterval, scale: _Scale, y: float) -> Stretch:
    end_at = row.end or row.last_seen
    left = scale.x(row.start) if row.start else LEFT
    right = scale.x(end_at) if end_at else WIDTH - RIGHT
    right = max(right, left + 2)
    role = row.role if isinstance(row, RoleInterval) else "member"
    return Stretch(
        x=_text(left),
        y=_text(y if role == "member" else y + (BAR - INNER) / 2),
        height=_text(BAR if role == "member" else INNER),
        width=_text(right - left),
        x2=_text(right),
        role=role,
        start=_end(row.start, row.start_basis),
        end="seen" if row.end is None and end_at is not None else _end(row.end, row.end_basis),
        row=row,
    )


def _end(at: datetime | None, basis: str) -> str:
    if at is None:
        return "unknown"
    return "dated" if basis == "event" else "seen"


def _ticks(scale: _Scale) -> list[Tick]:
    months = (scale.last.year - scale.first.year) * 12 + scale.last.month - scale.first.month
    step = next((step for step in MONTH_STEPS if months // step <= MOST_TICKS), MONTH_STEPS[-1])
    start = scale.first.year * 12 + scale.first.month
    start += -(start - 1) % step
    ticks = []
    for month in range(start, start + months + step, step):
        at = datetime((month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC)
        if scale.first <= at <= scale.last:
            ticks.append(Tick(_text(scale.x(at)), at))
    return ticks


def _text(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")

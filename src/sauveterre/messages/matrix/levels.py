"""Power levels of a Matrix room: who may do what, and which role that makes.

A level of 100 or more is an administrator, 50 or more a moderator, as Matrix's own clients call them. Where a room asks
less than 50 to remove, ban or delete what others wrote, and more than every member has, that is a moderator there.
From room version 12 on the creators stand above all levels.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sauveterre.messages.exports.rows import map_of
from sauveterre.records.group import Role

ADMINISTRATOR = 100
MODERATOR = 50
_ACTIONS = (("kick", "remove"), ("ban", "ban"), ("redact", "delete messages"), ("invite", "invite"))
_DEFAULTS = {"kick": 50, "ban": 50, "redact": 50, "invite": 0}


def level_of(value: object) -> int | None:
    """Return a level; old rooms write some as text. None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = int(value) if not isinstance(value, Decimal) or abs(value) < 1 << 63 else None
    except (ValueError, ArithmeticError):
        return None
    return number if number is not None and abs(number) < 1 << 63 else None


@dataclass(frozen=True, slots=True)
class Levels:
    """What one row states, or what holds before any row."""

    users: dict[str, int] = field(default_factory=dict)
    """By Matrix id."""
    default: int = 0
    """Of everybody else."""
    needed: dict[str, int] = field(default_factory=lambda: dict(_DEFAULTS))
    to_change: int = 50
    """To change the levels themselves."""
    above_all: frozenset[str] = frozenset()

    @property
    def moderates_from(self) -> int:
        """The level that makes a moderator in this room."""
        own = [self.needed[name] for name in ("kick", "ban", "redact") if self.needed[name] > self.default]
        return min([MODERATOR, *own])

    def of(self, user: str) -> int:
        """Return somebody's level."""
        return self.users.get(user, self.default)

    def role(self, user: str) -> Role:
        """Return the role that somebody's level makes."""
        if user in self.above_all:
            return Role.OWNER
        level = self.of(user)
        if level >= ADMINISTRATOR:
            return Role.ADMIN
        return Role.MODERATOR if level >= self.moderates_from else Role.MEMBER

    def words(self) -> str:
        """Return what this room asks for what, for the detail of an event."""
        asked = [f"to {word} {self.needed[name]}" for name, word in _ACTIONS]
        return f"levels: {', '.join(asked)}, to change levels {self.to_change}; every member has {self.default}"


def levels_in(content: dict[str, Any], above_all: frozenset[str]) -> Levels:
    """Return the levels that a row states; what it leaves out has the defaults of Matrix."""
    users = {user: level for user, value in map_of(content, "users").items() if (level := level_of(value)) is not None}
    needed = {name: _stated(content, name, default) for name, default in _DEFAULTS.items()}
    to_change = _stated(map_of(content, "events"), "m.room.power_levels", _stated(content, "state_default", 50))
    return Levels(users, _stated(content, "users_default", 0), needed, to_change, above_all)


def _stated(content: dict[str, Any], name: str, default: int) -> int:
    level = level_of(content.get(name))
    return default if level is None else level

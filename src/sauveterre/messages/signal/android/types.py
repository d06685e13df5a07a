"""What the number in a message's ``type`` says: in which direction it went, and which update it is.

The low five bits are the base type, single bits above them are flags, the four bits from bit 32 a special type. Facts
about the format, from public descriptions of it.
"""

from dataclasses import dataclass

from sauveterre.messages.protobuf import Fields

INCOMING = frozenset({20})
OUTGOING = frozenset({21, 22, 23, 24, 25, 26})
SENT, FAILED = 23, 24
GROUP_CALL, PROFILE, THREAD_MERGE, SWITCHOVER = 12, 7, 16, 18
MIGRATION = 9
STORY_REACTION, GIFT_BADGE, PAYMENT, TOMBSTONE, POLL_END, PIN = 1, 2, 3, 9, 12, 13
_GROUP_UPDATE, _GROUP_QUIT, _TIMER, _GROUP_V2, _SECURE = 0x10000, 0x20000, 0x40000, 0x80000, 0xA00000
CALLS = {1: (1, 1, 1), 2: (1, 2, 1), 3: (1, 1, 3), 8: (2, 1, 3), 10: (2, 1, 1), 11: (2, 2, 1)}
"""By base type: type, direction and state of a call, as format 2 numbers them."""
_SIMPLE_BASE = {4: 1, 5: 12, 6: 12, 13: 9, 14: 5, 15: 6}
_SIMPLE_FLAG = {0x400000: 7, 0x4000: 3, 0x2000: 4, 0x200: 2}
_SIMPLE_SPECIAL = {4: 11, 5: 13, 6: 16, 8: 10, 10: 14, 11: 15}
"""To the number that a simple update has in format 2."""


@dataclass(frozen=True, slots=True)
class Type:
    """One type, taken apart."""

    value: int

    @property
    def base(self) -> int:
        """The base type."""
        return self.value & 0x1F

    @property
    def special(self) -> int:
        """The special type; 0 for none."""
        return self.value >> 32 & 0xF

    @property
    def direction(self) -> str:
        """Return incoming, outgoing or directionless: the field of format 2."""
        if self.base in OUTGOING:
            return "outgoing"
        return "incoming" if self.base in INCOMING else "directionless"

    @property
    def is_group_change(self) -> bool:
        """Say whether the row tells of a change to a group of the second kind."""
        return bool(self.value & _GROUP_V2 and self.value & (_GROUP_UPDATE | _GROUP_QUIT))

    @property
    def is_old_group_change(self) -> bool:
        """Say whether the row tells of a change to a group of the first kind."""
        return bool(self.value & (_GROUP_UPDATE | _GROUP_QUIT)) and not self.value & _GROUP_V2

    @property
    def is_quit(self) -> bool:
        """Say whether somebody left a group of the first kind."""
        return bool(self.value & _GROUP_QUIT)

    @property
    def is_timer(self) -> bool:
        """Say whether the row sets how long messages stay."""
        return bool(self.value & _TIMER)

    @property
    def is_sms(self) -> bool:
        """Say whether the message went over the telephone network."""
        return not self.value & _SECURE

    @property
    def simple(self) -> Fields | None:
        """The simple update of format 2 that the type alone says; None for none."""
        found = _SIMPLE_SPECIAL.get(self.special) or _SIMPLE_BASE.get(self.base)
        found = found or next((kind for flag, kind in _SIMPLE_FLAG.items() if self.value & flag), None)
        return None if found is None else {"simpleUpdate": {"type": found}}

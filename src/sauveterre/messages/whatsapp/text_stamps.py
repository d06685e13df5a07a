"""How a line of a text export begins: with date and time in the dialect of the telephone that wrote it.

Telephones of one make write ``[31/12/2026, 23:59:59] Name: text``, of the other ``31/12/2026, 23:59 - Name: text``;
day, month and year in any order, with slashes, dots or dashes, 12 or 24 hours, letters and invisible marks in between.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

INVISIBLE = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
"""Marks of direction, and the mark at the beginning of a file."""
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " "})
_EVENING = ("pm", "du", "слобед", "слобяд", "nachm", "μμ", "ös", "م", "下午", "오후", "午後", "datarde", "danoite")
_HALF = (
    r"[ap]\.?\s?m\.?|d[eu]\.|пр\.?\s?об(?:ед|яд)?\.?|сл\.?\s?об(?:ед|яд)?\.?|(?:vorm|nachm)\.|[πμ]\.?\s?μ\.?|ö[ös]|[صم]"
    r"|上午|下午|오전|오후|午前|午後|da (?:manhã|madrugada|tarde|noite)"
)
_STAMP = (
    r"(?P<a>[0-9]{1,4})(?P<sep>\.\s?|/|-)(?P<b>[0-9]{1,2})(?P=sep)(?P<c>[0-9]{1,4})\.?(?:\s?г\.?)?,?\s{1,2}"
    r"(?:(?:à|às|at|klo|kl\.?|um|om|alle|a las|в|ob)\s)?(?:(?P<before>" + _HALF + r")\s?)?"
    r"(?P<hour>[0-9]{1,2})(?P<clock>[:.h])(?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2}))?(?:\s?ч\.?)?"
    r"(?:\s?(?P<after>" + _HALF + r"))?(?:\s?(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-][0-9]{2}:?[0-9]{2}))?"
)
_LINE = re.compile(
    rf"(?:\[(?P<raw1>{_STAMP})\]\s?|(?P<raw2>{re.sub('P<', 'P<x', _STAMP).replace('(?P=', '(?P=x')})\s[-–]\s)",
    re.IGNORECASE,
)
_SHIFT = re.compile(r"(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-9]{2})$")
_AROUND = " \u00a0\u202f[]-–" + INVISIBLE
LONGEST_HEAD = 80
"""Characters in which date and time stand."""
ORDERS = ("dmy", "mdy", "ymd")
ORDER_NAMES = {"dmy": "day, month, year", "mdy": "month, day, year", "ymd": "year, month, day"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """Date and time as a line states them."""

    raw: str
    parts: tuple[str, str, str]
    """The three numbers of the date, in the order of the line."""
    separator: str
    hour: int
    minute: int
    second: int
    zone: str

    def local(self, order: str) -> datetime | None:
        """Return the time by one order of the date, without a zone; None where it is none."""
        named = dict(zip(order, self.parts, strict=True))
        if len(named["d"]) > 2 or len(named["m"]) > 2 or len(named["y"]) == 3 or len(named["y"]) < 2:
            return None
        year = int(named["y"]) + (2000 if len(named["y"]) == 2 else 0)
        try:
            return datetime(year, int(named["m"]), int(named["d"]), self.hour, self.minute, self.second)  # noqa: DTZ001  (no zone is stated)
        except ValueError:
            return None

    def at(self, order: str) -> datetime | None:
        """Return the moment in UTC where the line states its zone and the order is known."""
        local = self.local(order) if order and self.zone else None
        if local is None:
            return None
        shift = timedelta(0)
        if found := _SHIFT.search(self.zone):
            shift = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
            shift = -shift if found["sign"] == "-" else shift
        try:
            return local.replace(tzinfo=timezone(shift)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None


def visible(text: str) -> str:
    """Return a text without marks of direction, and with ordinary spaces."""
    return text.translate(_SPACES).translate(dict.fromkeys(map(ord, INVISIBLE)))


def stamped(line: str) -> tuple[Stamp, str] | None:
    """Return date and time of a line, and what follows them as it stands; None for a line that begins otherwise."""
    start = len(line) - len(line.lstrip(INVISIBLE))
    head = line[start : start + LONGEST_HEAD].translate(_SPACES)
    if not head[:1].isdecimal() and head[:1] != "[":
        return None
    match = _LINE.match(_without_marks(head))
    if match is None:
        return None
    prefix = "" if match["raw1"] is not None else "x"
    values = {
        name: match[prefix + name] for name in ("a", "b", "c", "hour", "minute", "second", "before", "after", "zone")
    }
    hour = _hour(int(values["hour"]), values["before"] or values["after"] or "")
    if hour is None:
        return None
    end = start + _end(head, match.end())
    stamp = Stamp(
        line[start:end].strip(_AROUND),
        (values["a"], values["b"], values["c"]),
        match[prefix + "sep"],
        hour,
        int(values["minute"]),
        int(values["second"] or 0),
        (values["zone"] or "").upper(),
    )
    return stamp, line[end:]


def _without_marks(head: str) -> str:
    return "".join(character for character in head if character not in INVISIBLE)


def _end(head: str, visible_end: int) -> int:
    """Return where in the line the match ends that was found without marks."""
    count = 0
    for place, character in enumerate(head):
        if count == visible_end:
            return place
        count += character not in INVISIBLE
    return len(head)


def _hour(hour: int, half: str) -> int | None:
    word = re.sub(r"[.\s]", "", half.lower())
    if not word:
        return hour if hour < 24 else None
    if not 0 < hour <= 12:
        return hour if hour < 24 else None
    return hour % 12 + (12 if word.startswith(_EVENING) else 0)


def _never(stamp: Stamp) -> tuple[str, ...]:
    """Return orders that nobody writes so: the month first with dots, a short year first but for ``26. 5. 1.``."""
    never = ("mdy",) if stamp.separator.startswith(".") else ()
    return (*never, "ymd") if len(stamp.parts[0]) < 4 and stamp.separator != ". " else never


@dataclass(slots=True)
class Dialect:
    """Which order of the date the lines of a file agree with."""

    fits: Counter[str] = field(default_factory=Counter)
    decreases: Counter[str] = field(default_factory=Counter)
    last: dict[str, datetime] = field(default_factory=dict)
    first: dict[str, datetime] = field(default_factory=dict)
    lines: int = 0

    def add(self, stamp: Stamp) -> bool:
        """Count one line; return whether it is a date in any order at all."""
        found = {order: local for order in ORDERS if (local := stamp.local(order)) is not None}
        for order in _never(stamp):
            found.pop(order, None)
        for order, local in found.items():
            self.fits[order] += 1
            self.decreases[order] += order in self.last and local < self.last[order]
            self.last[order] = local
            self.first.setdefault(order, local)
        self.lines += bool(found)
        return bool(found)

    @property
    def order(self) -> str:
        """The one order that fits most lines, by dates that no other order allows or by time going on; else empty."""
        most = max(self.fits.values(), default=0)
        best = [order for order in ORDERS if self.fits[order] == most and most]
        steady = [order for order in best if not self.decreases[order]]
        if len(best) > 1 and len(steady) == 1:
            return steady[0]
        return best[0] if len(best) == 1 else ""

    @property
    def note(self) -> str:
        """What was decided, in a sentence."""
        order = self.order
        if not order:
            return "The order of day and month in its dates cannot be told: several fit all lines."
        first, last = (times[order].isoformat(" ", "minutes") for times in (self.first, self.last))
        fit = f"{self.fits[order]} of {self.lines} lines fit"
        return (
            f"Its dates are written {ORDER_NAMES[order]} ({fit}): the first line is of {first}, "
            f"the last of {last}, local time."
        )

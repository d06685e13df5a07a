"""From all files to those that are left to look at, step by step: what the overview draws and says.

Each step takes files away; what it takes and what then remains are drawn on one scale, so that the rows form a stair.
"""

from dataclasses import dataclass

from sauveterre.casework.selectors.standing import Effect, Part

TONES = {
    Part.UNREAD: "unsettled",
    Part.KNOWN: "by-list",
    Part.IGNORABLE: "by-list",
    Part.DECIDED: "by-officer",
    Part.COPY: "by-likeness",
    Part.STACKED: "by-likeness",
    Part.OTHER: "unsettled",
    Part.LEFT: "to-look-at",
}


@dataclass(frozen=True, slots=True)
class Step:
    """Files that stand in one part. Places and widths are per cent of all files."""

    part: Part
    files: int
    tone: str
    x: float
    width: float

    @property
    def rest(self) -> float:
        """Where what remains begins."""
        return self.x + self.width

    @property
    def left_over(self) -> float:
        """How wide it is."""
        return max(0.0, 100 - self.rest)


def steps(effect: Effect) -> list[Step]:
    """Return the parts in the order of ``Part``, what is left last; empty while there is no file."""
    taken, drawn = 0, []
    for part in Part if effect.files else ():
        files = effect.parts[part]
        drawn.append(Step(part, files, TONES[part], 100 * taken / effect.files, 100 * files / effect.files))
        taken += files
    return drawn

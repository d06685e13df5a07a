"""A source: one readable thing, and the way down to it from a path that the examiner named."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Step:
    """One step down into a container: which reader opens it, and the locator of the child inside it."""

    reader: str
    locator: str


@dataclass(frozen=True, slots=True)
class Source:
    """A folder or file on disk (no steps), or something inside it (one step for each level).

    Only ever opened for reading. ``identity`` is what provenance names (see ``Provenance.source``).
    """

    path: Path
    identity: str
    steps: tuple[Step, ...] = ()

    @property
    def depth(self) -> int:
        """How many containers lie around this source: 0 for what the examiner named."""
        return len(self.steps)

    def child(self, step: Step, identity: str) -> "Source":
        """Return the source one step further down."""
        return Source(self.path, identity, (*self.steps, step))

"""Scores: what was found beside what is true."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """How well one kind of thing was found. Nothing true and nothing found counts as perfect."""

    kind: str
    true: int
    found: int
    correct: int

    @property
    def precision(self) -> float:
        """The share of what was found that is true."""
        return self.correct / self.found if self.found else float(not self.true)

    @property
    def recall(self) -> float:
        """The share of what is true that was found."""
        return self.correct / self.true if self.true else 1.0

    @property
    def exact(self) -> bool:
        """Whether all that is true was found, and nothing else."""
        return self.true == self.found == self.correct


def score(kind: str, true: Collection[Hashable], found: Collection[Hashable]) -> Score:
    """Score a set of findings against the truth; both as values that are equal when they say the same."""
    truth, findings = set(true), set(found)
    return Score(kind, len(truth), len(findings), len(truth & findings))

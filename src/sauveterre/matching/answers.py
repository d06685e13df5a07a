"""What officers answered when they were asked whether two decided stacks show the same."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MergeAnswer:
    """Two decided stacks show the same, or they do not."""

    stacks: tuple[str, str]
    """Their identities."""
    same: bool


class Answers:
    """All answers together: where A and B show the same, what holds of A holds of B.

    Where two stacks follow as the same and as different, they count as the same.
    """

    def __init__(self, answers: Iterable[MergeAnswer]) -> None:
        self._above: dict[str, str] = {}
        given = sorted(answers, key=lambda one: one.stacks)
        for one in given:
            if one.same:
                first, second = sorted(self.lead(identity) for identity in one.stacks)
                if first != second:
                    self._above[second] = first
        self._different = {self._pair(*one.stacks) for one in given if not one.same}

    def lead(self, identity: str) -> str:
        """Return what all stacks that show the same have in common: the first of their identities."""
        while identity in self._above:
            identity = self._above[identity]
        return identity

    def are_same(self, first: str, second: str) -> bool:
        """Say whether two stacks show the same, by what was answered or follows from it."""
        return self.lead(first) == self.lead(second)

    def is_open(self, first: str, second: str) -> bool:
        """Say whether nobody answered for two stacks, and it does not follow from what was answered."""
        return not self.are_same(first, second) and self._pair(first, second) not in self._different

    def _pair(self, first: str, second: str) -> frozenset[str]:
        return frozenset((self.lead(first), self.lead(second)))

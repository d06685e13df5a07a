"""What a list that is written says of itself: how many items are in it, and what could not be said in its format."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from sauveterre.records.hash_list import ListedMedia


@dataclass(slots=True)
class Written:
    """Counts of one list, complete when it is written."""

    items: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """For each reason why an item is not in the list, how many there are. Nothing is left out without one."""


def hexes(item: ListedMedia, algorithm: str) -> Iterator[str]:
    """Yield the values that an item has of an algorithm, in its order."""
    return (digest.hex for digest in item.hashes if digest.algorithm == algorithm)


def fit(items: Iterable[ListedMedia], written: Written, reason: Callable[[ListedMedia], str]) -> Iterator[ListedMedia]:
    """Yield the items that a format can hold and count the others under the reason that is given for them."""
    for item in items:
        why = reason(item)
        if why:
            written.left_out[why] += 1
        else:
            written.items += 1
            yield item

"""What a new version of a list changes: hashes added, removed, and under another category."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sauveterre.matching.exact import WIDTHS
from sauveterre.matching.known import KnownList

AT_ONCE = 1 << 20
"""Hashes that are compared together: memory does not grow beyond them, but for PDQ."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Counts of different hashes, of all algorithms together."""

    added: int
    removed: int
    changed: int
    """Those in both versions whose category is another."""
    kept: int
    """Those in both versions, the changed ones among them."""


def difference(old: KnownList, new: KnownList) -> Difference:
    """Compare two versions, hash by hash."""
    same = _same_categories(old, new)
    kept = changed = 0
    for algorithm in WIDTHS:
        for digests, items in old.exact.rows(algorithm, AT_ONCE):
            found = new.exact.lookup(algorithm, digests)
            kept_here, changed_here = _counted(old, new, items, found, same)
            kept, changed = kept + kept_here, changed + changed_here
    found = _found_pdq(old, new)
    kept_pdq, changed_pdq = _counted(old, new, old.near_items, found, same)
    kept, changed = kept + kept_pdq, changed + changed_pdq
    before, after = (len(one.exact) + len(one.near) for one in (old, new))
    return Difference(added=after - kept, removed=before - kept, changed=changed, kept=kept)


def _counted(
    old: KnownList, new: KnownList, items: NDArray[np.uint32], found: NDArray[np.int64], same: NDArray[np.int64]
) -> tuple[int, int]:
    """Return how many of the old hashes, by their items and those found in the new list, stay, and change."""
    met = found >= 0
    was = same[old.category_rows[items[met]]]
    now = new.category_rows[found[met]].astype(np.int64)
    return int(met.sum()), int((was != now).sum())


def _same_categories(old: KnownList, new: KnownList) -> NDArray[np.int64]:
    """Return for each row of the old categories, none first, the row of the same in the new list, or -1."""
    rows = {text: row for row, text in enumerate(new.category_texts(), start=1)}
    return np.array([0, *(rows.get(text, -1) for text in old.category_texts())], np.int64)


def _found_pdq(old: KnownList, new: KnownList) -> NDArray[np.int64]:
    """Return for each PDQ hash of the old list the item of the same in the new one, or -1."""
    found = np.full(len(old.near), -1, np.int64)
    if len(new.near) == 0:
        return found
    left, right = (np.ascontiguousarray(one.pdq_rows).view("V32").reshape(-1) for one in (old, new))
    rows = {value.tobytes(): row for row, value in enumerate(right)}
    for place, value in enumerate(left):
        row = rows.get(value.tobytes())
        if row is not None:
            found[place] = int(new.near_items[row])
    return found

"""A child keeps the memory that it has freed, within bounds: the next picture finds it there."""

import sys

import pytest

from sauveterre.media.memory import MOST_KEPT

FAULTS = "__import__('resource').getrusage(0).ru_minflt"
linux = pytest.mark.skipif(sys.platform != "linux", reason="the C library's bounds are Linux's")


def fresh_pages(sandbox, size):
    """Return how many pages a child fetches to fill three pieces of memory that it has filled and freed before."""
    fill = f"[bytearray({size}).count(1) for _ in range(3)], [bytearray({size}) for _ in range(3)].clear()"
    return sandbox.run(eval, f"[{fill}, {fill}, {FAULTS}, {fill}, {FAULTS}]", seconds=20)


@linux
def test_what_was_freed_is_used_again(sandbox):
    *_, before, _, _, after = fresh_pages(sandbox, MOST_KEPT // 4)
    assert after - before < 100


@linux
def test_what_is_larger_than_the_bound_is_given_back(sandbox):
    *_, before, _, _, after = fresh_pages(sandbox, MOST_KEPT + (1 << 20))
    assert after - before > 3 * MOST_KEPT >> 12

"""Stacks: stars around the best picture, the same however the input is ordered."""

import hashlib
import time
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.matching.stacks import Candidate, Stack, StackOptions, stack


def named(number):
    return hashlib.sha256(str(number).encode()).hexdigest()


def apart(left, right):
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).bit_count()


@pytest.fixture(scope="module")
def crowd(random_hashes, flipped):
    """Three families around far apart hashes, with members from 0 to 40 bits away, and loners."""
    members = []
    for family, base in enumerate(random_hashes(3, 20)):
        for k in range(41):
            pdq = flipped(base.tobytes(), k, 100 * family + k)
            members.append(Candidate(named((family, k)), pdq, 60 + k % 5, 1000 + k % 3, k))
    members += [Candidate(named(k), pdq.tobytes(), 90, 500, 1) for k, pdq in enumerate(random_hashes(200, 21))]
    members += [Candidate(named(("twin", k)), members[0].pdq, 80, 10, 1) for k in range(3)]
    return members


def slow_stacks(members, threshold=31):
    """The definition, word for word."""
    waiting = sorted(members, key=lambda m: (-m.pixels, -m.quality, -m.size, m.sha256))
    stacks = []
    while waiting:
        head = waiting[0]
        near = [m for m in waiting if apart(m.pdq, head.pdq) <= threshold]
        waiting = [m for m in waiting if m not in near]
        if len(near) > 1:
            rest = sorted((apart(m.pdq, head.pdq), m.sha256) for m in near[1:])
            stacks.append(Stack(head.sha256, ((head.sha256, 0), *((name, bits) for bits, name in rest))))
    return sorted(stacks, key=lambda made: made.head)


@pytest.mark.parametrize("threshold", [0, 10, 31])
def test_stacks_are_what_they_are_said_to_be(crowd, threshold):
    made = stack(crowd, StackOptions(threshold=threshold))
    assert made == slow_stacks(crowd, threshold)
    assert made
    assert all(bits <= threshold for one in made for _, bits in one.members)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_order_does_not_matter(crowd, data):
    part = data.draw(st.permutations(crowd[:60] + crowd[-3:]))
    assert stack(part) == slow_stacks(part)


@settings(max_examples=25, deadline=None)
@given(
    walk=st.lists(st.tuples(st.integers(0, 255), st.integers(1, 3), st.integers(50, 52)), min_size=2, max_size=80),
)
def test_chains_become_stars(walk, flipped, random_hashes):
    pdq, members = random_hashes(1, 5)[0].tobytes(), []
    for k, (seed, pixels, quality) in enumerate(walk):
        pdq = flipped(pdq, 4, seed)
        members.append(Candidate(named(k), pdq, quality, pixels, 1))
    assert stack(members) == slow_stacks(members)


def test_the_head_has_most_pixels_then_quality_then_bytes_then_the_first_name(random_hashes):
    pdq = random_hashes(1, 1)[0].tobytes()
    worst = Candidate("d" * 64, pdq, 50, 10, 10)
    better = [worst, worst._replace(sha256="c" * 64), worst._replace(sha256="e" * 64, size=11)]
    better += [worst._replace(sha256="f" * 64, quality=51), worst._replace(sha256="9" * 64, pixels=11)]
    heads = [stack(better[:count])[0].head[0] for count in range(2, 6)]
    assert heads == ["c", "e", "f", "9"]


def test_poor_and_flat_pictures_are_in_no_stack(random_hashes):
    pdq = random_hashes(1, 1)[0].tobytes()
    poor = [Candidate(named(k), pdq, 49, 10, 1) for k in range(5)]
    flat = [Candidate(named(k), b"\0" * 32, 100, 10, 1) for k in range(5, 9)]
    assert stack(poor + flat) == []
    assert len(stack(poor, StackOptions(quality=40))) == 1


def test_one_content_is_one_member(random_hashes):
    pdq = random_hashes(1, 1)[0].tobytes()
    assert stack([(named(1), pdq, 80, 10, 1)] * 3) == []
    assert stack([]) == []


def test_twenty_thousand_near_equals_are_one_stack_in_seconds(random_hashes):
    rng = np.random.default_rng(2)
    hashes = np.repeat(random_hashes(1, 6), 20_000, 0)
    for _ in range(10):
        bits = rng.integers(0, 256, len(hashes))
        hashes[np.arange(len(hashes)), bits >> 3] ^= (1 << (bits & 7)).astype(np.uint8)
    members = [(f"{k:064x}", pdq.tobytes(), 80, 100, 1) for k, pdq in enumerate(hashes)]
    started = time.process_time()
    made = stack(members)
    assert time.process_time() - started < 10
    assert [len(one.members) for one in made] == [20_000]


def test_options_are_bounded_and_frozen():
    with pytest.raises(ValueError, match="32 bits"):
        StackOptions(threshold=32)
    with pytest.raises(FrozenInstanceError):
        StackOptions().threshold = 3

"""Stacks that stand: what was decided stays, whatever comes in and in whatever batches."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.matching.answers import Answers, MergeAnswer
from sauveterre.matching.stacks import Candidate, StackOptions, stack
from sauveterre.matching.standing import MergeQuestion, StandingStack, restack

BASE = int.from_bytes(np.random.default_rng(50).integers(0, 256, 32, np.uint8).tobytes(), "big")


def picture(number, first, length, pixels=100, quality=80):
    """Return a picture whose hash parts from the base in the bits from first on."""
    return Candidate(f"{number:064x}", (BASE ^ (((1 << length) - 1) << first)).to_bytes(32, "big"), quality, pixels, 1)


def apart(left, right):
    return (int.from_bytes(left.pdq, "big") ^ int.from_bytes(right.pdq, "big")).bit_count()


def decide(standing, chosen):
    return [replace(one, decided=one.decided or number in chosen) for number, one in enumerate(standing.stacks)]


LEFT = [picture(1, 0, 0, pixels=900), picture(2, 0, 3)]
RIGHT = [picture(11, 0, 50, pixels=800), picture(12, 0, 53)]
BRIDGE = picture(20, 0, 25, pixels=5_000)


@st.composite
def crowds(draw):
    """Pictures along a line of hashes, so that stacks touch, in batches."""
    places = draw(st.lists(st.tuples(st.integers(0, 120), st.integers(1, 4)), min_size=2, max_size=40))
    members = [picture(number, 0, length, pixels=pixels) for number, (length, pixels) in enumerate(places)]
    cuts = sorted(draw(st.lists(st.integers(0, len(members)), max_size=3)))
    ends = [*cuts, len(members)]
    return [members[start:end] for start, end in zip([0, *cuts], ends, strict=True)]


def check(standing, members):
    """Every stack is a star, and no content is in two."""
    known = {one.sha256: one for one in members}
    everyone = [member for one in standing.stacks for member, _ in one.members]
    assert len(everyone) == len(set(everyone))
    assert len({one.identity for one in standing.stacks}) == len(standing.stacks)
    for one in standing.stacks:
        assert one.members[0] == (one.head, 0)
        assert all(bits == apart(known[member], known[one.head]) <= 31 for member, bits in one.members)


@settings(max_examples=60, deadline=None)
@given(batches=crowds(), data=st.data())
def test_decided_stacks_stay_through_all_batches(batches, data):
    seen, stood = [], []
    for batch in batches:
        seen += batch
        standing = restack(stood, data.draw(st.permutations(seen)))
        check(standing, seen)
        after = {one.identity: one for one in standing.stacks}
        for one in stood:
            if one.decided:
                kept = after[one.identity]
                assert (kept.decided, kept.head) == (True, one.head)
                assert set(one.members) <= set(kept.members)
        stood = decide(standing, data.draw(st.sets(st.integers(0, 4))))
        assert restack(stood, seen).stacks == tuple(stood) or any(one.decided for one in stood)


@settings(max_examples=60, deadline=None)
@given(batches=crowds(), later=crowds(), data=st.data())
def test_the_batches_do_not_matter(batches, later, data):
    first = [one for batch in batches for one in batch]
    stood = decide(restack([], first), data.draw(st.sets(st.integers(0, 4))))
    more = [one._replace(sha256=f"f{one.sha256[1:]}") for batch in later for one in batch]
    at_once = restack(stood, first + more)
    cut = data.draw(st.integers(0, len(more)))
    between = restack(stood, first + more[:cut])
    one_by_one = restack(between.stacks, first + more)
    assert [one for one in one_by_one.stacks if one.decided] == [one for one in at_once.stacks if one.decided]
    assert one_by_one.questions == at_once.questions
    assert {one.members for one in one_by_one.stacks} == {one.members for one in at_once.stacks}
    check(at_once, first + more)


@settings(max_examples=40, deadline=None)
@given(batches=crowds())
def test_without_decisions_stacks_are_those_of_stack(batches):
    members = [one for batch in batches for one in batch]
    standing = restack([], members)
    assert [(one.identity, one.members) for one in standing.stacks] == [(m.head, m.members) for m in stack(members)]
    assert standing.questions == ()


def test_a_picture_near_two_decided_stacks_asks_and_joins_none():
    stood = decide(restack([], LEFT + RIGHT), {0, 1})
    assert [one.head for one in stood] == [LEFT[0].sha256, RIGHT[0].sha256]
    twin = BRIDGE._replace(sha256="d" * 64, pixels=1)
    standing = restack(stood, [*LEFT, *RIGHT, BRIDGE, twin])
    own = StandingStack(BRIDGE.sha256, BRIDGE.sha256, ((BRIDGE.sha256, 0), ("d" * 64, 0)))
    assert standing.stacks == (*stood, own)
    identities = (LEFT[0].sha256, RIGHT[0].sha256)
    assert standing.questions == (MergeQuestion(identities, (BRIDGE.sha256, "d" * 64)),)
    assert restack(standing.stacks, [twin, BRIDGE, *RIGHT, *LEFT]) == standing
    answered = restack([replace(one, decided=True) for one in standing.stacks], [*LEFT, *RIGHT, BRIDGE, twin])
    assert answered.questions == ()


def test_a_better_picture_does_not_become_the_head_of_what_was_decided():
    stood = decide(restack([], LEFT), {0})
    better = picture(3, 0, 2, pixels=10_000)
    assert restack(stood, [*LEFT, better]).stacks == (
        StandingStack(
            LEFT[0].sha256, LEFT[0].sha256, ((LEFT[0].sha256, 0), (better.sha256, 2), (LEFT[1].sha256, 3)), decided=True
        ),
    )


def test_undecided_stacks_merge_under_the_identity_of_the_larger_share():
    more = picture(13, 0, 49)
    stood = restack([], [*LEFT, *RIGHT, more]).stacks
    assert len(stood) == 2
    standing = restack(stood, [*LEFT, *RIGHT, more, BRIDGE])
    (one,) = standing.stacks
    assert (one.identity, one.head, len(one.members)) == (RIGHT[0].sha256, BRIDGE.sha256, 6)
    assert standing.questions == ()


def test_an_identity_in_use_is_not_given_to_another_stack():
    stood = [StandingStack(LEFT[0].sha256, "e" * 64, (("e" * 64, 0), (RIGHT[0].sha256, 4)))]
    standing = restack(stood, LEFT + RIGHT)
    assert [(one.identity, one.head) for one in standing.stacks] == [
        (LEFT[0].sha256, RIGHT[0].sha256),
        (f"{LEFT[0].sha256}-2", LEFT[0].sha256),
    ]


def test_a_decided_stack_whose_head_is_missing_or_poor_stays_and_takes_no_one():
    stood = decide(restack([], LEFT), {0})
    assert restack(stood, []).stacks == tuple(stood)
    assert restack(stood, [LEFT[1], picture(3, 0, 1)]).stacks == tuple(stood)
    poor = [LEFT[0], picture(4, 0, 1, quality=49)]
    assert restack(stood, poor).stacks == tuple(stood)
    assert len(restack(stood, poor, StackOptions(quality=40)).stacks[0].members) == 3


def test_doubles_are_refused():
    one = StandingStack("a", "b", (("b", 0),), decided=True)
    with pytest.raises(ValueError, match="the identity a is"):
        restack([one, one], [])
    with pytest.raises(ValueError, match="decided stacks b is"):
        restack([one, replace(one, identity="c")], [])


def answered(first, second, *, same):
    return MergeAnswer((first.sha256, second.sha256), same)


@pytest.mark.parametrize("same", [True, False])
def test_an_answer_binds_every_later_run_and_its_pictures_join_the_nearest_head(same):
    stood = decide(restack([], LEFT + RIGHT), {0, 1})
    left = BRIDGE._replace(sha256="c" * 64, pdq=picture(0, 0, 24).pdq)
    right = BRIDGE._replace(sha256="d" * 64, pdq=picture(0, 0, 26).pdq)
    everything = [*LEFT, *RIGHT, left, BRIDGE, right]
    assert len(restack(stood, everything).questions[0].contents) == 3
    standing = restack(stood, everything, answers=[answered(RIGHT[0], LEFT[0], same=same)])
    first, second = standing.stacks
    assert first.members == ((LEFT[0].sha256, 0), (LEFT[1].sha256, 3), ("c" * 64, 24), (BRIDGE.sha256, 25))
    assert second.members == ((RIGHT[0].sha256, 0), (RIGHT[1].sha256, 3), ("d" * 64, 24))
    assert standing.by_answer == {"c" * 64, "d" * 64, BRIDGE.sha256}
    assert standing.questions == ()
    again = restack(standing.stacks, everything, answers=[answered(LEFT[0], RIGHT[0], same=same)])
    assert (again.stacks, again.questions, again.by_answer) == (standing.stacks, (), frozenset())


def test_a_picture_near_three_stacks_waits_until_every_pair_is_answered():
    heads = [picture(number, start, length) for number, (start, length) in enumerate([(0, 0), (0, 40), (100, 30)], 1)]
    middle = picture(20, 0, 20)
    far = picture(21, 0, 20)._replace(pdq=(int.from_bytes(middle.pdq, "big") ^ 0x1FF << 100).to_bytes(32, "big"))
    assert [apart(far, head) for head in heads] == [29, 29, 41]
    near_third = heads[2]._replace(pdq=(int.from_bytes(heads[2].pdq, "big") ^ 0x1FFFFF << 109).to_bytes(32, "big"))
    everything = [heads[0], heads[1], near_third, far]
    assert [apart(far, head) for head in everything[:3]] == [29, 29, 20]
    one, two, three = (head.sha256 for head in heads)
    stood = [StandingStack(name, name, ((name, 0),), decided=True) for name in (one, two, three)]

    def asked(*answers):
        return [question.stacks for question in restack(stood, everything, answers=answers).questions]

    assert asked() == [(one, two), (one, three), (two, three)]
    first = answered(heads[0], heads[1], same=True)
    assert asked(first) == [(one, three), (two, three)]
    second = answered(heads[1], heads[2], same=False)
    assert asked(second) == [(one, two), (one, three)]
    assert asked(first, second) == []
    joined = restack(stood, everything, answers=[first, second]).stacks[2]
    assert joined.members == ((three, 0), (far.sha256, 20))


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.booleans()), max_size=12), st.randoms())
def test_answers_do_not_depend_on_their_order(drawn, order):
    given_answers = [MergeAnswer((str(first), str(second)), same) for first, second, same in drawn]
    shuffled = list(given_answers)
    order.shuffle(shuffled)
    flipped = [MergeAnswer((one.stacks[1], one.stacks[0]), one.same) for one in shuffled]
    left, right = Answers(given_answers), Answers(flipped)
    pairs = [(str(first), str(second)) for first in range(8) for second in range(8)]
    assert [left.is_open(*pair) for pair in pairs] == [right.is_open(*pair) for pair in pairs]
    for one in given_answers:
        assert not left.is_open(*one.stacks)
        assert not one.same or left.are_same(*one.stacks)

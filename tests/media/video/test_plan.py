"""The decode plan: every wanted frame with all it needs, and nothing after it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.media.video.plan import Packets, Use, at_interval, plan


def planned(times, keys, wanted):
    return plan(Packets(np.array(times, np.int64), np.array(keys, np.bool_)), np.array(wanted, np.int64)).tolist()


def test_a_run_is_decoded_up_to_its_last_wanted_frame_and_others_not_at_all():
    assert planned([0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 0, 0, 1, 0, 0, 1, 0, 0], [1, 6]) == [1, 2, 0, 0, 0, 0, 2, 0, 0]


def test_frames_shown_out_of_order_are_found_by_their_time():
    assert planned([0, 3, 1, 2, 4, 5], [1, 0, 0, 0, 0, 0], [2]) == [1, 1, 1, 2, 0, 0]


def test_a_leading_frame_needs_the_whole_run_before_and_unwanted_ones_are_left_out():
    times, keys = [0, 1, 2, 5, 3, 4, 6, 9, 7, 8, 10], [1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    assert planned(times, keys, [4]) == [1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 0]
    assert planned(times, keys, [6]) == [0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0]
    assert planned(times, keys, [8]) == [0, 0, 0, 1, 0, 0, 1, 1, 1, 2, 0]


def test_without_any_mark_decoding_begins_at_the_first_packet():
    assert planned([0, 1, 2], [0, 0, 0], [1]) == [1, 2, 0]
    assert planned([], [], []) == []


def test_the_first_frame_at_or_after_each_mark():
    assert at_interval(np.array([7, 17, 12, 18, 26, 27, 57]), 10).tolist() == [7, 17, 27, 57]
    assert at_interval(np.arange(9), 2.5).tolist() == [0, 3, 5, 8]
    assert at_interval(np.array([5, 3, 4]), 0).tolist() == [3, 4, 5]
    assert at_interval(np.array([-(2**63), 0, 2**63 - 1]), 2**62).tolist() == [-(2**63), 0, 2**63 - 1]
    assert at_interval(np.array([], np.int64), 10).tolist() == []


@given(st.lists(st.integers(-500, 500), min_size=1), st.integers(1, 300))
def test_each_interval_that_shows_a_frame_gives_its_first(times, interval):
    first = {}
    for time in sorted(times):
        first.setdefault((time - min(times)) // interval, time)
    assert at_interval(np.array(times), interval).tolist() == sorted(first.values())


@given(st.data())
def test_what_a_wanted_frame_needs_is_never_skipped(data):
    keys = data.draw(st.lists(st.booleans(), min_size=1, max_size=60))
    times = data.draw(st.permutations(range(len(keys))))
    wanted = data.draw(st.sets(st.sampled_from(times)))
    uses = planned(times, keys, sorted(wanted))
    start = 0
    before = None
    for place, (time, key, use) in enumerate(zip(times, keys, uses, strict=True)):
        if key or place == 0:
            before, start = (start if place else None), place
        assert (use == Use.WANTED) == (time in wanted)
        if use == Use.WANTED:
            needed = [at for at in range(start, place) if times[at] >= times[start]]
            if time < times[start]:
                needed = list(range(start, place))
                needed += [] if before is None else [at for at in range(before, start) if times[at] >= times[before]]
            assert all(uses[at] != Use.SKIPPED for at in needed)

"""Each clock ends a task by itself, with a sentence of its own, and a task that goes on is left alone."""

import functools
import time
from pathlib import Path

import pytest

from sauveterre.media.alarms import opened
from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.media.sandbox import Sandbox
from sauveterre.records.limits import Clocks, Limits
from sauveterre.records.pulse import heard, pulse

PULSING = "__import__('sauveterre.records.pulse', fromlist=['pulse'])"


def work(expression):
    """An expression to be worked out in a child."""
    return functools.partial(eval, expression, {})


@pytest.mark.parametrize(
    ("expression", "clocks", "reason", "sentence"),
    [
        ("__import__('time').sleep(60)", Clocks(total=0.3), "time", "longer than the 0.3 seconds allowed"),
        ("__import__('time').sleep(60)", Clocks(total=20, silence=0.3), "silence", "no sign of life for 0.3 seconds"),
        ("__import__('time').sleep(60)", Clocks(total=0.3, silence=20), "time", "longer than the 0.3 seconds allowed"),
        ("sum(range(10**12))", Clocks(total=20, cpu=0.3), "cpu", "more than the 0.3 seconds of processor time"),
        ("sum(range(10**12))", Clocks(total=20, cpu=10, silence=0.3), "silence", "no sign of life for 0.3 seconds"),
        (
            f"[({PULSING}.pulse(), __import__('time').sleep(0.02)) for _ in range(10**6)]",
            Clocks(total=0.6, silence=0.3),
            "time",
            "longer than the 0.6 seconds allowed",
        ),
    ],
)
def test_each_clock_ends_a_task_and_says_so(sandbox, expression, clocks, reason, sentence):
    begun = time.monotonic()

    with pytest.raises(Casualty) as caught:
        sandbox.run(work(expression), seconds=clocks)

    assert caught.value.reason == CasualtyReason(reason)
    assert sentence in str(caught.value)
    assert time.monotonic() - begun < 8
    assert sandbox.run(abs, -3, seconds=Clocks(total=20, cpu=5, silence=5)) == 3


def test_a_task_that_gives_signs_of_life_may_take_longer_than_silence(sandbox):
    slow = f"len([({PULSING}.pulse(), __import__('time').sleep(0.05)) for _ in range(20)])"

    assert sandbox.run(work(slow), seconds=Clocks(total=20, silence=0.4)) == 20


def test_sleeping_costs_no_processor_time(sandbox):
    assert sandbox.run(time.sleep, 0.6, seconds=Clocks(total=20, cpu=0.3)) is None


OPENING = "(__import__('time').sleep(0.6), __import__('sauveterre.media.alarms', fromlist=['x']).opened(), {})[2]"


def test_opening_has_time_of_its_own_and_what_follows_has_its_own_again(sandbox):
    clocks = Clocks(total=0.4, opening=10)

    assert sandbox.run(work(OPENING.format("__import__('time').sleep(0.1)")), seconds=clocks) is None
    with pytest.raises(Casualty, match=r"longer than the 0\.4 seconds"):
        sandbox.run(work(OPENING.format("__import__('time').sleep(9)")), seconds=clocks)


ALLOW = "(__import__('sauveterre.media.alarms').media.alarms.allow({}), {})"


@pytest.mark.parametrize("slow", ["__import__('time').sleep(0.8)", "sum(range(30_000_000))"])
def test_a_task_may_take_more_time_by_itself_within_what_it_may_add(sandbox, slow):
    clocks = Clocks(total=0.4, cpu=0.3, more=20)

    sandbox.run(work(ALLOW.format(10, slow)), seconds=clocks)
    for asked, more in ((0, 20), (10, 0)):
        with pytest.raises(Casualty, match="allowed"):
            sandbox.run(work(ALLOW.format(asked, slow)), seconds=Clocks(total=0.4, cpu=0.3, more=more))


def test_the_clocks_of_one_task_never_end_the_next(sandbox):
    short = Clocks(total=0.5, cpu=0.5, silence=0.5)
    begun = time.monotonic()
    while time.monotonic() - begun < 1.2:
        assert sandbox.run(time.sleep, 0.05, seconds=short) is None


def test_too_large_a_result_is_not_handed_back():
    with Sandbox(1, Limits(result_bytes=100_000)) as small:
        assert small.run(bytes, 90_000, seconds=20) == bytes(90_000)
        with pytest.raises(Casualty, match=r"comes to 100,0\d\d bytes, more than the 100,000") as caught:
            small.run(bytes, 100_000, seconds=20)
    assert caught.value.reason == CasualtyReason.OUTPUT


def test_too_large_a_file_is_not_written():
    with Sandbox(1, Limits(nested_bytes=1_000_000)) as small:
        with pytest.raises(Casualty, match="wrote a file of more than the 1,000,000 bytes allowed") as caught:
            small.run(Path(small.scratch / "big").write_bytes, bytes(2_000_000), seconds=20)
        assert small.run(abs, -1, seconds=20) == 1
    assert caught.value.reason == CasualtyReason.OUTPUT


def test_outside_of_a_child_nobody_listens():
    pulse()
    opened()
    assert list(heard([1, 2])) == [1, 2]


def test_clocks_follow_the_size_of_what_is_read():
    limits = Limits(
        entry_seconds=100, entry_cpu_seconds=10, listing_seconds=50, seconds_per_bytes=1000, slowest_bytes=100,
        entry_bytes=9_000, entries=6_000, silence_seconds=7, film_pixels=3_000,
        film_pixels_per_second=100,
    )  # fmt: skip

    assert limits.entry_clocks(None) == Clocks(total=100, cpu=10, silence=7, opening=50, more=30)
    assert limits.entry_clocks(5_000) == Clocks(total=150, cpu=15, silence=7, opening=50, more=30)
    assert limits.entry_clocks(1 << 40).total == 190, "no more is read of it"
    assert limits.listing_clocks(5_000) == Clocks(total=100, silence=7)
    assert limits.listing_clocks(None).total == 110, "a folder may hold the most entries there are"
    assert Limits().listing_clocks(2 << 40).total > 12 * 24 * 3_600, "two terabytes may come slowly"

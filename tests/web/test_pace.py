from sauveterre.casework.selectors.exhibits import Account
from sauveterre.casework.selectors.progress import Progress
from sauveterre.web.pace import MOST_SAMPLES, pace, samples


def standing(done, of=1_000, read=None, total=10_000_000):
    account = Account(processed=done, pending=of - done)
    return Progress(account, total, done * 10_000 if read is None else read, 0, 0, at_work=True)


def test_the_first_look_has_no_rate_and_the_second_has():
    first = pace(standing(100), seen="", now=1_000.0)
    assert (first.entries, first.left, first.seen) == (0.0, None, "1000000-100-1000000")

    second = pace(standing(160), seen=first.seen, now=1_003.0)
    assert (second.entries, second.read) == (20.0, 200_000.0)
    assert second.left == 840 / 20
    assert second.seen == "1000000-100-1000000.1003000-160-1600000"


def test_what_takes_longer_decides_what_is_left():
    """Many small files are done and the large ones are still to come."""
    first = pace(standing(900, read=1_000), seen="", now=0.0)
    second = pace(standing(990, read=2_000), seen=first.seen, now=10.0)
    assert second.left == (10_000_000 - 2_000) / 100


def test_only_the_last_half_minute_counts():
    seen, last = "", None
    for second in range(0, 120, 3):
        last = pace(standing(min(second, 60)), seen=seen, now=1_000.0 + second)
        seen = last.seen
    assert last.entries == 0, "nothing was done for half a minute"
    assert last.left is None
    assert len(samples(seen)) <= MOST_SAMPLES


def test_a_page_looked_at_by_hand_has_its_rate_too():
    first = pace(standing(100), seen="", now=1_000.0)
    second = pace(standing(160), seen=first.seen, now=1_060.0)
    assert second.entries == 1.0
    third = pace(standing(170), seen=second.seen, now=1_070.0)
    assert (third.entries, third.seen) == (1.0, "1060000-160-1600000.1070000-170-1700000"), (
        "the first is out of the window"
    )
    assert pace(standing(170), seen=first.seen, now=2_000.0).entries == 0.0


def test_what_an_address_claims_is_believed_only_where_it_can_be_so():
    for seen in ("", "x", "9" * 700, "5000000-1-1", "990000-900-1", "399000-1-1", "1-2", "999000--5-1", "…-1-1"):
        told = pace(standing(100), seen=seen, now=1_000.0)
        assert (told.entries, told.left) == (0.0, None), seen
        assert told.seen == "1000000-100-1000000"


def test_when_all_is_done_nothing_is_left():
    first = pace(standing(900), seen="", now=0.0)
    assert pace(standing(1_000), seen=first.seen, now=5.0).left is None

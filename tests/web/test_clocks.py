"""The page of clocks: whose they are, how far apart, and how sure that is."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import translation

from sauveterre.casework.models import ClockSkew
from sauveterre.web.templatetags.statements import apart


def skew(least, most):
    both = least is not None and most is not None
    middle, spread = ((least + most) / 2, abs(most - least) / 2) if both else (None, None)
    return ClockSkew(least=least, most=most, estimate=middle, spread=spread)


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (250, 254, "ahead by 4 min 12 s ± 2 s"),
        (-3, -1, "behind by 2 s ± 1 s"),
        (None, 90, "ahead by 1 min 30 s at most"),
        (None, -90, "behind by 1 min 30 s at least"),
        (7_200, None, "ahead by 2 h 0 min at least"),
        (-7_200, None, "behind by 2 h 0 min at most"),
        (None, None, "unknown"),
    ],
)
def test_how_far_apart_is_said_with_its_spread(least, most, said):
    with translation.override("en"):
        shown = apart(skew(least, most))
    assert shown.replace("\xa0", " ").replace(".0 s", " s") == said


def test_the_farthest_apart_come_first_and_bounds_alone_last(member, world):
    since = datetime(2026, 3, 1, tzinfo=UTC)
    more = {
        "operation": world.operation,
        "device": "folder:away",
        "since": since,
        "until": since,
        "rows": [["folder:away", "store.db", "row 1", "made"]],
    }
    for skewed, other in [(skew(None, 90), "folder:b"), (skew(-3, -1), "service"), (skew(250, 254), "folder:c")]:
        for name, value in {**more, "other": other, "messages": 40}.items():
            setattr(skewed, name, value)
        skewed.save()
    shown = member.get(reverse("clocks", args=[world.operation.pk])).content.decode()
    places = [shown.index(text) for text in ("4 min 12 s", "behind by 2", "1 min 30 s")]
    assert places == sorted(places)
    assert "the service" in shown
    assert "40" in shown

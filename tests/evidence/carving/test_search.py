"""The places where signatures begin, against the plainest way to look for them."""

import random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sauveterre.evidence.carving import FORMATS
from sauveterre.evidence.carving.search import PREFIX, Prefixes

USED = sorted({prefix for kind in FORMATS for prefix in kind.PREFIXES})
LETTERS = st.sampled_from([*USED[::40], b"\xff\xd8\xff", b"PK\x03", b"\xff", b"\xd8", b"f", b"\x00"])


def plainly(block: bytes, prefixes) -> set[int]:
    return {at for at in range(len(block) - PREFIX + 1) if block[at : at + PREFIX] in prefixes}


@settings(max_examples=300, deadline=None)
@given(st.lists(LETTERS, max_size=30).map(b"".join))
@example(b"\xff\xd8\xff")
@example(b"\x00\xff\xd8\xff")
@example(b"\xff\xd8")
def test_every_place_is_found_in_order(block):
    found = Prefixes(USED).starts(block)
    assert found == sorted(found)
    assert {at for at in found if block[at : at + PREFIX] in USED} == plainly(block, set(USED))


def test_little_else_is_found():
    block = random.Random(1).randbytes(1 << 20)
    assert len(Prefixes(USED).starts(block)) < 200


def test_prefixes_are_three_bytes():
    assert {len(prefix) for prefix in USED} == {PREFIX}

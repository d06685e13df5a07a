"""How many queries each page takes: bounded, and the same however many rows there are."""

import hashlib

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

MOST = {
    "operation": 32, "progress": 8, "referrals": 5, "exhibits": 15, "exhibits-progress": 15, "accounting": 7,
    "duplicates": 8, "matrix": 5, "sources": 7, "entries": 5, "problems": 5, "contents": 8, "gallery": 19,
    "hash-lists": 9, "groups": 10, "people": 13, "spaces": 5, "countries": 6, "action": 6, "audit": 5,
}  # fmt: skip
COUNTING = 11
"""What counting anew adds, once after a change."""
NARROWED = {
    "gallery": ["show=known", "show=stacks", "show=all", "after=5"], "contents": ["hit=unsettled", "hit=near"],
    "entries": ["state=failed", "part=left", "part=copy", "part=stacked", "part=known", "path=sky"],
    "people": ["role=supplier"],
}  # fmt: skip
ADDRESSES = [(name, "") for name in MOST] + [(name, query) for name in NARROWED for query in NARROWED[name]]


def queries_of(member, world, name, query):
    with CaptureQueriesContext(connection) as taken:
        assert member.get(reverse(name, args=[world.operation.pk]) + f"?{query}").status_code == 200
    return len(taken)


def more_of_everything(world):
    """Three times as many of the rows that pages list."""
    from sauveterre.casework import models as m

    for place in range(60):
        digest = hashlib.sha256(f"more {place}".encode()).hexdigest()
        one = m.Content.objects.create(
            operation=world.operation, sha256=digest, sha1="", md5="", size=1, kind="image/png"
        )
        m.Picture.objects.create(content=one, width=9, height=9, pdq=bytes(32), quality=90)
        m.Entry.objects.create(source=world.sources[0], ordinal=100 + place, path=f"sky-more-{place}.jpg",
                               path_raw=b"x", locator="", kind="file", state=["processed", "failed"][place % 2],
                               content=one)  # fmt: skip
        if place % 2:
            m.Hit.objects.create(content=one, hash_list=world.lists[place % 3 // 2], algorithm="md5", value="",
                                 distance=0, locator="")  # fmt: skip
        elif place % 4 == 0:
            stack = m.Stack.objects.create(operation=world.operation, identity=one.sha256, head=one)
            m.StackMember.objects.create(stack=stack, content=one, distance=0)
        else:
            m.StackMember.objects.create(stack=stack, content=one, distance=1)
        m.Problem.objects.create(source=world.sources[0], path="x", locator="", reader="directory", what="cut short")
        m.Person.objects.create(operation=world.operation, key=f"more:{place}", label="More", accounts=[f"{place}"],
                                reasons=[])  # fmt: skip


@pytest.mark.parametrize(("name", "query"), ADDRESSES)
def test_a_page_takes_few_queries_and_no_more_for_more_rows(name, query, member, world):
    queries_of(member, world, name, query)  # sessions, content types and kept numbers are asked for once
    few = queries_of(member, world, name, query)
    assert few <= MOST[name]
    more_of_everything(world)
    anew = queries_of(member, world, name, query)
    again = queries_of(member, world, name, query)
    assert again == few
    assert anew <= few + COUNTING

import re
from urllib.parse import urldefrag

import pytest
from django.urls import reverse

ROWS = re.compile(r"<tbody>(.*?)</tbody>", re.S)


def rows_of(page: str, table: int = 0) -> int:
    found = ROWS.findall(page)
    return found[table].count("<tr>") - found[table].count('class="empty">') if found else 0


@pytest.fixture
def figures(member, world):
    page = member.get(reverse("operation", args=[world.operation.pk])).content.decode()
    links = re.findall(r'<a href="([^"]+)" data-figure="(\w+)">\s*(?:<strong>)?([\d,]+)', page)
    return {name: (url.replace("&amp;", "&"), int(value.replace(",", ""))) for url, name, value in links}


EXPECTED = {
    "referrals": 1, "exhibits": 3, "sources": 5, "hash_lists": 2, "entries": 60, "processed": 39, "partial": 6,
    "failed": 6, "skipped": 6, "pending": 3, "contents": 30, "known": 4, "ignorable": 3, "decided": 0, "near": 2,
    "pictures_and_films": 24, "stacks": 3, "left": 13, "groups": 3, "persons": 12, "administrators": 3, "suppliers": 2,
    "spaces": 2, "countries": 8, "packages": 1, "targets": 6, "arrests": 4,
}  # fmt: skip


def test_the_overview_says_what_was_built(figures):
    assert {name: value for name, (_, value) in figures.items()} == EXPECTED


def shown(name: str, page: str) -> int:
    """Count the rows that the page behind a figure shows."""
    if name in {"pictures_and_films", "stacks", "left"}:
        return len(re.findall(r'<li class="tile', page))
    if name == "countries":
        return rows_of(page) - page.count("country=-")
    if name == "packages":
        return page.count('class="package"')
    if name == "targets":
        return rows_of(page.split('id="targets"')[1])
    if name == "arrests":
        return rows_of(page.split('id="board"')[1])
    return rows_of(page)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_figure_leads_to_exactly_the_rows_that_it_counts(name, figures, member):
    url, value = figures[name]
    page = member.get(urldefrag(url).url).content.decode()
    assert shown(name, page) == value == EXPECTED[name]


def test_found_is_the_sum_everywhere(member, world):
    page = member.get(reverse("exhibits", args=[world.operation.pk])).content.decode()
    for row in ROWS.findall(page)[0].split("</tr>")[:3]:
        found, *parts = [int(n) for n in re.findall(r'<td class="n(?: strong)?"><a [^>]*>(\d+)</a>', row)[1:]]
        assert found == sum(parts) == 20
    assert page.count("adds up") == 2, "the third exhibit still waits for three files"


def test_filters_keep_their_word(member, world):
    url = reverse("entries", args=[world.operation.pk])
    page = member.get(url, {"state": "failed", "path": "exhibit-02", "exhibit": world.exhibits[1].pk}).content.decode()
    assert rows_of(page) == 2
    assert rows_of(member.get(url, {"path": "no such path"}).content.decode()) == 0
    assert rows_of(member.get(url, {"exhibit": world.exhibits[0].pk}).content.decode()) == 20


def test_pages_follow_one_another_without_loss(world):
    from sauveterre.casework.models import Entry
    from sauveterre.casework.selectors.paging import keyset

    rows = Entry.objects.filter(source=world.sources[0])
    seen, after = [], 0
    for _ in range(10):
        page = keyset(rows, after=after, field="pk", size=7)
        seen += [row.pk for row in page.rows]
        assert page.total == 20
        if page.after is None:
            break
        after = page.after
    assert seen == sorted(rows.values_list("pk", flat=True))


def test_ordinals_from_nought_are_all_shown(member, world):
    url = reverse("source", args=[world.operation.pk, world.sources[0].pk])
    assert rows_of(member.get(url).content.decode()) == 20


def test_people_are_narrowed_by_role_country_and_group(member, world):
    url = reverse("people", args=[world.operation.pk])
    assert rows_of(member.get(url, {"role": "admin"}).content.decode()) == 3
    assert rows_of(member.get(url, {"country": "FR"}).content.decode()) == 3
    assert rows_of(member.get(url, {"country": "-"}).content.decode()) == 1
    assert rows_of(member.get(url, {"group": world.group}).content.decode()) == 12

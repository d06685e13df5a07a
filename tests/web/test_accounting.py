"""The accounting as a page: every sum, every door, what differs; and what lies in several exhibits."""

import re
from html import unescape

import pytest
from django.urls import reverse

ROWS = re.compile(r"<tbody>(.*?)</tbody>", re.S)


@pytest.fixture
def read(member, world):
    return lambda name, **query: member.get(reverse(name, args=[world.operation.pk]), query).content.decode()


def rows_of(page):
    return [row for row in ROWS.findall(page)[-1].split("</tr>") if "<tr>" in row and 'class="empty"' not in row]


def follow(member, page, pattern):
    """Open each door that the pattern names, and return (figure, rows behind it)."""
    for url, figure in re.findall(pattern, page, re.S):
        behind = member.get(unescape(url)).content.decode()
        yield int(figure.replace(",", "")), int(re.search(r'data-total="(\d+)"', behind)[1])


def test_announced_is_catalogued_is_the_sum_of_how_it_ended(read):
    page = read("accounting")
    sources = page.split('id="h-sources"')[1].split("</table>")[0]
    lines = [re.sub(r"<[^>]+>", " ", row).split() for row in ROWS.search(sources)[1].split("</tr>")[:-1]]
    assert len(lines) == 5
    for line in lines:
        numbers = [int(word) for word in line if word.isdigit()][1:]
        if len(numbers) >= 7:
            announced, found, *ended = numbers[:7]
            assert announced == found == sum(ended)
    assert sources.count("adds up") == 3
    assert sources.count("3 waiting") == 1
    assert sources.count("not listed") == 1, "the locked one"
    assert "<b>60</b> announced = <b>60</b> in the catalogue" in page


def test_what_is_missing_from_the_catalogue_needs_action(read, world):
    from sauveterre.casework.models import Source

    Source.objects.filter(pk=world.sources[0].pk).update(announced=21)
    page = read("accounting")
    assert "21 files were announced and 20 are in the catalogue:" in page
    assert page.count("Needs action") == 1


def test_every_cause_and_extractor_opens_the_files_that_it_counts(member, read, world):
    for query in ({}, {"exhibit": world.exhibits[0].pk}):
        page = read("accounting", **query)
        causes = list(
            follow(member, page, r'<a class="main" href="([^"]*cause=[^"]*)">[^<]*</a></td><td class="n">(\d+)')
        )
        assert len(causes) == 3
        assert all(figure == behind for figure, behind in causes)
        extractors = (
            r'href="([^"]*extractor=[^"]*)"><code>[^<]*</code></a></td><td class="n">\d+</td><td class="n">(\d+)'
        )
        assert all(figure == behind for figure, behind in follow(member, page, extractors))
        again = list(follow(member, page, r'<a href="([^"]*again=1[^"]*)">(\d+)</a>'))
        assert again
        assert all(figure == behind for figure, behind in again)


def test_readings_and_second_readers_are_shown_with_what_differs(read):
    page = read("accounting")
    integrity = page.split('id="h-integrity"')[1]
    assert "its MD5 (before processing) differs from that of the acquisition" in integrity
    assert integrity.count("not read from end to end yet") == 2
    assert "second: sky.jpg is missing" in page
    assert "20 the same" in page


def test_an_empty_operation_says_what_will_stand_here(client, world):
    from sauveterre.casework.models import Operation

    client.force_login(world.eve)
    own = Operation.objects.get(name="Eve's own").pk
    assert "There is no source yet." in client.get(reverse("accounting", args=[own])).content.decode()
    assert (
        "No content lies in more than one exhibit yet."
        in client.get(reverse("duplicates", args=[own])).content.decode()
    )
    assert "No exhibit yet." in client.get(reverse("exhibits", args=[own])).content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"cause": "time"}, 6), ({"cause": "damaged"}, 6), ({"cause": "unstated"}, 0), ({"lying": "carved"}, 6),
        ({"lying": "structure"}, 0), ({"again": "1"}, 6), ({"extractor": "picture/2"}, 51),
        ({"extractor": "picture/1"}, 0), ({"cause": "time", "state": "partial"}, 0), ({"lying": "no such"}, 60),
    ],
)  # fmt: skip
def test_entries_are_narrowed_by_how_they_ended_and_where_they_lie(read, query, expected):
    assert f'data-total="{expected}"' in read("entries", **query)


def test_every_entry_lies_in_exactly_one_way(read, world):
    from sauveterre.casework.models import Entry

    Entry.objects.filter(pk=world.entries[1].pk).update(kind="region", allocated=False)
    Entry.objects.filter(pk=world.entries[2].pk).update(kind="volume", allocated=None)
    ways = ("live", "deleted", "unknown", "carved", "structure")
    totals = {one: int(re.search(r'data-total="(\d+)"', read("entries", lying=one))[1]) for one in ways}
    assert sum(totals.values()) == 60
    assert totals["structure"] == 2
    assert all(totals.values())


def test_an_entry_says_how_it_lies_and_how_it_ended(member, world):
    one = next(entry for entry in world.entries if entry.state == "failed")
    page = member.get(reverse("entry", args=[world.operation.pk, one.pk])).content.decode()
    assert "took too long" in page
    assert "<dt>Attempts</dt><dd>2</dd>" in page
    assert "<dt>Took</dt><dd>250 ms</dd>" in page
    assert "<code>picture</code> version 2" in page
    for title in ("Content changed", "Created", "Accessed", "Record changed"):
        assert f"<dt>{title}</dt>" in page


def test_contents_in_several_exhibits_those_in_the_most_first(read, world):
    from sauveterre.casework.models import Entry

    places = {}
    for content, exhibit in Entry.objects.exclude(content=None).values_list("content__sha256", "source__exhibit"):
        places.setdefault(content, set()).add(exhibit)
    shared = {content for content, found in places.items() if len(found) > 1}
    assert shared

    page = read("duplicates")
    assert f'data-total="{len(shared)}"' in page
    shown = [int(n) for n in re.findall(r'<td class="n strong">(\d)</td>', page)]
    assert shown == sorted(shown, reverse=True)
    assert len(shown) == len(shared)


def test_each_figure_of_the_matrix_opens_what_the_two_share(member, read):
    page = read("matrix")
    cells = re.findall(r'<td class="n share-\d+"><a href="([^"]+)"[^>]*>(\d+)</a>', page)
    assert cells
    for url, figure in cells:
        behind = member.get(unescape(url)).content.decode()
        assert int(re.search(r'data-total="(\d+)"', behind)[1]) == int(figure)
    pairs = re.findall(r'<a class="main" href="([^"]+)">(\d+)</a>', page)
    assert 2 * len(pairs) == len(cells)
    assert 'id="h-matrix"' in read("duplicates", matrix="1"), "where there is no script"
    assert 'hx-trigger="load"' in read("duplicates")


def test_the_exhibits_door_says_how_many_lie_elsewhere_too(member, world, read):
    for exhibit in world.exhibits:
        page = member.get(reverse("elsewhere", args=[world.operation.pk, exhibit.pk])).content.decode()
        listed = int((re.search(r'data-total="(\d+)"', read("duplicates", exhibit=exhibit.pk)) or [0, 0])[1])
        assert (f"{listed} content" in page) if listed else ("No content of it" in page)


def test_what_is_on_no_list_is_what_no_hit_names(read):
    from sauveterre.casework.models import Hit

    page = read("duplicates", unlisted="1")
    for sha256 in Hit.objects.values_list("content__sha256", flat=True):
        assert sha256 not in page


def test_pages_of_shared_contents_follow_one_another_without_loss(world):
    from sauveterre.casework.selectors.access import sight_of
    from sauveterre.casework.selectors.duplicates import shared_contents

    sight = sight_of(world.ana, world.operation.pk)
    whole = [row.content.pk for row in shared_contents(sight).rows]
    seen, after = [], 0
    while after is not None:
        page = shared_contents(sight, after=after, size=3)
        seen += [row.content.pk for row in page.rows]
        assert page.total == len(whole)
        after = page.after
    assert seen == whole


def test_the_report_says_what_the_page_says(world):
    from sauveterre.casework.selectors.access import sight_of
    from sauveterre.casework.services.reports import report_of
    from sauveterre.exchange.writers.report import report_content

    report = report_of(sight_of(world.ana, world.operation.pk))

    assert [(one.announced, one.found, one.waiting) for one in report.sources] == [
        (20, 20, 0), (0, 0, 0), (None, 0, 0), (20, 20, 0), (20, 20, 3),
    ]  # fmt: skip
    assert {(one.cause, one.partial, one.failed, one.skipped) for one in report.causes} == {
        ("time", 0, 6, 0), ("damaged", 6, 0, 0), ("special", 0, 0, 6),
    }  # fmt: skip
    assert [(one.exhibit, one.agrees) for one in report.integrity] == [
        ("01", None), ("02 W-002", False), ("03 W-003", None),
    ]  # fmt: skip
    assert report_content(report, "en")["sections"][0]["table"]["total"][1:] == ["60", "60", "39", "6", "6", "6", "3"]

"""Lists on the pages: where they come from, what each version changed, and filters that only give indications."""

import struct
from datetime import date

import pytest
from django.urls import reverse

from sauveterre.casework.models import HashList
from sauveterre.casework.selectors import contents
from sauveterre.casework.selectors.access import sight_of
from sauveterre.casework.services.hash_lists import add_hash_list
from sauveterre.casework.storage import list_file

pytestmark = pytest.mark.django_db


def full_filter(*, bits=640):
    """A filter with every mark set: it takes everything for known, wrongly."""
    return struct.pack("<QQdQQQ", 1, 10, 0.01, 7, bits, 10) + b"\xff" * (bits // 8)


def counted(sight):
    """How many contents there are of each kind that hits make."""
    return {name: contents.content_rows(sight, hit=name).count() for name in contents.HIT_FILTERS}


@pytest.fixture
def filtered(world, tmp_path):
    """An operation with a filter that says yes to everything."""
    path = tmp_path / "known.bloom"
    path.write_bytes(full_filter())
    row = add_hash_list(
        operation=world.operation, path=path, name="Everyone's files", version="2026-01", ignorable=True,
        by=world.ana,
    )  # fmt: skip
    yield row
    list_file(row.sha256).unlink(missing_ok=True)


def test_a_filter_that_is_wrong_says_so_much_and_settles_and_hides_nothing(world, member, filtered):
    sight = sight_of(world.ana, world.operation.pk)
    assert (filtered.kind, filtered.effect, filtered.items, filtered.reader) == ("filter", "known", 10, "bloom")
    before = counted(sight)
    HashList.objects.filter(pk=filtered.pk).update(in_force=False)
    assert counted(sight) == before
    HashList.objects.filter(pk=filtered.pk).update(in_force=True)
    open_ones = contents.content_rows(sight, hit="unsettled")
    one = next(row for row in open_ones if row.sha1)

    held = contents.held(sight, one.sha256)

    assert [(said.hash_list.pk, said.probable) for said in held.indications] == [(filtered.pk, True)]
    assert contents.content_rows(sight, hit="unsettled").filter(pk=one.pk).exists()

    page = member.get(reverse("content", args=[world.operation.pk, one.sha256])).content.decode()
    assert "<strong>probably known</strong> to the filter Everyone&#x27;s files 2026-01" in page
    assert "settles nothing and hides nothing" in page


def test_a_filter_that_is_gone_or_denies_is_said(world, member, filtered):
    sight = sight_of(world.ana, world.operation.pk)
    one = next(row for row in contents.content_rows(sight, hit="all") if row.sha1)
    list_file(filtered.sha256).write_bytes(full_filter()[:48] + bytes(80))
    assert [said.probable for said in contents.held(sight, one.sha256).indications] == [False]
    list_file(filtered.sha256).write_bytes(b"damaged")
    assert [said.probable for said in contents.held(sight, one.sha256).indications] == [None]


def test_the_page_shows_origin_date_trust_and_all_versions(world, member):
    old = world.operation.hash_lists.order_by("pk").first()
    HashList.objects.filter(pk=old.pk).update(in_force=False, added_by="ana")
    new = HashList.objects.create(
        operation=world.operation, name=old.name, version="2026-06", scheme="rain", reader="plain", sha256="f" * 64,
        items=4, problems=0, origin="Rain office", dated=date(2026, 6, 3), trust="several", added_by="ben",
        hashes_added=31, hashes_removed=17, hashes_changed=5, parts=[["a", "1", "x"], ["b", "2", "y"]],
    )  # fmt: skip

    page = member.get(reverse("hash-lists", args=[world.operation.pk])).content.decode()

    assert 'Rain office<br><span class="aside">several agree</span>' in page
    assert "of 2026-06-03" in page
    assert f'{new.version} <span class="aside">in force</span></td><td>difference</td>' in page
    assert '<td class="n">31</td><td class="n">17</td><td class="n">5</td>' in page
    rows = contents.hash_lists(sight_of(world.ana, world.operation.pk))
    assert old.pk not in {row.pk for row in rows}

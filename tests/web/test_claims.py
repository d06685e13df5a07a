"""Files that messages state and nobody holds: on the page of their group, of the lists, and in the figures."""

import pytest
from django.urls import reverse

from sauveterre.casework.models import AttachmentFact, ClaimedHit, Content, Share

GONE = "ab" * 32


@pytest.fixture
def group(world):
    """A group in which a file was put that is on a list and not there."""
    share = Share.objects.filter(operation=world.operation).order_by("pk").first()
    Share.objects.create(
        operation=world.operation, group=share.group, account=share.account, subject=f"sha256:{GONE}", message="m",
    )  # fmt: skip
    AttachmentFact.objects.create(
        source=world.sources[0], message="m", ordinal=0, role="attachment", sha256=GONE, prov_source="folder:x",
        prov_path="main", prov_locator="frame 77", prov_reader="signal_backup_v2",
    )  # fmt: skip
    ClaimedHit.objects.create(
        hash_list=world.lists[0], sha256=GONE, category_scheme="weather", category_code="7", locator="line 12"
    )
    yield share.group
    ClaimedHit.objects.all().delete()
    AttachmentFact.objects.filter(sha256=GONE).delete()
    Share.objects.filter(subject=f"sha256:{GONE}").delete()


def pages(member, world, group):
    addresses = [
        reverse("operation", args=[world.operation.pk]),
        reverse("hash-lists", args=[world.operation.pk]),
        reverse("group", args=[world.operation.pk, group]),
    ]
    return [member.get(address).content.decode() for address in addresses]


def test_the_group_says_on_which_list_the_file_is_and_leads_to_the_row_that_states_it(member, world, group):
    overview, lists, shown = pages(member, world, group)

    assert "1 attachment that is not there is on list Known skies 2026-01" in shown
    for page in (lists, shown):
        part = page.split('id="claimed"')[1]
        assert "frame 77" in part
        assert "line 12" in part
        assert "weather" in part
    assert 'data-figure="claimed">1<' in overview


def test_nothing_is_said_of_it_once_the_file_is_there(member, world, group):
    Content.objects.create(operation=world.operation, sha256=GONE, sha1="", md5="", size=1, kind="image/png")

    assert not any("claimed" in page for page in pages(member, world, group))
    Content.objects.filter(sha256=GONE).delete()

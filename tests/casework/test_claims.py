"""Files that messages state and nobody holds: what lists say of them, and when that ends."""

import hashlib

import pytest

from sauveterre.casework.claims import claimed_digests
from sauveterre.casework.models import AttachmentFact, ClaimedHit, Content, Exhibit, Share, Source
from sauveterre.casework.rows import copy_facts
from sauveterre.casework.selectors.access import sight_of
from sauveterre.casework.selectors.claims import claimed_count, claimed_files, lists_of_group
from sauveterre.casework.services.hash_lists import add_hash_list, update_hash_list
from sauveterre.casework.services.policies import remove_hash_list
from sauveterre.casework.settling import settle
from sauveterre.records.hash_list import Shape
from sauveterre.records.message import Attachment
from sauveterre.records.provenance import Provenance

pytestmark = pytest.mark.django_db(transaction=True)


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def attachment(message, name, place):
    where = Provenance("sha256:0", "main", f"frame {place}", "signal_backup_v2")
    return Attachment(message, 0, "attachment", f"{name}.jpg", "image/jpeg", 7, digest(name), None, where)


@pytest.fixture
def stated(operation):
    """Messages that carry gone, held and plain; gone is in two messages, one of which two devices show."""
    exhibit = Exhibit.objects.create(operation=operation, number=1, path="/x", added_by="ana")
    source = Source.objects.create(exhibit=exhibit, path="x", kind="signal_backup_v2", identity="folder:x", way="0")
    rows = [("m1", "gone"), ("m1", "gone"), ("m2", "gone"), ("m3", "held"), ("m4", "plain")]
    copy_facts(source.pk, [attachment(message, name, place) for place, (message, name) in enumerate(rows)])
    for message, name in dict.fromkeys(rows):
        Share.objects.create(
            operation=operation, group="g" if message != "m2" else "h", account="a", message=message,
            subject=f"sha256:{digest(name)}",
        )  # fmt: skip
    hold(operation, "held")
    AttachmentFact.objects.filter(prov_locator="frame 4").update(sha256="nothing hexadecimal")
    return source


def hold(operation, name):
    Content.objects.create(operation=operation, sha256=digest(name), sha1="", md5="", size=1, kind="image/png")


@pytest.fixture
def known(tmp_path):
    def write(*names):
        file = tmp_path / f"{'-'.join(names)}.txt"
        file.write_text("".join(f"sha256 {digest(name)}\n" for name in names))
        return file

    return write


def add(operation, file, ana, name="Rain"):
    return add_hash_list(operation=operation, path=file, name=name, version="1", ignorable=False, by=ana)


def assess(operation):
    settle(operation, []).write()


def found(operation):
    return [(hit.sha256, hit.hash_list.name, hit.locator) for hit in ClaimedHit.objects.order_by("pk")]


def test_only_what_is_a_digest_and_is_not_held_is_asked_for(operation, stated):
    assert claimed_digests(operation, {digest("held")}) == [digest("gone")]


def test_a_file_that_is_gone_is_found_on_a_list_by_what_messages_state(operation, ana, stated, known):
    add(operation, known("gone", "fog"), ana)
    add(operation, known("fog"), ana, name="Hail")

    assess(operation)

    assert [hit[:2] for hit in found(operation)] == [(digest("gone"), "Rain")]
    sight = sight_of(ana, operation.pk)
    (one,) = claimed_files(sight).rows
    assert (claimed_count(sight), one.sha256, one.messages, len(one.rows)) == (1, digest("gone"), 2, 3)
    assert [(row.name, count) for row, count in lists_of_group(sight, "g")] == [("Rain", 1)]
    (here,) = claimed_files(sight, group="g").rows
    assert {row.prov_locator for row in here.rows} == {"frame 0", "frame 1"}
    assert claimed_files(sight, group="elsewhere").rows == []


def test_a_file_that_turns_up_is_no_longer_said_to_be_gone(operation, ana, stated, known):
    add(operation, known("gone"), ana)
    assess(operation)

    hold(operation, "gone")

    assert claimed_count(sight_of(ana, operation.pk)) == 0
    assert lists_of_group(sight_of(ana, operation.pk), "g") == []


def test_a_new_version_of_a_list_says_it_anew_and_one_taken_out_says_nothing(operation, ana, stated, known):
    add(operation, known("fog"), ana)
    assess(operation)
    assert found(operation) == []

    update_hash_list(
        operation=operation, path=known("fog", "gone"), name="Rain", version="2", by=ana, shape=Shape.WHOLE
    )
    assert found(operation) == [(digest("gone"), "Rain", "line 2")]
    assess(operation)
    assert found(operation) == [(digest("gone"), "Rain", "line 2")]
    remove_hash_list(operation=operation, name="Rain", version="2", by=ana)
    assert found(operation) == []

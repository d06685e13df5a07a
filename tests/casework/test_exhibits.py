from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from sauveterre.casework.models import AuditEvent, Exhibit, ExhibitKind, GivenDigest, Source
from sauveterre.casework.services.exhibits import add_exhibit, add_key, attach_medium, edit_exhibit, give_digests
from sauveterre.casework.sources import keys_of
from sauveterre.errors import InvalidInput, NotAllowed, UnknownFormat, UnreadableSource
from sauveterre.exchange.register import KINDS
from sauveterre.records.digest import Digest

pytestmark = pytest.mark.django_db
SEIZED = datetime(2026, 3, 15, 5, 5, tzinfo=UTC)
SHA1, MD5 = Digest("sha1", "ab" * 20), Digest("md5", "cd" * 16)
REGISTER = {
    "seal": "S-1", "description": "Telephone, blue", "kind": "phone", "model": "Example 7", "serial": "0123",
    "seized_at": SEIZED, "seized_where": "Exempleville", "seized_by": "Branch 3", "legal_act": "PV 12/2026",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "sky.txt").write_text("blue")
    return tmp_path / "card"


def waiting():
    from procrastinate.contrib.django.models import ProcrastinateJob

    return ProcrastinateJob.objects.count()


def test_an_exhibit_is_registered_with_all_that_is_known_and_no_medium(operation, ana):
    exhibit = add_exhibit(operation=operation, by=ana, digests=(SHA1,), digest_origin="imaging log", **REGISTER)

    exhibit.refresh_from_db()
    assert {name: getattr(exhibit, name) for name in REGISTER} == REGISTER
    assert (exhibit.number, exhibit.path, bytes(exhibit.path_raw), exhibit.added_by) == (1, "", b"", "ana")
    assert not Source.objects.exists()
    assert waiting() == 0
    given = GivenDigest.objects.get()
    assert (given.algorithm, given.value, given.origin, given.given_by) == ("sha1", SHA1.hex, "imaging log", "ana")
    added, digests = AuditEvent.objects.filter(subject="exhibit 1").order_by("sequence")
    assert (added.action, added.detail["register"]["seized_at"]) == ("exhibit-added", SEIZED.isoformat())
    assert (digests.action, digests.detail["digests"]) == ("digests-given", [str(SHA1)])


def test_a_medium_is_taken_in_where_it_lies_and_waits_to_be_listed(operation, ana, folder):
    exhibit = add_exhibit(operation=operation, by=ana, path=folder, keys=("sunshine",))

    assert (exhibit.path, exhibit.description) == (str(folder), "card")
    source = Source.objects.get()
    assert (source.kind, source.state, source.path) == ("directory", "new", "card")
    assert keys_of(exhibit) == ("sunshine",)
    assert waiting() == 1
    assert "sunshine" not in str(list(AuditEvent.objects.values()))


def test_a_medium_may_come_later_and_twice_is_once(operation, ana, folder, tmp_path):
    exhibit = add_exhibit(operation=operation, by=ana, seal="S-1", description="phone")
    for _ in range(2):
        attach_medium(exhibit=exhibit, path=folder, by=ana)

    assert Source.objects.count() == waiting() == 1
    assert AuditEvent.objects.filter(action="medium-attached").count() == 1
    exhibit.refresh_from_db()
    assert (exhibit.path, exhibit.description) == (str(folder), "phone")
    (tmp_path / "other").mkdir()
    with pytest.raises(InvalidInput, match=r"exhibit 1 lies at .* already"):
        attach_medium(exhibit=exhibit, path=tmp_path / "other", by=ana)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "boat"}, "no kind of medium"),
        ({"seized_at": datetime(2026, 3, 15)}, "names no zone"),  # noqa: DTZ001
        ({"seized_at": timezone.now() + timedelta(days=1)}, "yet to come"),
        ({"serial": "9" * 1_001}, "serial has more than 1,000 characters"),
        ({"seal": "S-0"}, "'S-0' is that of exhibit 1 already"),
        ({"seal": " ", "description": "\t"}, "needs a seal number or a description"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_entered(operation, ana, change, says):
    add_exhibit(operation=operation, by=ana, seal="S-0")

    with pytest.raises(InvalidInput, match=says):
        add_exhibit(operation=operation, by=ana, **{**REGISTER, **change})
    assert Exhibit.objects.count() == 1


def test_a_path_that_is_an_exhibit_already_is_none_again(operation, ana, folder):
    add_exhibit(operation=operation, by=ana, path=folder)
    other = add_exhibit(operation=operation, by=ana, seal="S-2")

    with pytest.raises(InvalidInput, match="is exhibit 1 already"):
        add_exhibit(operation=operation, by=ana, path=folder)
    with pytest.raises(InvalidInput, match="is exhibit 1 already"):
        attach_medium(exhibit=other, path=folder, by=ana)
    assert Source.objects.count() == 1


def test_a_path_that_is_no_medium_is_refused(operation, ana, tmp_path, workspace):
    (tmp_path / "note.txt").write_text("rain")

    for path, error in [
        (tmp_path / "note.txt", UnknownFormat), (tmp_path / "absent.zip", UnreadableSource),
        (workspace.folder, InvalidInput), (workspace.store, InvalidInput), (workspace.folder.parent, InvalidInput),
        (Path("/"), InvalidInput),
    ]:  # fmt: skip
        with pytest.raises(error):
            add_exhibit(operation=operation, by=ana, path=path)
    assert not Exhibit.objects.exists()


def test_the_register_is_changed_line_by_line_and_the_log_keeps_what_stood_before(operation, ana, ben):
    exhibit = add_exhibit(operation=operation, by=ana, **REGISTER)

    assert edit_exhibit(exhibit=exhibit, by=ben, serial="0124", kind="tablet", seal="S-1") == ("serial", "kind")
    assert edit_exhibit(exhibit=exhibit, by=ben, serial="0124 ", kind="tablet") == ()
    assert edit_exhibit(exhibit=exhibit, by=ben, seized_at=None) == ("seized_at",)

    exhibit.refresh_from_db()
    assert (exhibit.serial, exhibit.kind, exhibit.model, exhibit.seized_at) == ("0124", "tablet", "Example 7", None)
    first, second = AuditEvent.objects.filter(action="exhibit-edited").order_by("sequence")
    assert first.actor == "ben"
    assert first.detail == {
        "before": {"serial": "0123", "kind": "phone"}, "after": {"serial": "0124", "kind": "tablet"},
    }  # fmt: skip
    assert second.detail == {"before": {"seized_at": SEIZED.isoformat()}, "after": {}}


def test_a_changed_register_may_not_take_anothers_seal(operation, ana):
    add_exhibit(operation=operation, by=ana, seal="S-1")
    exhibit = add_exhibit(operation=operation, by=ana, seal="S-2")

    with pytest.raises(InvalidInput, match="that of exhibit 1"):
        edit_exhibit(exhibit=exhibit, by=ana, seal="S-1")
    exhibit.refresh_from_db()
    assert exhibit.seal == "S-2"


def test_a_digest_is_given_once_and_one_of_a_picture_never(operation, ana):
    exhibit = add_exhibit(operation=operation, by=ana, seal="S-1")

    assert give_digests(exhibit=exhibit, digests=(SHA1, MD5, SHA1), origin="label", by=ana) == 2
    assert give_digests(exhibit=exhibit, digests=(MD5,), origin="minutes", by=ana) == 0
    assert AuditEvent.objects.filter(action="digests-given").count() == 1
    with pytest.raises(InvalidInput, match="nothing of a whole medium"):
        give_digests(exhibit=exhibit, digests=(Digest("pdq", "a" * 64),), origin="", by=ana)
    assert GivenDigest.objects.count() == 2


def test_a_stranger_may_do_none_of_it(operation, ana, eve, folder):
    exhibit = add_exhibit(operation=operation, by=ana, seal="S-1")
    before = AuditEvent.objects.count()

    for act in (
        lambda: add_exhibit(operation=operation, by=eve, seal="S-2"),
        lambda: add_exhibit(operation=operation, by=eve, path=folder / "absent"),
        lambda: edit_exhibit(exhibit=exhibit, by=eve, seal="S-2"),
        lambda: attach_medium(exhibit=exhibit, path=folder, by=eve),
        lambda: give_digests(exhibit=exhibit, digests=(SHA1,), origin="", by=eve),
    ):
        with pytest.raises(NotAllowed, match="eve is not a member of Weather"):
            act()
    assert (Exhibit.objects.get().seal, GivenDigest.objects.count()) == ("S-1", 0)
    assert AuditEvent.objects.count() == before


def test_the_words_for_kinds_are_those_of_the_register():
    assert set(KINDS) == set(ExhibitKind)


@pytest.mark.parametrize("key", ["", " \n"])
def test_an_empty_key_is_refused_in_words_that_fit_every_kind_of_key(operation, ana, tmp_path, key):
    (tmp_path / "card").mkdir()
    exhibit = add_exhibit(operation=operation, path=tmp_path / "card", by=ana)
    with pytest.raises(InvalidInput, match="the key is empty; give the password, passphrase or recovery key that"):
        add_key(exhibit=exhibit, key=key, by=ana)
    assert not exhibit.keys.exists()

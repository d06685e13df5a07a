"""The pages of the register: entering, changing, custody, photographs, how far it is."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

REGISTER = {"seal": "W-9", "kind": "usb stick", "description": "Stick", "model": "Example 7", "serial": "99",
            "seized_at": "2026-03-15T06:05", "zone": "Europe/Paris", "seized_where": "Exempleville",
            "seized_by": "Branch 3", "legal_act": "PV 12"}  # fmt: skip


@pytest.fixture
def here(world):
    return lambda name, *keys: reverse(name, args=[world.operation.pk, *keys])


@pytest.fixture
def post(member, here):
    """Send a form as Ana, and return the page that follows as text."""

    def send(name, *keys, **given):
        return member.post(here(name, *keys), given, follow=True).content.decode()

    return send


@pytest.fixture
def ben(world):
    from django.test import Client

    client = Client()
    client.force_login(world.ben)
    return client


def exhibits():
    from sauveterre.casework.models import Exhibit

    return Exhibit.objects.order_by("-pk")


def test_an_exhibit_is_entered_with_all_that_is_known(post, world):
    digest = "ab" * 20
    page = post("exhibit-new", **REGISTER, digests=f"sha1:{digest}\n{'cd' * 16}", digest_origin="imaging log")

    one = exhibits().first()
    assert "The exhibit was entered." in page
    assert (one.number, one.seal, one.kind, one.serial, one.path, one.added_by) == (
        4,
        "W-9",
        "usb stick",
        "99",
        "",
        "ana",
    )
    assert one.seized_at.isoformat() == "2026-03-15T05:05:00+00:00"
    assert [(row.algorithm, row.origin) for row in one.given_digests.all()] == [
        ("sha1", "imaging log"), ("md5", "imaging log"),
    ]  # fmt: skip
    assert "No medium yet" in page
    assert "Take the medium in" in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "boat"}, "boat is not one of the available choices"),
        ({"seal": "", "description": ""}, "needs a seal number or a description"),
        ({"seal": "W-002"}, "that of exhibit 2 already"),
        ({"digests": "sha1:12"}, "is no digest"),
        ({"digests": "pdq:" + "a" * 64}, "PDQ hash tells nothing"),
        ({"path": "relative/path"}, "A path begins with /"),
        ({"path": "/absent/medium.zip"}, "cannot be read"),
        ({"seized_at": "2026-03-29T02:30"}, "Europe/Paris"),
        ({"seized_at": "soon"}, "Enter a valid date"),
        ({"zone": "Mars/Olympus"}, "Mars/Olympus is not one of the available choices"),
        ({"serial": "9" * 1_001}, "at most 1000 characters"),
    ],
)
def test_what_makes_no_sense_is_said_beside_what_was_entered(post, change, says):
    page = post("exhibit-new", **{**REGISTER, **change})

    assert says in page.replace("&#x27;", "'")
    assert 'class="errors"' in page
    assert 'value="Example 7"' in page, "what was entered stays"
    assert exhibits().count() == 3


def test_the_register_is_changed_by_the_clock_of_the_chosen_zone(post, member, here, world):
    one = world.exhibits[0]
    form = member.get(here("exhibit-edit", one.pk)).content.decode()
    assert 'value="2026-01-10T09:00"' in form
    page = post("exhibit-edit", one.pk, **{**REGISTER, "seal": "W-001"})

    one.refresh_from_db()
    assert "the audit log keeps what stood before" in page
    assert (one.seal, one.seized_at.isoformat()) == ("W-001", "2026-03-15T05:05:00+00:00")
    again = member.get(here("exhibit-edit", one.pk)).content.decode()
    assert 'value="2026-03-15T06:05"' in again, "the zone that was chosen last is kept"


def test_a_medium_is_attached_and_a_wrong_path_keeps_the_form(post, world, tmp_path):
    (tmp_path / "card").mkdir()
    post("exhibit-new", **REGISTER)
    one = exhibits().first()

    assert "A path begins with /" in post("exhibit-attach", one.pk, path="card")
    assert "cannot be read" in post("exhibit-attach", one.pk, path="/absent/card")
    assert "The medium was taken in" in post("exhibit-attach", one.pk, path=str(tmp_path / "card"))
    one.refresh_from_db()
    assert one.path == str(tmp_path / "card")
    assert one.sources.get().kind == "directory"


def test_a_key_is_kept_and_never_shown(post, world):
    page = post("exhibit-key", world.exhibits[0].pk, key="sunshine")
    assert "The key is kept" in page
    assert "sunshine" not in page
    assert "<dt>Recovery keys</dt><dd>1</dd>" in page


def test_a_custody_line_waits_for_another_officer(post, ben, here, world):
    from sauveterre.casework.models import CustodyEvent

    one = world.exhibits[0].pk
    line = {"act": "handed over", "happened_at": "2026-02-01T10:00", "zone": "UTC", "given_by": "Branch 3"}
    assert "name both" in post("custody-enter", one, **line)
    page = post("custody-enter", one, **line, received_by="Centre")
    assert "it is valid once another officer has signed it" in page
    event = CustodyEvent.objects.order_by("-pk").first()
    assert "waits for a second officer" in re.search(r'<tr id="line-3".*?</tr>', page, re.S)[0]
    assert "another member of the operation has to sign it" in post("custody-sign", one, event.pk)

    seen = ben.get(here("exhibit", one)).content.decode()
    assert "Sign line 3" in seen
    signed = ben.post(here("custody-sign", one, event.pk), follow=True).content.decode()
    assert "You signed the line." in signed
    assert "held by <strong>Centre</strong>" in signed


def test_a_line_of_another_exhibit_is_not_signed_from_here(member, here, world):
    assert member.post(here("custody-sign", world.exhibits[1].pk, world.custody[1].pk)).status_code == 404


def test_the_custody_log_leaves_as_a_file_and_that_is_logged(member, here, world):
    from sauveterre.casework.models import AuditEvent

    answer = member.get(here("custody-table", world.exhibits[0].pk))
    assert answer["Content-Disposition"] == 'attachment; filename="custody-01.csv"'
    assert answer.content.decode("utf-8-sig").startswith("exhibit,line,act,happened_at,place")
    assert AuditEvent.objects.filter(action="consulted", subject__endswith="custody.csv").count() == 1


def test_a_photograph_is_kept_and_shown(post, member, here, world):
    stream = io.BytesIO()
    Image.linear_gradient("L").resize((320, 200)).save(stream, "PNG")
    one = world.exhibits[1]
    page = post("photograph", one.pk, file=SimpleUploadedFile("label.png", stream.getvalue()), caption="The label")
    assert "The photograph is kept" in page
    photo = one.photos.get()
    answer = member.get(here("photo", one.pk, photo.pk))
    assert answer["Content-Type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as shown:
        assert shown.size == (320, 200)
    assert member.get(here("photo", world.exhibits[0].pk, photo.pk)).status_code == 404
    refused = post("photograph", one.pk, file=SimpleUploadedFile("label.png", b"rain"), caption="x")
    assert "JPEG, PNG or HEIC" in refused
    assert one.photos.count() == 1


def test_a_differing_digest_needs_action_everywhere(member, here, world):
    page = member.get(here("exhibit", world.exhibits[1].pk)).content.decode()
    assert (
        "The medium is not what was stated: its MD5 (before processing) differs from that of the acquisition." in page
    )
    assert page.count("Needs action") == 1
    for name in ("exhibits", "operation"):
        assert "digest differs" in member.get(here(name)).content.decode()
    second = member.get(here("exhibit", world.exhibits[2].pk)).content.decode()
    assert "A second reader (libfsntfs) does not see the same files as the first." in second
    assert "Needs action" not in member.get(here("exhibit", world.exhibits[0].pk)).content.decode()


def test_what_waits_for_an_officer_stands_on_the_overview(member, ben, here):
    words = "waits for your signature"
    assert words in member.get(here("operation")).content.decode(), "Ben's line waits for Ana"
    assert words not in ben.get(here("operation")).content.decode()


def test_how_far_an_exhibit_is_renews_itself_until_it_is_read(member, here, world):
    from sauveterre.casework.models import Entry

    one = world.exhibits[2].pk
    url = here("exhibit-progress", one)
    first = member.get(url).content.decode()
    assert 'hx-trigger="every 3s"' in first
    assert "<strong>17</strong> of 20 files done (85 %)" in first
    assert "Nobody works on it at this moment" in first
    Entry.objects.filter(source__exhibit=one, state="pending").update(state="processed")
    last = member.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in last
    assert "All is read" in last
    assert "hx-trigger" not in member.get(here("exhibits-progress")).content.decode()


def test_strangers_neither_enter_change_nor_sign(stranger, here, world):
    from sauveterre.casework.models import AuditEvent

    before = AuditEvent.objects.count()
    one = world.exhibits[0].pk
    for name, keys, given in [
        ("exhibit-new", [], REGISTER), ("exhibit-edit", [one], REGISTER), ("exhibit-import", [], {"way": "folder"}),
        ("exhibit-attach", [one], {"path": "/"}), ("custody-enter", [one], {"act": "seized"}),
        ("custody-sign", [one, world.custody[1].pk], {}), ("photograph", [one], {}),
    ]:  # fmt: skip
        assert stranger.post(here(name, *keys), given).status_code == 404, name
    assert (AuditEvent.objects.count(), exhibits().count()) == (before, 3)

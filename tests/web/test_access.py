import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

OPEN = {"overview", "sign-in", "sign-in-link", "sign-out", "appearance", "set_language"}
POST_ONLY = {
    "make-package", "add-measure", "import-measures", "add-target", "add-day", "exhibit-attach", "exhibit-key",
    "exhibit-digests", "custody-enter", "custody-sign", "photograph", "list-rule", "confirm", "withdraw",
    "decide", "stack-take-back", "answer-question",
}  # fmt: skip
BOTH = {"referrals", "exhibit-new", "exhibit-edit", "exhibit-import"}
OF_EXHIBIT = {
    "exhibit", "exhibit-edit", "exhibit-progress", "elsewhere", "exhibit-attach", "exhibit-key", "exhibit-digests",
    "custody-enter", "custody-table", "photograph",
}  # fmt: skip


def operation_urls():
    """Every address of an operation, from the URLconf itself: one that is added is tested without being told."""

    def walk(patterns, prefix):
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, prefix + str(pattern.pattern))
            elif isinstance(pattern, URLPattern) and "<int:operation>" in prefix:
                yield pattern.name

    return sorted(walk(get_resolver().url_patterns, ""))


def a_film(world):
    """Have the first picture move, and return its digest."""
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    from sauveterre.casework.models import Film
    from sauveterre.casework.storage import sheet_name

    sha256 = world.pictures[0].sha256
    Film.objects.create(content=world.pictures[0], container="gif", hashed=3)
    default_storage.save(sheet_name(sha256), ContentFile(world.thumbnails[sha256]))
    return sha256


@pytest.fixture
def address(world):
    """The address of each page in the populated operation."""
    keys = {
        "referral": [world.referral.pk],
        **{key: [world.exhibits[0].pk] for key in OF_EXHIBIT},
        "custody-sign": [world.exhibits[0].pk, world.custody[0].pk],
        "photo": [world.exhibits[0].pk, world.photo.pk],
        "source": [world.sources[0].pk],
        "entry": [world.entries[0].pk],
        **{key: [world.pictures[0].sha256] for key in ("content", "confirm", "withdraw", "decide")},
        **{key: [world.stacks[0].pk] for key in ("stack", "stack-take-back")},
        "answer-question": [world.stacks[0].pk, world.stacks[1].pk],
        "blurred": [world.pictures[0].sha256],
        "sheet": [a_film(world)],
        "group": [world.group],
        "person": [world.account],
        "space": [world.space],
        "package": [world.package.pk],
    }
    return lambda name: reverse(name, args=[world.operation.pk, *keys.get(name, [])])


def test_the_urlconf_holds_what_these_tests_expect():
    names = operation_urls()
    assert len(names) == len(set(names)) >= 33
    assert set(names) >= POST_ONLY


@pytest.mark.parametrize("name", [name for name in operation_urls() if name not in POST_ONLY])
def test_a_member_sees_a_page_a_stranger_404_and_everybody_else_the_door(name, address, member, stranger):
    url = address(name)
    assert member.get(url).status_code == 200
    assert member.head(url).status_code == 200
    assert stranger.get(url).status_code == 404
    answer = Client().get(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("sign-in"))


@pytest.mark.parametrize("name", operation_urls())
def test_no_page_answers_to_a_wrong_method(name, address, member):
    url = address(name)
    wrong = member.get if name in POST_ONLY else member.delete
    assert wrong(url).status_code == 405
    if name not in POST_ONLY | BOTH:
        assert member.post(url).status_code == 405


@pytest.mark.parametrize("name", sorted(POST_ONLY))
def test_a_stranger_changes_nothing(name, address, stranger, world):
    from sauveterre.casework.models import AuditEvent, Measure

    before = AuditEvent.objects.count(), Measure.objects.count()
    given = {"label": "Nimbus", "country": "FR", "kind": "arrest", "day": "2026-11-13", "outcome": "done"}
    assert stranger.post(address(name), given).status_code == 404
    assert Client().post(address(name), given).status_code == 302
    assert (AuditEvent.objects.count(), Measure.objects.count()) == before


def test_keys_of_another_operation_are_not_found(world, member, stranger):
    """Eve's own operation does not open Ana's rows, whatever number stands in the address."""
    from sauveterre.casework.models import Operation

    own = Operation.objects.get(name="Eve's own").pk
    for name, key in [
        ("referral", world.referral.pk), ("exhibit", world.exhibits[0].pk), ("source", world.sources[0].pk),
        ("entry", world.entries[0].pk), ("content", world.pictures[0].sha256), ("blurred", world.pictures[0].sha256),
        ("sheet", a_film(world)),
        ("group", world.group), ("person", world.account), ("space", world.space), ("package", world.package.pk),
        ("stack", world.stacks[0].pk),
    ]:  # fmt: skip
        assert stranger.get(reverse(name, args=[own, key])).status_code == 404, name
    found = stranger.get(reverse("search", args=[own]), {"q": "rain"}).content.decode()
    assert "Rain recipes" not in found
    rows = stranger.get(
        reverse("row", args=[own]), {"source": "folder:phone-copy", "path": "backup/main", "locator": "frame 2"}
    )
    assert "aci:" not in rows.content.decode()


def test_forms_need_their_token(world):
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.ana)
    answer = client.post(reverse("add-day", args=[world.operation.pk]), {"day": "2026-12-01"})
    assert answer.status_code == 403
    assert "nothing was changed" in answer.content.decode()


@pytest.mark.parametrize("name", [name for name in operation_urls() if name not in POST_ONLY])
def test_every_answer_forbids_foreign_code_and_copies(name, address, member):
    answer = member.get(address(name))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer["Cache-Control"] == "no-store"
    assert answer["Referrer-Policy"] == "same-origin"
    if not answer["Content-Type"].startswith("text/html"):
        return
    page = answer.content.decode()
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", page), "an outside address"
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page), "inline code or style"
    assert "{{" not in page
    assert "{%" not in page


def test_looking_at_people_is_written_down(address, member, world):
    from sauveterre.casework.models import AuditEvent

    looked_at = ["person", "people", "group", "gallery", "referral", "row"]
    for name in looked_at:
        member.get(address(name))
    events = AuditEvent.objects.filter(actor="ana", action="consulted", operation=world.operation.name)
    assert sorted(events.values_list("subject", flat=True)) == sorted(address(name) for name in looked_at)
    member.get(reverse("search", args=[world.operation.pk]), {"q": "Aurora"})
    assert AuditEvent.objects.filter(action="searched", subject="Aurora", actor="ana").count() == 1
    member.get(address("exhibits"))
    assert AuditEvent.objects.filter(action="consulted").count() == len(looked_at)


@pytest.mark.parametrize("key", ["..", "a/b", "", "é\u202e", "direct:a|b", "x" * 300, "%2e%2e", "~", "ünï?q=1#x"])
def test_any_key_survives_the_way_through_an_address(key):
    from sauveterre.web.converters import Key

    written = Key().to_url(key)
    assert "/" not in written
    assert written not in {"", ".", ".."}
    assert Key().to_python(written) == key

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse


@pytest.fixture
def post(member, world):
    return lambda name, **given: member.post(reverse(name, args=[world.operation.pk]), given, follow=True)


def text(answer):
    return answer.content.decode()


def test_a_referral_is_taken_in_once_and_shown_whole(post, member, world):
    from sauveterre.casework.models import Referral

    data = bytes(Referral.objects.get(pk=world.referral.pk).original)
    same = post("referrals", file=SimpleUploadedFile("again.xml", data))
    assert "nothing was added" in text(same)
    changed = post("referrals", file=SimpleUploadedFile("report-4711.xml", data.replace(b"4711", b"4712")))
    assert changed.redirect_chain
    assert "version 2" in text(changed)
    page = text(changed)
    for word in (
        "user-7",
        "cloud_fan",
        "Jean Exemple",
        "192.0.2.7",
        "50123",
        "2001:db8::1",
        "Exempleville",
        "clouds.jpg",
    ):
        assert word in page, word
    assert Referral.objects.filter(name="report-4711.xml").count() == 2


def test_a_file_that_is_no_referral_is_refused_with_a_reason(post):
    answer = post("referrals", file=SimpleUploadedFile("film.txt", b"a film title"))
    assert "no reader recognises this file" in text(answer)


def test_flags_are_unknown_where_the_referral_is_silent(member, world):
    page = text(member.get(reverse("referral", args=[world.operation.pk, world.referral.pk])))
    rows = {row.split("</td>")[0].rsplit(">", 1)[-1]: row for row in page.split("<tr>") if ".jpg</td>" in row}
    assert rows["clouds.jpg"].count("unknown") < rows["rain.jpg"].count("unknown")
    assert "<td>yes</td>" in rows["clouds.jpg"]
    assert "<td>no</td>" not in rows["rain.jpg"]


def test_a_measure_is_entered_and_counted(post, world):
    answer = post(
        "add-measure", label="Isobar", country="ro", unit="", kind="arrest", day="2026-11-17", outcome="custody"
    )
    assert "The measure was entered." in text(answer)
    assert '<a href="?counted=1#board">5</a>' in text(answer)
    assert "Romania" in text(answer)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "Romania"),
        ("country", "1$"),
        ("kind", "dance"),
        ("day", "17/11/2026"),
        ("outcome", ""),
        ("label", ""),
    ],
)
def test_a_measure_that_makes_no_sense_changes_nothing(post, field, value):
    from sauveterre.casework.models import Measure

    before = Measure.objects.count()
    given = {
        "label": "Isobar",
        "country": "RO",
        "unit": "",
        "kind": "arrest",
        "day": "2026-11-17",
        "outcome": "custody",
    }
    answer = post("add-measure", **{**given, field: value})
    assert answer.status_code == 200
    assert 'class="errors"' in text(answer)
    assert Measure.objects.count() == before


def test_a_csv_is_entered_whole_or_not_at_all(post):
    from sauveterre.casework.models import Measure

    before = Measure.objects.count()
    head = "target,country,unit,kind,day,outcome\n"
    bad = head + "Nimbus,FR,,arrest,2026-11-13,custody\nStratus,FR,,arrest,someday,custody\n"
    answer = post("import-measures", file=SimpleUploadedFile("m.csv", bad.encode()))
    assert "line 3" in text(answer)
    assert Measure.objects.count() == before
    good = bad.replace("someday", "2026-11-14")
    answer = post("import-measures", file=SimpleUploadedFile("m.csv", good.encode()))
    assert "The measures were entered." in text(answer)
    assert Measure.objects.count() == before + 2
    answer = post("import-measures", file=SimpleUploadedFile("m.csv", "caf\xe9".encode("latin-1")))
    assert "not UTF-8" in text(answer)


def test_targets_and_days_carry_who_decided(post):
    answer = post("add-target", label="Nimbus", country="fr", unit="Branch 3")
    assert "your decision" in text(answer)
    assert "<b>ana</b>" in text(answer)
    assert "20 Nov" in text(post("add-day", day="2026-11-20"))


def test_a_package_needs_a_country(post):
    from sauveterre.casework.models import CountryPackage

    before = CountryPackage.objects.count()
    assert "no package was made" in text(post("make-package", country="Spain"))
    assert CountryPackage.objects.count() == before


def test_text_from_the_evidence_is_never_markup(member, world):
    from sauveterre.casework.models import Entry, GroupFact, IdentifierFact, Person

    evil = '<script>alert("x")</script>{{ 7|add:7 }}'
    Entry.objects.filter(pk=world.entries[0].pk).update(path=evil, reason=evil)
    GroupFact.objects.filter(stable_id=world.group).update(title=evil)
    IdentifierFact.objects.filter(account=world.account).update(value=evil)
    Person.objects.filter(key=world.account).update(label=evil, reasons=[evil])
    for name, keys in [("entries", []), ("entry", [world.entries[0].pk]), ("groups", []), ("group", [world.group]),
                       ("people", []), ("person", [world.account])]:  # fmt: skip
        page = text(member.get(reverse(name, args=[world.operation.pk, *keys])))
        assert "&lt;script&gt;alert" in page, name
        assert "<script>alert" not in page, name
    page = text(member.get(reverse("search", args=[world.operation.pk]), {"q": evil}))
    assert "<script>alert" not in page
    row = {"source": evil, "path": evil, "locator": evil}
    assert "<script>alert" not in text(member.get(reverse("row", args=[world.operation.pk]), row))


def test_every_source_mark_of_a_group_opens_its_rows(member, world):
    import re
    from html import unescape

    page = text(member.get(reverse("person", args=[world.operation.pk, world.account])))
    doors = {unescape(url) for url in re.findall(r'class="mark" href="([^"]+)"', page)}
    assert len(doors) > 5
    for url in doors:
        assert "No row of this operation" not in text(member.get(url)), url

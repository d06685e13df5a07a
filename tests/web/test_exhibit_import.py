"""Many exhibits by their page: looked at first, then entered; only what was looked at."""

import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

TABLE = "Scellé;Nature;Saisi le;Désignation\nW-8;Téléphone;15/03/2026 06:05;Téléphone bleu\nW-9;Clé USB;;\n"


@pytest.fixture
def send(member, world):
    def go(**given):
        return member.post(reverse("exhibit-import", args=[world.operation.pk]), given, follow=True).content.decode()

    return go


@pytest.fixture
def media(tmp_path):
    for name in ("a.zip", "b.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("sky.txt", "blue")
    (tmp_path / "log.txt").write_text("SHA-1 …")
    return tmp_path


def hidden(page):
    """What the form that confirms would send."""
    form = re.search(r'<section class="panel" id="plan".*?</form>', page, re.S)[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def upload(text, encoding="cp1252"):
    return {"way": "table", "t-zone": "Europe/Paris", "t-file": SimpleUploadedFile("s.csv", text.encode(encoding))}


def count():
    from sauveterre.casework.models import Exhibit

    return Exhibit.objects.count()


def test_a_table_is_looked_at_and_then_entered(send, world):
    looked = send(**upload(TABLE))
    assert "Enter these 2 exhibits" in looked
    assert "Téléphone bleu" in looked
    assert count() == 3, "looking enters nothing"

    page = send(**hidden(looked))
    assert "2 exhibits were entered." in page
    first = world.operation.exhibits.get(seal="W-8")
    assert (first.kind, first.description, first.seized_at.isoformat()) == (
        "phone", "Téléphone bleu", "2026-03-15T05:05:00+00:00",
    )  # fmt: skip

    again = send(**upload(TABLE))
    assert again.count("exhibit 4 has this seal number or path already") == 1
    assert "Nothing of it is new" in again


def test_one_wrong_line_offers_nothing_to_enter(send):
    page = send(**upload(TABLE + "W-10;bateau;;\n"))
    assert "1 line cannot be entered, so nothing is." in page
    assert "is no kind of medium" in page
    assert "-mark" not in page.split('id="plan"')[1].split("</section>")[0]


def test_a_folder_is_looked_at_and_then_entered(send, media):
    looked = send(**{"way": "folder", "f-folder": str(media)})
    assert "Enter these 2 exhibits" in looked
    assert "neither a folder nor an image or archive that is read" in looked
    assert "2 exhibits were entered." in send(**hidden(looked))
    assert count() == 5


def test_what_has_changed_since_is_shown_again_and_not_entered(send, media):
    looked = send(**{"way": "folder", "f-folder": str(media)})
    (media / "b.zip").unlink()

    page = send(**hidden(looked))

    assert "has changed since you looked at it" in page
    assert "Enter this 1 exhibit" in page
    assert count() == 3


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"way": "table", "t-zone": "UTC"}, "Choose the table"),
        ({"way": "table", "t-zone": "UTC", "t-table": "!"}, "Choose the table"),
        ({"way": "folder"}, "This field is required"),
        ({"way": "folder", "f-folder": "media"}, "A path begins with /"),
        ({"way": "folder", "f-folder": "/absent"}, "is no folder that can be read"),
    ],
)
def test_what_is_no_table_or_folder_says_so(send, given, says):
    assert says in send(**given)
    assert count() == 3


def test_a_table_that_is_none_or_too_large_says_so(send):
    assert "names no column" in send(**upload("colour\nred\n"))
    assert "larger than 1 MiB" in send(**upload("seal\n" + "x" * (1 << 20)))
    assert count() == 3


def test_a_french_officer_reads_french_reasons(member, send, media):
    member.post(reverse("set_language"), {"language": "fr"})
    page = send(**{"way": "folder", "f-folder": str(media)})
    assert "ni un dossier, ni une image ou archive qui est lue" in page
    assert "Enregistrer ces 2 scellés" in page
    page = send(**upload("seal;kind\nW-1;bateau\n"))
    assert "n’est pas une nature de support" in page

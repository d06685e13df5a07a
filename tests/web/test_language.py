import re
import shutil
import struct
from pathlib import Path

import pytest
from django.urls import reverse

CATALOGUE = Path(__file__).parents[2] / "src/sauveterre/web/locale/fr/LC_MESSAGES"


def entries():
    """Each message of the catalogue as (id, translations, is fuzzy)."""
    for block in (CATALOGUE / "django.po").read_text("utf-8").split("\n\n")[1:]:
        given = re.search(r'^msgid "(.*)"$', block, re.M)
        yield given.group(1), re.findall(r'^msgstr(?:\[\d\])? "(.*)"$', block, re.M), "fuzzy" in block


def test_nothing_is_untranslated_or_fuzzy():
    rows = list(entries())
    assert len(rows) > 400
    for text, translations, fuzzy in rows:
        assert translations, text
        assert all(translations), text
        assert not fuzzy, text


def test_placeholders_and_markup_survive_the_translation():
    pattern = re.compile(r"%\((\w+)\)s|</?(\w+)")
    for text, translations, _ in entries():
        for translation in translations:
            assert sorted(pattern.findall(translation)) == sorted(pattern.findall(text)), text


def test_the_compiled_catalogue_is_the_written_one():
    data = (CATALOGUE / "django.mo").read_bytes()
    magic, _, count = struct.unpack("<3I", data[:12])
    assert magic == 0x950412DE
    assert count == len(list(entries())) + 1
    text = data.decode("utf-8", "ignore")
    assert all(part.replace('\\"', '"') in text for _, translations, _ in entries() for part in translations)


def test_every_string_of_the_pages_is_in_the_catalogue(tmp_path):
    """What ``makemessages`` finds now is what the catalogue holds."""
    if shutil.which("xgettext") is None:
        pytest.skip("xgettext is not installed: apt-get install gettext")
    web = tmp_path / "web"
    shutil.copytree(CATALOGUE.parents[2], web)
    from django.core.management import call_command

    shutil.copy(web / "locale/fr/LC_MESSAGES/django.po", tmp_path / "before.po")
    here = Path.cwd()
    try:
        import os

        os.chdir(web)
        call_command("makemessages", locale=["fr"], no_location=True, no_wrap=True, no_obsolete=True, verbosity=0)
    finally:
        os.chdir(here)
    after = (web / "locale/fr/LC_MESSAGES/django.po").read_text("utf-8")
    assert not re.findall(r'^msgid "(.+)"\nmsgstr ""$', after, re.M)
    assert "fuzzy" not in after.split("\n\n", 1)[1]
    assert after.count("\nmsgid ") == (tmp_path / "before.po").read_text("utf-8").count("\nmsgid ")


def test_the_language_is_chosen_and_kept(member, world):
    url = reverse("operation", args=[world.operation.pk])
    assert '<html lang="en"' in member.get(url).content.decode()
    answer = member.post(reverse("set_language"), {"language": "fr", "next": url})
    assert answer["Location"] == url
    page = member.get(url).content.decode()
    assert '<html lang="fr"' in page
    for word in ("Vue d’ensemble", "Signalements", "Scellés", "Espaces de stockage", "appréciation"):
        assert word in page


@pytest.mark.parametrize("name", ["people", "groups", "countries", "action", "exhibits", "gallery", "audit"])
def test_no_page_mixes_languages(name, member, world):
    member.post(reverse("set_language"), {"language": "fr"})
    page = member.get(reverse(name, args=[world.operation.pk])).content.decode()
    text = re.sub(r"<(script|style|code)\b.*?</\1>|<blockquote lang=.en.*?</blockquote>|<[^>]+>", " ", page, flags=re.S)
    words = set(re.findall(r"\b(?:the|and|unknown|waiting|found|shares|groups|with|reasons|which)\b", text, re.I))
    assert not words


def test_numbers_in_drawings_do_not_follow_the_language(member, world):
    member.post(reverse("set_language"), {"language": "fr"})
    for name, key in [("operation", []), ("group", [world.group]), ("exhibits", []), ("action", [])]:
        page = member.get(reverse(name, args=[world.operation.pk, *key])).content.decode()
        for value in re.findall(r'\s(?:x|x1|x2|y|y1|y2|width|height)="([^"]*)"', page):
            assert re.fullmatch(r"-?\d+(\.\d+)?", value), value

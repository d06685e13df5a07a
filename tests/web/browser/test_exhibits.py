"""Exhibits in a real Chromium: entering, importing, signing, and how far they are; by keyboard, and without script."""

import zipfile

import pytest
from PIL import Image

pytestmark = pytest.mark.browser


def test_an_exhibit_is_entered_by_keyboard_and_form(visit):
    here = visit()
    here.open("exhibits")
    page = here.page
    page.keyboard.press("?")
    assert "Enter an exhibit" in page.locator("#acts").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_url("**" + here.url("exhibit-new"))
    page.fill("#id_seal", "W-9")
    page.select_option("#id_kind", "usb stick")
    page.fill("#id_seized_at", "2026-03-15T06:05")
    page.select_option("#id_zone", "Europe/Paris")
    page.fill("#id_digests", "sha1:12")
    page.click("main form button")
    assert "is no digest" in page.locator(".f-digests .errors").inner_text()
    assert page.input_value("#id_seal") == "W-9"
    page.fill("#id_digests", "ab" * 20)
    page.click("main form button")
    assert page.locator("h1").inner_text().startswith("Exhibit 04")
    assert "15 March 2026 05:05" in page.locator("section[aria-labelledby=h-register] time").first.inner_text()
    assert here.said == []


def test_a_line_is_entered_by_one_officer_and_signed_by_another(visit):
    ana = visit()
    one = ana.world.exhibits[0].pk
    ana.open("exhibit", one)
    page = ana.page
    page.click("#custody summary")
    page.select_option("#id_act", "handed over")
    page.fill("#id_happened_at", "2026-02-01T10:00")
    page.click("#custody details button")
    assert "name both" in page.locator("#custody .errors").inner_text()
    page.fill("#id_given_by", "Branch 3")
    page.fill("#id_received_by", "Centre")
    page.click("#custody details button")
    assert page.locator("#line-3").inner_text().endswith("waits for a second officer")

    ben = visit(officer=ana.world.ben, viewport={"width": 390, "height": 844})
    ben.page.click("#waiting a:has-text('handed over')")
    assert ben.path == ben.url("exhibit", one) + "#custody"
    ben.page.click("#line-3 button")
    assert "You signed the line." in ben.page.locator(".said").inner_text()
    assert "ben" in ben.page.locator("#line-3").inner_text()
    assert ana.said == ben.said == []


def test_a_folder_is_looked_at_and_entered_without_script(visit, tmp_path):
    for name in ("a.zip", "b.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("sky.txt", "blue")
    here = visit(java_script_enabled=False)
    here.open("exhibit-import")
    here.page.fill("#id_f-folder", str(tmp_path))
    with here.page.expect_navigation():
        here.page.click("section[aria-labelledby=h-folder] button")
    assert here.page.locator("#plan tbody tr").count() == 2
    with here.page.expect_navigation():
        here.page.click("#plan form button")
    assert here.path == here.url("exhibits")
    assert "2 exhibits were entered." in here.page.locator(".said").inner_text()
    assert here.page.locator("#exhibits tbody tr").count() == 5


def test_a_photograph_is_uploaded_and_seen(visit, tmp_path):
    Image.linear_gradient("L").resize((640, 480)).save(tmp_path / "label.jpg")
    here = visit()
    here.open("exhibit", here.world.exhibits[1].pk)
    page = here.page
    page.click("#photographs summary")
    page.set_input_files("#id_file", tmp_path / "label.jpg")
    page.fill("#id_caption", "The label")
    page.click("#photographs details button")
    picture = page.locator(".photos img")
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("async one => { await one.decode(); return one.naturalWidth }") == 640
    assert picture.get_attribute("alt") == "The label"
    assert here.said == []


def test_an_exhibit_says_how_far_it_is_until_it_is_read(visit):
    from sauveterre.casework.models import Entry, EntryState

    here = visit()
    here.open("exhibit", here.world.exhibits[2].pk)
    live = here.page.locator("#progress")
    assert "17 of 20 files done (85 %)" in live.inner_text()
    assert "Nobody works on it at this moment" in live.inner_text()
    pending = Entry.objects.filter(state=EntryState.PENDING)
    Entry.objects.filter(pk=pending.first().pk).update(state=EntryState.PROCESSED)
    here.page.wait_for_selector("#progress:has-text('files/s')", timeout=8_000)
    assert "left" in live.inner_text()
    pending.update(state=EntryState.PROCESSED)
    here.page.wait_for_selector("#progress:has-text('20 of 20 files done')", timeout=8_000)
    assert live.get_attribute("hx-trigger") is None
    here.page.click("text=All is read")
    assert here.path == here.url("exhibit", here.world.exhibits[2].pk)
    assert here.said == []


def test_the_list_renews_itself_and_keeps_the_chosen_line(visit):
    from sauveterre.casework.models import Entry, EntryState

    here = visit()
    here.open("exhibits")
    page = here.page
    page.keyboard.press("j")
    page.keyboard.press("j")
    Entry.objects.filter(state=EntryState.PENDING).update(state=EntryState.PROCESSED)
    page.wait_for_selector("#exhibits tfoot:has-text('adds up')", timeout=8_000)
    assert page.locator("tr[aria-selected=true] a.main").inner_text() == "02"
    assert page.locator("#exhibits").get_attribute("hx-trigger") is None
    assert here.said == []


def test_how_many_lie_elsewhere_comes_after_the_page_and_opens_them(visit):
    here = visit()
    here.open("exhibit", here.world.exhibits[0].pk)
    door = here.page.locator("#elsewhere a")
    said = int(door.inner_text().split()[0])
    door.click()
    assert int(here.page.locator("[data-total]").get_attribute("data-total")) == said
    without = visit(java_script_enabled=False)
    without.open("exhibit", here.world.exhibits[0].pk)
    without.page.click("text=Contents that lie in other exhibits too")
    assert int(without.page.locator("[data-total]").get_attribute("data-total")) == said

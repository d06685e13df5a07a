"""The pages in a real Chromium: keys, appearance, narrow screens, and not one word in the console."""

import pytest

pytestmark = pytest.mark.browser

PAGES = ["operation", "referrals", "exhibits", "sources", "entries", "contents", "gallery", "groups", "people",
         "spaces", "countries", "action", "audit", "search", "hash-lists", "problems", "exhibit-new", "exhibit-import",
         "accounting", "duplicates", "questions"]  # fmt: skip
LIGHT = "getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).reduce((a, b) => a + +b, 0)"


def test_signing_in_by_link_and_going_about_by_keyboard(visit):
    here = visit()
    assert here.path == here.url("operation")
    page = here.page

    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**" + here.url("exhibits"))

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    assert page.locator("tr[aria-selected=true]").count() == 1
    assert page.locator("tr[aria-selected=true] a.main").inner_text() == "02"
    page.keyboard.press("Enter")
    page.wait_for_url("**" + here.url("exhibit", here.world.exhibits[1].pk))

    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("rain g e ?")
    assert page.locator("#keys").is_hidden(), "keys must not act while somebody types"
    page.fill("#q", "rain")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=rain")
    assert page.locator("text=Rain recipes").count() >= 1

    page.locator("main").focus()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_hidden()
    assert here.said == []


def test_tiles_move_with_arrows_and_tables_sort(visit):
    here = visit()
    here.open("gallery", query="?show=all")
    page = here.page
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    tiles = page.locator(".tile")
    assert tiles.nth(1).get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowDown")
    chosen = page.evaluate("[...document.querySelectorAll('.tile')].findIndex((one) => one.ariaSelected === 'true')")
    assert chosen > 3
    assert page.evaluate("[...document.images].every((one) => one.complete && one.naturalWidth > 0)")

    here.open("people")
    shares = page.locator("th button.sort", has_text="Shares")
    shares.click()
    shares.click()
    assert page.locator("tbody tr a.main").first.inner_text() == "Aurora"
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Shares")
    assert here.said == []


def test_the_appearance_follows_the_system_and_the_switch(visit):
    dark, light = visit(color_scheme="dark"), visit(color_scheme="light")
    assert dark.page.evaluate(LIGHT) < 200 < light.page.evaluate(LIGHT)
    dark.page.click("button[name=theme][value=light]")
    assert dark.page.evaluate(LIGHT) > 600
    dark.open("groups")
    assert dark.page.evaluate(LIGHT) > 600, "the choice is kept"
    dark.page.click("button[name=language][value=fr]")
    assert dark.page.locator("h1").inner_text().startswith("Groupes")
    assert dark.path == dark.url("groups")
    assert dark.said == light.said == []


def test_nothing_is_wider_than_a_narrow_screen_and_nothing_is_said(visit):
    here = visit(viewport={"width": 390, "height": 844})
    world = here.world
    pages = [(name, []) for name in PAGES] + [
        ("referral", [world.referral.pk]), ("exhibit", [world.exhibits[0].pk]), ("exhibit", [world.exhibits[1].pk]),
        ("exhibit-edit", [world.exhibits[0].pk]), ("source", [world.sources[0].pk]),
        ("entry", [world.entries[0].pk]), ("content", [world.pictures[0].sha256]), ("group", [world.group]),
        ("person", [world.account]), ("space", [world.space]), ("package", [world.package.pk]),
    ]  # fmt: skip
    here.page.click("button[name=language][value=fr]")  # the longer words
    for name, keys in pages:
        assert here.open(name, *keys).status == 200
        wide, screen = here.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= screen, f"{name} is {wide} pixels wide"
    assert here.said == []


def test_reading_needs_no_script(visit):
    here = visit(java_script_enabled=False)
    here.open("group", here.world.group)
    assert here.page.locator("svg .stretch").count() > 10
    assert here.page.locator("#members tbody tr").count() > 10
    here.page.click("nav.side a >> text=People")
    assert here.path == here.url("people")


def test_progress_renews_itself(visit):
    from sauveterre.casework.models import Entry, EntryState

    here = visit()
    here.open("operation")
    assert "57 of 60 files done" in here.page.locator("#progress").inner_text()
    Entry.objects.filter(state=EntryState.PENDING).update(state=EntryState.PROCESSED)
    here.page.wait_for_selector("#progress:has-text('60 of 60 files done')", timeout=8_000)
    assert here.page.locator("#progress").get_attribute("hx-trigger") is None, "it stops when all is done"
    assert here.said == []

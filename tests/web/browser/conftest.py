"""A real Chromium, and officers who are signed in with it."""

import os
import shutil
import threading
import time

import pytest
from django.urls import reverse


@pytest.fixture(scope="module")
def chromium():
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright keeps an event loop in this thread
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


class Visit:
    """A signed-in officer's browser, with all that its console said."""

    def __init__(self, browser, server, world, officer=None, **options):
        from sauveterre.casework.services.operations import issue_sign_in_link

        self.said = []
        self.server, self.world = server, world
        self.context = browser.new_context(locale="en", **options)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(server.url + reverse("sign-in-link", args=[issue_sign_in_link(officer=officer or world.ana)]))
        self.page.click("main button")
        self.page.wait_for_load_state()

    def open(self, name, *keys, query=""):
        url = self.server.url + reverse(name, args=[self.world.operation.pk, *keys]) + query
        return self.page.goto(url)

    @property
    def path(self):
        return self.page.url.removeprefix(self.server.url)

    def url(self, name, *keys):
        return reverse(name, args=[self.world.operation.pk, *keys])


@pytest.fixture
def visit(chromium, live_server, committed_world):
    made = []

    def begin(**options):
        made.append(Visit(chromium, live_server, committed_world, **options))
        return made[-1]

    yield begin
    for one in made:
        one.context.close()
    begun = time.monotonic()
    while is_answering() and time.monotonic() - begun < 30:
        time.sleep(0.01)


def is_answering():
    """Say whether the server still answers what a browser asked before it went: it needs the database for that."""
    return any("process_request_thread" in thread.name for thread in threading.enumerate())

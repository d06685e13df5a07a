import base64
import hashlib

import pytest

from sauveterre.messages.signal.links import invited_group, links_in, safe_link, safe_text

KEY, PASSWORD = bytes(range(32)), b"\xfe" * 16
INVITATION = base64.urlsafe_b64encode(b"\x0a\x34\x0a\x20" + KEY + b"\x12\x10" + PASSWORD).decode().rstrip("=")


def mark(secret):
    return f"[credential sha256:{hashlib.sha256(secret.encode()).hexdigest()[:16]}]"


@pytest.mark.parametrize(
    "start", ["https://signal.group/#", "HTTPS://Signal.Group/#", "sgnl://signal.group/#", "signal.group/#"]
)
def test_an_invitation_leads_to_its_group_and_loses_its_key(start):
    text = f"join us: {start}{INVITATION}."
    [link] = links_in(text)

    assert link.is_invitation
    assert link.group == hashlib.sha256(KEY).hexdigest()
    assert link.url == start.rstrip("#")
    assert link.credential == hashlib.sha256(INVITATION.encode()).hexdigest()
    assert safe_text(text) == f"join us: {start}{mark(INVITATION)}."


@pytest.mark.parametrize(
    ("url", "safe", "marked"),
    [
        ("https://signal.link/call/#key=bcdf-ghkm", "https://signal.link/call/", f"https://signal.link/call/#{mark('key=bcdf-ghkm')}"),
        ("https://example.org/a#key=1", "https://example.org/a", f"https://example.org/a#{mark('key=1')}"),
        ("https://example.org/#" + "k" * 43, "https://example.org/", f"https://example.org/#{mark('k' * 43)}"),
        ("https://example.org/?a=1&pw=s3&b=2", "https://example.org/?a=1&pw=&b=2", f"https://example.org/?a=1&pw={mark('s3')}&b=2"),
        ("https://example.org/?Password=s3", "https://example.org/?Password=", f"https://example.org/?Password={mark('s3')}"),
        ("https://ana:s3@example.org/", "https://ana:@example.org/", f"https://ana:{mark('s3')}@example.org/"),
        ("https://mega.nz/folder/AbCdEf12#Key_1-x", "https://mega.nz/folder/AbCdEf12", f"https://mega.nz/folder/AbCdEf12#{mark('Key_1-x')}"),
        ("https://mega.nz/#F!AbCdEf12!Key", "https://mega.nz/#F!AbCdEf12!", f"https://mega.nz/#F!AbCdEf12!{mark('Key')}"),
    ],
)  # fmt: skip
def test_secrets_are_cut_and_marked(url, safe, marked):
    link = safe_link(url)

    assert (link.url, link.marked) == (safe, marked)
    assert link.credential is not None
    assert safe_text(f"({url})") == f"({marked})"


@pytest.mark.parametrize(
    "url",
    ["https://example.org/wiki/Rain_(film)", "http://example.org:8080/a?b=c#part-two", "example.org/a/b", "https://192.0.2.1/x",
     "https://signal.me/#p/+15555550100", "https://example.org/?passage=3"],
)  # fmt: skip
def test_other_links_stay_as_written(url):
    [link] = links_in(f"see {url}, or not")

    assert (link.url, link.marked, link.credential, link.is_invitation) == (url, url, None, False)


@pytest.mark.parametrize(
    "text", ["", "and/or", "3.5/4", "ana@example.org/x", "file.txt", "//example.org", "a..b/c", "http://"]
)
def test_what_is_no_link_is_left_alone(text):
    assert list(links_in(text)) == []
    assert safe_text(text) == text


@pytest.mark.parametrize(
    ("text", "url"),
    [("(https://example.org/a)", "https://example.org/a"), ("“https://example.org/a”", "https://example.org/a"),
     ("https://example.org/a?!", "https://example.org/a"), ("<https://example.org/a>", "https://example.org/a")],
)  # fmt: skip
def test_the_sentence_around_a_link_is_not_part_of_it(text, url):
    assert [link.url.rstrip("”") for link in links_in(text)] == [url]


@pytest.mark.parametrize(
    "fragment", ["", "x", "!!!", INVITATION[:20], base64.urlsafe_b64encode(b"\x0a\x02\x0a\x00").decode()]
)
def test_a_broken_invitation_leads_nowhere(fragment):
    assert invited_group(fragment) is None


def test_a_flood_of_brackets_takes_no_time():
    text = "https://example.org/" + ")" * 300_000 + " " + "a." * 100_000 + "#" * 50_000

    assert [link.url for link in links_in(text)][:1] == ["https://example.org/"]


@pytest.mark.parametrize(
    ("before", "code", "after"),
    [("https://t.me/+", "AbCd_12-xyz", ""), ("t.me/joinchat/", "AbCd_12-xyz", ""),
     ("https://T.me/%2b", "AbCd_12", "?a=1"),
     ("tg://join?invite=", "AbCd_12", ""), ("https://telegram.me/joinchat/", "AbCd", "/x"),
     ("https://discord.gg/", "aB3dE", ""), ("https://discord.com/invite/", "aB3dE", "?event=1"),
     ("https://chat.whatsapp.com/", "AbCdEfGhIjKlMnOp", ""),
     ("https://chat.whatsapp.com/invite/", "AbCdEfGhIjKlMnOp", "")],
)  # fmt: skip
def test_the_code_of_an_invitation_is_cut(before, code, after):
    [link] = links_in(f"come: {before}{code}{after}")

    assert link.is_invitation
    assert link.url == f"{before}{after}"
    assert link.credential == hashlib.sha256(code.encode()).hexdigest()
    assert link.group is None
    assert safe_text(f"({before}{code}{after})") == f"({before}{mark(code)}{after})"


def test_secrets_beside_the_code_are_cut_too():
    link = safe_link("https://t.me/+AbCd?pw=s3#" + "k" * 43)

    assert link.url == "https://t.me/+?pw="
    assert link.is_invitation


@pytest.mark.parametrize(
    ("url", "group", "is_invitation"),
    [("https://matrix.to/#/!AbC:example.org?via=example.org", "mx:!AbC:example.org", True),
     ("https://matrix.to/#/%21AbC:example.org", "mx:!AbC:example.org", True),
     ("https://matrix.to/#/#film:example.org", None, True), ("https://matrix.to/#/@ana:example.org", None, False),
     ("https://t.me/weather_watch/5", None, False), ("https://discord.com/channels/1/2", None, False)],
)  # fmt: skip
def test_a_link_that_names_its_room_has_no_secret(url, group, is_invitation):
    link = safe_link(url)

    assert (link.url, link.group, link.is_invitation, link.credential) == (url, group, is_invitation, None)

import pytest

from sauveterre.network.spaces import space_of, storage_spaces

TEN_SPELLINGS = [
    "https://files.example.org/folder/Ab3-dE_9xZ",
    "http://files.example.org/folder/Ab3-dE_9xZ",
    "HTTPS://FILES.Example.ORG/folder/Ab3-dE_9xZ/",
    "https://www.files.example.org:443/folder/Ab3-dE_9xZ",
    "files.example.org/folder/Ab3-dE_9xZ",
    "https://me:word@files.example.org/folder/Ab3-dE_9xZ#top",
    "https://files.example.org//folder//Ab3-dE_9xZ?utm_source=chat&fbclid=1",
    "https://files.example.org/folder/%41b3%2DdE%5f9xZ",
    "(https://files.example.org./folder/Ab3-dE_9xZ).",
    "https://files.example.org/drive/u/0/Folders/Ab3-dE_9xZ/view?usp=sharing",
    "https://files.example.org/open?usp=sharing&amp;id=Ab3-dE_9xZ",
]


def test_ten_spellings_of_one_space_are_one_space_with_every_link(make):
    links = [make.link(f"m{n}", url) for n, url in enumerate(TEN_SPELLINGS)]
    messages = {f"m{n}": make.message(f"m{n}", "ben", 20 - n) for n in range(len(TEN_SPELLINGS))}
    (space,) = storage_spaces(links, messages)
    assert (space.key, space.kind) == ("files.example.org/Ab3-dE_9xZ", "folder")
    assert [one.message for one in space.links] == [f"m{n}" for n in reversed(range(len(TEN_SPELLINGS)))]
    assert {one.subject for one in space.links} == {"space:files.example.org/Ab3-dE_9xZ"}
    assert space.links[0].rows == tuple(sorted([links[-1].provenance, messages["m10"].provenance]))


@pytest.mark.parametrize(
    ("url", "identifier", "kind"),
    [
        ("https://d.example/file/d/1AbCdEfG/view", "1AbCdEfG", "file"),
        ("https://d.example/drive/folders/1AbCdEfG", "1AbCdEfG", "folder"),
        ("https://d.example/d/1AbCdEfG", "1AbCdEfG", "unknown"),
        ("https://d.example/s/1AbCdEfG/download", "1AbCdEfG", "unknown"),
        ("https://d.example/en/shared/1AbCdEfG", "1AbCdEfG", "unknown"),
        ("https://d.example/f/1AbCdEfG", "1AbCdEfG", "file"),
        ("https://d.example/folder/1AbCdEfG/file/2HiJkLmN", "1AbCdEfG", "folder"),
        ("https://d.example/get?fid=1AbCdEfG", "1AbCdEfG", "unknown"),
        ("https://bücher.example/d/1AbCdEfG", "1AbCdEfG", "unknown"),
    ],
)
def test_storage_links_are_known_by_their_form(url, identifier, kind):
    space = space_of(url)
    assert (space.identifier, space.kind) == (identifier, kind)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/",
        "https://example.org/weather/tomorrow",
        "https://example.org/d/abc",
        "https://example.org/recipes/folder",
        "https://example.org/file/summer.html",
        "https://example.org/page?id=12",
        "https://example.org/folder/drive/",
        "rain tomorrow",
        "mailto:d/1AbCdEfG@example.org",
    ],
)
def test_plain_pages_are_not_spaces(url):
    assert space_of(url) is None


def test_the_case_of_an_identifier_and_the_host_count():
    one, two, three = (
        space_of(url)
        for url in ("https://a.example/d/AbCdEf", "https://a.example/d/abcdef", "https://b.example/d/AbCdEf")
    )
    assert len({one, two, three}) == 3


def test_a_space_is_found_even_where_nobody_says_who_sent_the_link(make):
    links = [make.link("m1", "https://a.example/d/AbCdEf"), make.link("m2", "https://a.example/d/AbCdEf")]
    (space,) = storage_spaces(links, {"m1": make.message("m1", None, 1)})
    assert [(one.group, one.account, one.message) for one in space.links] == [("g1", "", "m1"), ("", "", "m2")]
    assert all(one.rows for one in space.links)


def test_group_invitations_are_not_spaces_and_copies_add_rows_only(make):
    url = "https://a.example/d/AbCdEf"
    links = [make.link("m1", url), make.link("m1", url, device="phone-2"), make.link("m1", url, kind="preview")]
    (space,) = storage_spaces(links, {})
    assert len(space.links) == 1
    assert len(space.links[0].rows) == 2
    assert storage_spaces([make.link("m1", url, kind="group_invite")], {}) == []


def test_kinds_that_disagree_leave_it_unknown(make):
    urls = ["https://a.example/file/AbCdEf", "https://a.example/folder/AbCdEf"]
    (space,) = storage_spaces([make.link("m1", url) for url in urls], {})
    assert space.kind == "unknown"

"""The table and the page: what spreadsheets and browsers make of hostile texts, in both languages."""

import csv
import io
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.exchange.cells import cell
from sauveterre.exchange.package import OUTSIDE, confine
from sauveterre.exchange.writers.persons_csv import persons_csv
from sauveterre.exchange.writers.summary import summary_html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("  =1+1", "'  =1+1"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r\n=1", "\\n=1"),
        ("+cmd", "'+cmd"),
        ("+32460001122", "+32460001122"),
        ("+32 460 00 11 22", "+32 460 00 11 22"),
        ("+32460001122+cmd", "'+32460001122+cmd"),
        ("＝1", "'＝1"),
        ("plain = text", "plain = text"),
        ("a\x00b", "a\\x00b"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula_and_phones_stay_readable(text, expected):
    assert cell(text) == expected


@given(st.text(max_size=30))
def test_every_cell_is_one_harmless_line(text):
    result = cell(text)
    assert "\n" not in result
    assert "\r" not in result
    assert result.lstrip(" ")[:1] not in {"=", "-", "@", "\t"} or result.startswith("'")


def test_the_table_has_one_line_for_each_row_that_proves_something(package):
    data = persons_csv(confine(package))
    assert data.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    storm = [line for line in lines if line["label"] == "Storm <b>"]
    assert [line["statement"] for line in storm] == (
        ["identifier"] * 3 + ["attribution"] * 2 + ["indication"] + ["role"] * 2 + ["content"]
    )
    assert [line["basis"] for line in storm if line["statement"] == "role"] == ["fact", "assessment"]
    assert [line["value"] for line in storm[:2]] == ["+32460001122", "'=Storm & Co"]
    assert storm[0]["locator"] == "frame 4"
    assert storm[-1]["value"] == "cd" * 32
    assert {line["basis"] for line in lines if line["statement"] == "attribution"} == {"assessment", "judgement"}


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.open, self.language = [], [], None

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_stands_alone_and_is_well_formed(package, language):
    page = Page()
    text = summary_html(confine(package), language)
    page.feed(text)
    assert page.open == []
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "link", "iframe", "object", "b"}
    assert not any({"src", "href", "onclick"} & set(attributes) for _, attributes in page.tags)
    assert ("html", {"lang": language}) in page.tags
    assert "Storm &lt;b&gt;" in text
    assert "default-src 'none'" in text


def test_the_page_says_facts_and_assessments_in_its_language(package):
    english, french = (summary_html(confine(package), language) for language in ("en", "fr"))
    for text, fact, assessment, country in (
        (english, "fact", "assessment", "Belgium"),
        (french, "fait", "appréciation", "Belgique"),
    ):
        assert f'<span class="mark fact">{fact}</span>' in text
        assert f'<span class="mark assessment">{assessment}</span>' in text
        assert country in text
    assert OUTSIDE in english
    assert OUTSIDE not in french
    assert "(confidence 85%)" in english
    assert "1er novembre 2026 09:30 UTC" in french

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.network.urls import normalise


@pytest.mark.parametrize(
    ("written", "spelling"),
    [
        ("HTTPS://User:word@WWW.Example.ORG:443//Rain//Map/?utm_source=x&b=2&A=1#part", "example.org/Rain/Map?a=1&b=2"),
        ("http://example.org:80/%7Ecloud/%41%2f", "example.org/~cloud/A%2F"),
        ("http://example.org:8080/", "example.org:8080"),
        ("https://example.org:80/", "example.org:80"),
        ("example.org./rain).", "example.org/rain"),
        ("<https://example.org/rain>", "example.org/rain"),
        ("https://bücher.example/x", "xn--bcher-kva.example/x"),
        ("https://XN--BCHER-KVA.example/x", "xn--bcher-kva.example/x"),
        ("https://BU\u0308CHER。example/x", "xn--bcher-kva.example/x"),
        ("https://[2001:DB8:0::1]:443/x", "[2001:db8::1]/x"),
        ("//example.org/x?fbclid=1&amp;id=7", "example.org/x?id=7"),
        ("www.example", "www.example"),
    ],
)  # fmt: skip
def test_every_spelling_has_one_form(written, spelling):
    assert str(normalise(written)) == spelling


def test_sharp_s_is_another_host_than_double_s():
    assert normalise("https://faß.example/") != normalise("https://fass.example/")


@pytest.mark.parametrize(
    "text",
    ["", "rain", "mailto:a@example.org", "ftp://example.org/x", "https://", "https:///x", "https://exa mple.org/",
     "https://-example.org/", "https://[::rain]/x", "https://example.org/" + "a" * 5000, "https://a..example/",
     "https://" + "a" * 64 + ".example/", "javascript://example.org/"],
)  # fmt: skip
def test_what_is_no_web_address_is_none(text):
    assert normalise(text) is None


@given(st.text(max_size=80) | st.text(alphabet="htps:/w.[]%2Fe@?#&=é。\x00", max_size=60).map(lambda t: "https://" + t))
def test_no_text_breaks_it_and_a_spelling_is_its_own_spelling(text):
    address = normalise(text)
    if address is not None:
        assert all(address.host.split("."))
        assert address.host == address.host.lower()

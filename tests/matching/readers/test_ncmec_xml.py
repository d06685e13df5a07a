"""Answers of the hash-sharing interface: those of its public client's tests, dialects, damage, memory."""

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import MalformedList
from sauveterre.matching import lists
from sauveterre.matching.readers import ncmec_xml
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia, Withdrawal
from sauveterre.records.problem import Problem

FOLDER = "hashlists/ncmec_hash_sharing"


def read(data):
    return list(ncmec_xml.read(io.BytesIO(data), identity="sha256:00", name="rain.xml"))


def answer(entries, attributes="", after=""):
    return f"<queryResult><images{attributes}>{entries}</images>{after}</queryResult>".encode()


def entry(number, inside=""):
    prints = inside or f"<fingerprints><md5>{number:032x}</md5></fingerprints>"
    return f'<image><member id="7">Rain</member><id>cloud{number}</id>{prints}</image>'


def test_fixture_with_everything(fixtures):
    image, gone, video, gone_video, paging = lists.read_list(fixtures / FOLDER / "entries_xml.xml")

    assert [str(digest) for digest in image.hashes] == ["md5:" + "a1" * 16, "sha1:" + "a1" * 20]
    assert image.category == Category("industry-classification", "A1")
    assert image.entry == "42/image1"
    assert image.tags == "md5 affirmed by 1; sha1 disputed by 1 (Example Reason 1)"
    assert image.provenance.locator == "(//image)[1]"
    assert image.provenance.reader == "ncmec_xml"
    assert (gone.entry, gone.provenance.locator) == ("43/image4", "(//deletedImage)[1]")
    assert (video.entry, video.category, video.tags) == ("42/video1", None, "")
    assert isinstance(gone_video, Withdrawal)
    assert gone_video.entry == "42/video4"
    assert paging.provenance.locator == "paging/next"
    assert "further pages" in paging.what


def test_fixture_of_the_last_page_but_one_has_its_entry(fixtures):
    item, paging = lists.read_list(fixtures / FOLDER / "entries_xml2.xml")

    assert item.entry == "42/image10"
    assert str(item.hashes[1]) == "sha1:b1" + "a1" * 19
    assert isinstance(paging, Problem)


def test_fixture_with_large_fingerprints_gives_the_small_one(fixtures):
    (item,) = lists.read_list(fixtures / FOLDER / "entries_large_fingerprints.xml")

    assert [str(digest) for digest in item.hashes] == ["md5:" + "face" * 8]
    assert item.category == Category("industry-classification", "A2")


def test_fixture_without_entries_is_an_empty_list(fixtures):
    assert list(lists.read_list(fixtures / FOLDER / "entries_no_data_xml.xml")) == []


@pytest.mark.parametrize(
    ("name", "root"), [("status_xml", "status"), ("affirmative_feedback_xml", "feedbackSubmission")]
)
def test_fixtures_of_other_answers_say_what_they_are(fixtures, name, root):
    with pytest.raises(MalformedList, match=rf"{name}\.xml: this is no answer with entries but '{root}'"):
        list(lists.read_list(fixtures / FOLDER / f"{name}.xml"))


def test_prefixes_order_and_unknown_elements_do_not_matter():
    data = (
        b'<n:queryResult xmlns:n="urn:rain"><n:new/><n:videos><n:video><n:fingerprints><n:PDQ>' + b"0f" * 32 +
        b"</n:PDQ></n:fingerprints><n:x><n:id>no</n:id></n:x><n:id>1</n:id><n:member id='2'/></n:video></n:videos>"
        b"</n:queryResult>"
    )  # fmt: skip
    (item,) = read(data)

    assert str(item.hashes[0]) == "pdq:" + "0f" * 32
    assert item.entry == "2/1"


@pytest.mark.parametrize(
    ("prints", "what"),
    [
        ("<fingerprints><pdna>AA</pdna></fingerprints>", "the item has only pdna"),
        ("<fingerprints/>", "the item has no hash"),
        ("<fingerprints><md5>zz</md5></fingerprints>", "MD5 is not 32 hex digits"),
    ],
)
def test_an_entry_without_a_hash_is_named_and_the_next_is_read(prints, what):
    *problems, item = read(answer(entry(1, prints) + entry(2)))

    assert problems[0].what.startswith(what)
    assert problems[0].provenance.locator == "(//image)[1]"
    assert item.entry == "7/cloud2"


def test_an_entry_without_an_id_is_used_and_said():
    problem, item = read(answer(entry(1).replace("<id>cloud1</id>", "")))

    assert "no id" in problem.what
    assert item.entry == ""
    (nothing,) = read(answer('<deletedImage><member id="1"/></deletedImage>'))
    assert isinstance(nothing, Problem)


def test_fewer_entries_than_stated_is_said():
    _, problem = read(answer(entry(1), ' count="3"'))

    assert problem.what == "3 entries are stated and 1 are there"
    assert problem.provenance.locator == "images"


@pytest.mark.parametrize(
    "data",
    [b"", b"<queryResult>", b"rain", b"<!DOCTYPE a [<!ENTITY b 'c'>]><queryResult/>", b"<queryResult>" + b"<a>" * 99,
     b"<?xml version='1.0' encoding='rain'?><queryResult/>", b"<queryResult></queryResult><b/>"],
)  # fmt: skip
def test_what_cannot_be_followed(data):
    with pytest.raises(MalformedList, match=r"rain\.xml: .*; ask for the entries"):
        read(data)


@given(st.integers(0, 2_000))
def test_cut_anywhere_everything_before_the_cut_is_there(cut):
    whole = [entry(number) for number in range(9)]
    data = answer("".join(whole))
    found, start = [], len("<queryResult><images>")
    ends = [start + len("".join(whole[: k + 1])) for k in range(len(whole))]
    try:
        found.extend(ncmec_xml.read(io.BytesIO(data[:cut]), identity="", name="rain.xml"))
    except MalformedList:
        found = _before_damage(data[:cut])
        assert cut < len(data)
    assert len(found) == sum(end <= cut for end in ends)


def _before_damage(data):
    found = []
    with pytest.raises(MalformedList):
        for record in ncmec_xml.read(io.BytesIO(data), identity="", name="rain.xml"):
            found.append(record)
    return found


def test_a_value_without_an_end_is_not_kept_in_memory():
    data = b"<queryResult><images><image><id>" + b"x" * (ncmec_xml.MOST_SILENCE + 100_000)
    with pytest.raises(MalformedList, match="a single value is longer"):
        read(data)


def test_an_entry_of_many_values_keeps_its_bound():
    problem, item, after = read(answer(entry(1).replace("<id>", "<x/>" * 10 + "<id>").replace(
        "</image>", "<y/>" * 5_000 + "</image>") + entry(2)))  # fmt: skip

    assert "too large" in problem.what
    assert isinstance(item, ListedMedia)
    assert after.entry == "7/cloud2"


def test_memory_does_not_grow_with_the_list():
    peaks = []
    for count in (500, 5_000):
        stream = io.BytesIO(answer("".join(entry(number) for number in range(count))))
        tracemalloc.start()
        assert sum(1 for _ in ncmec_xml.read(stream, identity="", name="")) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000

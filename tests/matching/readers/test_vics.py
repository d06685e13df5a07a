"""Every dialect of VICS that the field has met, damage, and memory."""

import io
import json
import random
import tracemalloc

import pytest

from sauveterre.errors import MalformedList
from sauveterre.matching import json_events, lists
from sauveterre.matching.readers import vics
from sauveterre.records.category import Category
from sauveterre.records.digest import Digest
from sauveterre.records.hash_list import ListedFile, ListedMedia
from sauveterre.records.problem import Problem

MD5 = "0cc175b9c0f1b6a831c399e269772661"
SHA1 = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
SHA256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"


def test_fixture_list_of_two_oh(fixtures):
    items = list(lists.read_list(fixtures / "hashlists/vics_derived/vics20_hashlist_default_media.json"))
    assert [item.category.code for item in items] == ["0", "1", "2", "3", "5"]
    assert {item.category.scheme for item in items} == {"vics-default-list"}
    second = items[1]
    assert (second.victim_identified, second.offender_identified, second.distributed) == (True, False, True)
    assert items[0].victim_identified is None
    assert second.series == "SYNTH-SERIES-01"
    assert second.size == 1002
    assert [str(digest) for digest in second.hashes] == [
        "md5:59f78a4a8438289df25bf0b0f4449cc5",
        "sha1:2d9649c38edb45c8fbf176bcb6a009278660bbca",
    ]
    assert second.provenance.locator == "$.value[1]"
    assert second.provenance.reader == vics.NAME
    assert second.provenance.source.startswith("sha256:")


def test_fixture_case_with_byte_order_mark(fixtures):
    items = list(lists.read_list(fixtures / "hashlists/vics_derived/vics20_us_cases_bom_quirks.json"))
    assert [item.provenance.locator for item in items] == [f"$.value[0].Media[{k}]" for k in range(3)]
    assert [item.category for item in items] == [None, None, None]
    assert items[0].files == (ListedFile("a.jpg", "/DCIM/a.jpg"),)
    assert items[2].hashes == (Digest("md5", "f" * 32),)


def test_fixture_of_model_one_two(fixtures):
    (item,) = lists.read_list(fixtures / "hashlists/vics_derived/caid12_nist_media.json")
    assert item.category == Category("vics-default-list", "5")
    assert item.size == 512


@pytest.mark.parametrize(
    ("stated", "code"),
    [(1, "1"), ("2", "2"), (" 3 ", "3"), (0, "0"), ("", None), (None, None), (1.0, "1"), ("A", "A"), ("007", "7")],
)
def test_categories_of_a_list(vics_bytes, read_vics, stated, code):
    (item,) = read_vics(vics_bytes([{"MD5": MD5, "Category": stated}], "US"))
    assert item.category == (Category("vics-us-list", code) if code else None)


@pytest.mark.parametrize(("stated", "code"), [(0, None), ("0", None), (None, None), (2, "2"), ("", None)])
def test_categories_of_a_case(vics_bytes, read_vics, stated, code):
    case = {"CaseID": "1", "Media": [{"MD5": MD5, "Category": stated}]}
    (item,) = read_vics(vics_bytes([case], "UK", "Cases"))
    assert item.category == (Category("vics-uk-case", code) if code else None)


@pytest.mark.parametrize(
    ("stated", "flag"),
    [
        (True, True),
        ("true", True),
        ("True", True),
        (1, True),
        (False, False),
        ("False", False),
        ("0", False),
        ("", None),
    ],
)
def test_flags(vics_bytes, read_vics, stated, flag):
    (item,) = read_vics(vics_bytes([{"MD5": MD5, "IsDistributed": stated}]))
    assert item.distributed is flag
    assert item.victim_identified is None


def test_all_hashes_names_and_files(vics_bytes, read_vics):
    media = {
        "MD5": MD5.upper(), "SHA1": SHA1.upper(), "MediaSize": "9007199254740993", "PhotoDNA": "AAAA",
        "Tags": ["rain", {"Name": "snow"}], "Series": {"Name": "clouds"}, "Exifs": [{"MD5": "no"}] * 3,
        "AlternativeHashes": [
            {"HashName": "SHA-256", "HashValue": SHA256.upper()}, {"HashName": "pdq", "HashValue": PDQ},
            {"HashName": "PhotoDNA", "HashValue": "AAAA"},
        ],
        "MediaFiles": [{"FileName": "a.jpg", "FilePath": "C:\\x"}, {"FileName": "b.jpg"}],
    }  # fmt: skip
    (item,) = read_vics(vics_bytes([media]))
    assert item == ListedMedia(
        hashes=(Digest("md5", MD5), Digest("sha1", SHA1), Digest("sha256", SHA256), Digest("pdq", PDQ)),
        category=None,
        provenance=item.provenance,
        size=9007199254740993,
        series="clouds",
        tags="rain, snow",
        files=(ListedFile("a.jpg", "C:\\x"), ListedFile("b.jpg", "")),
    )


def test_model_one_three_and_braces_and_lines(read_vics):
    text = (
        '{"odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Cases",\r\n'
        '"value": [{"CaseID": "{1}",\r\n"Media@odata.navigationLinkUrl": "x", "Media": ['
        f'{{"odata.id": "y", "MD5": "{MD5}", "Category": 1}}]}}]}}'
    )
    (item,) = read_vics(text.encode())
    assert item.category == Category("vics-default-case", "1")


@pytest.mark.parametrize(
    "wrong", [{}, {"MD5": ""}, {"MD5": None}, {"MD5": "xyz", "SHA1": SHA1}, {"MD5": 5}, 12, None, [], ["x"], "text"]
)
def test_an_item_without_a_key_is_named_and_the_next_is_read(vics_bytes, read_vics, wrong):
    records = read_vics(vics_bytes([{"MD5": MD5}, wrong, {"MD5": MD5}]))
    problems = [record for record in records if isinstance(record, Problem)]
    items = [record.provenance.locator for record in records if isinstance(record, ListedMedia)]
    assert items == ["$.value[0]", "$.value[2]"]
    assert problems
    assert {problem.provenance.locator for problem in problems} == {"$.value[1]"}


@pytest.mark.parametrize(
    ("key", "value"),
    [("SHA1", "zz"), ("Category", {"x": 1}), ("MediaSize", "big"), ("MediaSize", -1), ("IsDistributed", "maybe")],
)
def test_a_wrong_value_costs_itself_only(vics_bytes, read_vics, key, value):
    problem, item = read_vics(vics_bytes([{"MD5": MD5, key: value}]))
    assert key in problem.what
    assert item.hashes == (Digest("md5", MD5),)
    assert item.size is None


def test_bytes_that_are_not_utf8_cost_a_name_and_a_problem(vics_bytes, read_vics):
    data = vics_bytes([{"MD5": MD5, "Tags": "n?ge"}, {"MD5": MD5}]).replace(b"n?ge", b"n\xe9ge")
    records = read_vics(data)
    assert [record.tags for record in records if isinstance(record, ListedMedia)] == ["n\ufffdge", ""]
    assert sum(isinstance(record, Problem) for record in records) == 1


def test_a_huge_item_keeps_its_bound(vics_bytes, read_vics):
    files = [{"FileName": f"{k}.jpg", "FilePath": "x" * 100} for k in range(40_000)]
    problem, item, after = read_vics(vics_bytes([{"MD5": MD5, "MediaFiles": files}, {"MD5": MD5}]))
    assert "too large" in problem.what
    assert 0 < len(item.files) < len(files)
    assert after.files == ()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"12", b"null", b"{}", b'{"value": 3}', b'{"value": {}}', b'{"value": [{"MD5": 1' + b"0" * 5000,
        b'{"value": ' + b"[" * 100_000, b'{"value": [{"MediaFiles": ' + b'{"a":' * 90_000, b'{"value": [}',
        b'{"value": [{"MediaSize": 1e9999999999999999999999}]}', b"\xff\xfe{\x00", b'{"value": []} more',
    ],
)  # fmt: skip
def test_what_cannot_be_followed(read_vics, data):
    with pytest.raises(MalformedList, match=r"films\.json: .*value"):
        read_vics(data)


def test_broken_in_the_middle_everything_before_is_there(vics_bytes):
    data = vics_bytes([{"MD5": MD5}, {"MD5": MD5}, "BREAK", {"MD5": MD5}]).replace(b'"BREAK"', b"}")
    found = []
    with pytest.raises(MalformedList, match=r"the JSON breaks in or behind item \$\.value\[2\]"):
        _taken(vics.read(io.BytesIO(data), identity="", name="films.json"), found)
    assert [item.provenance.locator for item in found] == ["$.value[0]", "$.value[1]"]


@pytest.mark.parametrize("before", [0, 14_000, json_events.CHUNK - 30, json_events.CHUNK])
@pytest.mark.parametrize("digits", [1_990, 3_900, 5_000, 50_000])
def test_a_number_of_thousands_of_digits_harms_no_more_than_its_list(vics_bytes, before, digits):
    data = vics_bytes([{"MD5": MD5, "Tags": "x" * before}, {"MediaSize": 987654, "MD5": MD5}])
    data = data.replace(b"987654", b"9" * digits)
    found = []
    try:
        _taken(vics.read(io.BytesIO(data), identity="", name="films.json"), found)
    except MalformedList as error:
        assert digits > 3_000
        assert "thousands of digits" in str(error)
    else:
        assert digits < 5_000
        assert isinstance(found[1], Problem)
    assert isinstance(found[0], ListedMedia)


def test_a_value_without_an_end_is_not_kept_in_memory():
    class Endless(io.RawIOBase):
        sent = 0

        def readinto(self, buffer):
            buffer[:] = b'{"value": ["'.ljust(len(buffer), b"x") if not self.sent else b"x" * len(buffer)
            self.sent += len(buffer)
            return len(buffer)

    stream = Endless()
    with pytest.raises(MalformedList, match="one value takes more than"):
        list(vics.read(stream, identity="sha256:00", name="films.json"))
    assert stream.sent < 2 * json_events.MOST_BYTES_IN_ONE_VALUE


def test_cut_anywhere_everything_before_the_cut_is_there(vics_bytes):
    values = [{"MediaID": k, "MD5": f"{k:032x}", "MediaSize": k, "MediaFiles": [{"FileName": "é"}]} for k in range(500)]
    data = vics_bytes(values)
    ends, at = [], data.index(b"[") + 1
    for value in values:
        at += len(json.dumps(value)) + (2 if ends else 0)
        ends.append(at)
    assert data[ends[-1] :] == b"]}"
    for cut in [0, 1, len(data) - 1, *random.Random(7).sample(range(len(data)), 100)]:
        found = []
        with pytest.raises(MalformedList, match="ends too early") as caught:
            found.extend(_taken(vics.read(io.BytesIO(data[:cut]), identity="", name="films.json"), found))
        whole = sum(end <= cut for end in ends)
        assert [item.size for item in found] == list(range(whole)), cut
        assert f"item $.value[{whole}]" in str(caught.value)
        assert f"bytes {cut:,}" in str(caught.value)


def _taken(records, found):
    for record in records:
        found.append(record)
    return []


@pytest.mark.parametrize("of", ["Media", "Cases"])
def test_memory_does_not_grow_with_the_list(vics_bytes, of):
    media = [{"MD5": f"{k:032x}", "MediaFiles": [{"FileName": "a" * 50}], "Exifs": [{"a": "b"}]} for k in range(10_000)]
    data = vics_bytes(media if of == "Media" else [{"CaseID": "1", "Media": media}], of=of)
    peaks = []
    for part in (media[:1000], media):
        data = vics_bytes(part if of == "Media" else [{"CaseID": "1", "Media": part}], of=of)
        stream = io.BytesIO(data)
        tracemalloc.start()
        count = sum(1 for _ in vics.read(stream, identity="", name=""))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count == len(part)
    assert peaks[1] < peaks[0] + 200_000
    assert peaks[1] < 2_000_000

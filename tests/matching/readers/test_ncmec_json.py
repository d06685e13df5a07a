"""Hash sharing in JSON: the names of the XML, and the records that its public client keeps; damage, memory."""

import io
import json
import tracemalloc

import pytest
from defusedxml.ElementTree import parse
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import MalformedList
from sauveterre.matching import lists
from sauveterre.matching.readers import ncmec_json, ncmec_xml
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia, Withdrawal
from sauveterre.records.problem import Problem


def read(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(ncmec_json.read(io.BytesIO(data), identity="sha256:00", name="rain.json"))


def entry(number, **more):
    prints = {"md5": f"{number:032x}", "pdna": "x"}
    return {"member": {"id": 7, "name": "Rain"}, "id": f"cloud{number}", "fingerprints": prints, **more}


def test_an_answer_in_the_names_of_the_xml():
    images = {"image": [entry(1, classification="A1"), entry(2)], "deletedImage": [{"member": {"id": 7}, "id": "fog"}]}
    answer = {"queryResult": {"images": images, "videos": {"video": entry(3)}, "paging": {"next": "/v2/entries?x"}}}
    first, second, gone, single, more = read(answer)
    assert [str(one) for one in first.hashes] == [f"md5:{1:032x}"]
    assert (first.category, first.entry) == (Category("industry-classification", "A1"), "7/cloud1")
    assert first.provenance.locator == "$.queryResult.images.image[0]"
    assert (second.category, second.entry) == (None, "7/cloud2")
    assert isinstance(gone, Withdrawal)
    assert gone.entry == "7/fog"
    assert (single.entry, single.provenance.locator) == ("7/cloud3", "$.videos.video")
    assert isinstance(more, Problem)
    assert "further pages" in more.what


@pytest.mark.parametrize("form", ["array", "lines", "named"])
def test_records_of_the_client(form):
    prints = {"md5": "ab" * 16, "pdq": "cd" * 32}
    rows = [
        {"id": "cloud1", "entry_type": "image", "deleted": False, "classification": "B2", "fingerprints": prints},
        {"id": "fog", "entry_type": "video", "deleted": True, "fingerprints": {}},
    ]
    rows = [{"member_id": 7, **row} for row in rows]
    lines = "\n".join(map(json.dumps, rows)).encode()
    item, gone = read({"array": rows, "lines": lines, "named": {"updates": rows}}[form])
    assert [str(one) for one in item.hashes] == ["md5:" + "ab" * 16, "pdq:" + "cd" * 32]
    assert (item.category.code, item.entry) == ("B2", "7/cloud1")
    assert gone == Withdrawal("7/fog", gone.provenance)


def test_the_same_entries_as_in_the_xml(fixtures):
    path = fixtures / "hashlists/ncmec_hash_sharing/entries_xml.xml"
    with path.open("rb") as stream:
        told = list(ncmec_xml.read(stream, identity="sha256:00", name="rain.xml"))
    known = read(as_json(parse(path).getroot()))
    assert essence(known) == essence(told)
    assert len(essence(told)) == 4


def as_json(root):
    """The answer with every element as an object, and an array of those that repeat."""
    sets = {}
    for kind in root:
        if local(kind) in ("images", "videos"):
            held = sets.setdefault(local(kind), {})
            for one in kind:
                held.setdefault(local(one), []).append(
                    {local(part): value(part) for part in one if local(part) != "feedback"}
                )
    return {"queryResult": sets}


def value(part):
    if local(part) == "member":
        return {"id": part.get("id"), "name": part.text}
    return {local(inner): inner.text for inner in part} if len(part) else part.text


def local(element):
    return element.tag.rpartition("}")[2]


def essence(records):
    return [
        (type(one), one.entry, getattr(one, "hashes", ()), getattr(one, "category", None))
        for one in records
        if isinstance(one, ListedMedia | Withdrawal)
    ]


def test_it_is_known_by_its_names_and_others_are_not():
    assert lists.recognise(json.dumps({"queryResult": {}}).encode()).NAME == "ncmec_json"
    assert lists.recognise(json.dumps([entry(1)]).encode()).NAME == "ncmec_json"
    assert not ncmec_json.recognises(b'{"pdq": "00"}')
    assert not ncmec_json.recognises(b'<queryResult "fingerprints">')


def test_what_is_wrong_is_said_and_the_rest_read():
    bare, unnamed, odd, none, good = read([entry(1, id=""), entry(2, fingerprints={"md5": "rain"}), entry(3)])
    assert "no id" in bare.what
    assert (unnamed.entry, unnamed.hashes[0].hex) == ("", f"{1:032x}")
    assert "MD5 is not 32 hex digits" in odd.what
    assert "no hash" in none.what or "nothing that can be matched" in none.what
    assert good.entry == "7/cloud3"
    with pytest.raises(MalformedList, match="neither images nor videos"):
        read({"queryResult": {"rain": 1}})
    with pytest.raises(MalformedList, match=r"rain\.json"):
        read(json.dumps([entry(1)]).encode()[:-20])


NAMES = ["queryResult", "images", "image", "deletedImage", "id", "member", "fingerprints", "md5"]
SCALARS = st.none() | st.integers() | st.text()
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
)


@given(st.binary(max_size=200) | TREES.map(lambda tree: json.dumps(tree).encode()))
def test_nothing_but_records_and_one_error_comes_out(data):
    try:
        records = read(data)
    except MalformedList:
        return
    assert all(isinstance(one, ListedMedia | Withdrawal | Problem) for one in records)


def test_memory_does_not_grow_with_the_list():
    def peak(count):
        data = json.dumps({"queryResult": {"images": {"image": [entry(number) for number in range(count)]}}}).encode()
        tracemalloc.start()
        found = sum(1 for _ in ncmec_json.read(io.BytesIO(data), identity="sha256:00", name="rain.json"))
        most = tracemalloc.get_traced_memory()[1] - len(data)
        tracemalloc.stop()
        assert found == count
        return most

    assert peak(4_000) < peak(400) + 300_000

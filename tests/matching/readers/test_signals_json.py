"""Signals in JSON: both exchanges, HMA's bodies, damage, bounds, memory."""

import io
import json
import tracemalloc

import pytest

from sauveterre.errors import MalformedList
from sauveterre.matching import lists
from sauveterre.matching.readers import signals_json
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia, Withdrawal
from sauveterre.records.problem import Problem
from sauveterre.records.video import HashedFrame
from sauveterre.records.vpdq import vpdq_json

PDQ, MD5 = "0f" * 32, "0" * 31 + "a"


def read(value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(signals_json.read(io.BytesIO(data), identity="sha256:00", name="rain.json"))


def update(number, **changed):
    opinions = [{"owner": {"id": "1"}, "status": "MALICIOUS", "tags": {"data": [{"text": "rain"}]}}]
    record = {"id": f"{number}", "indicator": PDQ, "type": "HASH_PDQ", "last_updated": 5, "should_delete": False}
    return record | {"descriptors": {"data": opinions}} | changed


def test_an_answer_of_threatexchange():
    more = {"data": [{"status": "MALICIOUS"}, {"status": "UNKNOWN", "tags": {"data": [{"text": "snow"}]}}]}
    first, gone, third, paging = read({
        "data": [update(1), update(2, should_delete=True), update(3, type="HASH_MD5", indicator=MD5, descriptors=more)],
        "paging": {"next": "https://example.org"},
    })  # fmt: skip

    assert [str(digest) for digest in first.hashes] == [f"pdq:{PDQ}"]
    assert first.category == Category("threatexchange-status", "MALICIOUS")
    assert (first.tags, first.entry, first.provenance.locator) == ("rain", "1", "$.data[0]")
    assert gone == Withdrawal("2", gone.provenance)
    assert gone.provenance.locator == "$.data[1]"
    assert (str(third.hashes[0]), third.category) == (f"md5:{MD5}", None)
    assert third.tags == "snow; MALICIOUS by 1; UNKNOWN by 1"
    assert "further pages" in paging.what


def test_an_answer_of_stopncii():
    records = [
        {"hashValue": PDQ, "signalType": "ImagePDQ", "hashStatus": "Active",
         "CSPFeedbacks": [{"feedbackValue": "Blocked"}, {"feedbackValue": "None"}]},
        {"hashValue": MD5, "signalType": "VideoMD5", "hashStatus": "Withdrawn"},
    ]  # fmt: skip
    item, gone, more = read({"count": 2, "hasMoreRecords": True, "hashRecords": records})

    assert (str(item.hashes[0]), item.category, item.tags) == (f"pdq:{PDQ}", None, "status Active; Blocked by 1")
    assert (item.entry, gone.entry) == (f"ImagePDQ/{PDQ}", f"VideoMD5/{MD5}")
    assert isinstance(gone, Withdrawal)
    assert isinstance(more, Problem)


def test_bodies_for_hma_one_a_line():
    first, second = read(json.dumps({"pdq": PDQ}).encode() + b"\n" + json.dumps({"video_md5": MD5, "pdq": ""}).encode())

    assert [str(item.hashes[0]) for item in (first, second)] == [f"pdq:{PDQ}", f"md5:{MD5}"]
    assert [item.provenance.locator for item in (first, second)] == ["$", "$[1]"]


def test_an_outermost_array_is_read_too():
    (item,) = read([{"pdq": PDQ}])

    assert item.provenance.locator == "$[0]"


@pytest.mark.parametrize("wrong", [5, None, [], [{"pdq": PDQ}], "x", {}, {"indicator": "zz", "type": "HASH_PDQ"}])
def test_what_is_no_item_is_named_and_the_next_is_read(wrong):
    *problems, item = read({"data": [wrong, update(1)]})

    assert {problem.provenance.locator for problem in problems} == {"$.data[0]"}
    assert {type(problem) for problem in problems} == {Problem}
    assert item.provenance.locator == "$.data[1]"


@pytest.mark.parametrize(
    "data",
    [b"", b"12", b"{}", b'{"data": 3}', b'{"data": [', b'{"data": [}', b"[" * 100_000, b'{"a":' * 100_000,
     b'{"data": [{"id": ' + b"1" * 5_000, b'{"rain": [{"indicator": "x"}]}'],
)  # fmt: skip
def test_what_cannot_be_followed(data):
    with pytest.raises(MalformedList, match=r"rain\.json: .*; the 0 items before it were read"):
        read(data)


def test_an_empty_answer_is_an_empty_list():
    assert read({"data": []}) == []


def test_a_huge_item_keeps_its_bound():
    problem, item, after = read({"data": [update(1, x=["y"] * 60_000), update(2)]})

    assert "too large" in problem.what
    assert isinstance(item, ListedMedia)
    assert after.entry == "2"


@pytest.mark.parametrize("value", [{"data": [update(1)]}, {"hashRecords": []}, [{"pdq": PDQ}]])
def test_recognised(value):
    assert lists.recognise(json.dumps(value).encode()).NAME == "signals_json"


def test_memory_does_not_grow_with_the_list():
    peaks = []
    for count in (500, 5_000):
        stream = io.BytesIO(json.dumps({"data": [update(k) for k in range(count)]}).encode())
        tracemalloc.start()
        assert sum(1 for _ in signals_json.read(stream, identity="", name="")) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000


def test_the_frames_of_a_film_and_what_stands_beside_them():
    frames = (HashedFrame(0, bytes.fromhex(PDQ), 90, 0.0), HashedFrame(1, bytes(32), 0, 1.0))
    assert lists.recognise(json.dumps({"vpdq": vpdq_json(frames)}).encode()) is signals_json
    (film,) = read({"vpdq": vpdq_json(frames), "video_md5": MD5, "other": "rain"})
    assert ([str(digest) for digest in film.hashes], film.frames) == ([f"md5:{MD5}"], frames)
    (alone,) = read({"data": [update(1, type="HASH_VIDEO_VPDQ", indicator=vpdq_json(frames))]})
    assert (alone.hashes, alone.frames, alone.entry) == ((), frames, "1")
    (tmk,) = read({"data": [update(1, type="HASH_TMK", indicator="rain")]})
    assert "the item has only tmk" in tmk.what

"""Signals of ThreatExchange and HMA as a table."""

import io

import pytest

from sauveterre.errors import MalformedList
from sauveterre.matching import lists
from sauveterre.matching.readers import signals_csv
from sauveterre.records.category import Category
from sauveterre.records.problem import Problem
from sauveterre.records.video import HashedFrame
from sauveterre.records.vpdq import vpdq_json

HEAD = "collab,signal_type,signal_str,category,tags\r\n"
PDQ, MD5 = "0f" * 32, "0" * 31 + "a"


def read(text):
    return list(signals_csv.read(io.BytesIO(text.encode()), identity="sha256:00", name="rain.csv"))


@pytest.mark.parametrize(
    ("kind", "value", "digest"),
    [("pdq", PDQ.upper(), f"pdq:{PDQ}"), ("video_md5", MD5, f"md5:{MD5}"), ("HASH_VIDEO_MD5", MD5, f"md5:{MD5}"),
     ("HASH_SHA256", PDQ, f"sha256:{PDQ}")],
)  # fmt: skip
def test_types_of_signals(kind, value, digest):
    (item,) = read(f'{HEAD}Skies,{kind},{value},POSITIVE_CLASS,"rain, snow"\r\n')

    assert [str(found) for found in item.hashes] == [digest]
    assert item.category == Category("threatexchange-opinion", "POSITIVE_CLASS")
    assert (item.tags, item.provenance.locator) == ("rain, snow", "line 2")


@pytest.mark.parametrize(
    ("kind", "value", "what"),
    [
        ("url", "example.org", "the item has only url"),
        ("pdq", MD5, "PDQ is not 64 hex digits"),
        ("", "", "the item has"),
    ],
)
def test_a_signal_that_cannot_be_matched_is_named_and_the_next_is_read(kind, value, what):
    *problems, item = read(f"{HEAD}Skies,{kind},{value},,x\r\nSkies,pdq,{PDQ},,\r\n")

    assert problems[0].what.startswith(what)
    assert {type(problem) for problem in problems} == {Problem}
    assert {problem.provenance.locator for problem in problems} == {"line 2"}
    assert item.category is None


def test_known_by_its_head():
    assert lists.recognise(HEAD.encode()).NAME == "signals_csv"
    with pytest.raises(MalformedList, match="names none of the columns signalstr"):
        read("collab,tags\n")


def test_the_frames_of_a_film_are_one_signal_however_long_it_is():
    frames = tuple(HashedFrame(number, bytes.fromhex(PDQ), 90, float(number)) for number in range(3_000))
    quoted = vpdq_json(frames).replace('"', '""')
    film, bad = read(f'{HEAD}Skies,video_vpdq,"{quoted}",POSITIVE_CLASS,rain\r\nSkies,vpdq,"[1]",,\r\n')
    assert (film.hashes, film.frames, film.tags) == ((), frames, "rain")
    assert isinstance(bad, Problem)
    assert bad.what.startswith("vPDQ: item 0 of the film's hashes is not hash,quality,seconds")

"""Lists that a child reads: the same records, in their order, however they end."""

import json
import sqlite3
from contextlib import closing

import pytest

from sauveterre.errors import MalformedList, UnreadableSource
from sauveterre.matching.lists import read_list
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline import list_streaming
from sauveterre.pipeline.known import open_built
from sauveterre.pipeline.list_building import Part
from sauveterre.pipeline.list_reading import build_apart
from sauveterre.pipeline.list_streaming import stream_file, stream_version
from sauveterre.records.hash_list import ListedMedia
from sauveterre.records.limits import Limits

MD5 = "0cc175b9c0f1b6a831c399e269772661"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(1, Limits()) as opened:
        yield opened


def test_records_come_as_they_are_read_here(sandbox, tmp_path):
    path = tmp_path / "rain.txt"
    path.write_text("".join(f"{number:032x},{number % 3}\n" for number in range(1_700)) + "no hash\n")

    assert list(stream_file(sandbox, path)) == list(read_list(path))
    assert list(stream_version(sandbox, [Part(path, "1")])) == list(read_list(path))


def test_what_stands_before_damage_is_handed_over_first(sandbox, tmp_path):
    path = tmp_path / "rain.json"
    path.write_text(json.dumps({"value": [{"MD5": f"{number:032x}"} for number in range(700)]})[:-2] + ", {")
    got = []
    with pytest.raises(MalformedList, match=r"rain\.json: the file ends too early"):
        got.extend(stream_file(sandbox, path))
    assert len(got) == 700
    assert {type(record) for record in got} == {ListedMedia}


def test_a_reader_that_is_left_leaves_nothing_behind(sandbox, tmp_path):
    path = tmp_path / "rain.txt"
    path.write_text("".join(f"{number:032x}\n" for number in range(20_000)))
    stream = stream_file(sandbox, path)
    assert next(stream).hashes[0].hex == "0" * 32
    stream.close()

    assert len(list(stream_file(sandbox, path))) == 20_000
    assert not list(sandbox.scratch.glob("records-*"))


def test_a_child_that_dies_costs_one_sentence(sandbox, tmp_path, monkeypatch):
    path = tmp_path / "rain.txt"
    path.write_text(f"{MD5}\n" * 20_000)
    monkeypatch.setattr(list_streaming, "LONGEST_SECONDS", 0.001)

    with pytest.raises(UnreadableSource, match=r"rain\.txt was given up: reading took longer than"):
        list(stream_file(sandbox, path))
    with pytest.raises(UnreadableSource, match=r"none\.txt cannot be read"):
        list(stream_file(sandbox, tmp_path / "none.txt"))


def test_a_database_is_built_in_a_child_too(sandbox, tmp_path):
    path = tmp_path / "rain.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE FILE (md5 TEXT, file_name TEXT)")
        made.executemany("INSERT INTO FILE VALUES (?, ?)", [(f"{number:032x}", "a") for number in range(20)])
        made.commit()

    reading = build_apart(sandbox, [Part(path, "1")], sandbox.scratch / "built", name="Rain", version="1")
    assert (reading.reader, reading.items, reading.origin.publisher) == ("nsrl", 20, "NIST NSRL")
    assert len(open_built(sandbox.scratch / "built")) == 20

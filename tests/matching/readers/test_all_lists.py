"""All formats together: every list of the fixtures, and lists of every format with bytes changed at random."""

import io
import json
import random
import sqlite3
from contextlib import closing

import pytest

from sauveterre.errors import SauveterreError
from sauveterre.matching import lists
from sauveterre.matching.readers import READERS
from sauveterre.records.hash_list import ListedMedia, Withdrawal
from sauveterre.records.problem import Problem

MD5, PDQ = "0cc175b9c0f1b6a831c399e269772661", "0f" * 32
NOT_LISTS = {"ProjectVicDataModel.2.0.xml", "status_xml.xml", "affirmative_feedback_xml.xml"}
TEXTS = {
    "vics": json.dumps({"value": [{"MD5": MD5, "MediaFiles": [{"FileName": "a"}]}] * 20}),
    "ncmec_xml": "<queryResult><images count='20'>"
    + f"<image><member id='1'/><id>2</id><fingerprints><md5>{MD5}</md5></fingerprints></image>" * 20
    + "</images><paging><next>x</next></paging></queryResult>",
    "ncmec_json": json.dumps([{"id": "2", "member_id": 1, "fingerprints": {"md5": MD5}}] * 20),
    "icse_csv": "MD5;Image ID;Baseline;Series name\n" + f'{MD5};1;1;"rain"\n' * 20,
    "signals_csv": "collab,signal_type,signal_str\n" + f"a,pdq,{PDQ}\n" * 20,
    "signals_json": json.dumps({"data": [{"id": "1", "type": "HASH_PDQ", "indicator": PDQ}] * 20, "paging": {}}),
    "hash_csv": "md5,files,size,escaped\n" + f'{MD5},"[[""a"", ""b""]]",1,true\n' * 20,
    "plain": f"{MD5},1\n" * 20,
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """A valid list of each format, of 20 items."""
    path = tmp_path_factory.mktemp("nsrl") / "rain.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE FILE (md5 TEXT, file_name TEXT, file_size INT)")
        made.executemany("INSERT INTO FILE VALUES (?, ?, ?)", [(MD5, "a" * 300, 1)] * 20)
        made.commit()
    return {"nsrl": path.read_bytes(), **{name: text.encode() for name, text in TEXTS.items()}}


def outcome(reader, data):
    found = []
    try:
        for record in reader.read(io.BytesIO(data), identity="sha256:00", name="rain"):
            found.append(record)
    except SauveterreError as error:
        return found, str(error)
    return found, ""


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.NAME)
def test_a_valid_list_is_recognised_by_its_own_reader_first_and_read(reader, samples):
    data = samples[reader.NAME]
    found, error = outcome(reader, data)

    assert lists.recognise(data[: lists.HEAD]) is reader
    assert sum(isinstance(record, ListedMedia) for record in found) == 20
    assert error == ""


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.NAME)
def test_whatever_byte_is_changed_each_record_or_the_end_has_its_reason(reader, samples):
    chance = random.Random(reader.NAME)
    for _ in range(150):
        data = bytearray(samples[reader.NAME])
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.choice([0, 34, 60, 92, 123, 255, chance.randrange(256)])
        found, error = outcome(reader, bytes(data[: chance.choice([len(data), chance.randrange(len(data))])]))

        assert all(isinstance(record, ListedMedia | Withdrawal | Problem) for record in found)
        assert all(record.what for record in found if isinstance(record, Problem))
        assert all(record.provenance.locator for record in found)
        assert not error or error.startswith("rain: ")


def test_every_list_of_the_fixtures_is_read_and_what_is_none_is_refused(fixtures):
    paths = [path for path in (fixtures / "hashlists").rglob("*") if path.is_file()]
    counts = {}
    for path in sorted(paths):
        if path.name in NOT_LISTS:
            with pytest.raises(SauveterreError):
                list(lists.read_list(path))
        else:
            records = list(lists.read_list(path))
            counts[path.name] = tuple(
                sum(isinstance(record, kind) for record in records) for kind in (ListedMedia, Withdrawal, Problem)
            )
    assert counts == {
        "caid12_nist_media.json": (1, 0, 0),
        "entries_large_fingerprints.xml": (1, 0, 0),
        "entries_no_data_xml.xml": (0, 0, 0),
        "entries_xml.xml": (2, 2, 1),
        "entries_xml2.xml": (1, 0, 1),
        "icse_export_header_synthetic.csv": (1, 0, 0),
        "vics20_hashlist_default_media.json": (5, 0, 0),
        "vics20_us_cases_bom_quirks.json": (3, 0, 0),
    }

"""Lists made ready to be matched: versions of one file, and of a file and its differences."""

import json
from datetime import date

import pytest

from sauveterre.errors import LimitExceeded
from sauveterre.matching.origins import origin_of
from sauveterre.pipeline import list_building
from sauveterre.pipeline.known import look_up, open_built
from sauveterre.pipeline.list_building import Part, build_list, build_version, records_of
from sauveterre.records.hash_list import ListedMedia, Origin, Trust

MD5S = [f"{number:032x}" for number in range(10)]


def image(entry, md5, code="B2"):
    return (
        f'<image><member id="7">Rain</member><id>{entry}</id><classification>{code}</classification>'
        f"<fingerprints><md5>{md5}</md5></fingerprints></image>"
    )


def deleted(entry):
    return f'<deletedImage><member id="7">Rain</member><id>{entry}</id></deletedImage>'


def page(path, *entries, stamp="2026-05-31T08:00:00Z"):
    path.write_text(
        '<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">'
        f'<images count="{len(entries)}" maxTimestamp="{stamp}">{"".join(entries)}</images></queryResult>'
    )
    return path


def standing(known):
    """What stands in a version: the MD5 of each item, its category and its place."""
    digests = {int(item): row.tobytes().hex() for rows, items in known.exact.rows("md5", 100)
               for row, item in zip(rows, items, strict=True)}  # fmt: skip
    return {digests[item]: (known.category(item).code, known.locator(item)) for item in range(len(known))}


def test_what_a_whole_list_takes_back_itself_does_not_stand_in_it(tmp_path):
    file = page(tmp_path / "page.xml", image("a", MD5S[0]), image("b", MD5S[1]), deleted("b"), deleted("never"))
    reading = build_list(file, tmp_path / "built", name="Rain", version="1")

    assert (reading.reader, reading.items, reading.scheme) == ("ncmec_xml", 1, "industry-classification")
    assert (reading.problem_count, reading.takes_back) == (0, 2)
    assert reading.origin == Origin("NCMEC hash sharing", date(2026, 5, 31))
    built = open_built(tmp_path / "built")
    assert standing(built) == {MD5S[0]: ("B2", "(//image)[1]")}
    assert look_up([], [built]) == []


def test_differences_give_take_back_and_change(tmp_path):
    parts = (
        Part(page(tmp_path / "a.xml", *(image(f"e{k}", MD5S[k]) for k in range(4))), "1"),
        Part(page(tmp_path / "b.xml", deleted("e1"), image("e2", MD5S[2], "A1"), image("e9", MD5S[9])), "2"),
        Part(page(tmp_path / "c.xml", deleted("e9"), deleted("e8"), image("e1", MD5S[1])), "3"),
    )
    build_version(parts[:2], tmp_path / "second", name="Rain", version="2")
    reading = build_version(parts, tmp_path / "third", name="Rain", version="3")

    assert standing(open_built(tmp_path / "second")) == {
        MD5S[0]: ("B2", "1: (//image)[1]"), MD5S[3]: ("B2", "1: (//image)[4]"),
        MD5S[2]: ("A1", "2: (//image)[1]"), MD5S[9]: ("B2", "2: (//image)[2]"),
    }  # fmt: skip
    assert standing(open_built(tmp_path / "third")) == {
        MD5S[0]: ("B2", "1: (//image)[1]"), MD5S[3]: ("B2", "1: (//image)[4]"),
        MD5S[2]: ("A1", "2: (//image)[1]"), MD5S[1]: ("B2", "3: (//image)[1]"),
    }  # fmt: skip
    assert [problem.what for problem in reading.problems] == [
        "it takes back entry 7/e8, which the version before does not hold; look whether this is the difference to "
        "that version"
    ]
    items = [record for record in records_of(parts) if isinstance(record, ListedMedia)]
    assert sorted(item.hashes[0].hex for item in items) == MD5S[:4]
    assert (open_built(tmp_path / "third").identity.version, reading.takes_back) == ("3", 2)


def test_differences_of_an_exchange_in_json(tmp_path):
    def records(*rows):
        return json.dumps({"data": [{"id": entry, "type": "HASH_MD5", **more} for entry, more in rows]})

    (tmp_path / "a.json").write_text(records(*((str(k), {"indicator": MD5S[k]}) for k in range(3))))
    (tmp_path / "b.json").write_text(records(("1", {"should_delete": True}), ("5", {"indicator": MD5S[5]})))
    parts = (Part(tmp_path / "a.json", "1"), Part(tmp_path / "b.json", "2"))
    reading = build_version(parts, tmp_path / "built", name="Rain", version="2")

    items = [record for record in records_of(parts) if isinstance(record, ListedMedia)]
    assert [item.hashes[0].hex for item in items] == [MD5S[0], MD5S[2], MD5S[5]]
    assert (reading.items, reading.takes_back, reading.origin.publisher) == (3, 1, "ThreatExchange")


def test_a_difference_that_memory_could_not_hold_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(list_building, "MOST_CHANGES", 2)
    parts = (
        Part(page(tmp_path / "a.xml", image("a", MD5S[0])), "1"),
        Part(page(tmp_path / "b.xml", *(deleted(str(k)) for k in range(3))), "2"),
    )
    with pytest.raises(LimitExceeded, match=r"b\.xml changes more than 2 entries; ask for the list as a whole"):
        build_version(parts, tmp_path / "built", name="Rain", version="2")
    assert not (tmp_path / "built").exists()


def test_a_thousand_problems_are_told_and_all_are_counted(tmp_path):
    lines = [*MD5S * 150, *["no hash"] * 1_200]
    (tmp_path / "rain.txt").write_text("\n".join(lines))
    reading = build_list(tmp_path / "rain.txt", tmp_path / "built", name="Rain", version="1")

    assert (reading.problem_count, len(reading.problems), reading.items) == (1_200, 1_000, 1_500)


@pytest.mark.parametrize(
    ("reader", "head", "origin"),
    [
        ("plain", b"# origin: Rain office\n# date: 2026-02-03\n# Trust: several\n", Origin("Rain office",
         date(2026, 2, 3), Trust.SEVERAL)),
        ("plain", b"# date: 2026-02-31\n# trust: much\n", Origin()),
        ("vics", b'{"@odata.context":"http://x/DataModels/2.0.xml/UK/$metadata#Media"', Origin("Project VIC, UK")),
        ("vics", b'{"value": [{"MD5"', Origin("Project VIC")),
        ("nsrl", b"SQLite", Origin("NIST NSRL")),
        ("icse_csv", b"MD5;", Origin("INTERPOL ICSE")),
        ("signals_json", b'{"hashRecords":[],"nextSetTimestamp":1767225600}', Origin("StopNCII", date(2026, 1, 1))),
        ("hash_csv", b"md5\n", Origin()),
        ("ncmec_xml", b'maxTimestamp="2026-99-01T" maxTimestamp="2026-01-02T" maxTimestamp="2026-01-01T"',
         Origin("NCMEC hash sharing", date(2026, 1, 2))),
    ],
)  # fmt: skip
def test_a_list_says_where_it_comes_from_as_far_as_it_does(reader, head, origin):
    assert origin_of(reader, head) == origin

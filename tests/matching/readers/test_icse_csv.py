"""The export of ICSE: its head in the fixture, dialects, rows that are unfit, memory."""

import io
import tracemalloc

import pytest

from sauveterre.errors import MalformedList
from sauveterre.matching import lists
from sauveterre.matching.readers import icse_csv
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia
from sauveterre.records.problem import Problem

MD5, SHA1 = "0" * 31 + "a", "b" * 40
HEAD = "MD5;SHA1;Image ID;Is distributed;Victim identified;Series name;Baseline\n"


def read(text):
    data = text if isinstance(text, bytes) else text.encode()
    return list(icse_csv.read(io.BytesIO(data), identity="sha256:00", name="rain.csv"))


def test_fixture(fixtures):
    (item,) = lists.read_list(fixtures / "hashlists/vics_derived/icse_export_header_synthetic.csv")

    assert [str(digest) for digest in item.hashes] == [
        "md5:0ef6683a3d34e2ce066292056732781f",
        "sha1:052919ec6b78ea0a7bf2cb99659d0fec2f95d2c4",
    ]
    assert item == ListedMedia(
        item.hashes,
        Category("interpol-baseline", "yes"),
        item.provenance,
        victim_identified=False,
        offender_identified=False,
        distributed=True,
        series="SYNTH-SERIES",
        tags="submissions 3; type image; file available 1",
        entry="1001",
    )
    assert (item.provenance.locator, item.provenance.reader) == ("line 2", "icse_csv")


@pytest.mark.parametrize("sign", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_dialects_say_the_same(sign, end):
    head = HEAD.upper().replace(";", sign).replace("\n", end)
    row = sign.join([MD5.upper(), "", "7", "True", "no", '"a ""b"""', ""])
    (item,) = read(f"\ufeff{head}{row}{end}")

    assert [str(digest) for digest in item.hashes] == [f"md5:{MD5}"]
    assert (item.distributed, item.victim_identified, item.category) == (True, False, None)
    assert (item.entry, item.series) == ("7", 'a "b"')


def test_a_quoted_cell_may_run_over_lines_and_counts_them():
    first, second = read(f'{HEAD}{MD5};;1;;;"two\nlines";1\n{MD5};;2;;;;0\n')

    assert first.series == "two\nlines"
    assert first.category == Category("interpol-baseline", "yes")
    assert (second.provenance.locator, second.category.code) == ("line 4", "no")


def test_a_quote_without_an_end_costs_no_other_row():
    items = read(HEAD + f'{MD5};;0;;;"rain;\n' + "".join(f"{MD5};;{k};;;;\n" for k in range(1, 40)))

    assert [item.entry for item in items] == [str(k) for k in range(40)]


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("zz;;1;;;;", ["MD5 is not 32 hex digits: not used", "the item has no hash, nothing that can be matched here"]),
        (";;1;;;;", ["the item has no hash"]),
        ("x" * 70_000, ["the line is longer than 65,536 bytes: not read"]),
        (f"{MD5};;1;maybe;;;", ["is distributed is neither yes nor no"]),
        (f"{MD5};;1;;;;;;more", ["the row has 9 cells and the head names 7"]),
    ],
)
def test_an_unfit_row_is_named_and_the_next_is_read(row, what):
    *records, last = read(f"{HEAD}{row}\n{SHA1[:32]};{SHA1};9;;;;\n")

    problems = [record for record in records if isinstance(record, Problem)]
    assert [problem.what[: len(start)] for problem, start in zip(problems, what, strict=True)] == what
    assert {problem.provenance.locator for problem in problems} == {"line 2"}
    assert (last.entry, last.provenance.locator) == ("9", "line 3")


def test_a_short_row_has_what_it_states():
    (item,) = read(f"{HEAD}{MD5}\n\n")

    assert (item.entry, item.distributed) == ("", None)


@pytest.mark.parametrize("text", ["", "a;b\n", f"{MD5}\n"])
def test_without_a_head_nothing_is_read(text):
    with pytest.raises(MalformedList, match=r"rain\.csv: its first line names none of the columns md5, "):
        read(text)


@pytest.mark.parametrize("head", [b"MD5;SHA1\n", b"md5,series name\n", b"Image ID;Baseline\n", b""])
def test_a_table_of_another_kind_is_not_recognised(head):
    assert not icse_csv.recognises(head)


def test_memory_does_not_grow_with_the_list():
    peaks = []
    for count in (1_000, 10_000):
        stream = io.BytesIO((HEAD + f'{MD5};;1;1;1;"rain";1\n' * count).encode())
        tracemalloc.start()
        assert sum(1 for _ in icse_csv.read(stream, identity="", name="")) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 50_000

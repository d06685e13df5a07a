"""Tables whose head names hashes, of this program's making and of others'."""

import io

import pytest

from sauveterre.errors import MalformedList
from sauveterre.matching.readers import hash_csv
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedFile, ListedMedia
from sauveterre.records.problem import Problem

MD5, SHA1, PDQ = "0" * 31 + "a", "b" * 40, "0f" * 32


def read(text):
    return list(hash_csv.read(io.BytesIO(text.encode()), identity="sha256:00", name="rain.csv"))


def test_the_text_list_of_nsrl():
    head = '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"\r\n'
    (item,) = read(f'{head}"{SHA1.upper()}","{MD5.upper()}","00000000","rain, ""wet"".png",512,1,"358",""\r\n')

    assert [str(digest) for digest in item.hashes] == [f"sha1:{SHA1}", f"md5:{MD5}"]
    assert (item.size, item.files, item.category) == (512, (ListedFile('rain, "wet".png', ""),), None)


def test_a_foreign_table_keeps_its_backslashes_and_has_its_own_scheme():
    (item,) = read(f"Tags\tSHA-1\tCategory\n'C:\\new\t{SHA1}\t2\n")

    assert item.tags == "'C:\\new"
    assert item.category == Category("csv-rain.csv", "2")


@pytest.mark.parametrize(
    ("head", "cell", "what"),
    [
        ("size", "big", "the size is no whole number"),
        ("distributed", "perhaps", "distributed is neither yes nor no"),
        ("files", "[1]", "files holds no list of pairs"),
        ("files", "[" * 30_000, "files holds no list of pairs"),
        ("sha1", "zz", "SHA1 is not 40 hex digits"),
    ],
)
def test_a_wrong_value_costs_itself_only(head, cell, what):
    problem, item = read(f"md5,{head}\n{MD5},{cell}\n")

    assert problem.what.startswith(what)
    assert problem.provenance.locator == "line 2"
    assert (item.size, item.distributed, item.files, len(item.hashes)) == (None, None, (), 1)


def test_a_row_without_a_hash_is_named_and_the_next_is_read():
    problem, item = read(f"pdq,tags\n,rain\n{PDQ},snow\n")

    assert isinstance(problem, Problem)
    assert isinstance(item, ListedMedia)
    assert (str(item.hashes[0]), item.tags) == (f"pdq:{PDQ}", "snow")


def test_without_a_head_nothing_is_read():
    with pytest.raises(MalformedList, match="names none of the columns md5, pdq, sha1, sha256"):
        read("rain,snow\n")

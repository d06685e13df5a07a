"""Which reader reads a list."""

import hashlib
import io

import pytest

from sauveterre.errors import MalformedList, UnknownFormat, UnreadableSource
from sauveterre.matching import lists
from sauveterre.matching.readers import READERS

MD5 = b"0cc175b9c0f1b6a831c399e269772661"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b'\xef\xbb\xbf {"odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media"', "vics"),
        (b'{"value": [{"MediaID": 1, "MD5": "', "vics"),
        (b"<?xml version='1.0'?><queryResult><images/></queryResult>", "ncmec_xml"),
        (b"\xef\xbb\xbfmd5;Image ID;Baseline\r\n", "icse_csv"),
        (b'"SHA-1","MD5","CRC32"\r\n', "hash_csv"),
        (MD5 + b"\n", "plain"),
        (b"\xef\xbb\xbf# skies\r\n" + MD5 + b",1\r\n", "plain"),
        ((MD5 + b"\n") * 300, "plain"),
        (((MD5 + b"\n") * 300)[:8192], "plain"),
    ],
)
def test_recognised(head, name):
    found = lists.recognise(head).NAME
    assert found == name


@pytest.mark.parametrize(
    "head", [b"", b"hello rain\n", b"\x89PNG\r\n\x1a\n", b'{"a": 1}', b"<xml/>", b"SQLite format 3\0"]
)
def test_not_recognised(head):
    with pytest.raises(UnknownFormat, match=r"known: vics, .*, plain"):
        lists.recognise(head)


def test_the_identity_is_the_digest_of_the_file(tmp_path):
    path = tmp_path / "skies.txt"
    path.write_bytes(MD5)
    (item,) = lists.read_list(path)
    assert item.provenance.source == "sha256:" + hashlib.sha256(MD5).hexdigest()
    assert item.provenance.path == "skies.txt"


def test_missing_and_unknown_files_are_named(tmp_path):
    with pytest.raises(UnreadableSource, match=r"none\.txt"):
        lists.read_list(tmp_path / "none.txt")
    (tmp_path / "odd.bin").write_bytes(b"\0\1")
    with pytest.raises(UnknownFormat, match=r"odd\.bin"):
        lists.read_list(tmp_path / "odd.bin")


@pytest.mark.parametrize("data", [b"\0" * 9000, bytes(range(256)) * 40, b"{" * 9000])
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.NAME)
def test_readers_refuse_bad_bytes_in_a_sentence(reader, data):
    assert not reader.recognises(data[:8192])
    with pytest.raises(MalformedList, match=r"^list: .*; "):
        list(reader.read(io.BytesIO(data), identity="sha256:00", name="list"))

"""DFXML: well formed whatever names hold, and in the order that its schema demands."""

import io
import tracemalloc
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.exchange.writers.dfxml import Volume, text, write_dfxml
from sauveterre.records.catalogued import Catalogued
from sauveterre.records.digest import Digests
from sauveterre.records.entry import Entry, EntryKind, display_path
from sauveterre.records.provenance import Provenance

NS = "{http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML}"
AT = datetime(2026, 11, 13, 6, 0, tzinfo=timezone(timedelta(hours=1)))
DIGESTS = Digests("0" * 32, "1" * 40, "2" * 64)
FILEOBJECT = [
    "filename",
    "id",
    "name_type",
    "filesize",
    "unalloc",
    "alloc",
    "mtime",
    "ctime",
    "atime",
    "crtime",
    "hashdigest",
]


def entry(path, **values):
    values = {"size": 4, "kind": EntryKind.FILE, "allocated": True, "modified": None} | values
    return Entry(path=path, locator="x", provenance=Provenance("s", display_path(path), "x", "ext"), **values)


def written(*volumes, image="disk.E01"):
    out = io.BytesIO()
    count = write_dfxml(out, image=image, version="0.1.0", at=AT, volumes=volumes)
    return count, fromstring(out.getvalue())


def names(element):
    return [child.tag.removeprefix(NS) for child in element]


def test_the_document_as_a_whole():
    times = {"modified": AT, "changed": AT + timedelta(microseconds=7), "accessed": AT, "created": AT}
    count, root = written(
        Volume("disk.E01!media", "ext", [
            Catalogued(entry(b"a/b & <c>.jpg", **times), 5, DIGESTS),
            Catalogued(entry(b"gone.jpg", allocated=False, size=9)),
            Catalogued(entry(b"link", kind=EntryKind.SYMLINK, size=None, allocated=None)),
        ]),
        Volume("disk.E01!media!inner.zip", "zip", []),
    )  # fmt: skip

    assert count == 3
    assert root.tag == f"{NS}dfxml"
    assert root.get("version") == "1.1.0"
    assert names(root) == ["metadata", "creator", "source", "volume", "volume"]
    assert root.findtext(f"{NS}source/{NS}image_filename") == "disk.E01"
    assert names(root.find(f"{NS}creator")) == ["program", "version", "execution_environment"]
    assert root.findtext(f".//{NS}start_time") == "2026-11-13T05:00:00Z"
    first, second = root.findall(f"{NS}volume")
    assert names(first) == ["ftype_str", "allocated_only", "fileobject", "fileobject", "fileobject"]
    assert first.findtext(f"{NS}ftype_str") == "ext: disk.E01!media"
    assert names(second) == ["ftype_str", "allocated_only"]
    whole, gone, link = first.findall(f"{NS}fileobject")
    assert names(whole) == [
        "filename", "id", "name_type", "filesize", "alloc", "mtime", "ctime", "atime", "crtime",
        "hashdigest", "hashdigest", "hashdigest",
    ]  # fmt: skip
    assert whole.findtext(f"{NS}filename") == "a/b & <c>.jpg"
    assert whole.findtext(f"{NS}filesize") == "5"
    assert whole.findtext(f"{NS}mtime") == "2026-11-13T05:00:00Z"
    assert whole.findtext(f"{NS}ctime") == "2026-11-13T05:00:00.000007Z"
    assert {one.get("type"): one.text for one in whole.findall(f"{NS}hashdigest")} == {
        "md5": DIGESTS.md5, "sha1": DIGESTS.sha1, "sha256": DIGESTS.sha256
    }  # fmt: skip
    assert names(gone) == ["filename", "id", "name_type", "filesize", "unalloc"]
    assert (gone.findtext(f"{NS}filesize"), gone.findtext(f"{NS}unalloc")) == ("9", "1")
    assert names(link) == ["filename", "id", "name_type"]
    assert link.findtext(f"{NS}name_type") == "l"


@pytest.mark.parametrize("kind", EntryKind)
def test_every_kind_of_entry_has_a_type_of_the_schema(kind):
    _, root = written(Volume("x", "ext", [Catalogued(entry(b"x", kind=kind))]))

    assert root.findtext(f".//{NS}name_type") in set("-pcdbrlshwv")


@given(path=st.binary(min_size=1), image=st.text(), source=st.text())
def test_nothing_that_a_name_holds_breaks_the_document(path, image, source):
    _, root = written(Volume(source, "ext", [Catalogued(entry(path), 4, DIGESTS)]), image=image)

    found = root.find(f".//{NS}fileobject")
    order = [FILEOBJECT.index(name) for name in names(found)]
    assert order == sorted(order)
    assert found.findtext(f"{NS}filename").splitlines() == text_back(display_path(path)).splitlines()


def text_back(value):
    return ElementTree.fromstring(f"<a>{text(value)}</a>").text or ""


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\x00b\x1b", "a\\x00b\\x1b"),
        ("\ud83d", "\\ud83d"),
        ("\uffff\x85", "\\uffff\\x85"),
        ("a\r\n\tb", "a\r\n\tb"),
        ("é雨", "é雨"),
    ],
)
def test_what_xml_cannot_hold_is_written_out(value, shown):
    assert text_back(value) == shown


class Sink(io.RawIOBase):
    """Counts what is written, and keeps none of it."""

    count = 0

    def write(self, data):
        self.count += len(data)
        return len(data)


def test_memory_does_not_grow_with_the_document():
    def peak(number):
        sink = Sink()
        one = Catalogued(entry(b"film.mp4"), 4, DIGESTS)
        tracemalloc.start()
        write_dfxml(sink, image="x", version="1", at=AT, volumes=[Volume("x", "ext", (one for _ in range(number)))])
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used, sink.count

    (small, _), (large, size) = peak(100), peak(20_000)
    assert size > 5_000_000
    assert large < small + 100_000

import io
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import Locked, SauveterreError, UnreadableSource
from sauveterre.evidence.opening import container_kind
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import ufdr
from sauveterre.records.entry import Cause
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek

NAMESPACE = "http://pa.cellebrite.com/report/2.0"
SKY, SONG = b"\xff\xd8\xff\xe0 a drawn sky", b"OggS rain on a roof"
DIGEST = "0cc175b9c0f1b6a831c399e269772661"


def file_element(path, local=None, *, size=0, deleted="Intact", extra=""):
    place = "" if local is None else f'<item name="Local Path"><![CDATA[{local}]]></item>'
    return (
        f'<file fs="data (ExtX)" path="{path}" size="{size}" id="1" deleted="{deleted}">'
        f'{extra}<metadata section="File">{place}</metadata></file>'
    )


TIMES = (
    '<accessInfo><timestamp name="CreationTime">2024-09-28T16:59:35.230+02:00</timestamp>'
    '<timestamp name="ModifyTime" format="TimeStampKnown" formattedTimestamp="2024-09-28T15:00:00+00:00"></timestamp>'
    '<timestamp name="AccessTime">2024-09-28T15:00:00</timestamp></accessInfo>'
    f'<metadata section="Hashes"><item name="MD5">{DIGEST.upper()}</item></metadata>'
)
FILES = (
    file_element("/media/0/DCIM/sky.jpg", r"files\Image\sky.jpg", size=len(SKY), extra=TIMES)
    + file_element("/media/0/Music/rain &amp; wind.ogg", r"files\Audio\song.ogg", size=7, deleted="Deleted")
    + file_element("/media/0/DCIM/copy.jpg", r"Files\image\SKY.jpg", size=len(SKY), deleted="Unknown")
    + file_element("/media/0/DCIM/gone.jpg", r"files\Image\gone.jpg", size=9)
    + file_element("/system/big.img", None, size=1 << 40)
)


def report(files=FILES, *, after='<decodedData><modelType type="Chat"/></decodedData>', encoding="utf-8"):
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><project id="x" xmlns="{NAMESPACE}"><sourceExtractions/>'
        f"<taggedFiles>{files}</taggedFiles>{after}</project>"
    )
    return text.encode(encoding)


def package(xml, **more):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        if xml is not None:
            archive.writestr("report.xml", xml)
        archive.writestr("files/Image/sky.jpg", SKY)
        archive.writestr("files/Audio/song.ogg", SONG)
        archive.writestr("files/Text/", b"")
        archive.writestr("DbData/database.db", b"not named by the report")
        for name, data in more.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def listed(opened, data):
    container = opened(ufdr, data)
    return {entry.path.decode(): entry for entry in container.entries()}, container


def test_it_is_known_by_its_report_or_its_name():
    first, named = package(report()), package(None)
    assert container_kind(Peek(head=first)) == "ufdr"
    assert container_kind(Peek(head=named, name=b"Phone.UFDR")) == "ufdr"
    assert container_kind(Peek(head=named, name=b"phone.zip")) == "zip"
    assert not ufdr.recognises(Peek(head=b"not a ZIP", name=b"phone.ufdr"))


def test_entries_have_their_paths_on_the_device(opened, content_of):
    found, container = listed(opened, package(report()))
    assert list(found) == [
        "/media/0/DCIM/sky.jpg",
        "/media/0/Music/rain & wind.ogg",
        "/media/0/DCIM/copy.jpg",
        "/media/0/DCIM/gone.jpg",
        "/system/big.img",
        "report.xml",
        "DbData/database.db",
    ]
    contents = dict(content_of(container))
    assert contents[b"/media/0/DCIM/sky.jpg"] == contents[b"/media/0/DCIM/copy.jpg"] == SKY
    assert contents[b"/media/0/Music/rain & wind.ogg"] == SONG
    assert contents[b"report.xml"] == report()
    for entry in found.values():
        assert container.entry_at(entry.locator) == entry


def test_what_the_report_states_is_kept(opened):
    found, _ = listed(opened, package(report()))
    sky, song = found["/media/0/DCIM/sky.jpg"], found["/media/0/Music/rain & wind.ogg"]
    assert sky.created == datetime(2024, 9, 28, 14, 59, 35, 230_000, tzinfo=UTC)
    assert sky.modified == datetime(2024, 9, 28, 15, 0, tzinfo=UTC)
    assert sky.accessed is None
    assert sky.note == (
        f"in the file system data (ExtX); in the package files/Image/sky.jpg; the report states MD5 {DIGEST}"
    )
    assert "the report states 7 bytes" in song.note
    assert (song.size, sky.size) == (len(SONG), len(SKY))
    allocated = [found[path].allocated for path in list(found)[:3]]
    assert allocated == [True, False, None]


def test_what_is_missing_is_listed_with_the_reason(opened):
    found, container = listed(opened, package(report()))
    gone, big = found["/media/0/DCIM/gone.jpg"], found["/system/big.img"]
    assert "files/Image/gone.jpg in the report, which the package does not hold" in gone.failure
    assert "was not exported" in big.failure
    assert (big.size, big.cause) == (1 << 40, Cause.UNREADABLE)
    (problem,) = container.problems
    assert "lists 5 files and the package holds the content of 3; 2 are" in problem.what
    list(container.entries())
    assert len(container.problems) == 1
    with pytest.raises(UnreadableSource, match="does not hold"):
        container.open(gone)


@pytest.mark.parametrize("junk", ["&#x0;", "&#31;", "&#xD800;", "\x00", "\x1f", "&#x110000;"])
@pytest.mark.parametrize("before_block_end", [None, 0, 1, 3, 5, 9])
def test_characters_that_xml_forbids_stop_nobody(opened, junk, before_block_end):
    files = "".join(file_element(f"/a/{number}{junk}", r"files\Image\sky.jpg") for number in range(5))
    if before_block_end is not None:
        at = report(f"<!---->{files}").index(junk.encode())
        files = f"<!--{' ' * (65_536 - at - before_block_end)}-->{files}"
    found, container = listed(opened, package(report(files)))
    assert [path for path in found if path.startswith("/a/")] == [f"/a/{n}\N{REPLACEMENT CHARACTER}" for n in range(5)]
    assert container.problems == []


def test_bytes_that_are_no_text_stop_nobody(opened):
    xml = report(file_element("/a/X", r"files\Image\sky.jpg")).replace(b"/a/X", b"/a/\xff\xc0")
    found, container = listed(opened, package(xml))
    assert "/a/\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}" in found
    assert container.problems == []


def test_a_report_in_utf_16_is_read(opened):
    found, _ = listed(opened, package(report(encoding="utf-16")))
    assert "/media/0/DCIM/sky.jpg" in found


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        (report(FILES + "<file path='a & b'>"), "breaks off about"),
        (report()[:-400][:900], "it ends after"),
        (b'<!DOCTYPE p [<!ENTITY a "b">]>' + report().partition(b"?>")[2], "DTD"),
        (b"\x2d\x06\x52\x6d" + bytes(100), "protected"),
        (None, "holds no report.xml"),
        (report("<a>" * 300), "more than 256 deep"),
    ],
)
def test_a_report_that_breaks_off_loses_no_member(opened, content_of, xml, words):
    found, container = listed(opened, package(xml))
    contents = [content for _, content in content_of(container)]
    assert {SKY, SONG, b"not named by the report"} <= set(contents)
    assert any(words in problem.what for problem in container.problems)
    assert all(found[path].path for path in found)


def test_what_stands_behind_the_list_is_not_read(opened):
    after = "<decodedData>" + "<model/>" * 10_000 + "<this is no XML"
    _, container = listed(opened, package(report(after=after)))
    assert len(container.problems) == 1


def test_a_file_the_archive_locks_says_so(opened):
    data = bytearray(package(report()))
    at = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 4)
    data[at + 8] |= 1
    found, container = listed(opened, bytes(data))
    with pytest.raises(Locked, match="is encrypted and no key was given"):
        container.open(found["/media/0/DCIM/sky.jpg"])


SMALL = package(report())


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, len(SMALL) - 1), new=st.integers(0, 255), size=st.integers(1, 40))
def test_damage_never_loses_a_member_silently(at, new, size):
    data = SMALL[:at] + bytes([new]) * size + SMALL[at + size :]
    try:
        with ufdr.open(StreamOrigin(io.BytesIO(data), "sha256:x"), Limits()) as container:
            locators = [entry.locator for entry in container.entries()]
            assert len(set(locators)) == len(locators)
    except SauveterreError as error:
        assert len(str(error)) > 20

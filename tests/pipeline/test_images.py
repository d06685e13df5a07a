"""Every image that others made, through the whole chain: what its listing says, and nothing that it does not."""

import json
from collections import Counter

import pytest

from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.inspection import Inspected, Unopened, inspect
from sauveterre.records.entry import EntryKind, Outcome
from sauveterre.records.limits import Limits

IMAGES = [
    "ext2.E01", "ext2.split.E01", "ext2.vmdk", "ext2.qcow2", "ímynd.dd", "iso9660.raw", "hfsplus.raw",
    "hfsplus_zlib.dmg", "windows_volume.qcow2", "apfs.raw",
]  # fmt: skip
LIMITS = Limits()


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(workers=2, limits=LIMITS) as opened:
        yield opened


@pytest.fixture(scope="module")
def expected(fixtures):
    return json.loads((fixtures / "evidence" / "EXPECTED_LISTINGS.json").read_text("utf-8"))


def test_no_listed_image_is_left_out(expected):
    assert {name.rpartition("/")[2] for name in expected} == set(IMAGES)


@pytest.mark.parametrize("name", IMAGES)
def test_listing_and_digests_are_those_that_are_known(sandbox, fixtures, expected, name):
    (known,) = expected[f"dfvfs/test_data/{name}"]
    found = list(inspect(fixtures / "evidence/dfvfs/test_data" / name, sandbox, LIMITS))

    files, links = {}, set()
    for one in found:
        assert not isinstance(one, Unopened), one
        if not isinstance(one, Inspected) or not one.entry.allocated or one.entry.provenance.reader == "compressed":
            continue
        path = "/" + one.entry.provenance.path
        if one.entry.kind is EntryKind.SYMLINK:
            links.add(path)
        elif one.entry.kind is EntryKind.FILE and one.processed.fingerprint is not None:
            files[path] = (one.processed.fingerprint.size, one.processed.fingerprint.digests.sha256)
    wanted = {file["path"]: (file["size"], file["sha256"]) for file in known["files"] if "sha256" in file}
    assert {path: files.get(path) for path in wanted} == wanted
    assert links == {file["path"] for file in known["files"] if "link" in file}
    streams = {path for path in files if path not in wanted}
    assert {path.rpartition(":")[0] for path in streams} <= set(wanted), "a file that the listing of others lacks"


@pytest.mark.parametrize("name", IMAGES)
def test_every_entry_ends_once_and_says_why_where_it_is_not_whole(sandbox, fixtures, name):
    found = [
        one
        for one in inspect(fixtures / "evidence/dfvfs/test_data" / name, sandbox, LIMITS)
        if isinstance(one, Inspected)
    ]

    places = Counter((one.source, one.entry.locator, one.entry.provenance.reader) for one in found)
    assert set(places.values()) == {1}
    for one in found:
        whole = one.processed.outcome is Outcome.PROCESSED
        assert whole == (not one.processed.reason) == (not one.processed.cause)


def test_an_image_that_nothing_recognises_gives_nothing_of_this_machine(sandbox, fixtures, tmp_path):
    from sauveterre.errors import UnknownFormat

    with pytest.raises(UnknownFormat, match=r"bogus\.001 is neither a folder nor an image"):
        list(inspect(fixtures / "evidence/dfvfs/test_data/bogus.001", sandbox, LIMITS))
    (tmp_path / "folder").mkdir()
    (tmp_path / "canary").write_bytes(b"weather of this machine")
    (tmp_path / "folder" / "bogus.001").write_bytes((fixtures / "evidence/dfvfs/test_data/bogus.001").read_bytes())
    found = list(inspect(tmp_path / "folder", sandbox, LIMITS))
    assert [one.entry.path for one in found] == [b"bogus.001"]

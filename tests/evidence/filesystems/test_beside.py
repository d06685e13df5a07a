"""What lies beside an entry, listed without listing the rest, is what the whole listing has in its folder."""

import pytest

from sauveterre.evidence.opening import open_container, peek_at, reader_for
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source, Step

IMAGES = {
    "ext2.E01": "ext",
    "windows_volume.qcow2": "ntfs",
    "hfsplus.raw": "hfs",
    "iso9660.raw": "iso9660",
    "apfs.raw": "apfs_volume",
}


def innermost(path):
    """Go down by the first volume of each layer; return the source at the end, and what reads it."""
    with path.open("rb") as stream:
        reader = reader_for(peek_at(stream, path.name.encode())).NAME
    source = Source(path, f"file:{path.name}")
    while True:
        with open_container(source, Limits()) as container:
            volume = next((entry for entry in container.entries() if entry.kind is EntryKind.VOLUME), None)
            if volume is None:
                return source, reader
            with container.open(volume) as content:
                reader = volume.opens or reader_for(peek_at(content)).NAME
        source = source.child(Step(reader, volume.locator), source.identity)


def folder_of(entry):
    return entry.path.rpartition(b"/")[0]


def openable(entries):
    return [one for one in entries if one.kind is EntryKind.FILE and not one.refusal and not one.failure]


@pytest.mark.parametrize(("name", "kind"), IMAGES.items())
def test_beside_each_entry_lies_what_its_folder_holds(dfvfs, name, kind):
    source, reader = innermost(dfvfs / name)
    assert reader == kind
    with open_container(source, Limits()) as container:
        listed = openable(container.entries())
        folders = {folder_of(one) for one in listed}
        assert len(folders) > 1
        for entry in listed:
            inside = [one for one in listed if folder_of(one) == folder_of(entry)]
            beside = openable(container.beside(entry))
            assert sorted(one.path for one in beside) == sorted(one.path for one in inside), entry.path
            assert {one.path: one.size for one in beside} == {one.path: one.size for one in inside}


def test_what_lies_in_no_folder_has_nothing_beside_it(dfvfs):
    source, _ = innermost(dfvfs / "ext2.E01")
    with open_container(source, Limits()) as container:
        region = next(one for one in container.entries() if one.kind is EntryKind.REGION)
        assert list(container.beside(region)) == []

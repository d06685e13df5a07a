from datetime import UTC, datetime

import msgpack
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sauveterre.errors import UnreadableSource
from sauveterre.pipeline.listing import Listing, read_entries, write_entries
from sauveterre.records.entry import Cause, Entry, EntryKind
from sauveterre.records.provenance import Provenance

TEXT = st.text(st.characters(), max_size=12)
TIME = st.none() | st.datetimes(timezones=st.just(UTC))
ENTRIES = st.builds(
    Entry,
    path=st.binary(max_size=20),
    size=st.none() | st.integers(0, (1 << 63) - 1),
    locator=TEXT,
    kind=st.sampled_from(EntryKind),
    allocated=st.sampled_from([True, False, None]),
    modified=TIME,
    provenance=st.builds(Provenance, TEXT, TEXT, TEXT, st.just("ntfs")),
    refusal=TEXT,
    failure=TEXT,
    cause=st.sampled_from(Cause),
    opens=st.just("carving") | st.just(""),
    created=TIME,
    accessed=TIME,
    changed=TIME,
    note=TEXT | st.just("\udcff \x00"),
)
EACH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@EACH
@given(entries=st.lists(ENTRIES, max_size=5))
def test_a_listing_comes_back_as_it_was(entries, tmp_path):
    file = tmp_path / "listing"

    assert write_entries(file, entries) == len(entries)
    assert list(read_entries(file)) == entries


@EACH
@given(data=st.binary(max_size=300), cut=st.integers(0, 400))
def test_a_damaged_listing_is_refused_in_one_sentence(data, cut, tmp_path):
    file = tmp_path / "listing"
    write_entries(file, [Entry(b"film", 1, "x", EntryKind.FILE, None, datetime(2026, 1, 1, tzinfo=UTC),
                               Provenance("s", "film", "x", "zip"))])  # fmt: skip
    file.write_bytes(file.read_bytes()[:cut] + data)
    try:
        assert all(isinstance(entry, Entry) for entry in read_entries(file))
    except UnreadableSource as error:
        assert "process the exhibit again" in str(error)


@pytest.mark.parametrize(
    "values", [("spy", *[None] * 18), ("file", "", *[None] * 4, b"", b"", b"", "zip"), ("file",), 7]
)
def test_what_is_no_entry_is_refused(values, tmp_path):
    (tmp_path / "listing").write_bytes(msgpack.packb(values))
    with pytest.raises(UnreadableSource, match="damaged"):
        list(read_entries(tmp_path / "listing"))


def test_a_listing_is_read_while_it_grows(tmp_path):
    file = tmp_path / "listing"
    many = [Entry(b"%d" % n, n, "x", EntryKind.FILE, None, None, Provenance("s", "film", "x", "zip")) for n in range(9)]
    write_entries(file, many)
    whole = file.read_bytes()
    written = iter(range(len(whole) // 7, len(whole) + len(whole) // 7, len(whole) // 7))

    def ended():
        size = next(written, None)
        file.write_bytes(whole[:size])
        return size is None

    assert list(read_entries(file, ended)) == many


def test_a_listing_that_lost_its_end_is_not_taken_for_whole(tmp_path):
    file = tmp_path / "listing"
    one = Entry(b"film", 1, "x", EntryKind.FILE, None, None, Provenance("s", "film", "x", "zip"))
    count = write_entries(file, [one, one])
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(UnreadableSource, match="holds 1 entries and 2 were announced"):
        list(Listing(file, count, (), ()).entries())

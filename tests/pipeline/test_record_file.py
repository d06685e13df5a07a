"""Records on their way from a child: they come back as they were, and nothing else comes back."""

from datetime import UTC, datetime, timedelta, timezone

import msgpack
import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.pipeline import record_file
from sauveterre.pipeline.record_file import KINDS, RecordFile, read_records, write_records
from sauveterre.records.account import Account, AccountIdentifier
from sauveterre.records.group import EventKind, Group, GroupEvent, GroupKind, MemberSnapshot, Role
from sauveterre.records.message import Attachment, Delivery, Link, Message, Reaction
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.store import StoreInfo

ROW = Provenance("sha256:0", "main", "frame 7", "signal_backup_v2")
OTHER = Provenance("sha256:1", "main\udcff", "line 1", "signal_backup_v2")
NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
RECORDS = [
    StoreInfo("signal_backup_v2.folder", "1", NOON, "8.2", ("One.", "Two."), ROW),
    Account("signal", "aci:1", True, ROW),
    AccountIdentifier("aci:1", "e164", "+33639980001", ROW, valid_from=NOON),
    Group("signal", "g", "Weather \x00 \ud800", GroupKind.GROUP, OTHER, announcement_only=False),
    MemberSnapshot("g", "aci:1", Role.ADMIN, NOON, ROW, joined_at_revision=3),
    GroupEvent("g", EventKind.PROMOTED, None, "aci:1", None, "0", ROW),
    Message("k", "g", None, "in", datetime(1969, 7, 20, tzinfo=UTC), "1", None, "clouds", "text", ROW),
    Delivery("k", "aci:1", "read", datetime(9999, 12, 31, tzinfo=UTC), OTHER),
    Attachment("k", 0, "attachment", "sky.jpg", "image/jpeg", None, "0" * 64, None, ROW),
    Reaction("k", "aci:1", "☔", None, ROW),
    Link("k", "https://weather.example/", "text", ROW),
    Problem(ROW, "a frame is damaged"),
]


def written(tmp_path, records):
    file = tmp_path / "records"
    return RecordFile(file, write_records(file, records))


def put(tmp_path, *values):
    file = tmp_path / "records"
    file.write_bytes(b"".join(map(msgpack.packb, values)))
    return file


def test_records_of_every_kind_come_back_as_they_were(tmp_path):
    assert {type(record) for record in RECORDS} == set(KINDS)

    assert list(written(tmp_path, RECORDS).records()) == RECORDS


def test_a_moment_of_another_zone_comes_back_in_utc(tmp_path):
    east = Delivery("k", "a", "read", NOON.astimezone(timezone(timedelta(hours=9))), ROW)

    (back,) = written(tmp_path, [east]).records()

    assert (back, back.at.tzinfo) == (east, UTC)


def test_a_file_that_lost_its_end_is_noticed(tmp_path):
    found = written(tmp_path, RECORDS)
    found.file.write_bytes(found.file.read_bytes()[:-5])

    with pytest.raises(UnreadableSource, match="11 records and 12 were announced"):
        list(found.records())


@pytest.mark.parametrize(
    "values",
    [
        (99, ()),
        (1, ("signal", "aci:1", "yes", "frame 7")),
        (1, ("signal", "aci:1", True)),
        (1, ("signal", "aci:1", True, "frame 7", "more")),
        (0, ("k", "1", None, "8", ["fine", 7], "frame 1")),
        (4, ("g", "a", "emperor", msgpack.Timestamp(1), "frame 1", None, None, True)),
        (4, ("g", "a", "admin", 12, "frame 1", None, None, True)),
        (-1, ("sha256:0", "main", 7)),
        (-1, ("sha256:0", "main")),
        (1, {"service": "signal"}),
        7,
        "text",
        (7, ("k", "a", "read", msgpack.Timestamp(1 << 60), "frame 1")),
        (1, (msgpack.ExtType(5, b"code"), "aci:1", True, "frame 7")),
    ],
)
def test_what_no_reader_writes_is_refused(tmp_path, values):
    with pytest.raises(UnreadableSource, match="damaged"):
        list(read_records(put(tmp_path, values)))


def test_a_row_that_is_too_large_is_a_problem_that_names_its_place(tmp_path, monkeypatch):
    monkeypatch.setattr(record_file, "MOST_RECORD_BYTES", 10_000)
    message = Message("k", "g", None, "in", None, "1", None, "rain" * 5_000, "text", ROW)
    huge = Message("k", "g", None, "in", None, "1", None, "", "text", ROW, expires_in_ms=1 << 64)

    large, wide, last = written(tmp_path, [message, huge, RECORDS[1]]).records()

    assert large.provenance == wide.provenance == ROW
    assert "more than the 10,000 of one record" in large.what
    assert "beyond 64 bits" in wide.what
    assert last == RECORDS[1]

import contextlib
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.evidence.disk.media import StreamMedia
from sauveterre.evidence.opening import container_kind
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.outlook.embedded import Piece, attached_message
from sauveterre.evidence.outlook.encoding import CYCLIC, PERMUTED
from sauveterre.evidence.outlook.nodes import NodeFile
from sauveterre.evidence.readers import pst
from sauveterre.records.entry import Cause
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek

NOON, LATER = datetime(2024, 1, 1, 12, tzinfo=UTC), datetime(2024, 2, 1, 12, tzinfo=UTC)
SKY = bytes(range(256)) * 80
LONG = "Regen und Höhe 🌧\r\n" * 1_000
CLASS, SUBJECT, BODY, HTML, RTF, HEADERS = 0x001A001F, 0x0037001F, 0x1000001F, 0x10130102, 0x10090102, 0x007D001F
SENT, DELIVERED, CREATED, CHANGED = 0x00390040, 0x0E060040, 0x30070040, 0x30080040
LONG_NAME, SHORT_NAME, METHOD, DATA, LONG_PATH = 0x3707001F, 0x3704001F, 0x37050003, 0x37010102, 0x370D001F


def file_of(name, data):
    return {LONG_NAME: name, METHOD: 1, DATA: data}


INNERMOST = ({SUBJECT: "ganz innen"}, [file_of("deep.jpg", SKY * 5)])
INNER = (
    {SUBJECT: "\x01\x05AW: innen", BODY: LONG, RTF: b"LZFu", SENT: LATER},
    [file_of("i.jpg", b"inner"), {LONG_NAME: "x.msg", "message": INNERMOST}],
)
MESSAGE = (
    {SUBJECT: "Nebel / Tau", BODY: LONG, HTML: b"<p>Regen</p>", HEADERS: "From: a@example.org\r\n", SENT: NOON,
     DELIVERED: LATER, CREATED: NOON, CHANGED: LATER},
    [file_of("sky.jpg", SKY), {LONG_NAME: "in.msg", "message": INNER}, {SHORT_NAME: "short", METHOD: 1, DATA: b"abc"},
     {LONG_NAME: "far", METHOD: 2, LONG_PATH: "\\\\server\\far"}, {METHOD: 6, DATA: b"ole"},
     {LONG_NAME: "none", METHOD: 1}],
)  # fmt: skip


def media(data):
    return StreamMedia(io.BytesIO(data))


def open_(data):
    return pst.open(StreamOrigin(io.BytesIO(data), "sha256:x"), Limits())


@pytest.mark.parametrize("method", [0, PERMUTED, CYCLIC])
def test_bodies_and_attachments_are_entries(outlook_file, content_of, method):
    data = outlook_file([MESSAGE], method)
    assert container_kind(Peek(head=data)) == "pst"
    container = open_(data)
    found = content_of(container)
    top = b"Top/Wetter/00001 Nebel _ Tau/"
    assert [(path.removeprefix(top), content) for path, content in found if isinstance(content, bytes)] == [
        (b"headers.txt", b"From: a@example.org\r\n"),
        (b"message.txt", LONG.encode()),
        (b"message.html", b"<p>Regen</p>"),
        (b"sky.jpg", SKY),
        (b"AW: innen/message.txt", LONG.encode()),
        (b"AW: innen/message.rtf", b"LZFu"),
        (b"AW: innen/i.jpg", b"inner"),
        (b"AW: innen/ganz innen/deep.jpg", SKY * 5),
        (b"short", b"abc"),
        (b"attachment-5.bin", b"ole"),
    ]
    failed = {path.removeprefix(top): why for path, why in found if isinstance(why, str)}
    assert list(failed) == [b"far", b"none"]
    assert "only a reference to \\\\server\\far" in failed[b"far"]
    assert "missing or damaged" in failed[b"none"]
    assert container.problems == []


def test_what_the_file_states_is_kept(outlook_file):
    container = open_(outlook_file([MESSAGE]))
    entries = list(container.entries())
    assert [container.entry_at(entry.locator) for entry in entries] == entries
    assert len({entry.locator for entry in entries}) == len(entries)
    by_name = {entry.path.rpartition(b"/")[2]: entry for entry in entries}
    sky, inner = by_name[b"sky.jpg"], by_name[b"i.jpg"]
    assert (sky.modified, sky.created, sky.changed) == (LATER, NOON, LATER)
    assert (inner.modified, inner.created, inner.changed) == (LATER, None, None)
    assert (sky.size, inner.size, by_name[b"deep.jpg"].size) == (len(SKY), 5, None)
    assert sky.locator == "folder 0.0 item 0 id 2097188 attachment 0"
    assert by_name[b"deep.jpg"].locator.endswith("attachment 1 inside attachment 1 inside attachment 0")
    assert "LZFu" in by_name[b"message.rtf"].note
    assert "OLE" in by_name[b"attachment-5.bin"].note
    assert by_name[b"none"].cause is Cause.DAMAGED


def test_an_item_that_gives_nothing_is_listed_all_the_same(outlook_file):
    (entry,) = open_(outlook_file([({CLASS: "IPM.Contact", SUBJECT: "Ana"}, [])])).entries()
    assert (entry.path, entry.cause) == (b"Top/Wetter/00001 Ana/item", Cause.UNSUPPORTED)
    assert "class IPM.Contact with neither body nor attachment" in entry.failure


def test_many_messages_and_strange_names(outlook_file, content_of):
    messages = [({SUBJECT: f"m\x02{number}", BODY: str(number)}, []) for number in range(70)]
    found = content_of(open_(outlook_file(messages, folder="a/b")))
    assert found == [(f"Top/a_b/{n + 1:05d} m_{n}/message.txt".encode(), str(n).encode()) for n in range(70)]


def test_what_lies_in_no_folder_is_listed(outlook_file, content_of):
    container = open_(outlook_file([MESSAGE], orphans=[({SUBJECT: "verwaist", BODY: "Wind"}, [file_of("o.jpg", SKY)])]))
    entries = [entry for entry in container.entries() if entry.path.startswith(b"orphans/")]
    assert [entry.allocated for entry in entries] == [None, None]
    assert [container.entry_at(entry.locator) for entry in entries] == entries
    assert [content for path, content in content_of(container) if path.startswith(b"orphans/")] == [b"Wind", SKY]


def test_messages_attached_to_one_another_have_an_end(outlook_file):
    message = ({SUBJECT: "0", BODY: "x"}, [])
    for number in range(1, 25):
        message = ({SUBJECT: str(number)}, [{"message": message}])
    (entry,) = open_(outlook_file([message])).entries()
    assert "more than 16 messages" in entry.failure
    assert entry.cause is Cause.SIZE


def test_a_damaged_attached_message_costs_itself_only(outlook_file, content_of):
    data = outlook_file([MESSAGE])
    at = data.index("\x01\x05AW: innen".encode("utf-16-le"))
    start = data.rindex(b"\xec\xbc", 0, at)
    found = content_of(open_(data[:start] + b"\x00\x00" + data[start + 2 :]))
    assert any(
        path.endswith(b"/in.msg") and "does not have its checksum" in why for path, why in found if isinstance(why, str)
    )
    assert (b"Top/Wetter/00001 Nebel _ Tau/sky.jpg", SKY) in found


def test_a_format_that_is_not_read_so_deep_is_named(outlook_file, monkeypatch):
    monkeypatch.setattr("sauveterre.evidence.outlook.nodes.VERSIONS", range(24, 25))
    failed = [entry for entry in open_(outlook_file([MESSAGE])).entries() if entry.path.endswith(b"in.msg")]
    assert "is not opened" in failed[0].failure
    assert failed[0].cause is Cause.UNSUPPORTED


@pytest.mark.parametrize("data", [b"!BDN", b"!BDN\x00\x00\x00\x00SM\x17\x00" + bytes(2_000), b"!BDN" + b"\xff" * 3_000])
def test_a_damaged_header_is_told(data):
    with pytest.raises(UnreadableSource, match="file of Outlook"):
        open_(data)


@pytest.mark.parametrize(
    "locator", ["", "folder 9.9 item 0 id 1 body message.txt", "orphan 1 id 1 whole", "folder root item 1 id 1 x"]
)
def test_a_locator_of_another_source_is_refused(outlook_file, locator):
    with pytest.raises(UnreadableSource, match="list it again"):
        open_(outlook_file([MESSAGE])).entry_at(locator)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_any_damage_ends_in_our_own_words(outlook_file, content_of, data):
    whole = bytearray(outlook_file([MESSAGE]))
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.one_of(st.integers(0, 600), st.integers(0x4600, len(whole) - 1)))
        whole[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))
    try:
        content_of(open_(bytes(whole[:cut])))
    except SauveterreError as error:
        assert len(str(error)) > 20


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_attached_messages_survive_damage_that_has_its_checksum(outlook_file, data):
    def damage(block):
        changed = bytearray(block)
        if data.draw(st.integers(0, 3)) == 0:
            changed[data.draw(st.integers(0, min(60, len(block) - 1)))] = data.draw(st.integers(0, 255))
        return bytes(changed)

    before = Piece(what="attachment 1", name=("in.msg",))
    pieces = list(attached_message(NodeFile(media(outlook_file([MESSAGE], damage=damage))), 2097188, 32805, before))
    assert pieces
    for piece in pieces:
        with contextlib.suppress(UnreadableSource):
            assert sum(map(len, piece.blocks())) < 1 << 20

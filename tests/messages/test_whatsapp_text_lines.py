"""Lines of text exports: dates in every dialect, what is ambiguous, who speaks, what is damaged or made to deceive."""

import random
from collections import defaultdict

import pytest
from tests.messages.conftest import FolderTree
from tests.messages.told_world import tellers

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.messages.readers import whatsapp_text as reader
from sauveterre.messages.whatsapp.text_lines import lines_of, written
from sauveterre.messages.whatsapp.text_marks import words_of
from sauveterre.messages.whatsapp.text_stamps import Dialect, stamped
from sauveterre.messages.whatsapp.text_wording import happening
from sauveterre.records.account import Account
from sauveterre.records.group import Group, GroupEvent, GroupKind
from sauveterre.records.message import Attachment, Link, Message
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreInfo, StoreLocation
from sauveterre.scenarios import whatsapp_text_writer as writer

STAMPS = [
    ("12/31/26, 11:59\u202fPM - Ana: sun", ("12", "31", "26"), 23, "Ana: sun"),
    ("12/31/26, 12:05 AM - Ana: sun", ("12", "31", "26"), 0, "Ana: sun"),
    ("31/12/2026 à 23:59 - Ana: sun", ("31", "12", "2026"), 23, "Ana: sun"),
    ("31/12/26, 11:59\u00a0p.\u00a0m. - Ana: sun", ("31", "12", "26"), 23, "Ana: sun"),
    ("31-12-2026 23:59 - Ana: sun", ("31", "12", "2026"), 23, "Ana: sun"),
    ("2026. 12. 31. 23:59 - Ana: sun", ("2026", "12", "31"), 23, "Ana: sun"),
    ("31.12.26 г., 23:59 - Ana: sun", ("31", "12", "26"), 23, "Ana: sun"),
    ("31.12.2026 klo 23.59 - Ana: sun", ("31", "12", "2026"), 23, "Ana: sun"),
    ("\u200e[31.12.26, 23:59:58] Ana: \u200esun", ("31", "12", "26"), 23, "Ana: \u200esun"),
    ("[\u200f12/31/26, 11:59:58\u202fPM] \u200eAna: sun", ("12", "31", "26"), 23, "\u200eAna: sun"),
    ("31/12/2026 11:59 da noite - Ana: sun", ("31", "12", "2026"), 23, "Ana: sun"),
    ("2026/12/31, 下午11:59 - Ana: sun", ("2026", "12", "31"), 23, "Ana: sun"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "parts", "hour", "rest"), STAMPS)
def test_a_line_begins_with_date_and_time(line, parts, hour, rest):
    stamp, after = stamped(line)
    assert (stamp.parts, stamp.hour, stamp.minute) == (parts, hour, 5 if "12:05" in line else 59)
    assert after == rest
    assert stamp.raw in line


@pytest.mark.parametrize(
    "line", ["", "sun", "31/12/26", "31/12/26, 24:01 - a", "2026 - a: b", "[soup] a: b", "1/2/3 - x", "13:05 - a"]
)
def test_other_lines_do_not(line):
    assert stamped(line) is None


def told(folder, *lines, name="WhatsApp Chat with Ana.txt", data=None):
    (folder / name).write_bytes(data if data is not None else "\n".join(lines).encode())
    found = defaultdict(list)
    for record in reader.read(FolderTree(folder), StoreLocation(reader.NAME, name, needs_key=False), None):
        found[type(record)].append(record)
    return found


def orders(*dates):
    dialect = Dialect()
    for date in dates:
        dialect.add(stamped(f"{date}, 10:00 - a: b")[0])
    return dialect.order


def test_the_order_of_the_date_is_decided_from_the_whole_file():
    assert orders("5/4/26", "5/13/26") == "mdy"
    assert orders("5/4/26", "13/4/26") == "dmy"
    assert orders("2026-05-04") == "ymd"
    assert orders("5.4.26") == "dmy"
    assert orders("26. 5. 4.".replace(" ", " ")) in ("", "ymd")
    assert orders("5/4/26", "6/4/26", "1/5/26") == "dmy"  # by time going on
    assert orders("4/5/26", "4/6/26", "5/1/26") == "mdy"
    assert orders("5/4/26", "6/5/26") == ""


def test_what_is_ambiguous_is_said_and_kept_as_it_stands(tmp_path):
    found = told(tmp_path, "5/4/26, 10:00 - Ana: sun", "6/5/26, 10:00 - Ben: rain")
    assert [one.sent_raw for one in found[Message]] == ["5/4/26, 10:00", "6/5/26, 10:00"]
    assert [one.what for one in found[Problem]] == [
        "The order of day and month in its dates cannot be told: several fit all lines."
    ]


def test_a_moment_is_told_only_where_the_zone_is_stated(tmp_path):
    one, two = told(tmp_path, "[31/12/2026, 23:59:58 +02:00] Ana: sun", "[31/12/2026, 23:59:59] Ana: rain")[Message]
    assert one.sent_at.isoformat() == "2026-12-31T21:59:58+00:00"
    assert two.sent_at is None


def test_lines_that_go_on_belong_to_the_message_before(tmp_path):
    lines = (
        "31/12/26, 10:00 - Ana: soup",
        "",
        "99/99/9999, 10:00 - not a date",
        "more: soup",
        "31/12/26, 10:01 - Ben: yes",
    )
    found = told(tmp_path, *lines)
    assert [(one.body, one.provenance.locator) for one in found[Message]] == [
        ("soup\n\n99/99/9999, 10:00 - not a date\nmore: soup", "line 1"), ("yes", "line 5"),
    ]  # fmt: skip


def test_a_conversation_of_two_and_who_made_the_export(tmp_path):
    found = told(tmp_path, "31/12/26, 10:00 - Ana: sun", "31/12/26, 10:01 - +999 00 000 007: rain")
    (group,) = found[Group]
    digest = found[StoreInfo][0].provenance.source.removeprefix("sha256:")
    assert (group.kind, group.stable_id) == (GroupKind.DIRECT, f"direct:e164:+99900000007|name:{digest}:Ana")
    assert [one.stable_id for one in found[Account] if one.is_owner] == ["e164:+99900000007"]
    assert [one.direction for one in found[Message]] == ["in", "out"]
    assert "is inferred" in found[StoreInfo][0].notes[-1]


def test_what_somebody_says_is_not_taken_for_what_happened(tmp_path):
    found = told(
        tmp_path, "31/12/26, 10:00 - Ben: Ana left", '31/12/26, 10:01 - Ben: Ana changed the subject to "x"',
        '31/12/26, 10:02 - Ana changed the subject from "a: b" to "c: d"', "31/12/26, 10:03 - Ben: You're now an admin",
        "31/12/26, 10:04 - Ana left", "31/12/26, 10:05 - Ben joined the weather station of the valley",
        '31/12/26, 10:06 - Ana "Soup" Cook: Ben left',
    )  # fmt: skip
    assert [one.body for one in found[Message]] == [
        "Ana left",
        'Ana changed the subject to "x"',
        "You're now an admin",
        "Ben left",
    ]
    assert [(str(one.kind), one.detail) for one in found[GroupEvent]] == [
        ("renamed", "c: d"), ("left", ""), ("updated", "Ben joined the weather station of the valley"),
    ]  # fmt: skip


def test_several_people_and_the_one_who_made_the_export(tmp_path):
    found = told(tmp_path, "31/12/26, 10:00 - Ana added Ben, Caro and you", "31/12/26, 10:01 - You removed Caro")
    names = [(one.actor.rpartition(":")[2], one.target.rpartition(":")[2]) for one in found[GroupEvent]]
    digest = found[StoreInfo][0].provenance.source.removeprefix("sha256:")
    assert names == [("Ana", "Ben"), ("Ana", "Caro"), ("Ana", digest), (digest, "Caro")]
    assert [one.stable_id for one in found[Account] if one.is_owner] == [f"self:sha256:{digest}"]


MARKS = [
    ("This message was deleted", ("", "by_author", "", False, None)),
    ("\u200eDu hast diese Nachricht gelöscht.", ("", "by_author", "", False, None)),
    ("This message was deleted by admin Ana", ("", "by_admin", "Ana", False, None)),
    ("More soup \u200e<This message was edited>", ("More soup", "no", "", True, None)),
    ("\u200e<attached: 00000012-PHOTO-2026.jpg>", ("", "no", "", False, "00000012-PHOTO-2026.jpg")),
    ("\u200e<pièce jointe : a b.pdf>", ("", "no", "", False, "a b.pdf")),
    ("IMG-1.jpg (file attached)\nThe mill", ("The mill", "no", "", False, "IMG-1.jpg")),
    ("IMG-1.jpg (my favourite)", ("IMG-1.jpg (my favourite)", "no", "", False, None)),
    ("<Media omitted>", ("", "no", "", False, "")),
    ("\u200eimage omitted", ("", "no", "", False, "")),
    ("\u200eBild weggelassen", ("", "no", "", False, "")),
    ("I deleted this message", ("I deleted this message", "no", "", False, None)),
    ("../../secret.jpg (file attached)", ("../../secret.jpg (file attached)", "no", "", False, None)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), MARKS)
def test_marks_in_messages(text, said):
    words = words_of(text)
    assert (words.body, words.deleted, words.admin, words.is_edited, words.file_name) == said


def test_a_file_that_was_left_out_is_an_attachment_without_bytes(tmp_path):
    found = told(tmp_path, "31/12/26, 10:00 - Ana: <Media omitted>", "31/12/26, 10:00 - Ana: a.jpg (file attached)")
    assert [(one.file_name, one.path) for one in found[Attachment]] == [("", None), ("a.jpg", None)]


def test_an_invitation_code_goes_nowhere(tmp_path):
    code = "Soup0Soup1Soup2Soup3AB"
    found = told(tmp_path, f"31/12/26, 10:00 - Ana: https://chat.whatsapp.com/{code}")
    assert [(one.kind, one.url) for one in found[Link]] == [("group_invite", "https://chat.whatsapp.com/")]
    assert code not in repr(found)


def test_files_are_known_by_name_and_first_line(tmp_path):
    good = "31/12/26, 10:00 - Ana: sun\n"
    texts = {"a/_chat.txt": good, "b/WhatsApp Chat with Ana.txt": good, "notes.txt": good, "c/_chat.txt": "soup"}
    for name, text in (texts | {"d/WhatsApp.txt": ""}).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = [one.root for one in reader.find(FolderTree(tmp_path))]
    assert found == ["a/_chat.txt", "b/WhatsApp Chat with Ana.txt"]
    with pytest.raises(UnreadableSource, match="no line that begins with date and time"):
        list(reader.read(FolderTree(tmp_path), StoreLocation(reader.NAME, "c/_chat.txt", needs_key=False), None))


def test_damage_is_said_and_the_rest_read(tmp_path):
    data = (
        b"lost\n31/12/26, 10:00 - Ana: s\xffun\n31/12/26, 10:01 - Ben: rain\n"
        + b"x" * 3_000_000
        + b"\n31/12/26, 10:02 - Ana: end"
    )
    found = told(tmp_path, data=data)
    assert [one.body[:5] for one in found[Message]] == ["s\ufffdun", "rain\n", "end"]
    assert len(found[Message][1].body) < 300_000
    assert [one.provenance.locator for one in found[Problem]] == ["line 1", "line 2"]
    with FolderTree(tmp_path).open("WhatsApp Chat with Ana.txt") as stream:
        assert list(lines_of(stream))[-1] == "31/12/26, 10:02 - Ana: end"


def test_a_message_without_end_is_bounded(tmp_path):
    lines = "31/12/26, 10:00 - Ana: sun\n" + ("soup " * 1_000 + "\n") * 400 + "31/12/26, 10:01 - Ben: rain\n"
    found = told(tmp_path, data=lines.encode())
    assert [one.body[-4:].strip() for one in found[Message]] == ["soup", "rain"]
    assert [one.what for one in found[Problem]] == ["the message is longer than a message can be; its end is left out"]


def test_utf_16_is_read(tmp_path):
    found = told(tmp_path, data="\ufeff31/12/26, 10:00 - Ana: слънце".encode("utf-16-le"))
    assert [one.body for one in found[Message]] == ["слънце"]


@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_cut_and_flipped_at_two_hundred_places(tmp_path, damage):
    path = writer.tell(tellers()[1], "choir", tmp_path / "whole", writer.DIALECTS[6])
    data, chance = path.read_bytes(), random.Random(5)
    for _ in range(200):
        spoilt = bytearray(data[: chance.randrange(1, len(data))] if damage == "cut" else data)
        for _ in range(0 if damage == "cut" else 8):
            spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
        try:
            found = told(tmp_path, data=bytes(spoilt), name="_chat.txt")
        except SauveterreError as error:
            assert len(str(error)) > 20
        else:
            assert found[StoreInfo]


def test_sentences_made_to_be_slow_are_not():
    for piece in ('"a" to ', 'changed the subject from "x" to ', "a ha cambiato l'oggetto da \"", "x hozzáadta "):
        assert happening(piece * 40) is None or True
    assert happening("x" * 2_000 + " left") is None
    assert next(written(iter(["31/12/26, 10:00 - " + ":" * 100_000]))).line == 1

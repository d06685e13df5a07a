from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import InvalidInput
from sauveterre.exchange.register import (
    COLUMNS,
    KINDS,
    digests_of,
    kind_named,
    moment,
    plain,
    read_register,
    text_of,
    zone_named,
)
from sauveterre.records.digest import Digest

PARIS = ZoneInfo("Europe/Paris")
ENGLISH = "Seal,Kind,Serial number,Seized at,Path\nS-1,phone,123,2026-03-15 06:05,one.zip\n"
FRENCH = (
    "Scellé;Désignation;Nature;Numéro de série;Saisi le;Saisi à;Saisi par;Acte juridique;Empreintes;Couleur\n"
    "S-1;Téléphone bleu;Téléphone portable;0123;15/03/2026 06:05;Exempleville;Brigade 3;PV 12/2026;"
    f"sha1:{'ab' * 20} {'CD' * 16};bleu\n"
)


def test_a_french_table_says_what_it_says_in_french():
    [line] = read_register(FRENCH, PARIS)

    assert line.register == {
        "seal": "S-1", "description": "Téléphone bleu", "kind": "phone", "serial": "0123",
        "seized_at": datetime(2026, 3, 15, 5, 5, tzinfo=UTC), "seized_where": "Exempleville", "seized_by": "Brigade 3",
        "legal_act": "PV 12/2026",
    }  # fmt: skip
    assert line.digests == (Digest("sha1", "ab" * 20), Digest("md5", "cd" * 16))
    assert (line.number, line.path, line.wrong) == (2, "", "")


def test_an_english_table_in_another_order_with_other_separators():
    for text in (ENGLISH, ENGLISH.replace(",", "\t"), ENGLISH.replace("\n", "\r\n"), "\ufeff" + ENGLISH):
        [line] = read_register(text, UTC)
        assert line.register["seal"] == "S-1"
        assert line.register["seized_at"] == datetime(2026, 3, 15, 6, 5, tzinfo=UTC)
        assert line.path == "one.zip"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_what_spreadsheets_write_is_read(encoding):
    assert next(read_register(text_of(FRENCH.encode(encoding)), PARIS)).register["description"] == "Téléphone bleu"


def test_empty_lines_are_passed_over_and_lines_keep_their_numbers():
    lines = list(read_register("seal;kind\n\nS-1;phone\n;;\nS-2;boat\n", UTC))

    assert [(line.number, line.register["seal"], bool(line.wrong)) for line in lines] == [
        (3, "S-1", False), (5, "S-2", True),
    ]  # fmt: skip
    assert "'boat' is no kind of medium; use one of phone, tablet" in lines[1].wrong


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the table is empty"),
        ("colour;weight\nred;1\n", "names no column seal"),
        ("seal;numéro de scellé\nS-1;S-2\n", "two columns of the table say seal"),
        ("seal\n" + "S\n" * 5_001, "more than the 5,000 lines"),
    ],
)
def test_what_is_no_table_is_refused(text, says):
    with pytest.raises(InvalidInput, match=says):
        list(read_register(text, UTC))


def test_a_table_that_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(InvalidInput, match="larger than the 1 MiB"):
        text_of(b"x" * ((1 << 20) + 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("2026-03-15", datetime(2026, 3, 14, 23, tzinfo=UTC)),
        ("15/03/2026", datetime(2026, 3, 14, 23, tzinfo=UTC)),
        ("15/03/2026 6h05", datetime(2026, 3, 15, 5, 5, tzinfo=UTC)),
        ("2026-03-15T06:05:00+05:00", datetime(2026, 3, 15, 1, 5, tzinfo=UTC)),
        ("2026-07-15 06:05", datetime(2026, 7, 15, 4, 5, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_their_zone(text, expected):
    assert moment(text, PARIS) == expected


@pytest.mark.parametrize("text", ["soon", "32/01/2026", "2026-13-01", "15/03/26", "0000-00-00", "99/99/9999 99:99"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(InvalidInput, match="is no time such as"):
        moment(text, PARIS)


@pytest.mark.parametrize("text", ["2026-10-25 02:30", "29/03/2026 02:30"])
def test_a_time_that_the_clocks_showed_twice_or_never_needs_its_offset(text):
    with pytest.raises(InvalidInput, match="clocks of Europe/Paris were changed"):
        moment(text, PARIS)
    assert moment("2026-10-25T02:30+01:00", PARIS).utcoffset() == timedelta(hours=1)


def test_zones_are_known_by_name():
    assert zone_named("Europe/Paris") == PARIS
    for name in ("Mars/Olympus", "", "../etc/passwd", "\x00"):
        with pytest.raises(InvalidInput, match="is no time zone"):
            zone_named(name)


def test_every_word_is_plain_and_means_one_thing():
    for words in (COLUMNS, KINDS):
        every = [word for group in words.values() for word in group]
        assert len(every) == len(set(every))
        assert all(plain(word) == word for word in every)
    assert kind_named(" Clé  USB ") == "usb stick"
    assert kind_named("") == ""


@pytest.mark.parametrize("text", ["abc", "sha1:ab", "sha512:" + "a" * 128, "pdq:" + "a" * 64, "sha256:" + "g" * 64])
def test_what_is_no_digest_of_a_medium_is_refused(text):
    with pytest.raises(InvalidInput, match=r"(?i)md5"):
        digests_of(text)


@given(st.text(max_size=400))
def test_any_text_is_read_or_refused(text):
    try:
        lines = list(read_register("seal;kind;seized at;digests\n" + text, PARIS))
    except InvalidInput:
        return
    assert all(line.wrong or line.register["seized_at"] is None or line.register["seized_at"].tzinfo for line in lines)

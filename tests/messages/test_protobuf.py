import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.messages.protobuf import MAX_DEPTH, Decoder, Malformed, clean_text, schema
from sauveterre.messages.signal.frames import decode_json
from sauveterre.messages.signal.schema import SCHEMA

TREE = schema(
    {"Node": "1 number uint64, 2 text string, 3 child Node, 4 many uint32*, 5 raw bytes, 6 colour Colour, 7 low int32, "
             "8 fixed fixed32, 9 names string*"},
    {"Colour": "RED GREEN BLUE"},
)  # fmt: skip


def decode(data):
    return Decoder(TREE).decode(data, "Node")


def test_reads_each_wire_type():
    data = bytes.fromhex("08ac02 12026f6b 1a020801 2a01ff 3002 38ffffffffffffffffff01 4501000000 4a0161 4a0162")

    assert decode(data) == {
        "number": 300, "text": "ok", "child": {"number": 1}, "raw": b"\xff", "colour": 2, "low": -1, "fixed": 1,
        "names": ["a", "b"],
    }  # fmt: skip


def test_reads_packed_and_unpacked_numbers_alike():
    assert decode(bytes.fromhex("2203018002 2007")) == {"many": [1, 256, 7]}


def test_the_last_value_of_a_single_field_counts_and_messages_are_merged():
    assert decode(bytes.fromhex("0801 0802 1a020801 1a03120178")) == {"number": 2, "child": {"number": 1, "text": "x"}}


def test_keeps_and_counts_what_the_table_does_not_know():
    decoder = Decoder(TREE)

    assert decoder.decode(bytes.fromhex("a00601 a00602 0a0141"), "Node") == {"#100": [1, 2], "#1": [b"A"]}
    assert decoder.unknown == {"Node.100": 2, "Node.1": 1}


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("08", "cut off at offset 1"),
        ("08ffffffffffffffffff7f", "more than 64 bits"),
        ("08ffffffffffffffffffff01", "more than 64 bits"),
        ("1205616263", "5 bytes are claimed at offset 2, 3 are left"),
        ("12ffffffffff01", "are claimed at offset"),
        ("0b", "wire type 3 is not used"),
        ("0c", "wire type 4 is not used"),
        ("0e", "wire type 6 is not used"),
        ("0001", "field number 0"),
        ("4501", "4 bytes are claimed"),
        ("1a0208", "2 bytes are claimed at offset 2, 1 are left"),
        ("1a0108", "child: a number is cut off at offset 1"),
        ("220180", "cut off"),
    ],
)
def test_says_what_is_wrong_and_where(data, what):
    with pytest.raises(Malformed, match=what):
        decode(bytes.fromhex(data))


def test_refuses_messages_that_lie_too_deep():
    data = b""
    for _ in range(MAX_DEPTH + 1):
        data = b"\x1a" + bytes(read_length(len(data))) + data
    with pytest.raises(Malformed, match="inside one another"):
        decode(data)


def read_length(number):
    return [number] if number < 128 else [number & 0x7F | 0x80, number >> 7]


def test_text_that_is_not_utf8_stays_readable():
    assert decode(b"\x12\x04a\xff\x00b") == {"text": "a\\xff\\x00b"}
    assert clean_text("a\ud800\x00") == "a\\ud800\\x00"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_fields_or_malformed(data):
    for tables, message in ((TREE, "Node"), (SCHEMA, "Frame"), (SCHEMA, "BackupInfo")):
        try:
            fields = Decoder(tables).decode(data, message)
        except Malformed:
            continue
        assert all(isinstance(name, str) for name in fields)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["number", "text", "child", "many", "raw", "colour", "low", "x"]), inner, max_size=4
        )
    ),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_any_json_gives_fields_or_malformed(value):
    with contextlib.suppress(Malformed):
        decode_json(Decoder(TREE), json.dumps(value).encode(), "Node")


def test_json_and_wire_give_the_same_shape():
    text = '{"number":"300","text":"ok","child":{"number":1},"raw":"_w","colour":"BLUE","low":-1,"many":[1],"x":null}'

    assert Decoder(TREE).from_json(json.loads(text), "Node") == {
        "number": 300, "text": "ok", "child": {"number": 1}, "raw": b"\xff", "colour": 2, "low": -1, "many": [1],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"number": -1}', "Node.number is not a uint64"),
        ('{"number": "1e400"}', "Node.number"),
        ('{"number": true}', "Node.number"),
        ('{"raw": "*"}', "Node.raw is not a bytes"),
        ('{"child": []}', "Node is not an object"),
        ('{"many": 1}', "not a list"),
        ("[", "not JSON"),
        ("[" * 100_000, "too deep"),
        ('{"number":' + "9" * 5000 + "}", "not JSON"),
        ('{"child":' * 50 + "{}" + "}" * 50, "inside one another"),
    ],
)
def test_says_what_is_wrong_in_json(text, what):
    with pytest.raises(Malformed, match=what):
        decode_json(Decoder(TREE), text.encode(), "Node")


def test_an_enum_name_that_is_not_known_is_counted():
    decoder = Decoder(TREE)

    assert decoder.from_json({"colour": "MAUVE"}, "Node") == {"colour": -1}
    assert decoder.unknown == {"Node.colour=MAUVE": 1}


def test_a_table_with_an_undefined_kind_is_refused():
    with pytest.raises(KeyError, match="unknown kind Leaf"):
        schema({"Node": "1 leaf Leaf"}, {})

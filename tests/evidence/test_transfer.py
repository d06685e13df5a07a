import io
import quopri
from base64 import b64encode, encodebytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import UnreadableSource
from sauveterre.evidence import transfer
from sauveterre.evidence.content import Blocks

SKY = bytes(range(256)) * 700


def decoded(data):
    return b"".join(transfer.from_base64(io.BytesIO(data), name="sky.jpg"))


@pytest.mark.parametrize("encoded", [b64encode(SKY), encodebytes(SKY), encodebytes(SKY).replace(b"\n", b"\r\n")])
def test_base64_is_decoded_over_all_block_ends(encoded):
    assert decoded(encoded) == SKY
    assert decoded(encoded.replace(b"A", b"A \x00*\xff")) == SKY


@given(pieces=st.lists(st.binary(max_size=50), max_size=5))
def test_encodings_behind_one_another_are_one_content(pieces):
    padded = [piece for piece in pieces if len(piece) % 3] + [piece for piece in pieces if not len(piece) % 3]
    assert decoded(b"".join(b64encode(piece) for piece in padded)) == b"".join(padded)


def test_missing_padding_does_no_harm():
    assert decoded(b"QQ") == b"A"
    assert decoded(b"QUI") == b"AB"
    assert decoded(b"") == decoded(b"===") == b""


@pytest.mark.parametrize("encoded", [b"QUJDR", b"QUJDR=", b"QUJDR==QUJD"])
def test_a_character_left_over_is_told_after_what_can_be_read(before_damage, encoded):
    got, error = before_damage(Blocks("sky.jpg", transfer.from_base64(io.BytesIO(encoded), name="sky.jpg")))
    assert got == (b"ABCABC" if encoded.endswith(b"D") else b"ABC")
    assert isinstance(error, UnreadableSource)
    assert "sky.jpg ends in the middle" in str(error)


@given(data=st.binary(max_size=300), times=st.sampled_from([1, 700]))
def test_quoted_printable_is_decoded_over_all_block_ends(data, times):
    encoded = quopri.encodestring(data, quotetabs=True) * times
    blocks = list(transfer.from_quoted_printable(io.BytesIO(encoded)))
    assert b"".join(blocks) == quopri.decodestring(encoded)
    assert all(blocks)


@pytest.mark.parametrize("shift", range(4))
def test_quoted_printable_without_lines_is_cut_nowhere_else(shift):
    encoded = b"x" * shift + b"=C3=B6" * 60_000
    assert b"".join(transfer.from_quoted_printable(io.BytesIO(encoded))) == b"x" * shift + "ö".encode() * 60_000

"""Rich text, written from its description (RTF 1.9.1)."""

import io
import struct

from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sauveterre.evidence.documents.rtf_groups import groups_in
from sauveterre.evidence.opening import peek_at, reader_for
from sauveterre.evidence.readers import rtf


def picture(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.linear_gradient("L").resize((40, 30)).convert("RGB").save(stream, kind)
    return stream.getvalue()


JPEG, PNG, BMP = picture("JPEG"), picture("PNG"), picture("BMP")


def written(data: bytes) -> bytes:
    """Return bytes as hexadecimal digits, in lines."""
    digits = data.hex().encode()
    return b"\r\n".join(digits[at : at + 78] for at in range(0, len(digits), 78))


def named(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def an_object(kind: bytes, data: bytes) -> bytes:
    return struct.pack("<2I", 0x501, 2) + named(kind + b"\0") + named(b"") + named(b"") + named(data)


PACKAGE = (
    b"\2\0fog.txt\0C:\\fog.txt\0\0\0\3\0" + struct.pack("<I", 11) + b"C:\\fog.txt\0" + struct.pack("<I", 4) + b"Fog."
)
TEXT = b"".join((
    rb"{\rtf1\ansi Rain by noon.\par {\*\shppict{\pict{\*\picprop{\sp{\sn a}{\sv 1}}}\picw40\pich30\jpegblip",
    rb"{\*\blipuid 00112233} ", written(JPEG), b"}}",
    rb"{\pict\pngblip\bin", str(len(PNG)).encode(), b" ", PNG, b"}",
    rb"{\pict\dibitmap0 ", written(BMP[14:]), b"}",
    rb"{\object\objemb{\*\objclass Package}{\*\objdata ", written(an_object(b"Package", PACKAGE)), b"}}",
    rb"{\object{\*\objdata ", written(an_object(b"Word.Document.8", b"\xd0\xcf\x11\xe0")), b"}}",
    rb"{\pict\wmetafile8 }\picture \pictures}",
))  # fmt: skip


def test_pictures_and_objects_come_byte_for_byte(opened, content_of):
    assert reader_for(peek_at(io.BytesIO(TEXT))) is rtf
    assert content_of(opened(rtf, TEXT)) == [
        (b"pictures/00001.jpg", JPEG),
        (b"pictures/00002.png", PNG),
        (b"pictures/00003.bmp", BMP),
        (b"attachments/fog.txt", b"Fog."),
        (b"attachments/object-00005", b"\xd0\xcf\x11\xe0"),
    ]


def test_a_text_that_is_cut_off_gives_what_is_there(opened, content_of):
    cut = TEXT[: TEXT.index(b"jpegblip") + 120]
    [(name, data)] = content_of(opened(rtf, cut))
    assert name == b"pictures/00001.jpg"
    assert data == JPEG[: len(data)]
    assert len(data) > 40


@given(
    st.lists(st.sampled_from([rb"\pict", rb"\objdata", b"{", b"}", b"ff", rb"\bin9", rb"\bin", b"\\", b"\\'f", b"0"]))
)
def test_any_text_has_an_answer(parts):
    text = b"".join(parts)
    end = 0
    for group in groups_in(text):
        assert end <= group.at <= group.end
        end = group.end

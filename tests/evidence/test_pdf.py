import io
import zlib

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image, ImageChops

from sauveterre.errors import LimitExceeded, Locked, SauveterreError, UnreadableSource
from sauveterre.evidence.documents import pdf_unpacking
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import pdf
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek

GRADIENT = Image.linear_gradient("L").resize((40, 24))
COLOURS = Image.merge("RGB", (GRADIENT, GRADIENT.rotate(180), Image.radial_gradient("L").resize((40, 24))))


def jpeg(picture=COLOURS):
    stream = io.BytesIO()
    picture.save(stream, "JPEG")
    return stream.getvalue()


def saved(document, **options) -> bytes:
    stream = io.BytesIO()
    document.save(stream, **options)
    return stream.getvalue()


def with_picture(data: bytes, *, on_page=True, filtered=None, **stated) -> bytes:
    """A document of one page that shows one picture, whose stream is ``data`` as it is."""
    document = pikepdf.new()
    page = document.add_blank_page()
    fields = {"Width": 40, "Height": 24, "BitsPerComponent": 8, "ColorSpace": Name.DeviceRGB, **stated}
    picture = document.make_indirect(Stream(document, b"", Subtype=Name.Image, **fields))
    picture.write(data, filter=filtered, decode_parms=stated.get("DecodeParms"))
    if on_page:
        page.Resources = Dictionary(XObject=Dictionary(Picture=picture))
    else:
        document.Root.Kept = picture
    return saved(document, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)


def only(opened, content_of, data):
    ((path, content),) = content_of(opened(pdf, data))
    return path.decode(), content


def is_same(content: bytes, picture: Image.Image) -> bool:
    found = Image.open(io.BytesIO(content))
    return (
        found.size == picture.size
        and ImageChops.difference(found.convert("RGB"), picture.convert("RGB")).getbbox() is None
    )


def test_a_jpeg_comes_byte_for_byte_and_says_where_it_is_shown(opened, content_of):
    container = opened(pdf, with_picture(jpeg(), filtered=Name.DCTDecode))
    (entry,) = container.entries()

    assert content_of(container) == [(entry.path, jpeg())]
    assert entry.path.startswith(b"pictures/object-")
    assert entry.path.endswith(b".jpg")
    assert entry.note == "is first shown on page 1"
    assert container.problems == []


def test_a_document_of_another_writer_is_read(opened, content_of):
    stream = io.BytesIO()
    COLOURS.save(stream, "PDF", save_all=True, append_images=[COLOURS.rotate(180)])
    found = content_of(opened(pdf, stream.getvalue()))

    assert len(found) == 2
    assert stream.getvalue().count(b"\xff\xd8\xff") == 2
    assert all(content in stream.getvalue() and content.startswith(b"\xff\xd8\xff") for _, content in found)


def test_a_picture_that_no_page_shows_is_listed(opened):
    (entry,) = opened(pdf, with_picture(jpeg(), filtered=Name.DCTDecode, on_page=False)).entries()

    assert entry.note == "is shown on no page"


@pytest.mark.parametrize(
    ("picture", "stated"),
    [
        (COLOURS, {}),
        (GRADIENT, {"ColorSpace": Name.DeviceGray}),
        (GRADIENT.convert("1"), {"ColorSpace": Name.DeviceGray, "BitsPerComponent": 1}),
        (COLOURS.convert("CMYK"), {"ColorSpace": Name.DeviceCMYK}),
    ],
    ids=["rgb", "grey", "bits", "inks"],
)
@pytest.mark.parametrize("filtered", [None, Name.FlateDecode])
def test_other_pictures_are_restored_to_the_pixel(opened, content_of, picture, stated, filtered):
    data = picture.tobytes()
    packed = zlib.compress(data) if filtered else data
    path, content = only(opened, content_of, with_picture(packed, filtered=filtered, **stated))

    assert path.endswith(".tif")
    assert content.endswith(packed)
    assert is_same(content, picture)


def test_rows_with_filters_become_a_png_of_the_same_bytes(opened, content_of):
    rows = b"".join(b"\x00" + COLOURS.tobytes()[at : at + 120] for at in range(0, 120 * 24, 120))
    parameters = Dictionary(Predictor=15, Colors=3, BitsPerComponent=8, Columns=40)
    data = with_picture(zlib.compress(rows), filtered=Name.FlateDecode, DecodeParms=parameters)
    path, content = only(opened, content_of, data)

    assert path.endswith(".png")
    assert zlib.compress(rows) in content
    assert is_same(content, COLOURS)


def test_rows_with_filters_that_no_png_can_have_are_unpacked(opened, content_of):
    inks = COLOURS.convert("CMYK")
    rows = b"".join(b"\x00" + inks.tobytes()[at : at + 160] for at in range(0, 160 * 24, 160))
    parameters = Dictionary(Predictor=15, Colors=4, BitsPerComponent=8, Columns=40)
    data = with_picture(
        zlib.compress(rows), filtered=Name.FlateDecode, DecodeParms=parameters, ColorSpace=Name.DeviceCMYK
    )
    path, content = only(opened, content_of, data)

    assert path.endswith(".tif")
    assert content.endswith(inks.tobytes())
    assert is_same(content, inks)


def test_a_palette_is_kept(opened, content_of):
    few = COLOURS.quantize(16)
    palette = bytes(few.getpalette()[:48])
    space = Array([Name.Indexed, Name.DeviceRGB, 15, pikepdf.String(palette)])
    _, content = only(opened, content_of, with_picture(few.tobytes(), ColorSpace=space))

    assert is_same(content, few)
    assert Image.open(io.BytesIO(content)).tag_v2[320][256] == palette[1] * 257


@pytest.mark.parametrize("rows", [False, True], ids=["tiff", "png"])
@pytest.mark.parametrize("how", [{"Decode": Array([1, 0])}, {"ColorSpace": Array([Name.Separation, Name.Black])}])
def test_shades_whose_zero_is_white_are_turned_round(opened, content_of, rows, how):
    data, parameters = ImageChops.invert(GRADIENT).tobytes(), {}
    if rows:
        data = b"".join(b"\x00" + data[at : at + 40] for at in range(0, 40 * 24, 40))
        parameters = {"DecodeParms": Dictionary(Predictor=15, Columns=40)}
    stated = {"ColorSpace": Name.DeviceGray, **how, **parameters}
    path, content = only(opened, content_of, with_picture(zlib.compress(data), filtered=Name.FlateDecode, **stated))

    assert path.endswith(".png" if rows else ".tif")
    assert is_same(content, GRADIENT)


def test_a_fax_has_white_for_zero_as_the_document_says(opened, content_of):
    lines = GRADIENT.convert("1")
    stream = io.BytesIO()
    lines.save(stream, "TIFF", compression="group4")
    page = Image.open(io.BytesIO(stream.getvalue()))
    at, size, photometric = page.tag_v2[273][0], page.tag_v2[279][0], page.tag_v2[262]
    parameters = Dictionary(K=-1, Columns=40, Rows=24, BlackIs1=photometric == 1)
    data = with_picture(
        stream.getvalue()[at : at + size],
        filtered=Name.CCITTFaxDecode,
        DecodeParms=parameters,
        ColorSpace=Name.DeviceGray,
        BitsPerComponent=1,
    )
    path, content = only(opened, content_of, data)

    assert path.endswith(".tif")
    assert is_same(content, lines)


def test_a_jpeg_packed_once_more_is_unpacked(opened, content_of):
    packed = zlib.compress(jpeg())
    data = with_picture(packed, filtered=Array([Name.FlateDecode, Name.DCTDecode]))

    assert only(opened, content_of, data)[1] == jpeg()


def test_what_no_picture_format_says_comes_as_it_is_packed_with_a_note(opened, content_of):
    space = Array([Name.DeviceN, Array([Name(f"/Ink{at}") for at in range(5)]), Name.DeviceCMYK, Dictionary()])
    container = opened(pdf, with_picture(b"five inks", ColorSpace=space))
    (entry,) = container.entries()

    assert content_of(container) == [(entry.path, b"five inks")]
    assert "comes as it is packed" in entry.note


def test_attached_files_are_entries_under_their_names(opened, content_of):
    document = pikepdf.new()
    document.add_blank_page()
    document.attachments["weather"] = pikepdf.AttachedFileSpec(document, b"sunny" * 1_000, filename="a/weather.txt")

    assert content_of(opened(pdf, saved(document))) == [(b"attachments/a_weather.txt", b"sunny" * 1_000)]


@pytest.mark.parametrize("revision", [3, 4, 6])
def test_an_encrypted_document_opens_with_a_key_of_the_unit_and_no_other(content_of, revision):
    document = pikepdf.Pdf.open(io.BytesIO(with_picture(jpeg(), filtered=Name.DCTDecode)))
    strong = revision == 6
    lock = pikepdf.Encryption(owner="of the owner", user="film title", R=revision, aes=revision > 3, metadata=strong)
    data = saved(document, encryption=lock)
    with pytest.raises(Locked, match="sauveterre key add"):
        pdf.open(StreamOrigin(io.BytesIO(data), "sha256:0", keys=("film", "weather")), Limits())
    with pdf.open(StreamOrigin(io.BytesIO(data), "sha256:0", keys=("film", "film title")), Limits()) as container:
        assert [content for _, content in content_of(container)] == [jpeg()]


def test_a_document_that_only_its_owner_may_change_opens_with_no_key(opened, content_of):
    document = pikepdf.Pdf.open(io.BytesIO(with_picture(jpeg(), filtered=Name.DCTDecode)))
    data = saved(document, encryption=pikepdf.Encryption(owner="of the owner", user="", R=6))

    assert only(opened, content_of, data)[1] == jpeg()


def test_a_document_without_its_end_is_searched_and_says_so(opened, content_of):
    data = with_picture(jpeg(), filtered=Name.DCTDecode)
    container = opened(pdf, data[: data.rindex(b"xref\n0")] + b"trailer <</Root 1 0 R>>\n")

    assert [content for _, content in content_of(container)] == [jpeg()]
    assert "the document is damaged" in container.problems[0].what
    assert "0x" not in container.problems[0].what


def test_what_is_no_document_is_refused(opened):
    with pytest.raises(UnreadableSource, match="look for another copy"):
        opened(pdf, b"%PDF-1.7\nand no more")
    assert pdf.recognises(Peek(head=b"%PDF-1.7\n"))
    assert not pdf.recognises(Peek(head=b"%PS-1.7\n"))


def test_a_bomb_is_refused(opened, content_of):
    parameters = Dictionary(Predictor=15, Colors=4, BitsPerComponent=8, Columns=40)
    packed = zlib.compress(bytes(30 << 20))
    data = with_picture(packed, filtered=Name.FlateDecode, DecodeParms=parameters, ColorSpace=Name.DeviceCMYK)
    container = opened(pdf, data)
    (entry,) = container.entries()
    with pytest.raises(LimitExceeded, match="more than twice"):
        container.open(entry)


def test_a_stream_that_is_too_large_is_refused(opened, monkeypatch):
    monkeypatch.setattr(pdf_unpacking, "MOST_BYTES", 100)
    container = opened(pdf, with_picture(jpeg(), filtered=Name.DCTDecode))
    with pytest.raises(LimitExceeded, match="more than 100 bytes"):
        container.open(next(container.entries()))


def test_values_of_any_kind_are_survived(opened, content_of):
    strange = {"Width": Name.Wide, "Height": Array([]), "BitsPerComponent": -1, "ColorSpace": Array([Array([])])}
    container = opened(pdf, with_picture(b"?", Decode=Dictionary(), ImageMask=pikepdf.String("yes"), **strange))

    assert [content for _, content in content_of(container)] == [b"?"]


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 2_000), new=st.binary(min_size=1, max_size=12))
def test_a_document_changed_anywhere_raises_nothing_but_our_own(at, new):
    data = with_picture(zlib.compress(COLOURS.tobytes()), filtered=Name.FlateDecode)
    data = data[:at] + new + data[at + len(new) :]
    try:
        with pdf.open(StreamOrigin(io.BytesIO(data), "sha256:0"), Limits()) as container:
            for entry in container.entries():
                container.open(entry).read()
    except SauveterreError as error:
        assert len(str(error)) > 20

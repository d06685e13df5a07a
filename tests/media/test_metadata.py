"""XMP, IPTC, Photoshop's resources and EXIF's further fields, friendly and hostile."""

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sauveterre.media.blocks import blocks_of, photoshop_blocks
from sauveterre.media.iptc import statements_of_iptc
from sauveterre.media.metadata import metadata_of
from sauveterre.media.picture import picture_of
from sauveterre.media.xmp import read_xmp
from sauveterre.records.content import Statement
from sauveterre.records.limits import Limits

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
 xmlns:stRef="http://ns.adobe.com/xap/1.0/sType/ResourceRef#" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#" xmlns:other="urn:other"
 xmp:CreatorTool="Lantern Editor 3" other:CreatorTool="nobody's" xmpMM:InstanceID="xmp.iid:2">
<xmpMM:DerivedFrom stRef:documentID="xmp.did:1"/>
<xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved" stEvt:when="2026-05-01T10:00:00+02:00"/></rdf:Seq></xmpMM:History>
<dc:subject><rdf:Bag><rdf:li>clouds</rdf:li><rdf:li>rain\u202e\tsoon</rdf:li></rdf:Bag></dc:subject>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Sky</rdf:li></rdf:Alt></dc:title>
<xmp:ModifyDate>2026-05-02</xmp:ModifyDate>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()
STATED = [
    ("xmp:CreatorTool", "Lantern Editor 3"), ("xmpMM:InstanceID", "xmp.iid:2"), ("stRef:documentID", "xmp.did:1"),
    ("stEvt:action", "saved"), ("stEvt:when", "2026-05-01T10:00:00+02:00"), ("dc:subject", "clouds; rain soon"),
    ("dc:title", "Sky"), ("xmp:ModifyDate", "2026-05-02"),
]  # fmt: skip
FROM_XMP = tuple(Statement("XMP", name, value) for name, value in STATED)


def iim(*fields):
    return b"".join(struct.pack(">BBBH", 0x1C, record, number, len(text)) + text for record, number, text in fields)


def resource(number, content, name=b""):
    padded = bytes([len(name)]) + name
    padded += bytes(len(padded) % 2)
    return (
        b"8BIM"
        + number.to_bytes(2, "big")
        + padded
        + struct.pack(">I", len(content))
        + content
        + bytes(len(content) % 2)
    )


def segment(marker, payload):
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def with_segments(jpeg, *segments):
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def test_a_packet_is_read_field_by_field_in_its_order():
    assert read_xmp(PACKET) == (FROM_XMP, ())


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_xmp_is_read_from_every_format(draw, save, form):
    if form == "TIFF":
        image = Image.fromarray(draw(1, 60, 40))
        data = save(image, form, tiffinfo={700: PACKET})
    elif form == "PNG":
        plain = save(draw(1, 60, 40), form)
        chunk = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + PACKET
        check = struct.pack(">I", zlib.crc32(chunk))
        data = plain[:33] + struct.pack(">I", len(chunk) - 4) + chunk + check + plain[33:]
    elif form == "HEIF":
        heif = pytest.importorskip("pillow_heif")
        heif.register_heif_opener()
        data = save(draw(1, 64, 48), form, xmp=PACKET)
    else:
        data = save(draw(1, 60, 40), form, xmp=PACKET)
    picture, trouble = picture_of(data, f"image/{form.lower()}", Limits())
    assert (picture.statements, trouble) == (FROM_XMP, "")


@pytest.mark.parametrize(
    "packet",
    [
        b"", b"<a", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"\xff\xfe<",
        b"<?xml version='1.0' encoding='x'?><a/>", b"<a>" * 100_000,
        PACKET + b" " * (1 << 20) + b".", PACKET[:-100] + b"<",
    ],
)  # fmt: skip
def test_a_packet_that_is_none_is_silent(packet):
    assert read_xmp(packet) == ((), ())


def test_a_packet_that_goes_on_and_on_has_an_end():
    many = "".join(f"<dc:creator xmlns:dc='http://purl.org/dc/elements/1.1/'>n{n}</dc:creator>" for n in range(9_000))
    stated, _ = read_xmp(f"<a>{many}</a>".encode())
    assert [one.value for one in stated] == [f"n{n}" for n in range(64)]
    deep = b"<b xmlns='http://purl.org/dc/elements/1.1/'>" + b"<title>" * 60_000 + b"</title>" * 60_000 + b"</b>"
    assert read_xmp(deep) == ((), ())


def test_iptc_and_a_thumbnail_stand_in_photoshops_resources(draw, save):
    fields = iim(
        (1, 90, b"\x1b%G"), (2, 25, b"clouds"), (2, 25, b"rain"), (2, 40, b"FBMD01000a9"), (2, 120, "été".encode())
    )
    small = save(draw(1, 64, 48), "JPEG")
    resources = (
        resource(0x03ED, b"abc", b"odd") + resource(0x0404, fields) + resource(0x040C, b"\0\0\0\1" + bytes(24) + small)
    )
    data = with_segments(save(draw(2, 300, 200), "JPEG"), segment(0xED, b"Photoshop 3.0\0" + resources))
    picture, trouble = picture_of(data, "image/jpeg", Limits())
    assert trouble == ""
    assert [(one.source, one.name, one.value) for one in picture.statements] == [
        ("IPTC", "Keywords", "clouds"), ("IPTC", "Keywords", "rain"), ("IPTC", "SpecialInstructions", "FBMD01000a9"),
        ("IPTC", "Caption-Abstract", "été"),
    ]  # fmt: skip
    assert [(one.origin, one.width, one.height, one.size) for one in picture.embedded] == [
        ("Photoshop thumbnail", 64, 48, len(small))
    ]


def test_what_exif_says_beyond_the_camera(draw, save):
    exif = Image.Exif()
    exif[0x013B], exif[0x9C9B] = "Lantern Club", "Été".encode("utf-16-le")
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + "rain".encode("utf-16-le")
    exif.get_ifd(0x8825).update({0x1D: "2026:05:01", 7: (8.0, 30.0, 5.0)})
    metadata = metadata_of(save(draw(1, 60, 40), "JPEG", exif=exif), "image/jpeg")
    assert [(one.name, one.value) for one in metadata.statements] == [
        ("Artist", "Lantern Club"), ("XPTitle", "Été"), ("UserComment", "rain"),
        ("GPSDateTime", "2026:05:01 8.0:30.0:5.0 UTC"),
    ]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"8BIM\x04\x04\0\0", b"8BIM\x04\x0c\0\0\0\0\1\0\0\0\0\1"]))
def test_any_bytes_are_resources_or_silence(noise, start):
    for one in statements_of_iptc(photoshop_blocks(start + noise).iptc) + statements_of_iptc(b"\x1c" + noise):
        assert one.value.isprintable()
        assert 0 < len(one.value) <= 1_000


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 900), st.sampled_from(["image/jpeg", "image/png", "image/webp"]))
def test_any_bytes_have_blocks(noise, at, kind):
    jpeg = (
        b"\xff\xd8"
        + segment(0xE2, b"MPF\0MM\0*\0\0\0\x08\0\1\xb0\2\0\7\0\0\0\x20\0\0\0\x1a")
        + segment(0xE1, b"Exif\0\0")
    )
    data = {"image/jpeg": jpeg, "image/png": b"\x89PNG\r\n\x1a\n", "image/webp": b"RIFF\0\0\0\0WEBP"}[kind]
    found = blocks_of(data[:at] + noise + data[at:], kind)
    assert len(found.previews) <= 8

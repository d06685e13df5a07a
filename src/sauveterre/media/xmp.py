"""XMP, the XML in which programs write what they made of a picture: tools, dates, history, places, words.

Source: ISO 16684-1, and the name spaces of Adobe, EXIF and IPTC. Only the fields that tell who made, changed or named
the picture; entities and document types are refused, and size and fields are bounded.
"""

import base64
import binascii
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from sauveterre.media.blocks import LARGEST_BLOCK, MOST_PREVIEWS, Preview
from sauveterre.media.wording import cleaned
from sauveterre.records.content import Statement

MOST_FIELDS = 64
"""Fields of one picture that are kept, the first ones."""
MOST_ELEMENTS = 20_000

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_SPACES = {
    "http://ns.adobe.com/xap/1.0/": ("xmp", "CreatorTool CreateDate ModifyDate MetadataDate Label Nickname"),
    "http://ns.adobe.com/xap/1.0/mm/": ("xmpMM", "DocumentID InstanceID OriginalDocumentID PreservedFileName"),
    "http://ns.adobe.com/xap/1.0/sType/ResourceRef#": ("stRef", "documentID instanceID originalDocumentID filePath"),
    "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#": (
        "stEvt", "action when softwareAgent instanceID parameters changed"
    ),
    "http://purl.org/dc/elements/1.1/": ("dc", "title description subject creator rights source identifier"),
    "http://ns.adobe.com/photoshop/1.0/": (
        "photoshop",
        "DateCreated Headline Credit Source Instructions AuthorsPosition City State Country TransmissionReference "
        "History",
    ),
    "http://ns.adobe.com/tiff/1.0/": ("tiff", "Make Model Software DateTime Artist ImageDescription"),
    "http://ns.adobe.com/exif/1.0/": (
        "exif",
        "DateTimeOriginal DateTimeDigitized GPSLatitude GPSLongitude GPSAltitude GPSTimeStamp GPSDestLatitude "
        "GPSDestLongitude UserComment ImageUniqueID",
    ),
    "http://cipa.jp/exif/1.0/": ("exifEX", "BodySerialNumber LensSerialNumber LensModel CameraOwnerName"),
    "http://ns.adobe.com/exif/1.0/aux/": ("aux", "SerialNumber LensSerialNumber OwnerName Lens"),
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": ("Iptc4xmpCore", "Location CountryCode"),
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": ("Iptc4xmpExt", "DigitalSourceType DigImageGUID PersonInImage"),
}  # fmt: skip
_NAMES = {
    f"{{{space}}}{name}": f"{prefix}:{name}" for space, (prefix, names) in _SPACES.items() for name in names.split()
}
_THUMBNAIL = "{http://ns.adobe.com/xap/1.0/g/img/}image"


def read_xmp(packet: bytes) -> tuple[tuple[Statement, ...], tuple[Preview, ...]]:
    """Return what a packet states, in its order, and the thumbnails in it. Never raises for bad content."""
    root = _parsed(packet)
    if root is None:
        return (), ()
    found: dict[Statement, None] = {}
    previews: list[Preview] = []
    for number, element in enumerate(root.iter()):
        if number == MOST_ELEMENTS:
            break
        for name, value in _stated(element):
            if len(found) < MOST_FIELDS and (text := cleaned(value)):
                found[Statement("XMP", name, text)] = None
        if element.tag == _THUMBNAIL and len(previews) < MOST_PREVIEWS:
            previews += _thumbnail(element.text or "")
    return tuple(found), tuple(previews)


def _parsed(packet: bytes) -> Element | None:
    if len(packet) > LARGEST_BLOCK:
        return None
    try:
        root: Element = fromstring(packet.strip(b"\0 \r\n\t"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root


def _stated(element: Element) -> Iterator[tuple[str, str]]:
    """Yield the fields that an element states: by its attributes, its text, or the items of its list."""
    for key, value in element.attrib.items():
        if key in _NAMES:
            yield _NAMES[key], value
    if element.tag in _NAMES:
        items = [item.text or "" for item in element.findall(f"*/{_RDF}li")]
        yield _NAMES[element.tag], "; ".join(filter(None, items)) or element.text or ""


def _thumbnail(text: str) -> Iterator[Preview]:
    try:
        data = base64.b64decode("".join(text.split()))
    except (binascii.Error, ValueError):
        return
    if data.startswith(b"\xff\xd8"):
        yield Preview("XMP thumbnail", data)

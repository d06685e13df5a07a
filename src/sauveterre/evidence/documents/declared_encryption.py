"""Which members of a document in a ZIP are encrypted, as the document itself declares.

OpenDocument 1.3, part 2, 4.8 (``META-INF/manifest.xml``), and EPUB's OCF 3.3, 4.2.6.3.1 (``META-INF/encryption.xml``).
"""

from collections.abc import Callable
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

_MANIFEST = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_ENC = "{http://www.w3.org/2001/04/xmlenc#}"
_OBFUSCATED = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
"""Fonts turned round by a key that stands in the book itself: they are no secret."""
OPEN_DOCUMENT = (
    "is encrypted, as the document declares; open the document with its password in LibreOffice, save it without, and "
    "add that"
)
BOOK = (
    "is encrypted, as the book declares, by the rights management of who sold it; open the book in the reading program "
    "of its owner's account"
)


def encrypted_members(manifest: bytes, *, is_book: bool) -> frozenset[bytes]:
    """Return the names of the encrypted members; none where the declaration cannot be read."""
    try:
        root = ElementTree.fromstring(manifest)
    except (ParseError, DefusedXmlException, ValueError):
        return frozenset()
    names: Callable[[Element], list[str | None]] = _of_book if is_book else _of_document
    return frozenset(name.encode("utf-8", "surrogatepass") for name in names(root) if name)


def _of_document(root: Element) -> list[str | None]:
    entries = root.iter(f"{_MANIFEST}file-entry")
    return [one.get(f"{_MANIFEST}full-path") for one in entries if one.find(f"{_MANIFEST}encryption-data") is not None]


def _of_book(root: Element) -> list[str | None]:
    found: list[str | None] = []
    for one in root.iter(f"{_ENC}EncryptedData"):
        method, place = one.find(f"{_ENC}EncryptionMethod"), one.find(f".//{_ENC}CipherReference")
        if place is not None and (method is None or method.get("Algorithm") not in _OBFUSCATED):
            found.append(unquote(place.get("URI") or ""))
    return found

"""Documents in a ZIP that declare their members encrypted."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.documents.declared_encryption import BOOK, OPEN_DOCUMENT, encrypted_members
from sauveterre.evidence.readers import zip_archive
from sauveterre.records.entry import Cause

ODF = """<?xml version="1.0"?><!DOCTYPE m:manifest PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" "Manifest.dtd">
<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<m:file-entry m:full-path="/" m:media-type="application/vnd.oasis.opendocument.text"/>
<m:file-entry m:full-path="Pictures/été.png"><m:encryption-data m:checksum="x"/></m:file-entry>
<m:file-entry m:full-path="mimetype"/></m:manifest>""".replace("\n", "")
EPUB = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:e="http://www.w3.org/2001/04/xmlenc#">
<e:EncryptedData><e:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>
<e:CipherData><e:CipherReference URI="OEBPS/rain%20cloud.jpg"/></e:CipherData></e:EncryptedData>
<e:EncryptedData><e:EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/>
<e:CipherData><e:CipherReference URI="OEBPS/font.otf"/></e:CipherData></e:EncryptedData></encryption>"""


def packed(**members: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("declaring", "text", "secret", "plain", "words"),
    [
        ("META-INF/manifest.xml", ODF, "Pictures/été.png", "mimetype", OPEN_DOCUMENT),
        ("META-INF/encryption.xml", EPUB, "OEBPS/rain cloud.jpg", "OEBPS/font.otf", BOOK),
    ],
    ids=["OpenDocument", "EPUB"],
)
def test_members_that_are_declared_encrypted_say_what_opens_them(opened, declaring, text, secret, plain, words):
    container = opened(zip_archive, packed(**{plain: "sun", secret: "\x01\x02", declaring: text}))
    found = {entry.path.decode(): entry for entry in container.entries()}
    assert {name: (one.cause, one.failure) for name, one in found.items()} == {
        plain: (Cause.NONE, ""),
        secret: (Cause.ENCRYPTED, words),
        declaring: (Cause.NONE, ""),
    }
    with pytest.raises(UnreadableSource, match="is encrypted, as the"):
        container.open(found[secret])


def test_a_declaration_that_cannot_be_read_declares_nothing(opened):
    for text in ("", "<m", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'):
        container = opened(zip_archive, packed(**{"a.png": "sun", "META-INF/manifest.xml": text}))
        assert [entry.failure for entry in container.entries()] == ["", ""]


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_have_an_answer(data, is_book):
    assert isinstance(encrypted_members(data, is_book=is_book), frozenset)

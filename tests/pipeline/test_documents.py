"""What may be an encrypted container, and documents that are containers, as processing tells them."""

import io
import random
import zipfile

import pikepdf
import pytest

from sauveterre.evidence.opening import open_container
from sauveterre.pipeline.processing import nested_source, process_entry
from sauveterre.records.entry import Cause, Outcome
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source

NOISE = random.Random(4).randbytes(300 << 10)


@pytest.fixture
def processed(tmp_path):
    def process(data: bytes):
        (tmp_path / "one").write_bytes(data)
        source = Source(tmp_path, "folder:one", ())
        with open_container(source, Limits()) as container:
            (entry,) = container.entries()
        return source, entry, process_entry(source, entry, Limits(), ())

    return process


def test_what_may_be_an_encrypted_container_is_said_to_be_that_and_no_more(processed):
    _, _, found = processed(NOISE)

    assert (found.outcome, found.cause, found.container) == (Outcome.PARTIAL, Cause.ENCRYPTED, None)
    assert found.reason.startswith("one may be an encrypted container")
    assert "307,200 bytes" in found.reason
    assert found.fingerprint.size == len(NOISE)


@pytest.mark.parametrize(
    "data", [NOISE[:-1], b"Salted__" + NOISE[8:], bytes(300 << 10)], ids=["odd", "marked", "zeros"]
)
def test_what_breaks_the_rule_is_not(processed, data):
    assert processed(data)[2].cause is Cause.NONE


def test_a_document_is_a_file_with_digests_and_a_source(processed, tmp_path):
    document = pikepdf.new()
    document.add_blank_page()
    document.save(tmp_path / "one")
    source, entry, found = processed((tmp_path / "one").read_bytes())

    assert (found.outcome, found.container) == (Outcome.PROCESSED, "pdf")
    assert nested_source(source, entry, found).identity == f"sha256:{found.fingerprint.digests.sha256}"


@pytest.mark.parametrize(
    ("first", "stated", "kind"),
    [
        ("[Content_Types].xml", "<Types/>", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("mimetype", "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text"),
        ("mimetype", "application/epub+zip", "application/epub+zip"),
    ],
)
def test_documents_in_a_zip_are_files_of_their_kind_and_sources(processed, first, stated, kind):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(first, stated)
        archive.writestr("word/media/image1.png", NOISE[:99])
    found = processed(stream.getvalue())[2]

    assert (found.outcome, found.container, found.fingerprint.kind) == (Outcome.PROCESSED, "zip", kind)

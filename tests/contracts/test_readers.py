"""What every reader promises. A new reader is tested here by being on its list."""

import io
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import SauveterreError
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.evidence.readers import READERS as EVIDENCE
from sauveterre.matching.readers import READERS as LISTS
from sauveterre.messages.readers import READERS as MESSAGES
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.store import StoreLocation
from sauveterre.referrals.readers import READERS as REFERRALS

ROOT = Path(__file__).parents[2]
FAMILIES = {"evidence": EVIDENCE, "matching": LISTS, "messages": MESSAGES, "referrals": REFERRALS}
ALL = [pytest.param(reader, id=reader.NAME) for readers in FAMILIES.values() for reader in readers]
STRANGERS = [b"", b"\x00" * 512, b"\xff" * 512, b"SQLite format 3\x00 and no more", b"%!PS-Adobe-3.0\n"]


class OneFile:
    """A tree that holds one file."""

    identity = "folder:one"

    def __init__(self, name, content):
        self.name, self.content = name, content

    def paths(self):
        return [self.name]

    def open(self, path):
        return io.BytesIO(self.content)


def test_names_are_unique():
    names = [reader.NAME for readers in FAMILIES.values() for reader in readers]

    assert len(names) == len(set(names))
    assert all(name == name.lower() for name in names)


@pytest.mark.parametrize("reader", ALL)
def test_is_documented(reader):
    assert f"`{reader.NAME}`" in (ROOT / "docs" / "formats.md").read_text()


@pytest.mark.parametrize("package", FAMILIES)
def test_every_reader_file_is_on_the_list(package):
    module = import_module(f"sauveterre.{package}.readers")
    files = {path.stem for path in Path(module.__file__).parent.glob("*.py")} - {"__init__"}

    assert {reader.__name__.rpartition(".")[2] for reader in module.READERS} == files


@pytest.mark.parametrize("reader", ALL)
def test_says_what_it_reads(reader):
    assert reader.__doc__
    assert len(reader.__doc__.strip()) > 40


@pytest.mark.parametrize("reader", [pytest.param(reader, id=reader.NAME) for reader in EVIDENCE])
@pytest.mark.parametrize("content", STRANGERS)
def test_an_evidence_reader_declines_what_is_not_its_own(reader, content):
    assert not reader.recognises(Peek(head=content, tail=content[-512:], size=len(content), name=b"x"))


@pytest.mark.parametrize("reader", [pytest.param(reader, id=reader.NAME) for reader in (*LISTS, *REFERRALS)])
@pytest.mark.parametrize("content", STRANGERS)
def test_a_file_reader_declines_what_is_not_its_own(reader, content):
    assert not reader.recognises(content)


@pytest.mark.parametrize("reader", [pytest.param(reader, id=reader.NAME) for reader in MESSAGES])
@pytest.mark.parametrize("content", STRANGERS)
@pytest.mark.parametrize("name", ["main.jsonl", "signal-backup-2026-01-01-00-00-00/main", "a.binproto", "x"])
def test_a_message_reader_finds_no_store_in_other_files(reader, content, name):
    found = list(reader.find(OneFile(name, content)))

    for location in found:  # a name may look right; the content then has to be refused in our own words
        with pytest.raises(SauveterreError):
            list(reader.read(OneFile(name, content), location, None))


@pytest.mark.parametrize("reader", [pytest.param(r, id=r.NAME) for r in EVIDENCE if r.NAME != "directory"])
@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=2_000))
def test_an_evidence_reader_never_raises_anything_of_its_own_making(reader, content):
    try:
        with reader.open(StreamOrigin(io.BytesIO(content), "sha256:0", 0), Limits()) as container:
            for entry in container.entries():
                if not entry.failure and not entry.refusal:
                    with container.open(entry) as stream:
                        stream.read(1 << 20)
    except SauveterreError as error:
        assert len(str(error)) > 20


@pytest.mark.parametrize("reader", [pytest.param(reader, id=reader.NAME) for reader in LISTS])
@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=2_000))
def test_a_list_reader_never_raises_anything_of_its_own_making(reader, content):
    try:
        for _ in reader.read(io.BytesIO(content), identity="sha256:0", name="list"):
            pass
    except SauveterreError as error:
        assert len(str(error)) > 20


@pytest.mark.parametrize("reader", [pytest.param(reader, id=reader.NAME) for reader in MESSAGES])
@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=2_000))
def test_a_message_reader_never_raises_anything_of_its_own_making(reader, content):
    for name in ("main.jsonl", "a.binproto"):
        try:
            for _ in reader.read(OneFile(name, content), StoreLocation(reader.NAME, name, needs_key=False), None):
                pass
        except SauveterreError as error:
            assert len(str(error)) > 20

"""What every reader of many-file sources promises. A new one is tested here by being on its list."""

import io
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import SauveterreError
from sauveterre.evidence.trees import READERS
from sauveterre.records.limits import Limits
from sauveterre.records.store import StoreLocation

ROOT = Path(__file__).parents[2]
ALL = [pytest.param(reader, id=reader.NAME) for reader in READERS]


class Files:
    """A tree that holds the same content under every name."""

    identity = "folder:files"

    def __init__(self, content, *names):
        self.content, self.names = content, names

    def paths(self):
        return list(self.names)

    def open(self, path):
        return io.BytesIO(self.content)


def test_every_reader_file_is_on_the_list():
    files = {path.stem for path in Path(import_module("sauveterre.evidence.trees").__file__).parent.glob("*.py")}

    assert {reader.__name__.rpartition(".")[2] for reader in READERS} == files - {"__init__"}


@pytest.mark.parametrize("reader", ALL)
def test_says_what_it_reads(reader):
    assert len((reader.__doc__ or "").strip()) > 40
    assert f"`{reader.NAME}`" in (ROOT / "docs" / "formats.md").read_text()
    assert reader.VERSION >= 1


@pytest.mark.parametrize("reader", ALL)
def test_finds_nothing_in_other_files(reader):
    assert list(reader.find(Files(b"rain", "rain.txt", "a/b", "ab/" + "ab" * 20))) == []


@pytest.mark.parametrize("reader", ALL)
@settings(max_examples=60, deadline=None)
@given(content=st.binary(max_size=2_000))
def test_never_raises_anything_of_its_own_making(reader, content):
    tree = Files(content, "Manifest.db", "Manifest.plist", "Info.plist", "ab/" + "ab" * 20)
    for location in [*reader.find(tree), StoreLocation(reader.NAME, "", needs_key=False)]:
        try:
            with reader.open(tree, location, ("key",), Limits()) as container:
                for entry in container.entries():
                    container.open(entry).read(1 << 20)
        except SauveterreError as error:
            assert len(str(error)) > 20

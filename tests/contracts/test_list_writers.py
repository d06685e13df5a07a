"""Every writer of hash lists × every list of the fixtures: what is written is read back equal, the rest is counted."""

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest

from sauveterre.cli.hashlist_export import Format
from sauveterre.errors import SauveterreError
from sauveterre.exchange.cells import cell
from sauveterre.exchange.writers.lists import WRITERS, ListOptions
from sauveterre.matching import lists
from sauveterre.records.category import Category
from sauveterre.records.hash_list import ListedMedia
from sauveterre.records.provenance import Provenance

NOWHERE = Provenance("sha256:00", "rain", "line 1", "test")
FIXTURES = Path(os.environ.get("SAUVETERRE_FIXTURES", Path(__file__).parents[3] / "shared" / "fixtures"))
FOLDER = FIXTURES / "hashlists"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
OPINION = "INVESTIGATION_SEED"


def listed(path):
    try:
        found = [record for record in lists.read_list(path) if isinstance(record, ListedMedia)]
    except SauveterreError:
        return []
    return [replace(item, provenance=NOWHERE) for item in found]


def read_back(data):
    reader = lists.recognise(data[: lists.HEAD])
    records = list(reader.read(io.BytesIO(data), identity="sha256:00", name="rain"))
    assert all(isinstance(record, ListedMedia) for record in records)
    return [replace(record, provenance=NOWHERE) for record in records]


def held(form, item):
    """What a format can hold of an item, or nothing where it cannot hold it at all."""
    if form == "csv":
        return [item] if item.hashes else []
    if form == "vics":
        has_md5 = any(digest.algorithm == "md5" for digest in item.hashes)
        fits = item.category is None or item.category.scheme == "vics-default-list"
        return [replace(item, entry="")] if has_md5 and fits else []
    signals = [digest for name in ("pdq", "md5") for digest in item.hashes if digest.algorithm == name]
    said = Category("threatexchange-opinion", OPINION)
    return [ListedMedia((signal,), said, NOWHERE, tags=cell(item.tags).strip(" \t")) for signal in signals]


def test_every_format_that_the_verb_offers_has_a_writer():
    assert set(WRITERS) == {one.value for one in Format}


@pytest.mark.skipif(
    not FILES, reason=f"no hash lists at {FOLDER}: set SAUVETERRE_FIXTURES to the folder of the fixtures"
)
@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_written_is_read_back_equal(form, path):
    items = listed(path)
    options = ListOptions(collab="Skies", opinions={item.category: OPINION for item in items})
    out = io.BytesIO()
    written = WRITERS[form](out, iter(items), options)

    assert read_back(out.getvalue()) == [one for item in items for one in held(form, item)]
    assert written.items == sum(bool(held(form, item)) for item in items)
    assert written.items + written.left_out.total() == len(items)


@pytest.mark.skipif(
    not FILES, reason=f"no hash lists at {FOLDER}: set SAUVETERRE_FIXTURES to the folder of the fixtures"
)
@pytest.mark.parametrize("form", WRITERS)
def test_the_fixtures_give_each_writer_something_to_write(form):
    assert sum(len(held(form, item)) for path in FILES for item in listed(path)) >= 5

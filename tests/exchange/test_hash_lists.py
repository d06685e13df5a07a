"""Lists that are written are read back to what they were; what a format cannot say is counted, not dropped."""

import io
import json
import os
import tracemalloc
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import InvalidInput
from sauveterre.exchange.cells import cell
from sauveterre.exchange.writers.hash_csv import COLUMNS, text, write_hash_csv
from sauveterre.exchange.writers.hma_csv import write_hma_csv
from sauveterre.exchange.writers.vics import write_vics
from sauveterre.matching import lists
from sauveterre.records.category import Category
from sauveterre.records.digest import HEX_LENGTH, Digest
from sauveterre.records.hash_list import ListedFile, ListedMedia
from sauveterre.records.provenance import Provenance
from sauveterre.records.video import HashedFrame

NOWHERE = Provenance("sha256:00", "rain", "line 1", "test")
MD5 = Digest("md5", "0cc175b9c0f1b6a831c399e269772661")
HOSTILE = ["=1+1", "'quoted'", " lead", "trail ", "a\\nb", "two\nlines\r", "a,b;c\t\"d\"", "\\", "\\s", "\x85x", "\x00",
           "\t-1\t", "été 雨"]  # fmt: skip


def digests(algorithm):
    return st.binary(min_size=HEX_LENGTH[algorithm] // 2, max_size=HEX_LENGTH[algorithm] // 2).map(
        lambda raw: Digest(algorithm, raw.hex())
    )


texts = st.text(max_size=12) | st.sampled_from(HOSTILE)
flags = st.none() | st.booleans()
files = st.lists(st.builds(ListedFile, texts, texts), max_size=2).map(tuple)


def items(categories, *, keyed, entries, most):
    """Items whose hashes stand in the order in which readers give them."""
    others = st.lists(st.one_of(*map(digests, HEX_LENGTH)), min_size=0 if keyed else 1, max_size=4, unique=True)
    hashes = st.tuples(st.lists(digests("md5"), min_size=keyed, max_size=keyed), others).map(
        lambda parts: tuple(sorted({*parts[0], *parts[1]}, key=lambda one: list(HEX_LENGTH).index(one.algorithm)))
    )
    return st.builds(
        ListedMedia, hashes, categories, st.just(NOWHERE), st.none() | st.integers(0, most), flags, flags, flags,
        texts, texts, files, texts if entries else st.just(""),
    )  # fmt: skip


def read_back(data, suffix):
    reader = lists.recognise(data[: lists.HEAD])
    records = list(reader.read(io.BytesIO(data), identity="sha256:00", name=f"rain.{suffix}"))
    return reader.NAME, [replace(record, provenance=NOWHERE) for record in records]


in_vics = st.none() | st.integers(0, 255).map(lambda code: Category("vics-uk-list", str(code)))


@settings(max_examples=50)
@given(st.lists(items(in_vics, keyed=True, entries=False, most=(1 << 63) - 1), max_size=3))
def test_vics_is_read_back_equal(written_items):
    out = io.BytesIO()
    written = write_vics(out, iter(written_items), region="UK")

    assert read_back(out.getvalue(), "json") == ("vics", [_as_vics_orders(item) for item in written_items])
    assert (written.items, written.left_out) == (len(written_items), {})


def _as_vics_orders(item):
    """The model has one field for MD5 and one for SHA-1; whatever else there is follows them."""
    first = [next((one for one in item.hashes if one.algorithm == name), None) for name in ("md5", "sha1")]
    return replace(item, hashes=tuple(dict.fromkeys(one for one in (*first, *item.hashes) if one)))


anywhere = st.none() | st.builds(Category, texts.filter(str.strip), texts.filter(bool))


@settings(max_examples=50)
@given(st.lists(items(anywhere, keyed=False, entries=True, most=10**19 - 1), max_size=3))
def test_csv_is_read_back_equal(written_items):
    out = io.BytesIO()
    written = write_hash_csv(out, iter(written_items))

    assert read_back(out.getvalue(), "csv") == ("hash_csv", written_items)
    assert (written.items, written.left_out) == (len(written_items), {})


RAIN, OTHER = Category("rain", "1"), Category("rain", "2")
OPINIONS = {RAIN: "POSITIVE_CLASS", None: "INVESTIGATION_SEED"}


@settings(max_examples=50)
@given(st.lists(items(st.sampled_from([RAIN, OTHER, None]), keyed=False, entries=True, most=9), max_size=3))
def test_hma_is_read_back_signal_by_signal(written_items):
    out = io.BytesIO()
    written = write_hma_csv(out, iter(written_items), collab="Skies", opinions=OPINIONS)

    expected = [
        ListedMedia((digest,), Category("threatexchange-opinion", OPINIONS[item.category]), NOWHERE,
                    tags=cell(item.tags).strip(" \t"))
        for item in written_items
        for digest in sorted(item.hashes, key=lambda one: one.algorithm == "md5")
        if item.category in OPINIONS and digest.algorithm in ("md5", "pdq")
    ]  # fmt: skip
    assert read_back(out.getvalue(), "csv") == ("signals_csv", expected)
    assert written.items + written.left_out.total() == len(written_items)


def test_hma_holds_the_frames_of_films():
    frames = (HashedFrame(0, bytes(range(32)), 90, 0.0), HashedFrame(1, bytes(32), 0, 0.5))
    out = io.BytesIO()
    written = write_hma_csv(out, [ListedMedia((MD5,), RAIN, NOWHERE, frames=frames)], collab="S", opinions=OPINIONS)
    opinion = Category("threatexchange-opinion", "POSITIVE_CLASS")
    assert written.items == 1
    assert read_back(out.getvalue(), "csv") == ("signals_csv", [
        ListedMedia((MD5,), opinion, NOWHERE), ListedMedia((), opinion, NOWHERE, frames=frames),
    ])  # fmt: skip


def test_hma_leaves_out_what_nobody_stated_an_opinion_of():
    sha1 = ListedMedia((Digest("sha1", "a" * 40),), RAIN, NOWHERE)
    out = io.BytesIO()
    written = write_hma_csv(out, [replace(sha1, category=OTHER), sha1], collab="Skies", opinions=OPINIONS)

    assert written.left_out == {
        "no opinion is stated for the category rain:2": 1,
        "it has no PDQ, no vPDQ and no MD5": 1,
    }
    assert out.getvalue() == b"collab,signal_type,signal_str,category,tags\r\n"
    with pytest.raises(InvalidInput, match="'RAIN' is no opinion"):
        write_hma_csv(out, [], collab="Skies", opinions={None: "RAIN"})


@given(texts)
def test_no_cell_of_text_is_a_formula_or_has_an_end_of_line(value):
    cell = text(value)

    assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝"))
    assert not set(cell) & {"\n", "\r"}


def test_csv_begins_with_its_head_and_says_what_it_is():
    out = io.BytesIO()
    write_hash_csv(out, [ListedMedia((MD5,), Category("rain", "3"), NOWHERE, size=4, distributed=False)])

    assert out.getvalue().decode("utf-8-sig") == f"{','.join(COLUMNS)}\r\n{MD5.hex},,,,rain,3,4,,,false,,,,,true\r\n"


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (ListedMedia((Digest("pdq", "0f" * 32),), None, NOWHERE), "it has no MD5, the key of the model"),
        (ListedMedia((MD5,), Category("interpol-baseline", "1"), NOWHERE),
         "its category is of the scheme interpol-baseline, not vics-us-list"),
        (ListedMedia((MD5,), Category("vics-us-list", "256"), NOWHERE), "its category is no number from 0 to 255"),
        (ListedMedia((MD5,), Category("vics-us-list", "A"), NOWHERE), "its category is no number from 0 to 255"),
        (ListedMedia((MD5,), None, NOWHERE, size=1 << 63), "its size does not fit the model"),
    ],
)  # fmt: skip
def test_what_vics_cannot_say_is_counted_with_its_reason(item, reason):
    out = io.BytesIO()
    written = write_vics(out, [item, ListedMedia((MD5,), None, NOWHERE)], region="US")

    assert (written.items, written.left_out) == (1, {reason: 1})
    assert [media["MediaID"] for media in json.loads(out.getvalue())["value"]] == [1]


@pytest.mark.parametrize("region", ["", "a b", 'U"S', "é", "x" * 33])
def test_a_region_is_a_plain_word(region):
    with pytest.raises(InvalidInput, match="region of VICS"):
        write_vics(io.BytesIO(), [], region=region)


def test_vics_writes_what_the_published_model_knows_and_demands(fixtures):
    """Every property that is written is one of the model's, and every one that may not be null is there."""
    item = ListedMedia(
        (MD5, Digest("sha1", "a" * 40), Digest("sha256", "b" * 64)), Category("vics-default-list", "1"), NOWHERE,
        size=1, victim_identified=True, offender_identified=False, distributed=True, series="rain", tags="snow",
        files=(ListedFile("a.jpg", "C:\\b"),),
    )  # fmt: skip
    out = io.BytesIO()
    write_vics(out, [item])
    (media,) = json.loads(out.getvalue())["value"]

    for entity, stated in (("Media", media), ("MediaFile", media["MediaFiles"][0]),
                           ("AlternativeHash", media["AlternativeHashes"][0])):  # fmt: skip
        known, needed = _model(fixtures, entity)
        assert needed <= stated.keys() <= known, entity


def _model(fixtures, entity):
    for element in parse(fixtures / "hashlists/ProjectVicDataModel.2.0.xml").iter():
        if element.tag.endswith("}EntityType") and element.get("Name") == entity:
            parts = [part for part in element if part.tag.endswith(("}Property", "}NavigationProperty"))]
            needed = {part.get("Name") for part in parts if part.get("Nullable") == "false"}
            return {part.get("Name") for part in parts}, {name for name in needed if not name.endswith("Navigation")}
    raise AssertionError(entity)


@pytest.mark.parametrize("write", [write_vics, write_hash_csv])
def test_memory_does_not_grow_with_the_list(write):
    peaks = []
    for count in (500, 5_000):
        with Path(os.devnull).open("wb") as out:
            tracemalloc.start()
            assert write(out, (ListedMedia((MD5,), None, NOWHERE) for _ in range(count))).items == count
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 20_000

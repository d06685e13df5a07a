"""Lines of bare hashes, many at once: the same items as line by line, whatever the lists hold."""

import io
from hashlib import md5, sha1

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.errors import MalformedList
from sauveterre.matching.bulk import HashRows, rows_of_block
from sauveterre.matching.known import KnownListBuilder
from sauveterre.matching.readers import plain
from sauveterre.records.digest import Digest
from sauveterre.records.hash_list import ListedMedia, ListIdentity
from sauveterre.records.problem import Problem


def told(records):
    """Say of each record its line and what it holds."""
    for record in records:
        if isinstance(record, HashRows):
            for place, row in enumerate(record.digests):
                yield f"line {record.first_line + place}", (Digest(record.algorithm, row.tobytes().hex()),), None
        elif isinstance(record, Problem):
            yield record.provenance.locator, record.what
        else:
            yield record.provenance.locator, record.hashes, record.category


def both(data):
    found = []
    for read in (plain.read, plain.read_rows):
        try:
            found.append(list(told(read(io.BytesIO(data), identity="sha256:00", name="rain"))))
        except MalformedList as error:
            found.append(str(error))
    return found


LINES = st.sampled_from([
    md5(b"a").hexdigest(), md5(b"b").hexdigest().upper(), sha1(b"a").hexdigest(), "0f" * 32, "pdq " + "0f" * 32,
    "# algorithm: pdq", "# scheme: rain", "", md5(b"c").hexdigest() + ",3", "no hash", "0f" * 3_000, " " + "0f" * 16,
])  # fmt: skip


@settings(max_examples=150)
@given(st.lists(st.tuples(LINES, st.integers(1, 40)), max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_many_at_once_gives_what_line_by_line_gives(runs, end, is_ended):
    good = [md5(b"%d" % number).hexdigest() for number in range(4)]
    lines = good + [line for line, times in runs for _ in range(times)]
    data = end.join(lines).encode() + (end.encode() if is_ended else b"")
    was = plain.FIRST_LINES, plain.BLOCK
    plain.FIRST_LINES, plain.BLOCK = 3, 400
    try:
        slow, fast = both(data)
    finally:
        plain.FIRST_LINES, plain.BLOCK = was
    assert fast == slow


def test_what_takes_no_look_at_each_line_is_taken_together():
    lines = [sha1(b"%d" % number).hexdigest() for number in range(5_000)]
    records = list(plain.read_rows(io.BytesIO("\n".join(lines).encode()), identity="sha256:00", name="rain"))

    assert [type(record) for record in records[:1_001]] == [ListedMedia] * 1_000 + [HashRows]
    assert sum(len(record.digests) for record in records[1_000:] if isinstance(record, HashRows)) >= 3_900
    assert list(told(records)) == list(told(plain.read(io.BytesIO("\n".join(lines).encode()), identity="", name="")))


@pytest.mark.parametrize(
    "block", [b"\n", b"a\n", b"g" * 32 + b"\n", b"a" * 32 + b"x\n", b"a" * 32 + b"\n" + b"a" * 32,
              b"a" * 32 + b"\r\n" + b"a" * 32 + b" \n", b"a" * 32],
)  # fmt: skip
def test_a_block_with_anything_else_is_left_alone(block):
    assert rows_of_block(block, 1) is None


def test_items_added_together_are_found_like_others(tmp_path):
    lines = [md5(b"%d" % number).hexdigest() for number in range(50)]
    rows = rows_of_block("".join(f"{line}\n" for line in lines).encode(), 8)
    with KnownListBuilder(tmp_path / "built") as builder:
        builder.add_rows(rows, "été: ")
        builder.add_rows(rows_of_block(b"F" * 40 + b"\r\n", 58))
        known = builder.finish(ListIdentity("Rain", "1", ""), "sha256:00")

    assert len(known) == 51
    assert [known.locator(item) for item in (0, 2, 49, 50)] == ["été: line 8", "été: line 10", "été: line 57",
                                                                 "line 58"]  # fmt: skip
    assert known.exact.lookup("md5", rows.digests).tolist() == list(range(50))
    assert known.category(50) is None

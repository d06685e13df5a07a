import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.evidence.filesystems.locator import Place, parse
from sauveterre.evidence.filesystems.seen import Seen
from sauveterre.evidence.filesystems.verdict import Verdict, judge


@pytest.mark.parametrize(
    ("name_in_use", "record_in_use", "in_deleted_folder", "sequences", "verdict"),
    [
        (True, True, False, (1, 1), Verdict.LIVE),
        (True, True, False, (0, 0), Verdict.LIVE),
        (True, True, False, (1, 2), Verdict.REUSED),
        (False, True, False, (1, 1), Verdict.REUSED),
        (False, True, False, (1, 2), Verdict.REUSED),
        (True, True, True, (1, 1), Verdict.REUSED),
        (False, False, False, (1, 2), Verdict.DELETED),
        (False, False, False, (1, 1), Verdict.DELETED),
        (False, False, False, (0, 0), Verdict.DELETED),
        (True, False, False, (1, 2), Verdict.STALE),
        (True, False, True, (1, 2), Verdict.DELETED),
        (False, False, False, (1, 3), Verdict.REUSED),
        (True, False, False, (1, 3), Verdict.REUSED),
        (False, False, False, (0xFFFE, 0xFFFF), Verdict.DELETED),
        (False, False, False, (0xFFFF, 1), Verdict.DELETED),
        (False, False, False, (0xFFFF, 2), Verdict.REUSED),
    ],
)
def test_the_record_decides_whether_a_file_is_there(name_in_use, record_in_use, in_deleted_folder, sequences, verdict):
    assert (
        judge(
            name_in_use=name_in_use,
            record_in_use=record_in_use,
            in_deleted_folder=in_deleted_folder,
            name_sequence=sequences[0],
            record_sequence=sequences[1],
        )
        is verdict
    )


@given(st.booleans(), st.booleans(), st.booleans(), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_only_a_record_in_use_is_live_and_only_a_free_one_is_deleted(name, record, folder, first, second):
    verdict = judge(
        name_in_use=name,
        record_in_use=record,
        in_deleted_folder=folder,
        name_sequence=first,
        record_sequence=second,
    )

    if verdict is Verdict.LIVE:
        assert record
    if verdict in (Verdict.DELETED, Verdict.STALE):
        assert not record


@given(st.lists(st.integers(0, 1 << 64)))
def test_seen_is_a_set(addresses):
    seen, truth = Seen(), set()
    for address in addresses:
        assert seen.add(address) is (address not in truth)
        truth.add(address)
    assert all(address in seen for address in truth)
    assert all((address + 1 in seen) is (address + 1 in truth) for address in truth)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("meta 45", Place(45)),
        ("meta 45-128-1", Place(45, (128, 1))),
        ("meta 45 in 12", Place(45, None, 12)),
        ("meta 45-4352-0 in 12 at 3", Place(45, (4352, 0), 12, 3)),
        ("name in 12 at 3", Place(None, None, 12, 3)),
        ("name in 12", None),
        ("name", None),
        ("meta", None),
        ("meta -1", None),
        ("meta 45 ", None),
        ("meta 45-128", None),
        ("meta 123456789012345678901", None),
        ("unallocated", None),
    ],
)
def test_locators(text, place):
    assert parse(text) == place


@given(st.text(max_size=60))
def test_any_text_is_a_locator_or_none(text):
    parse(text)

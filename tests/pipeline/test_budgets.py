"""Everything below one embedded container shares what it may cost; a bomb of archives ends soon, and adds up."""

import io
import zipfile
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.budgets import Budget, begins_budget
from sauveterre.pipeline.endings import Unopened
from sauveterre.pipeline.inspection import Inspected, inspect
from sauveterre.records.entry import Cause, Entry, EntryKind, Outcome
from sauveterre.records.limits import Limits
from sauveterre.records.provenance import Provenance
from sauveterre.records.source import Step

LIMITS = Limits(entries=100, nested_sources=5, nested_bytes=1_000, ratio=10)


def entry(size, kind=EntryKind.FILE, **more):
    where = Provenance("sha256:0", "a", "a", "zip")
    return Entry(b"a", size, "a", kind, True, None, where, **more)


def steps(*readers):
    return [Step(reader, "a") for reader in readers]


@pytest.mark.parametrize(
    ("readers", "begins"),
    [
        ((), False),
        (("zip",), True),
        (("ewf", "ntfs"), False),
        (("ewf", "ntfs", "zip"), True),
        (("ewf", "ntfs", "zip", "tar"), False),
        (("ewf", "ntfs", "zip", "ewf", "ntfs"), False),
        (("signal_backup_v2",), False),
        (("signal_backup_v2", "zip"), True),
        (("zip", "signal_backup_v2"), False),
    ],
)
def test_the_first_archive_inside_a_medium_begins_a_budget(readers, begins):
    assert begins_budget(steps(*readers)) is begins


def test_bytes_follow_the_packed_size_and_never_fall_below_what_one_container_may_unpack_to():
    assert Budget.of(None, LIMITS).most_bytes == 1_000
    assert Budget.of(50, LIMITS).most_bytes == 1_000
    assert Budget.of(5_000, LIMITS).most_bytes == 50_000


def test_sources_are_counted_with_the_container_itself():
    budget = Budget.of(10, LIMITS)

    answers = [budget.open_source() for _ in range(6)]

    assert answers[:4] == ["", "", "", ""]
    assert all("it was not opened: 5 containers inside the same outer one have been" in why for why in answers[4:])
    assert budget.sources == 5


def test_entries_are_listed_whole_or_not_at_all():
    budget = Budget.of(10, LIMITS)

    assert budget.list(60) == ""
    assert "with its 41 entries" in budget.list(41)
    assert budget.list(40) == ""
    assert budget.entries == 100


def test_announced_and_read_bytes_are_spent_and_layers_and_what_is_never_read_are_not():
    budget = Budget.of(10, LIMITS)

    assert budget.announce(entry(600)) == ""
    assert budget.announce(entry(5_000, EntryKind.VOLUME)) == ""
    assert budget.announce(entry(5_000, EntryKind.REGION)) == ""
    assert budget.announce(entry(5_000, refusal="a link")) == ""
    assert budget.announce(entry(5_000, failure="encrypted")) == ""
    assert "unpacks to more than 1,000 bytes" in budget.announce(entry(401))
    assert budget.announce(entry(None)) == ""
    budget.read(entry(600), 500)
    assert budget.size == 600
    budget.read(entry(None), 400)
    assert budget.size == 1_000
    assert "too much for its own size" in budget.announce(entry(None))


@given(st.lists(st.integers(min_value=0, max_value=400) | st.none(), max_size=40))
def test_what_is_announced_never_passes_the_most(sizes):
    budget = Budget.of(10, LIMITS)

    allowed = [size for size in sizes if not budget.announce(entry(size))]

    assert budget.size == sum(size or 0 for size in allowed) <= 1_000


def packed(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def bomb(wide, deep):
    """An archive of archives of archives; the innermost ones hold a text."""
    data = b"rain\n"
    for level in range(deep):
        name = "rain.txt" if level == 0 else "a.zip"
        data = packed({f"{number:02d}-{name}": data for number in range(wide)})
    return data


def accounts(path, limits):
    """How the entries of each source ended, why not, and which sources were not opened."""
    outcomes, reasons, unopened = {}, Counter(), []
    with Sandbox(2, limits) as sandbox:
        for found in inspect(path, sandbox, limits):
            if isinstance(found, Inspected):
                outcomes.setdefault(found.source, Counter())[found.processed.outcome] += 1
                reasons[found.processed.cause] += 1
            elif isinstance(found, Unopened):
                unopened.append(found)
    return outcomes, reasons, unopened


def test_a_bomb_of_sixteen_archives_in_sixteen_archives_ends_soon_and_adds_up(tmp_path):
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "bomb.zip").write_bytes(bomb(16, 8))
    (tmp_path / "card" / "good.zip").write_bytes(bomb(2, 2))
    limits = replace(Limits(), nested_sources=60)

    outcomes, causes, unopened = accounts(tmp_path / "card", limits)

    inside_bomb = {name: count for name, count in outcomes.items() if "bomb.zip" in name}
    assert len(inside_bomb) == 60, "as many sources as the budget has, and no more"
    assert all(count.total() == 16 for count in inside_bomb.values())
    ended = sum(inside_bomb.values(), Counter())
    assert ended == {Outcome.PROCESSED: 59, Outcome.PARTIAL: 60 * 16 - 59}
    assert causes[Cause.SIZE] == 60 * 16 - 59
    assert sum(outcomes["card/good.zip!00-a.zip"].values()) == 2, "another container has a budget of its own"
    assert unopened == []


def test_bytes_that_are_too_many_together_end_their_entries_and_are_accounted_for(tmp_path):
    inner = packed({f"{number}.bin": bytes(300_000) for number in range(5)})
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "outer.zip").write_bytes(packed({f"{number}.zip": inner for number in range(4)}))
    limits = replace(Limits(), nested_bytes=1_000_000, ratio=2)

    outcomes, causes, _ = accounts(tmp_path / "card", limits)

    inner_ones = [count for name, count in outcomes.items() if name.startswith("card/outer.zip!")]
    assert [count.total() for count in inner_ones] == [5, 5, 5, 5]
    together = sum(inner_ones, Counter())
    assert together == {Outcome.PROCESSED: 3, Outcome.FAILED: 17}
    assert causes[Cause.SIZE] == 17


def test_entries_that_are_too_many_together_leave_a_source_unopened(tmp_path):
    inner = packed({f"{number}.txt": b"rain" for number in range(40)})
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "outer.zip").write_bytes(packed({f"{number}.zip": inner for number in range(4)}))

    outcomes, _, unopened = accounts(tmp_path / "card", replace(Limits(), entries=90))

    assert sorted(count.total() for count in outcomes.values()) == [1, 4, 40, 40]
    assert len(unopened) == 2
    assert all("with its 40 entries" in source.reason for source in unopened)

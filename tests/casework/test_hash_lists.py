"""Versions of lists: what an update shows, what it opens again, and what stays when one is taken out."""

import hashlib
from datetime import date

import pytest

from sauveterre.casework.models import AuditEvent, Content, HashList, Hit
from sauveterre.casework.services.hash_lists import add_hash_list, update_hash_list
from sauveterre.casework.services.policies import remove_hash_list
from sauveterre.casework.settling import lists_in_force, settle
from sauveterre.casework.storage import incoming, kept_list, list_file
from sauveterre.errors import InvalidInput, NotAllowed, UnreadableSource
from sauveterre.matching.differences import Difference
from sauveterre.pipeline import list_reading
from sauveterre.records.hash_list import Origin, Shape, Trust
from sauveterre.records.limits import Clocks

pytestmark = pytest.mark.django_db(transaction=True)


def image(entry, name, code="B2"):
    md5 = hashlib.md5(name.encode()).hexdigest()
    return (
        f'<image><member id="7">Rain</member><id>{entry}</id><classification>{code}</classification>'
        f"<fingerprints><md5>{md5}</md5></fingerprints></image>"
    )


def deleted(entry):
    return f'<deletedImage><member id="7">Rain</member><id>{entry}</id></deletedImage>'


@pytest.fixture
def page(tmp_path):
    def write(name, *entries):
        path = tmp_path / f"{name}.xml"
        path.write_text(
            '<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">'
            f'<images count="{len(entries)}" maxTimestamp="2026-05-31T08:00:00Z">{"".join(entries)}</images>'
            "</queryResult>"
        )
        return path

    return write


@pytest.fixture
def contents(operation):
    """The contents a to d of the operation, by name."""
    rows = {}
    for name in "abcd":
        rows[name] = Content.objects.create(
            operation=operation, sha256=hashlib.sha256(name.encode()).hexdigest(), size=1, kind="image/png",
            sha1=hashlib.sha1(name.encode()).hexdigest(), md5=hashlib.md5(name.encode()).hexdigest(),
        )  # fmt: skip
    return rows


def hits(operation):
    """Which content has a hit, by which version, and where that stands."""
    rows = Hit.objects.filter(hash_list__operation=operation).select_related("content", "hash_list")
    names = {hashlib.sha256(name.encode()).hexdigest(): name for name in "abcd"}
    return {names[row.content.sha256]: (row.hash_list.version, row.locator) for row in rows}


def add(operation, path, ana, **more):
    given = {"name": "Rain", "version": "1", "ignorable": False, **more}
    return add_hash_list(operation=operation, path=path, by=ana, **given)


def update(operation, path, ana, version="2", **more):
    return update_hash_list(operation=operation, path=path, name="Rain", version=version, by=ana, **more)


def assess(operation):
    from sauveterre.casework.assessing import fingerprints_of

    settle(operation, list(fingerprints_of(operation))).write()


def test_a_difference_makes_a_version_and_what_it_takes_back_is_open_again(operation, ana, page, contents):
    add(operation, page("first", image("1", "a"), image("2", "b"), image("3", "c")), ana)
    assess(operation)
    assert hits(operation) == {name: ("1", f"(//image)[{place}]") for place, name in enumerate("abc", 1)}

    delta = page("delta", deleted("2"), image("3", "c", "A1"), image("4", "d"))
    found = update(operation, delta, ana, shape=Shape.DIFFERENCE)

    assert hits(operation) == {"a": ("2", "1: (//image)[1]"), "c": ("2", "2: (//image)[1]"),
                               "d": ("2", "2: (//image)[2]")}  # fmt: skip
    assert found.difference == Difference(added=1, removed=1, changed=1, kept=2)
    assert (found.before, found.items, found.problems, found.found, found.opened) == ("1", 3, 0, 1, 1)
    row = found.row
    assert (row.is_difference, row.hashes_added, row.hashes_removed, row.hashes_changed) == (True, 1, 1, 1)
    rows = operation.hash_lists.values_list("version", "in_force", "added_by")
    assert list(rows) == [("2", True, "ana"), ("1", False, "ana")]
    was = hits(operation)
    assess(operation)
    assert hits(operation) == was
    assert AuditEvent.objects.get(action="hash-list-updated").detail["opened"] == 1


def test_a_whole_new_version_and_a_third_on_top_of_it(operation, ana, page, contents):
    add(operation, page("first", image("1", "a"), image("2", "b")), ana)
    found = update(operation, page("second", image("1", "a"), image("9", "d")), ana)
    assert (found.difference, found.found, found.row.is_difference) == (Difference(1, 1, 0, 1), 2, False)
    update(operation, page("third", deleted("9")), ana, version="3", shape=Shape.DIFFERENCE)

    assert hits(operation) == {"a": ("3", "2: (//image)[1]")}
    assert [row.version for row in lists_in_force(operation)] == ["3"]


def test_an_assessment_that_began_before_an_update_brings_nothing_back(operation, ana, page, contents):
    from sauveterre.casework.assessing import fingerprints_of

    add(operation, page("first", image("1", "a"), image("2", "b")), ana)
    began = settle(operation, list(fingerprints_of(operation)))
    update(operation, page("delta", deleted("1")), ana, shape=Shape.DIFFERENCE)
    began.write()

    assert hits(operation) == {"b": ("2", "1: (//image)[2]")}


def test_a_preview_shows_all_and_changes_nothing(operation, ana, page, contents, settings):
    add(operation, page("first", image("1", "a"), image("2", "b")), ana)
    assess(operation)
    was = hits(operation)

    found = update(operation, page("delta", deleted("1")), ana, shape=Shape.DIFFERENCE, preview=True)

    assert (found.row, found.difference, found.opened) == (None, Difference(0, 1, 0, 1), 1)
    assert hits(operation) == was
    assert operation.hash_lists.count() == 1
    assert not list(incoming().iterdir())


def test_what_a_file_is_has_to_be_said_where_it_would_be_a_guess(operation, ana, page, contents):
    add(operation, page("first", image("1", "a"), image("2", "b"), image("3", "c")), ana)

    with pytest.raises(InvalidInput, match=r"takes entries back \(1\); say --as difference if"):
        update(operation, page("delta", deleted("2")), ana)
    with pytest.raises(InvalidInput, match="lacks 2 of the 3 hashes of the list; say --as difference if"):
        update(operation, page("small", image("1", "a")), ana)
    assert operation.hash_lists.get().version == "1"
    assert update(operation, page("small", image("1", "a")), ana, shape=Shape.WHOLE).difference.removed == 2


def test_origin_date_and_trust_are_given_or_said_by_the_file_and_stay(operation, ana, page, contents):
    row = add(operation, page("first", image("1", "a")), ana, origin=Origin(trust=Trust.ONE))
    assert (row.origin, row.dated, row.trust) == ("NCMEC hash sharing", date(2026, 5, 31), "one")

    given = Origin("Rain office", date(2026, 6, 1))
    row = update(operation, page("second", image("1", "a"), image("2", "b")), ana, origin=given).row
    assert (row.origin, row.dated, row.trust) == ("Rain office", date(2026, 6, 1), "one")


def test_files_go_with_the_last_version_that_needs_them(operation, ana, page, contents):
    first = add(operation, page("first", image("1", "a")), ana)
    second = update(operation, page("delta", image("2", "b")), ana, shape=Shape.DIFFERENCE).row
    files = [list_file(first.sha256), list_file(second.sha256)]
    indexes = [kept_list(row.kept_as, "Rain", row.version) for row in (first, second)]
    assert all(path.is_file() for path in files + indexes)

    remove_hash_list(operation=operation, name="Rain", version="1", by=ana)
    assert [path.is_file() for path in files + indexes] == [True, True, False, True]
    remove_hash_list(operation=operation, name="Rain", version="2", by=ana)
    assert not any(path.exists() for path in files + indexes)
    assert hits(operation) == {}


def test_what_cannot_be_updated_is_refused_with_what_to_do(operation, ana, eve, page, contents):
    path = page("first", image("1", "a"))
    with pytest.raises(InvalidInput, match="no hash list 'Rain' in force"):
        update(operation, path, ana)
    row = add(operation, path, ana)
    with pytest.raises(InvalidInput, match="has a list 'Rain' already; give a new version with"):
        add(operation, path, ana, version="2")
    with pytest.raises(InvalidInput, match="Rain 1 is in this operation already"):
        update(operation, path, ana, version="1")
    with pytest.raises(NotAllowed):
        update(operation, path, eve)
    HashList.objects.filter(pk=row.pk).update(parts=[])
    with pytest.raises(InvalidInput, match="the file of Rain 1 was not kept"):
        update(operation, page("delta", deleted("1")), ana, shape=Shape.DIFFERENCE)


def test_a_list_that_ends_its_child_is_refused_in_one_sentence(operation, ana, page, monkeypatch):
    monkeypatch.setattr(list_reading, "clocks_for", lambda *_: Clocks(total=0.001))
    with pytest.raises(UnreadableSource, match=r"first\.xml was not taken in: reading took longer than the 0\.001 sec"):
        add(operation, page("first", image("1", "a")), ana)
    assert not operation.hash_lists.exists()

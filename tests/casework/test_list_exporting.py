"""Lists and decisions for others: what is written is read back, and only what officers confirmed is a decision."""

import hashlib
import io
import json

import pytest

from sauveterre.casework.list_exporting import ListOptions, decided_items, export_decisions, export_list
from sauveterre.casework.models import AuditEvent, Content, HashList, Hit, Picture, Stack, StackDecision, StackMember
from sauveterre.casework.services.hash_lists import add_hash_list, update_hash_list
from sauveterre.casework.services.policies import confirm, set_policy
from sauveterre.errors import InvalidInput, NotAllowed
from sauveterre.matching import lists
from sauveterre.records.category import Category
from sauveterre.records.hash_list import Shape
from sauveterre.records.ruling import Rule

pytestmark = pytest.mark.django_db(transaction=True)
RAIN = Category("vics-us-list", "2")


def items(data):
    reader = lists.recognise(data[: lists.HEAD])
    return list(reader.read(io.BytesIO(data), identity="sha256:00", name="rain"))


def digits(name):
    return hashlib.md5(name.encode()).hexdigest()


@pytest.fixture
def signals(operation, ana, tmp_path):
    """A list of an exchange, and a difference to it."""
    first = [{"id": name, "type": "HASH_MD5", "indicator": digits(name)} for name in "abc"]
    change = [{"id": "b", "should_delete": True}, {"id": "d", "type": "HASH_MD5", "indicator": digits("d")}]
    for name, rows in (("first", first), ("change", change)):
        (tmp_path / f"{name}.json").write_text(json.dumps({"data": rows}))
    add_hash_list(operation=operation, path=tmp_path / "first.json", name="Skies", version="1", ignorable=False, by=ana)
    update_hash_list(
        operation=operation, path=tmp_path / "change.json", name="Skies", version="2", by=ana, shape=Shape.DIFFERENCE
    )


def test_a_list_is_written_as_it_stands_and_read_back(operation, ana, eve, signals):
    out = io.BytesIO()
    written = export_list(out, "csv", ListOptions(), operation=operation, name="Skies", version="", by=ana)
    assert (written.items, written.left_out) == (3, {})
    assert [(one.hashes[0].hex, one.entry) for one in items(out.getvalue())] == [(digits(n), n) for n in "acd"]

    out = io.BytesIO()
    export_list(out, "vics", ListOptions(), operation=operation, name="Skies", version="1", by=ana)
    assert [one.hashes[0].hex for one in items(out.getvalue())] == [digits(name) for name in "abc"]

    event = AuditEvent.objects.filter(action="hash-list-exported").order_by("sequence").first()
    assert (event.subject, event.detail["items"], event.detail["format"]) == ("Skies 2", 3, "csv")
    with pytest.raises(NotAllowed):
        export_list(out, "csv", ListOptions(), operation=operation, name="Skies", version="", by=eve)
    with pytest.raises(InvalidInput, match="no hash list 'Skies' 3; `sauveterre hashlist list` names all"):
        export_list(out, "csv", ListOptions(), operation=operation, name="Skies", version="3", by=ana)
    HashList.objects.update(parts=[])
    with pytest.raises(InvalidInput, match="the file of Skies 2 was not kept"):
        export_list(out, "csv", ListOptions(), operation=operation, name="Skies", version="", by=ana)


@pytest.fixture
def confirmed(operation, ana, ben):
    """Contents found under a category that two officers have to confirm: a by both, b by one, c not asked for."""
    row = HashList.objects.create(
        operation=operation, name="Clouds", version="1", scheme=RAIN.scheme, reader="vics", sha256="a" * 64, items=9,
        problems=0,
    )  # fmt: skip
    made = {}
    for name, category in (("a", RAIN), ("b", RAIN), ("c", Category("vics-us-list", "1"))):
        made[name] = Content.objects.create(
            operation=operation, sha256=hashlib.sha256(name.encode()).hexdigest(), sha1="", md5=digits(name), size=7,
            kind="image/png",
        )  # fmt: skip
        for _ in range(2):
            Hit.objects.create(
                content=made[name], hash_list=row, algorithm="md5", value=digits(name), distance=0, locator="line 1",
                category_scheme=category.scheme, category_code=category.code,
            )  # fmt: skip
    Picture.objects.create(content=made["a"], width=9, height=9, pdq=bytes(range(32)), quality=90)
    set_policy(operation=operation, list_name="Clouds", category=RAIN, rule=Rule.CONFIRM, people=2, by=ana)
    for name, by in (("a", ana), ("a", ben), ("b", ana)):
        confirm(content=made[name], by=by)
    return made


@pytest.mark.parametrize(("form", "reader"), [("csv", "hash_csv"), ("vics", "vics"), ("hma", "signals_csv")])
def test_what_enough_officers_confirmed_is_written_and_nothing_else(operation, ana, confirmed, form, reader):
    out = io.BytesIO()
    options = ListOptions(region="US", collab="Skies", opinions={RAIN: "POSITIVE_CLASS"})
    written = export_decisions(out, form, options, operation=operation, by=ana)

    assert (written.items, written.left_out) == (1, {})
    assert reader == lists.recognise(out.getvalue()[: lists.HEAD]).NAME
    found = items(out.getvalue())
    assert {digest.hex for one in found for digest in one.hashes} >= {digits("a"), bytes(range(32)).hex()}
    assert found[0].category == (RAIN if form != "hma" else Category("threatexchange-opinion", "POSITIVE_CLASS"))
    assert {one.size for one in found} == ({None} if form == "hma" else {7})
    assert all(not one.files for one in found)
    assert len(list(decided_items(operation))) == 1


def test_the_contents_of_a_decided_stack_leave_under_its_last_decision(operation, ana, confirmed):
    stack = Stack.objects.create(operation=operation, identity="x", head=confirmed["a"])
    for name in ("a", "c"):
        StackMember.objects.create(stack=stack, content=confirmed[name], distance=0)
    for code in ("1", "4"):
        StackDecision.objects.create(stack=stack, category_scheme="weather", category_code=code, officer=ana)

    found = {one.hashes[0].hex: str(one.category) for one in decided_items(operation)}
    assert found == {digits("a"): "weather:4", digits("c"): "weather:4"}

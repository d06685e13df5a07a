import zipfile
from datetime import UTC

import pytest

from sauveterre.casework.models import AuditEvent, Exhibit, GivenDigest, Source
from sauveterre.casework.services.exhibits import add_exhibit
from sauveterre.casework.services.exhibits_import import Verdict, import_exhibits, plan_folder, plan_table
from sauveterre.errors import InvalidInput, NotAllowed

pytestmark = pytest.mark.django_db
HEAD = "seal;description;kind;path;digests\n"


@pytest.fixture
def media(tmp_path):
    """A folder as an examiner leaves it: media, logs, a link, an image in segments."""
    folder = tmp_path / "media"
    (folder / "phone").mkdir(parents=True)
    with zipfile.ZipFile(folder / "card.zip", "w") as archive:
        archive.writestr("sky.txt", "blue")
    for number in (1, 2, 3):
        (folder / f"stick.00{number}").write_bytes((folder / "card.zip").read_bytes() if number == 1 else b"rest")
    (folder / "imaging log.txt").write_text("SHA-1 …")
    (folder / "link").symlink_to(folder / "phone")
    return folder


@pytest.fixture
def planned(operation, ana, media):
    return lambda text, by=ana: plan_table(
        operation=operation, table=(HEAD + text).encode(), zone=UTC, by=by, folder=media
    )


def verdicts(plan):
    return [(row.name, row.verdict.value) for row in plan.rows]


def test_each_medium_of_a_folder_is_one_exhibit_and_the_rest_is_named(operation, ana, media):
    plan = plan_folder(operation=operation, folder=media, by=ana)

    assert verdicts(plan) == [
        ("card.zip", "new"), ("imaging log.txt", "left"), ("link", "left"), ("phone", "new"), ("stick.001", "new"),
        ("stick.002", "left"), ("stick.003", "left"),
    ]  # fmt: skip
    assert [row.why for row in plan.rows if row.verdict is Verdict.LEFT] == [
        "neither a folder nor an image or archive that is read", "a link, which is not followed",
        "a segment of stick.001", "a segment of stick.001",
    ]  # fmt: skip
    assert not Exhibit.objects.exists(), "looking enters nothing"

    assert import_exhibits(operation=operation, plan=plan, by=ana) == [1, 2, 3]

    assert list(Exhibit.objects.values_list("number", "description", "path")) == [
        (1, "card.zip", str(media / "card.zip")), (2, "phone", str(media / "phone")),
        (3, "stick.001", str(media / "stick.001")),
    ]  # fmt: skip
    assert list(Source.objects.order_by("pk").values_list("kind", flat=True)) == ["zip", "directory", "zip"]
    assert AuditEvent.objects.get(action="exhibits-imported").detail == {"numbers": [1, 2, 3]}


def test_twice_is_once(operation, ana, media):
    import_exhibits(operation=operation, plan=plan_folder(operation=operation, folder=media, by=ana), by=ana)
    before = AuditEvent.objects.count()

    again = plan_folder(operation=operation, folder=media, by=ana)

    assert [row.verdict.value for row in again.rows if row.verdict is not Verdict.LEFT] == ["there"] * 3
    assert again.entered == 0
    assert import_exhibits(operation=operation, plan=again, by=ana) == []
    assert (Exhibit.objects.count(), AuditEvent.objects.count()) == (3, before)


def test_a_table_enters_what_is_new_attaches_what_was_missing_and_leaves_what_is_there(operation, ana, planned, media):
    add_exhibit(operation=operation, by=ana, seal="S-1")
    add_exhibit(operation=operation, by=ana, seal="S-2", path=media / "phone")
    plan = planned(f"S-1;;;card.zip;\nS-2;;;;\nS-3;Stick;clé usb;;md5:{'ab' * 16}\n;;;phone;\n")

    assert [(row.verdict.value, row.number) for row in plan.rows] == [
        ("attach", 1), ("there", 2), ("new", 0), ("there", 2),
    ]  # fmt: skip
    assert import_exhibits(operation=operation, plan=plan, by=ana, digest_origin="imaging log") == [1, 3]

    first, _, third = operation.exhibits.all()
    assert (first.path, first.seal) == (str(media / "card.zip"), "S-1")
    assert (third.seal, third.description, third.kind, third.path) == ("S-3", "Stick", "usb stick", "")
    given = GivenDigest.objects.get()
    assert (given.exhibit, given.value, given.origin) == (third, "ab" * 16, "imaging log")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("S-9;;boat;;", "no kind of medium"),
        ("S-9;;;absent.zip;", "cannot be read"),
        ("S-9;;;imaging log.txt;", "neither a folder nor an image"),
        (";;phone;;", "needs a seal number or a description"),
        ("S-9;;;;sha1:12", "40 lowercase hex digits"),
        ("S-1;again;;;", "line 2 has the seal number 'S-1' too"),
        ("S-9;;;card.zip;", "line 2 has the path"),
        (f"{'S' * 1001};;;;", "more than 1,000 characters"),
    ],
)
def test_one_wrong_line_and_nothing_is_entered(operation, ana, planned, line, says):
    plan = planned(f"S-1;;;card.zip;\n{line}\nS-3;;;;\n")

    assert [row.verdict.value for row in plan.rows] == ["new", "wrong", "new"]
    assert says in plan.rows[1].why
    with pytest.raises(InvalidInput, match=r"^line 3: .*; nothing was entered$"):
        import_exhibits(operation=operation, plan=plan, by=ana)
    assert not Exhibit.objects.exists()


def test_what_became_wrong_since_it_was_looked_at_enters_nothing(operation, ana, planned):
    plan = planned("S-1;;;;\nS-2;;;card.zip;\n")
    add_exhibit(operation=operation, by=ana, seal="S-2")

    with pytest.raises(InvalidInput, match="line 3: the seal number 'S-2' is that of exhibit 1 already"):
        import_exhibits(operation=operation, plan=plan, by=ana)
    assert Exhibit.objects.count() == 1
    assert planned("S-1;;;;\nS-2;;;card.zip;\n").mark != plan.mark


def test_the_same_plan_has_the_same_mark(planned):
    assert planned("S-1;;;card.zip;\n").mark == planned("S-1;;;card.zip;\n").mark
    assert planned("S-1;;;card.zip;\n").mark != planned("S-2;;;card.zip;\n").mark


def test_a_path_without_a_beginning_needs_a_folder(operation, ana):
    plan = plan_table(operation=operation, table=(HEAD + "S-1;;;card.zip;\n").encode(), zone=UTC, by=ana)
    assert "give the whole path" in plan.rows[0].why


def test_media_are_taken_in_from_opened_folders_only(operation, ana, media, settings, tmp_path):
    settings.EVIDENCE_FOLDERS = (tmp_path / "elsewhere",)
    with pytest.raises(NotAllowed, match="none of the folders that media are taken in from"):
        plan_folder(operation=operation, folder=media, by=ana)
    with pytest.raises(NotAllowed, match="none of the folders"):
        add_exhibit(operation=operation, by=ana, path=media / "phone")
    settings.EVIDENCE_FOLDERS = (tmp_path,)
    assert plan_folder(operation=operation, folder=media, by=ana).entered == 3


def test_a_stranger_may_neither_look_nor_enter(operation, ana, eve, media, planned):
    plan = planned("S-1;;;;\n")
    for act in (
        lambda: planned("S-1;;;;\n", by=eve),
        lambda: plan_folder(operation=operation, folder=media, by=eve),
        lambda: import_exhibits(operation=operation, plan=plan, by=eve),
    ):
        with pytest.raises(NotAllowed, match="eve is not a member"):
            act()
    assert not Exhibit.objects.exists()


def test_what_is_no_folder_or_far_too_much_is_refused(operation, ana, media, planned):
    with pytest.raises(InvalidInput, match="no folder that can be read"):
        plan_folder(operation=operation, folder=media / "card.zip", by=ana)
    with pytest.raises(InvalidInput, match="more than the 1,000"):
        planned("S;x;;;\n" * 1_001)


def test_49_exhibits_are_entered_without_being_read(operation, ana, tmp_path):
    for number in range(49):
        with zipfile.ZipFile(tmp_path / f"S-{number:02}.zip", "w") as archive:
            archive.writestr("sky.txt", "blue")
    plan = plan_folder(operation=operation, folder=tmp_path, by=ana)
    assert len(import_exhibits(operation=operation, plan=plan, by=ana)) == 49
    assert not any(source.identity for source in Source.objects.all()), "nothing is read whole when it is entered"

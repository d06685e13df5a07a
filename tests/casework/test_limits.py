"""The limits of a workspace: from its settings file, checked when it is opened, carried to all that reads."""

import io
import zipfile
from dataclasses import replace

import pytest

from sauveterre.casework.limits import limits_here, limits_in
from sauveterre.casework.models import Entry, Source
from sauveterre.casework.services.refresh import Refreshed, try_again
from sauveterre.casework.workspace import create_workspace, open_workspace
from sauveterre.errors import InvalidInput, WorkspaceError
from sauveterre.records.limits import Limits


def packed(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.fixture
def card(tmp_path):
    folder = tmp_path / "card"
    folder.mkdir()
    return folder


def test_a_workspace_without_settings_has_the_limits_of_the_program(tmp_path):
    assert limits_in(tmp_path / "settings.toml") == Limits()


def test_settings_set_limits_by_name(tmp_path, settings):
    (tmp_path / "settings.toml").write_text('[limits]\nentry_bytes = "200GiB"\ndepth = 12\nentry_seconds = 90.5\n')
    settings.WORKSPACE = tmp_path
    assert limits_here() == replace(Limits(), entry_bytes=200 << 30, depth=12, entry_seconds=90.5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[limits", "settings.toml is no TOML"),
        ("\udcff", "settings.toml is no TOML"),
        ("limits = 3", r"settings.toml may hold a table \[limits\] and nothing else; take out limits"),
        ("[limits]\n[colours]\n", "nothing else; take out colours"),
        ("[limits]\ndept = 3", "settings.toml: there is no limit called 'dept'"),
        ("[limits]\ndepth = 0", "settings.toml: the limit depth is 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused_when_the_workspace_is_opened(tmp_path, text, words):
    made = create_workspace(tmp_path / "case")
    (made.folder / "settings.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InvalidInput, match=words):
        open_workspace(made.folder)


def test_settings_that_cannot_be_read_say_so(tmp_path):
    (tmp_path / "settings.toml").mkdir()
    with pytest.raises(WorkspaceError, match=r"settings\.toml cannot be read: Is a directory"):
        limits_in(tmp_path / "settings.toml")


@pytest.mark.django_db
def test_what_lay_too_deep_is_opened_when_somebody_asks_after_the_limit_was_raised(queue, operation, card, ana):
    (card / "a.zip").write_bytes(packed({"b.zip": packed({"deep.txt": b"rain"})}))
    queue.sandbox.limits = replace(Limits(), depth=1)
    queue.take_in(operation, card, ana)
    entry = Entry.objects.get(path="b.zip")
    assert (entry.state, entry.cause) == ("partial", "size")
    assert entry.reason.endswith("or raise the limit depth")

    assert try_again(operation=operation, by=ana) == Refreshed(1, 0)
    queue.work()
    entry.refresh_from_db()
    assert (entry.state, entry.cause) == ("partial", "size"), "the limit still stands"

    queue.sandbox.limits = replace(Limits(), depth=2)
    assert try_again(operation=operation, by=ana) == Refreshed(1, 0)
    assert queue.work() == ["deep.txt"]
    entry.refresh_from_db()
    assert (entry.state, entry.cause, entry.reason) == ("processed", "", "")


@pytest.mark.django_db
def test_what_was_too_much_for_its_container_is_read_after_the_limit_was_raised(queue, operation, card, ana):
    inner = packed({f"{number}.bin": bytes(1_000) for number in range(6)})
    (card / "outer.zip").write_bytes(packed({"a.zip": inner, "b.txt": b"sun"}))
    (card / "c.txt").write_bytes(b"fog")
    queue.sandbox.limits = replace(Limits(), nested_bytes=5_000, ratio=1)
    queue.take_in(operation, card, ana)
    assert Entry.objects.filter(state="failed", cause="size").count() == 2

    queue.sandbox.limits = replace(Limits(), nested_bytes=6_000 + len(inner) + 3, ratio=1)
    assert try_again(operation=operation, by=ana) == Refreshed(1, 0)
    assert queue.work() == [*(f"{number}.bin" for number in range(6)), "a.zip", "b.txt"]
    outer = Source.objects.get(path="card/outer.zip")
    assert outer.spent_bytes == 6_000 + len(inner) + 3, "what it spent before is not counted twice"
    assert set(Entry.objects.values_list("state", flat=True)) == {"processed"}


@pytest.mark.django_db
def test_a_file_that_was_too_large_is_read_after_the_limit_was_raised(queue, operation, card, ana):
    from PIL import Image

    Image.new("RGB", (60, 40), "navy").save(card / "a.png")
    queue.sandbox.limits = replace(Limits(), entry_bytes=20)
    queue.take_in(operation, card, ana)
    entry = Entry.objects.get()
    assert (entry.state, entry.cause) == ("failed", "size")

    queue.sandbox.limits = Limits()
    assert try_again(operation=operation, by=ana) == Refreshed(0, 1)
    assert queue.work() == ["a.png"]
    entry.refresh_from_db()
    assert entry.state == "processed"


@pytest.mark.django_db
def test_containers_that_were_too_many_are_opened_after_the_limit_was_raised(queue, operation, card, ana):
    inner = packed({"rain.txt": b"rain"})
    (card / "outer.zip").write_bytes(packed({f"{number}.zip": inner for number in range(3)}))
    queue.sandbox.limits = replace(Limits(), nested_sources=3)
    queue.take_in(operation, card, ana)
    closed = Entry.objects.get(state="partial", cause="size")
    assert closed.reason.endswith("or raise the limit nested_sources")

    queue.sandbox.limits = Limits()
    assert try_again(operation=operation, by=ana) == Refreshed(0, 1)
    assert queue.work() == [closed.path, "rain.txt"]
    assert Source.objects.get(path="card/outer.zip").spent_sources == 4
    assert set(Entry.objects.values_list("state", flat=True)) == {"processed"}

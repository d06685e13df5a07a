"""An audit proves that an exhibit is what was processed, or says what is not."""

import io
import shutil
import tarfile
import zipfile
from concurrent.futures import Future

import pytest

from sauveterre.casework import proving
from sauveterre.casework.models import AuditEvent, Entry, Source
from sauveterre.casework.proving import Difference, prove
from sauveterre.errors import NotAllowed, WorkspaceError
from sauveterre.pipeline import opener
from sauveterre.records.limits import Limits

pytestmark = pytest.mark.django_db


@pytest.fixture
def card(tmp_path):
    """Files, one of them an archive with an archive in it."""
    folder = tmp_path / "card"
    (folder / "texts").mkdir(parents=True)
    for number in range(300):
        (folder / "texts" / f"{number:03d}.txt").write_text(f"rain {number}\n")
    (folder / "été.txt").write_text("sun")
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("deep.txt", "snow")
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr("fog.txt", "fog")
    (folder / "outer.zip").write_bytes(outer.getvalue())
    (folder / "link").symlink_to("été.txt")
    return folder


class InPlace:
    """A sandbox that is none: what is handed in is run at once."""

    workers = 1

    def __init__(self, inner):
        self.scratch, self.run, self.limits = inner.scratch, inner.run, inner.limits

    def submit(self, function, *arguments, seconds, label="", parts=()):
        future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:  # noqa: BLE001 - whatever a task raises is its future's
            future.set_exception(error)
        return future


@pytest.fixture
def proof_of(queue, ana):
    def proof(exhibit, by=ana):
        opener.shared_opener(Limits(), ()).close()  # an audit's children have nothing open from before
        return prove(exhibit=exhibit, by=by, sandbox=InPlace(queue.sandbox))

    return proof


def test_what_did_not_change_is_proven(queue, operation, ana, card, proof_of):
    exhibit = queue.take_in(operation, card, ana)

    proof = proof_of(exhibit)

    assert proof.agrees
    assert proof.differences == proof.media == []
    assert [(one.source, one.announced, one.listed, one.read, one.differing) for one in proof.sources] == [
        ("card", 303, 303, 302, 0), ("card/outer.zip", 2, 2, 2, 0), ("card/outer.zip!inner.zip", 1, 1, 1, 0)
    ]  # fmt: skip
    assert proof.sentence == (
        f"exhibit {exhibit.number} is what was processed: 306 entries in 3 sources were listed again and 305 files "
        "read again, as a folder it has no digest of its own, and nothing differs"
    )
    logged = AuditEvent.objects.get(action="exhibit-audited")
    assert (logged.actor, logged.detail["listed"], logged.detail["differing"]) == ("ana", 306, 0)


def test_a_flipped_byte_a_new_a_missing_and_a_grown_file_are_each_told(queue, operation, ana, card, proof_of):
    exhibit = queue.take_in(operation, card, ana)
    (card / "texts" / "007.txt").write_text("Rain 7\n")
    (card / "texts" / "008.txt").unlink()
    (card / "texts" / "009.txt").write_text("rain 9\nand sun\n")
    (card / "texts" / "new.txt").write_text("snow")

    proof = proof_of(exhibit)

    assert not proof.agrees
    told = {(one.path, one.what.split(":")[0].split(" and is")[0]) for one in proof.differences}
    assert told == {
        ("texts/007.txt", "has other bytes"),
        ("texts/008.txt", "was there when it was processed"),
        ("texts/008.txt", "could be read and cannot any more"),
        ("texts/009.txt", "was listed with 7 bytes"),
        ("texts/009.txt", "had 7 bytes and has 15 now"),
        ("texts/new.txt", "was not there when it was processed"),
    }
    changed = next(one for one in proof.differences if one.path == "texts/007.txt")
    assert changed.source == "card"
    assert changed.locator == "path texts/007.txt"
    assert "its SHA256 was" in changed.what
    assert proof.differing == 6
    assert proof.sentence.startswith(f"exhibit {exhibit.number} is not what was processed")


def test_what_lies_in_a_changed_archive_is_told_too(queue, operation, ana, card, proof_of):
    exhibit = queue.take_in(operation, card, ana)
    data = bytearray((card / "outer.zip").read_bytes())
    at = data.index(b"snow")
    data[at : at + 4] = b"Snow"
    (card / "outer.zip").write_bytes(data)

    proof = proof_of(exhibit)

    wrong = {(one.source, one.path) for one in proof.differences}
    assert {("card", "outer.zip"), ("card/outer.zip!inner.zip", "deep.txt")} <= wrong
    assert "card/outer.zip!inner.zip" in {one.source for one in proof.sources if one.differing}


def test_a_source_that_does_not_open_any_more_is_a_difference(queue, operation, ana, card, proof_of):
    exhibit = queue.take_in(operation, card, ana)
    (card / "outer.zip").write_bytes(b"rain" * 90)

    proof = proof_of(exhibit)

    gone = [one for one in proof.differences if one.what.startswith("could be listed and cannot any more")]
    assert {one.source for one in gone} == {"card/outer.zip", "card/outer.zip!inner.zip"}


def test_an_entry_that_the_catalogue_lost_is_told(queue, operation, ana, card, proof_of):
    exhibit = queue.take_in(operation, card, ana)
    Entry.objects.get(path="texts/011.txt").delete()

    proof = proof_of(exhibit)

    assert proof.differences == [
        Difference("card", "", "", "its listing announced 303 entries and 302 are kept"),
        Difference("card", "texts/011.txt", "path texts/011.txt", "was not there when it was processed"),
    ]


def test_the_medium_of_an_image_is_part_of_the_proof(queue, operation, ana, card, tmp_path, proof_of):
    with tarfile.open(tmp_path / "card.tar", "w") as tar:
        tar.add(card / "texts" / "000.txt", "rain.txt")
    exhibit = queue.take_in(operation, tmp_path / "card.tar", ana)
    assert proof_of(exhibit).agrees
    assert exhibit.checks.filter(phase="audit", stated_by="earlier reading").count() == 3

    with (tmp_path / "card.tar").open("ab") as file:
        file.write(bytes(512))
    proof = proof_of(exhibit)

    assert proof.differing == 0
    assert len(proof.media) == 3
    assert all("at the last audit" in text for text in proof.media)
    assert not proof.agrees
    assert "3 things differ" in proof.sentence


def test_a_source_that_was_never_opened_is_noted(queue, operation, ana, card, proof_of):
    (card / "cut.7z").write_bytes(b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(100))
    exhibit = queue.take_in(operation, card, ana)

    proof = proof_of(exhibit)

    closed = [one for one in proof.sources if one.announced is None]
    assert [one.source for one in closed] == ["card/cut.7z"]
    assert closed[0].note.startswith("was not opened: ")
    assert proof.agrees


def test_differences_beyond_a_thousand_are_counted(queue, operation, ana, card, proof_of, monkeypatch):
    exhibit = queue.take_in(operation, card, ana)
    monkeypatch.setattr(proving, "MOST_DIFFERENCES", 10)
    shutil.rmtree(card / "texts")

    proof = proof_of(exhibit)

    assert len(proof.differences) == 10
    assert proof.differing == 600


def test_a_stranger_may_not_audit_and_a_medium_must_be_there(queue, operation, ana, eve, card, proof_of):
    exhibit = queue.take_in(operation, card, ana)
    with pytest.raises(NotAllowed):
        proof_of(exhibit, by=eve)
    card.rename(card.with_name("elsewhere"))
    with pytest.raises(WorkspaceError, match="connect its medium"):
        proof_of(exhibit)
    assert not AuditEvent.objects.filter(action="exhibit-audited").exists()
    assert Source.objects.filter(state="done").count() == 3

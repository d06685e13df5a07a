"""A newer version does again what it touches and nothing else; what failed is tried again when somebody asks."""

import io
import zipfile

import pytest
from PIL import Image

from sauveterre.casework import intake
from sauveterre.casework.models import AuditEvent, Content, Entry, Picture, Source
from sauveterre.casework.services.exhibits import add_key
from sauveterre.casework.services.refresh import Refreshed, forget_unheld, refresh, try_again
from sauveterre.errors import Locked, UnreadableSource
from sauveterre.evidence.readers import zip_archive
from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.pipeline import attempts, processing
from sauveterre.records.content import Fingerprint

pytestmark = pytest.mark.django_db
CRASH = Casualty(CasualtyReason.KILLED, "the child process was killed by signal 11 (SIGSEGV) while it read this")
SLOW = Casualty(CasualtyReason.CPU, "reading used more than the 60 seconds of processor time allowed")


def drawn(seed):
    stream = io.BytesIO()
    Image.effect_noise((48, 48), 40 + seed).save(stream, "PNG")
    return stream.getvalue()


def packed(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.fixture
def card(tmp_path):
    """A picture, two texts, and an archive with a picture, a text, and an archive with a text."""
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "a.png").write_bytes(drawn(1))
    (folder / "b.txt").write_text("rain")
    (folder / "c.txt").write_text("sun")
    inner = packed({"deep.txt": "snow"})
    (folder / "d.zip").write_bytes(packed({"in.png": drawn(2), "in.txt": "fog", "in.zip": inner}))
    return folder


ALL = ["a.png", "b.txt", "c.txt", "d.zip", "deep.txt", "in.png", "in.txt", "in.zip"]


@pytest.fixture
def known(queue, operation, card, ana):
    """The card, taken in."""
    queue.take_in(operation, card, ana)
    assert sorted(queue.sandbox.read) == ALL
    assert set(Entry.objects.values_list("state", flat=True)) == {"processed"}
    return queue


def raised(monkeypatch, extractor, by=1):
    monkeypatch.setitem(processing.VERSIONS, extractor, processing.VERSIONS[extractor] + by)


def ways():
    return {source.path: source.pk for source in Source.objects.all()}


def test_with_no_new_version_nothing_is_done_and_nothing_is_logged(known):
    assert refresh() == Refreshed(0, 0)
    assert known.work() == []
    assert not AuditEvent.objects.filter(action="refreshed").exists()


def test_a_new_version_of_an_extractor_reads_again_what_it_gave_and_nothing_else(known, monkeypatch):
    sources, contents = ways(), dict(Content.objects.values_list("sha256", "pk"))
    raised(monkeypatch, "picture")

    assert refresh() == Refreshed(0, 2)
    assert set(Source.objects.filter(entries__state="pending").values_list("state", flat=True)) == {"listed"}
    assert known.work() == ["a.png", "in.png"]
    assert known.sandbox.listed == []
    assert refresh() == Refreshed(0, 0)
    assert set(Entry.objects.filter(extractor="picture").values_list("state", "version")) == {
        ("processed", processing.VERSIONS["picture"])
    }
    assert set(Source.objects.values_list("state", flat=True)) == {"done"}
    assert ways() == sources
    assert dict(Content.objects.values_list("sha256", "pk")) == contents
    assert AuditEvent.objects.get(action="refreshed").detail["entries"] == 2


def test_containers_that_are_read_again_keep_their_sources(known, monkeypatch):
    sources = ways()
    raised(monkeypatch, "digests")

    assert refresh() == Refreshed(0, 6)
    assert known.work() == ["b.txt", "c.txt", "d.zip", "deep.txt", "in.txt", "in.zip"]
    assert ways() == sources
    assert known.sandbox.listed == []


def test_what_a_newer_version_says_of_a_picture_replaces_what_was_said(known, monkeypatch):
    raised(monkeypatch, "picture")
    before = set(Picture.objects.values_list("content__sha256", "width"))

    def wider(*arguments, **options):
        found = processing.process_entry(*arguments, **options)
        picture = found.fingerprint.picture
        other = type(picture)(**{name: getattr(picture, name) for name in picture.__slots__} | {"width": 999})
        print_ = found.fingerprint
        return processing.replace(
            found, fingerprint=Fingerprint(print_.digests, print_.size, print_.kind, other, print_.trouble)
        )

    monkeypatch.setattr(attempts, "process_entry", wider)
    refresh()
    known.work()

    assert {width for _, width in before} == {48}
    assert set(Picture.objects.values_list("content__sha256", "width")) == {(sha256, 999) for sha256, _ in before}


def test_a_new_version_of_a_reader_lists_again_what_it_lists_and_all_below(known, monkeypatch):
    folder = ways()["card"]
    kept = dict(Entry.objects.filter(source=folder).values_list("path", "pk"))
    contents = dict(Content.objects.values_list("sha256", "pk"))
    monkeypatch.setattr(zip_archive, "VERSION", zip_archive.VERSION + 1)

    assert refresh() == Refreshed(1, 0), "the outer archive: the one inside it is found again below"
    assert Entry.objects.count() == 8, "the old listing stands until the new one is there"
    assert known.work() == ["deep.txt", "in.png", "in.txt", "in.zip"]
    assert len(known.sandbox.listed) == 2, "the outer one, and the one found in it"
    assert Entry.objects.count() == 8
    assert dict(Entry.objects.filter(source=folder).values_list("path", "pk")) == kept
    assert dict(Content.objects.values_list("sha256", "pk")) == contents
    assert refresh() == Refreshed(0, 0)
    zips = Source.objects.filter(kind="zip")
    assert set(zips.values_list("reader_version", "state")) == {(zip_archive.VERSION, "done")}
    assert [source.announced for source in zips.order_by("path")] == [3, 1]


def test_jobs_of_an_old_listing_do_nothing_to_the_new_one(known, monkeypatch):
    outer = Source.objects.get(path="card/d.zip")
    monkeypatch.setattr(zip_archive, "VERSION", zip_archive.VERSION + 1)
    refresh()
    known("process", [{"source_id": outer.pk, "first": 0, "last": 2}], priority=5)
    gone = Source.objects.get(path="card/d.zip!in.zip").pk

    known.work()
    known("inventory", [{"source_id": gone}])
    known("process", [{"source_id": gone, "first": 0, "last": 2}])

    assert known.work() == []
    assert set(Entry.objects.values_list("state", flat=True)) == {"processed"}


def test_a_source_that_cannot_be_listed_again_keeps_what_was_listed(known, monkeypatch):
    monkeypatch.setattr(zip_archive, "VERSION", zip_archive.VERSION + 1)
    refresh()

    def broken(source, *_):
        raise UnreadableSource("the cable is loose")

    monkeypatch.setattr(intake, "list_source", broken)
    broken.__name__ = "list_source"
    assert known.work() == []

    outer = Source.objects.get(path="card/d.zip")
    assert (outer.state, outer.entries.count()) == ("done", 3)
    assert (
        outer.reason
        == f"what version {zip_archive.VERSION - 1} of its reader listed stands, for now: the cable is loose"
    )
    assert refresh() == Refreshed(1, 0), "the one inside, which is not listed anew with the outer one now"
    assert known.work() == []
    assert refresh() == Refreshed(0, 0)


def test_an_entry_that_no_longer_is_a_container_loses_its_source_and_unheld_contents_go(known, operation, monkeypatch):
    raised(monkeypatch, "digests")

    def plain(*arguments, **options):
        return processing.replace(processing.process_entry(*arguments, **options), container=None)

    monkeypatch.setattr(attempts, "process_entry", plain)
    refresh()
    assert forget_unheld(operation) == 0, "something waits"
    known.work()

    assert list(ways()) == ["card"]
    assert sorted(Entry.objects.values_list("path", flat=True)) == ["a.png", "b.txt", "c.txt", "d.zip"]
    assert forget_unheld(operation) == 4
    assert Content.objects.count() == 4
    assert Picture.objects.count() == 1


def dies_on(name, *deaths):
    """A reader that dies of one entry, so many times."""
    left = list(deaths)

    def read(source, entry, limits, keys, *, decode=True, **options):
        if entry.path == name and left and decode:
            raise left.pop(0)
        return processing.process_entry(source, entry, limits, keys, decode=decode, **options)

    return read


def test_a_decoder_that_crashed_is_not_tried_again_until_its_next_version(queue, operation, card, ana, monkeypatch):
    monkeypatch.setattr(attempts, "process_entry", dies_on(b"in.png", *[CRASH] * 9))
    queue.take_in(operation, card, ana)
    entry = Entry.objects.get(path="in.png")
    assert (entry.state, entry.cause, entry.extractor, entry.attempts) == ("partial", "crash", "picture", 3)
    assert entry.content.sha256

    assert try_again(operation=operation, by=ana) == Refreshed(0, 0, 0)
    monkeypatch.setattr(zip_archive, "VERSION", zip_archive.VERSION + 1)
    refresh()
    queue.work()
    entry = Entry.objects.get(path="in.png")
    assert queue.sandbox.read.count("in.png") == 1, "listed anew, and digested only: the decoder is left alone"
    assert (entry.state, entry.cause, entry.attempts) == ("partial", "crash", 1)

    monkeypatch.setattr(attempts, "process_entry", processing.process_entry)
    raised(monkeypatch, "picture")
    assert refresh() == Refreshed(0, 2)
    queue.work()
    entry = Entry.objects.get(path="in.png")
    assert (entry.state, entry.cause, entry.reason, entry.attempts) == ("processed", "", "", 1)
    assert entry.content.picture.width == 48


def test_what_was_only_slow_is_decoded_again_when_somebody_asks(queue, operation, card, ana, monkeypatch):
    monkeypatch.setattr(attempts, "process_entry", dies_on(b"a.png", SLOW, SLOW, SLOW))  # with others, and twice alone
    queue.take_in(operation, card, ana)
    assert Entry.objects.get(path="a.png").cause == "time"

    assert refresh() == Refreshed(0, 0)
    assert try_again(operation=operation, by=ana) == Refreshed(0, 1)
    assert queue.work() == ["a.png"]
    assert Entry.objects.get(path="a.png").state == "processed"
    event = AuditEvent.objects.get(action="tried-again")
    assert (event.actor, event.detail["entries"]) == ("ana", 1)


def test_a_failed_source_and_a_failed_entry_are_tried_again_when_somebody_asks(
    queue, operation, card, ana, monkeypatch
):
    (card / "e.zip").write_bytes(b"PK\x03\x04" + bytes(40))

    def loose(source, entry, limits, keys, *, decode=True, **options):
        if entry.path == b"b.txt":
            return processing.failed(UnreadableSource("the cable is loose"))
        return processing.process_entry(source, entry, limits, keys, decode=decode, **options)

    monkeypatch.setattr(attempts, "process_entry", loose)
    queue.take_in(operation, card, ana)
    assert Entry.objects.get(path="b.txt").state == "failed"
    broken = Source.objects.filter(state="failed")
    numbers = [source.pk for source in broken]

    monkeypatch.setattr(attempts, "process_entry", processing.process_entry)
    assert try_again(operation=operation, by=ana) == Refreshed(len(numbers), 1)
    assert queue.work() == ["b.txt"]
    assert Entry.objects.get(path="b.txt").state == "processed"
    assert [source.pk for source in broken.all()] == numbers, "what is broken stays broken"


def test_what_ended_the_program_is_left_alone_until_any_extractor_is_newer(known, operation, ana, monkeypatch):
    Entry.objects.filter(path="b.txt").update(
        state="failed", cause="crash", extractor="any", version=processing.version_of("any"), attempts=2
    )
    Source.objects.filter(path="card/d.zip!in.zip").update(state="failed", attempts=2, reason="it ended the program")

    assert try_again(operation=operation, by=ana) == Refreshed(0, 0, 2)
    assert known.work() == []
    raised(monkeypatch, "picture")
    assert refresh() == Refreshed(0, 3)
    assert known.work() == ["a.png", "b.txt", "in.png"]
    entry = Entry.objects.get(path="b.txt")
    assert (entry.state, entry.cause, entry.attempts, entry.extractor) == ("processed", "", 1, "digests")


def test_a_suspect_is_read_last_and_alone_and_not_at_all_the_second_time(queue, operation, card, ana):
    exhibit = queue.take_in(operation, card, ana)
    folder = Source.objects.get(exhibit=exhibit, path="card")
    Entry.objects.filter(path__in=["a.png", "b.txt", "c.txt"]).update(state="pending", extractor="", attempts=0)
    Entry.objects.filter(path="a.png").update(attempts=1)
    Entry.objects.filter(path="b.txt").update(attempts=2)
    Source.objects.filter(pk=folder.pk).update(state="listed")
    queue("process", [{"source_id": folder.pk, "first": 0, "last": 9}])

    queue.done.clear()
    queue.work()

    assert queue.done == ["process", "suspect", "suspect"]
    assert queue.sandbox.read == ["c.txt", "a.png"]
    states = {entry.path: (entry.state, entry.cause, entry.attempts) for entry in folder.entries.all()}
    assert states["a.png"] == ("processed", "", 2)
    assert states["b.txt"] == ("failed", "crash", 3)
    assert Source.objects.get(pk=folder.pk).state == "done"


def test_that_a_suspect_is_tried_is_known_before_it_is(queue, operation, card, ana, monkeypatch):
    queue.take_in(operation, card, ana)
    Entry.objects.filter(path="a.png").update(state="pending", extractor="", attempts=1)
    seen = []

    def look(source, entry, limits, keys, *, decode=True, **options):
        seen.append(Entry.objects.get(path="a.png").attempts)
        return processing.process_entry(source, entry, limits, keys, decode=decode, **options)

    monkeypatch.setattr(attempts, "process_entry", look)
    queue("suspect", [{"entry_id": Entry.objects.get(path="a.png").pk}])
    queue.work()

    assert seen == [2]


def test_a_batch_that_two_have_read_is_written_once(known):
    folder = Source.objects.get(path="card")
    folder.entries.update(state="pending", attempts=0)
    Source.objects.filter(pk=folder.pk).update(state="listed")
    first, second = (intake.process(known.sandbox, folder.pk, 0, 9, defer=known) for _ in range(2))
    sources = ways()

    first()
    folder.entries.update(seconds=77)
    second()

    assert set(folder.entries.values_list("state", "attempts", "seconds")) == {("processed", 1, 77)}
    assert ways() == sources


def test_what_was_locked_is_understood_in_full_once_its_key_is_there(queue, operation, card, ana, monkeypatch):
    real = intake.list_source

    def list_source(source, limits, keys, file):
        if source.steps and not keys:
            raise Locked("the archive needs a password; add it with `sauveterre key add`")
        return real(source, limits, keys, file)

    monkeypatch.setattr(intake, "list_source", list_source)
    exhibit = queue.take_in(operation, card, ana)
    entry = Entry.objects.get(path="d.zip")
    assert (entry.state, entry.cause) == ("partial", "encrypted")
    assert Source.objects.get(path="card/d.zip").state == "locked"

    assert add_key(exhibit=exhibit, key="umbrella", by=ana) == 1
    queue("inventory", [{"source_id": Source.objects.get(path="card/d.zip").pk}])
    queue.work()

    entry.refresh_from_db()
    assert (entry.state, entry.cause, entry.reason) == ("processed", "", "")
    assert Entry.objects.count() == 8

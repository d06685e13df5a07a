"""What kills its child is tried twice, then digested without its decoder, and only then given up."""

import hashlib
import io
import random
from concurrent.futures import Future
from dataclasses import replace
from importlib import import_module

import pytest
from PIL import Image

from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline import attempts, processing
from sauveterre.pipeline.attempts import RUN_ENTRIES, SMALL_BYTES, Asked, Attempts, deadly, tries_of
from sauveterre.pipeline.inventory import list_source
from sauveterre.pipeline.processing import ANY, Processed, version_of
from sauveterre.pipeline.roots import root_source
from sauveterre.records.entry import Cause, EntryKind, Outcome
from sauveterre.records.limits import Limits

LIMITS = Limits(silence_seconds=20)
CRASH = Casualty(CasualtyReason.KILLED, "the child process was killed by signal 11 (SIGSEGV) while it read this")
SLOW = Casualty(CasualtyReason.CPU, "reading used more than the 60 seconds of processor time allowed")


@pytest.fixture
def card(tmp_path):
    (tmp_path / "card").mkdir()
    picture = io.BytesIO()
    Image.effect_noise((64, 64), 80).save(picture, "PNG")
    (tmp_path / "card" / "a.png").write_bytes(picture.getvalue())
    (tmp_path / "card" / "b.txt").write_text("rain")
    source, _ = root_source(tmp_path / "card")
    listing = list_source(source, LIMITS, (), tmp_path / "listing")
    return source, {entry.path: entry for entry in listing.entries()}


class Staged(Attempts):
    """Tries whose ends are known beforehand; what is no casualty is really read, in this process."""

    __slots__ = ("decoded", "ends")

    def begin(self, entry, *, decode=True, label=""):
        self.decoded.append(decode)
        future = Future()
        end = self.ends.pop(0)
        if end is None:
            read = processing.process_entry(self.source, entry, self.limits, self.keys, decode=decode)
            future.set_result(read)
        else:
            future.set_exception(end)
        return future


def outlasted(card, path, ends, known=Cause.NONE):
    source, entries = card
    staged = Staged(None, source, LIMITS, ())
    object.__setattr__(staged, "ends", list(ends))
    object.__setattr__(staged, "decoded", [])
    first = staged.begin(entries[path], decode=not known)
    return staged.outlast(entries[path], first, known=known), staged.decoded


def test_what_survives_at_once_is_tried_once(card):
    found, decoded = outlasted(card, b"a.png", [None])

    assert (found.outcome, found.attempts, decoded) == (Outcome.PROCESSED, 1, [True])
    assert found.fingerprint.picture is not None


def test_what_survives_the_second_time_is_as_good(card):
    found, decoded = outlasted(card, b"a.png", [CRASH, None])

    assert (found.outcome, found.cause, found.attempts, decoded) == (Outcome.PROCESSED, Cause.NONE, 2, [True, True])


@pytest.mark.parametrize(("death", "cause"), [(CRASH, Cause.CRASH), (SLOW, Cause.TIME)])
def test_a_picture_that_kills_twice_keeps_its_digests(card, death, cause):
    found, decoded = outlasted(card, b"a.png", [CRASH, death, None])

    assert (found.outcome, found.cause, found.attempts) == (Outcome.PARTIAL, cause, 3)
    assert decoded == [True, True, False]
    assert (found.extractor, found.version) == ("picture", version_of("picture"))
    assert found.reason.startswith(str(death))
    assert "digested and not decoded" in found.reason
    assert found.fingerprint.picture is None
    data = (card[0].path / "a.png").read_bytes()
    assert found.fingerprint.digests.sha256 == hashlib.sha256(data).hexdigest()


def test_what_kills_three_times_is_given_up_with_how_it_died(card):
    found, decoded = outlasted(card, b"a.png", [CRASH, CRASH, SLOW])

    assert (found.outcome, found.cause, found.reason) == (Outcome.FAILED, Cause.TIME, str(SLOW))
    assert (found.attempts, found.extractor, decoded) == (3, "digests", [True, True, False])


def test_a_text_that_survives_without_a_decoder_it_never_had_is_whole(card):
    found, _ = outlasted(card, b"b.txt", [CRASH, CRASH, None])

    assert (found.outcome, found.cause, found.reason, found.attempts) == (Outcome.PROCESSED, Cause.NONE, "", 3)


def test_a_known_culprit_is_never_decoded_again_and_says_why(card):
    found, decoded = outlasted(card, b"a.png", [None], known=Cause.CRASH)

    assert (found.outcome, found.cause, found.attempts, decoded) == (Outcome.PARTIAL, Cause.CRASH, 1, [False])
    assert "its decoder did not survive it" in found.reason


def test_layers_have_nothing_to_decode(card):
    entry = replace(card[1][b"b.txt"], kind=EntryKind.VOLUME)
    assert tries_of(entry) == (True, True)
    assert tries_of(card[1][b"b.txt"]) == (True, True, False)


def test_what_ended_the_program_is_blamed_on_nobody_and_waits_for_any_new_version(monkeypatch):
    ended = deadly()
    before = ended.version

    assert (ended.outcome, ended.cause, ended.extractor) == (Outcome.FAILED, Cause.CRASH, ANY)
    assert "ended twice while it read this" in ended.reason
    monkeypatch.setitem(processing.VERSIONS, "picture", processing.VERSIONS["picture"] + 1)
    assert Processed(outcome=Outcome.FAILED, extractor=ANY).version == before + 1


CRASHING = """
import ctypes
from sauveterre.pipeline import processing

def read(source, entry, limits, keys, *, decode=True, **options):
    if decode and entry.path == b"a.png":
        ctypes.string_at(0)
    return processing.process_entry(source, entry, limits, keys, decode=decode, **options)
"""


def crashing(monkeypatch, folder):
    (folder / "crashing_decoder.py").write_text(CRASHING)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(attempts, "process_entry", import_module("crashing_decoder").read)


def test_in_real_children_a_decoder_that_crashes_costs_the_picture_and_not_its_digests(card, monkeypatch, tmp_path):
    source, entries = card
    crashing(monkeypatch, tmp_path)
    with Sandbox(1, LIMITS) as sandbox:
        reading = Attempts(sandbox, source, LIMITS, ())
        found = reading.outlast(entries[b"a.png"], reading.begin(entries[b"a.png"]))

    assert (found.outcome, found.cause, found.attempts) == (Outcome.PARTIAL, Cause.CRASH, 3)
    assert "SIGSEGV" in found.reason
    assert found.fingerprint.size == entries[b"a.png"].size


@pytest.fixture
def many(tmp_path):
    """More small files than a run has, with larger ones and one that is not decoded among them."""
    folder = tmp_path / "many"
    folder.mkdir()
    chance = random.Random(5)
    for number in range(RUN_ENTRIES + 20):
        size = SMALL_BYTES + 1 + number if number % 9 == 4 else chance.randrange(SMALL_BYTES)
        (folder / f"{number:02}.bin").write_bytes(chance.randbytes(size))
    Image.effect_noise((64, 64), 80).save(folder / "a.png")
    (folder / "empty").touch()
    source, _ = root_source(folder)
    return source, list(list_source(source, LIMITS, (), tmp_path / "many-listing").entries())


def test_entries_read_together_end_as_each_by_itself(many):
    source, entries = many
    asked = [Asked(entry, Cause.CRASH if entry.path == b"a.png" else Cause.NONE) for entry in entries]
    with Sandbox(2, LIMITS) as sandbox:
        together = Attempts(sandbox, source, LIMITS, ()).read(asked)

    apart = [processing.process_entry(source, one.entry, LIMITS, (), decode=not one.known) for one in asked]
    assert [replace(one, seconds=0) for one in together if not one.cause] == [
        replace(one, seconds=0) for one in apart if not one.cause
    ]
    assert [(one.cause, one.fingerprint) for one in together if one.cause] == [
        (Cause.CRASH, one.fingerprint) for one in apart if one.cause
    ]
    md5 = [one.fingerprint.digests.md5 for one in together]
    assert md5 == [hashlib.md5((source.path / entry.path.decode()).read_bytes()).hexdigest() for entry in entries]


def test_a_run_that_ends_its_child_costs_only_the_entry_that_did_it(many, monkeypatch, tmp_path):
    source, entries = many
    crashing(monkeypatch, tmp_path)
    with Sandbox(2, LIMITS) as sandbox:
        found = Attempts(sandbox, source, LIMITS, ()).read([Asked(entry) for entry in entries])

    ended = dict(zip((entry.path for entry in entries), found, strict=True))
    killer = ended.pop(b"a.png")
    assert (killer.outcome, killer.cause, killer.attempts) == (Outcome.PARTIAL, Cause.CRASH, 3)
    assert {(one.outcome, one.attempts) for one in ended.values()} == {(Outcome.PROCESSED, 1)}


def test_clocks_and_hands_are_those_of_each_entry_of_a_run(card, monkeypatch):
    source, entries = card
    begun = []
    monkeypatch.setattr(processing, "start", lambda clocks, label: begun.append((clocks, label)))
    parts = [
        processing.Part(entry, LIMITS.entry_clocks(entry.size), f"entry {number}")
        for number, entry in enumerate(entries.values())
    ]
    processing.process_run(source, parts, LIMITS, (), processing.process_entry)
    assert begun == [(part.clocks, part.label) for part in parts]

"""Whatever lies in whatever, and however damaged: every entry listed ends exactly once, and the sums agree."""

import io
import random
import tarfile
import zipfile
from collections import Counter
from concurrent.futures import Future
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from sauveterre.media.casualty import Casualty, CasualtyReason
from sauveterre.pipeline.endings import Unopened
from sauveterre.pipeline.inspection import Inspected, inspect
from sauveterre.records.entry import Cause, Outcome
from sauveterre.records.limits import Limits

LIMITS = Limits(depth=3, nested_sources=12, entries=60, nested_bytes=600, ratio=1)
NAMES = st.sampled_from(["a.txt", "b.png", "c", "d/e.txt", "d/f.zip", "g.tar", "é.txt", "h.zip"])
LEAVES = st.binary(max_size=60).map(lambda data: ("file", data))


def damaged(children):
    """A container of named things, cut or with wrong bytes in one case of three."""
    members = st.dictionaries(NAMES, children, max_size=4)
    return st.tuples(st.sampled_from(["zip", "tar"]), members, st.sampled_from(["", "", "", "cut", "wrong"]))


TREES = st.recursive(LEAVES, damaged, max_leaves=14)


def bytes_of(node, chance):
    """The bytes of a leaf or container."""
    if node[0] == "file":
        return node[1]
    kind, members, damage = node
    stream = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, child in members.items():
                archive.writestr(name, bytes_of(child, chance))
    else:
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for name, child in members.items():
                data = bytes_of(child, chance)
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    data = bytearray(stream.getvalue())
    if damage == "cut":
        del data[chance.randrange(len(data)) :]
    elif damage == "wrong":
        for _ in range(3):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


class Counting:
    """A sandbox that is none, and counts what is listed; some of its children die."""

    workers = 2

    def __init__(self, scratch, chance):
        self.scratch = scratch
        self.chance = chance
        self.listed = 0

    def run(self, function, *arguments, seconds, label=""):
        result = function(*arguments)
        self.listed += result.count
        return result

    def submit(self, function, *arguments, seconds, label="", parts=()):
        future = Future()
        if self.chance.random() < 0.2:
            future.set_exception(Casualty(CasualtyReason.KILLED, "the child process was killed"))
        else:
            future.set_result(function(*arguments))
        return future


@settings(max_examples=120, deadline=None)
@given(members=st.dictionaries(NAMES, TREES, max_size=5), seed=st.integers(0, 2**32))
def test_what_is_listed_is_what_ended_for_every_tree_however_damaged(members, seed):
    chance = random.Random(seed)
    with TemporaryDirectory() as folder, TemporaryDirectory() as scratch:
        card = Path(folder) / "card"
        for name, node in members.items():
            path = card / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes_of(node, chance))
        card.mkdir(exist_ok=True)
        sandbox = Counting(Path(scratch), chance)

        found = list(inspect(card, sandbox, LIMITS))

    entries = [one for one in found if isinstance(one, Inspected)]
    unopened = [one for one in found if isinstance(one, Unopened)]
    ended = Counter(one.processed.outcome for one in entries)
    over = [one for one in unopened if "it was not listed" in one.reason]
    assert set(ended) <= set(Outcome)
    assert sum(ended.values()) == len(entries)
    assert len(entries) == sandbox.listed - sum(listed_in(one) for one in over)
    for one in entries:
        assert bool(one.processed.reason) == (one.processed.outcome is not Outcome.PROCESSED), one
        assert bool(one.processed.cause) == (one.processed.outcome is not Outcome.PROCESSED), one
        assert one.processed.attempts <= 3
    assert all(one.reason for one in unopened)
    assert Cause.NONE not in {one.processed.cause for one in entries if one.processed.outcome is Outcome.FAILED}


def listed_in(unopened):
    """How many entries a source has that was refused for them."""
    return int(unopened.reason.split("with its ")[1].split(" ")[0].replace(",", ""))

"""People with names and roles: Ana opened the operation, Ben is a member, Eve is a stranger."""

import heapq
from concurrent.futures import Future
from itertools import count

import numpy as np
import pytest

from sauveterre.records.limits import Limits


@pytest.fixture
def ana(db):
    from sauveterre.casework.models import Officer

    return Officer.objects.create_user("ana")


@pytest.fixture
def ben(operation, ana):
    from sauveterre.casework.models import Officer
    from sauveterre.casework.services.operations import add_member

    officer = Officer.objects.create_user("ben")
    add_member(operation=operation, officer=officer, by=ana)
    return officer


@pytest.fixture
def eve(db):
    from sauveterre.casework.models import Officer

    return Officer.objects.create_user("eve")


@pytest.fixture
def operation(ana):
    from sauveterre.casework.services.operations import create_operation

    return create_operation(name="Weather", by=ana)


BASE = int.from_bytes(np.random.default_rng(50).integers(0, 256, 32, np.uint8).tobytes(), "big")


@pytest.fixture
def picture(operation):
    """Make a picture in a file, whose hash parts from that of the others in its first bits, as many as ``away``."""
    from sauveterre.casework.models import Content, Entry, Exhibit, Picture, Source

    def make(number, away, *, width=10, quality=80):
        content = Content.objects.create(
            operation=operation, sha256=f"{number:064x}", sha1="", md5="", size=1, kind="image/png"
        )
        pdq = (BASE ^ ((1 << away) - 1)).to_bytes(32, "big")
        Picture.objects.create(content=content, width=width, height=10, pdq=pdq, quality=quality)
        exhibit, _ = Exhibit.objects.get_or_create(operation=operation, number=1, defaults={"path": "/evidence/1"})
        source, _ = Source.objects.get_or_create(exhibit=exhibit, way="0" * 64, defaults={"kind": "directory"})
        Entry.objects.create(source=source, ordinal=source.entries.count(), path=f"{number}.png", content=content)
        return content

    return make


class Here:
    """A sandbox that is none: tasks run at once, in this process, and what they list and read is noted."""

    workers = 1

    def __init__(self, scratch):
        self.scratch = scratch
        self.limits = Limits()
        self.read = []
        self.listed = []

    def run(self, function, *arguments, seconds, label=""):
        if function.__name__ == "list_source":
            self.listed.append(arguments[0].steps[-1].locator if arguments[0].steps else arguments[0].path.name)
        return function(*arguments)

    def submit(self, function, *arguments, seconds, label="", parts=()):
        entries = [part.entry for part in arguments[1]] if isinstance(arguments[1], list) else [arguments[1]]
        self.read += [entry.path.decode() for entry in entries]
        future = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:  # noqa: BLE001 - whatever a task raises is its future's
            future.set_exception(error)
        return future


class Queue:
    """The jobs that wait, done one after the other in the process of the test."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.done = []
        self._waiting = []
        self._numbers = count()

    def __call__(self, task, rows, *, priority=0):
        for row in rows:
            heapq.heappush(self._waiting, (-priority, next(self._numbers), task, row))

    def work(self):
        """Do all that waits; return what was read meanwhile, in the order of its names."""
        from django.db import transaction

        from sauveterre.casework import crosschecking, intake, verifying

        others = {"verify": verifying.verify, "crosscheck": crosschecking.crosscheck}
        self.sandbox.read.clear()
        self.sandbox.listed.clear()
        while self._waiting:
            _, _, task, row = heapq.heappop(self._waiting)
            self.done.append(task)
            if task in others:
                write = others[task](self.sandbox, **row)
            else:
                write = getattr(intake, task)(self.sandbox, **row, defer=self)
            with transaction.atomic():
                write()
        return sorted(self.sandbox.read)

    def take_in(self, operation, path, by):
        """Take an exhibit in, and do all that there is to do with it."""
        from sauveterre.casework.models import Source
        from sauveterre.casework.services.exhibits import add_exhibit

        exhibit = add_exhibit(operation=operation, path=path, by=by)
        self("inventory", [{"source_id": source.pk} for source in Source.objects.filter(exhibit=exhibit)])
        self.work()
        return exhibit


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """Jobs of a test, and a sandbox that counts what they do."""
    from sauveterre.casework.services import refresh

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    made = Queue(Here(scratch))
    monkeypatch.setattr(refresh, "put", made)
    return made

"""What the tests of exports share: the invented world, a tree in memory, and damage."""

import io
import json
import random

import pytest

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.records.problem import Problem
from sauveterre.records.store import StoreLocation
from sauveterre.scenarios.cast import make_cast
from sauveterre.scenarios.devices import DEVICES, Teller
from sauveterre.scenarios.pictures import Album
from sauveterre.scenarios.timeline import make_timeline


class MemoryTree:
    """A tree over bytes by path."""

    identity = "folder:memory"

    def __init__(self, files):
        self.files = files

    def paths(self):
        return sorted(self.files)

    def open(self, path):
        if path not in self.files:
            raise UnreadableSource(f"nothing at {path}: list the source")
        return io.BytesIO(self.files[path])


class Kit:
    """Helpers that the tests call by name."""

    Tree = MemoryTree

    @staticmethod
    def tree(folder):
        """Return a tree over a folder on disk, held in memory."""
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        return MemoryTree(files)

    @staticmethod
    def read(reader, name, value):
        """Read an export that is one file: a value to be written as JSON, or bytes."""
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        return list(reader.read(MemoryTree({name: data}), StoreLocation(reader.NAME, name, needs_key=False), None))

    @staticmethod
    def of(records, kind):
        """Return the records of one kind."""
        return [record for record in records if isinstance(record, kind)]

    @staticmethod
    def whats(records):
        """Return where and what every problem is."""
        return [(one.provenance.locator, one.what) for one in records if isinstance(one, Problem)]

    @staticmethod
    def attempt(reader, tree, location):
        """Read a store that may be damaged: its records, and None or the error of our own family."""
        records = []
        try:
            for record in reader.read(tree, location, None):
                records.append(record)
            list(reader.attachments(tree, location, None))
        except SauveterreError as error:
            assert len(str(error)) > 20
            return records, error
        return records, None

    @staticmethod
    def damaged(data, count, seed):
        """Yield copies of the data: cut, and with bits flipped, at ``count`` random places each."""
        chance = random.Random(seed)
        for _ in range(count):
            yield "cut", data[: chance.randrange(len(data))]
            flipped = bytearray(data)
            for _ in range(chance.choice((1, 1, 6))):
                flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
            yield "flipped", bytes(flipped)


@pytest.fixture(scope="session")
def kit():
    """The helpers above."""
    return Kit


@pytest.fixture(scope="session")
def tellers():
    """Each device of a small invented world; its pictures are a few bytes each."""
    rng = random.Random(11)
    cast = make_cast(rng)
    line = make_timeline(cast, rng, talk=12, per_supplier=2)
    album = Album(shared=[b"picture %d" % number for number in range(line.pictures)])
    return [Teller(device, cast, line, album, random.Random(device.exhibit)) for device in DEVICES]

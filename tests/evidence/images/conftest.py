"""What the tests of images and volumes share: a medium, the tools that make images of it, and a way to open them."""

import io
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from sauveterre.errors import SauveterreError
from sauveterre.evidence.opening import peek_at
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits

MEDIUM_BYTES = 6 << 20


def made_medium(size: int = MEDIUM_BYTES, seed: int = 7) -> bytes:
    """Make a medium with stretches of text, of noise and of nothing, none of which begins where a block does."""
    rng = random.Random(seed)
    words = ["rain", "cloud", "wind", "sun", "film", "title", "hill", "lake"]
    parts, total = [], 0
    while total < size:
        length = rng.randrange(1, 200_000)
        part = {
            0: lambda n: b" ".join(rng.choice(words).encode() for _ in range(n // 5 + 1))[:n],
            1: rng.randbytes,
            2: bytes,
        }[rng.randrange(3)](length)
        parts.append(part)
        total += len(part)
    return b"".join(parts)[:size]


@pytest.fixture(scope="session")
def medium() -> bytes:
    return made_medium()


@pytest.fixture(scope="session")
def raw(medium, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("medium") / "medium.raw"
    path.write_bytes(medium)
    return path


@pytest.fixture(scope="session")
def tool():
    """Run a system tool that makes images; skip where it is missing."""

    def run(name, *arguments, **options):
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if found is None:
            pytest.skip(f"no {name} here: install it to test against what it makes")
        ran = subprocess.run([found, *map(str, arguments)], capture_output=True, check=False, timeout=120, **options)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    return run


@pytest.fixture
def opened_file():
    """Open a file with a reader's module, its neighbours within reach, as the product does."""
    streams, containers = [], []

    def stream_of(path: Path):
        streams.append(path.open("rb"))
        return streams[-1]

    def open_(reader, path: Path, keys=()):
        def sibling(name: bytes):
            beside = path.with_name(name.decode())
            return stream_of(beside) if beside.is_file() else None

        stream = stream_of(path)
        assert reader.recognises(peek_at(stream, path.name.encode()))
        origin = StreamOrigin(stream, "sha256:of-the-test", 0, path.name.encode(), tuple(keys), sibling)
        containers.append(reader.open(origin, Limits()))
        return containers[-1]

    yield open_
    for container in containers:
        container.close()
    for stream in streams:
        stream.close()


@pytest.fixture(scope="session")
def opened_with():
    """Open bytes with a reader's module and keys."""

    def open_(reader, data: bytes, keys=()):
        return reader.open(StreamOrigin(io.BytesIO(data), "sha256:of-the-test", keys=tuple(keys)), Limits())

    return open_


@pytest.fixture(scope="session")
def volume():
    """Read one volume of a container, whole; by default the only one."""

    def read(container, locator=None) -> bytes:
        entries = [entry for entry in container.entries() if locator in (None, entry.locator)]
        assert len(entries) == 1, entries
        assert entries[0].kind is EntryKind.VOLUME
        with container.open(entries[0]) as stream:
            data = stream.read()
        assert len(data) == entries[0].size
        return data

    return read


@pytest.fixture(scope="session")
def survives():
    """Open damaged bytes and read a little of everything: only errors in our own words may come of it."""

    def check(reader, data: bytes, opened, keys=()) -> str:
        try:
            with opened(reader, data, keys=keys) as container:
                for entry in container.entries():
                    if not entry.failure:
                        with container.open(entry) as stream:
                            stream.read(1 << 20)
                            stream.seek(max(0, (entry.size or 0) - 5000))
                            stream.read(5000)
                return "opened"
        except SauveterreError as error:
            assert len(str(error)) > 20
            return str(error)

    return check


@pytest.fixture(scope="session")
def mutants():
    """Yield damaged copies of an image, mostly damaged where its tables are; the same ones in each run."""

    def make(data: bytes, count: int, spans=((0, 4096),), seed: int = 3):
        rng = random.Random(seed)
        for number in range(count):
            copy = bytearray(data)
            for _ in range(rng.choice((1, 1, 2, 4, 16))):
                start, end = rng.choice(spans)
                at = rng.randrange(start, min(end, len(copy)))
                copy[at] = rng.choice((0, 0xFF, 0x80, 0x7F, rng.randrange(256)))
            if number % 8 == 0:
                del copy[rng.randrange(len(copy)) :]
            yield bytes(copy)

    return make

"""What the tests of file systems share: images made by ordinary tools, never mounted, and ways to read them."""

import hashlib
import io
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from sauveterre.errors import SauveterreError
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.records.entry import EntryKind
from sauveterre.records.limits import Limits

FILES, DELETED = 400, 20


@pytest.fixture(scope="session")
def tool():
    """Run a system tool that makes file systems; skip where it is missing."""

    def run(name, *arguments, check=True):
        found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
        if found is None:
            pytest.skip(f"no {name} here: install it to test against what it makes")
        surroundings = {**os.environ, "MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        ran = subprocess.run(
            [found, *map(str, arguments)], capture_output=True, check=False, timeout=120, env=surroundings
        )
        assert not check or ran.returncode == 0, ran.stderr
        return ran.stdout

    return run


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    """Make an empty file of some size, for a file system to be made in."""

    def make(name: str, size: int) -> Path:
        path = tmp_path_factory.mktemp("volume") / name
        with path.open("wb") as file:
            file.truncate(size)
        return path

    return make


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> dict[str, bytes]:
    """Made-up files by name: noise of sizes from nothing to some clusters, with names of all lengths."""
    rng = random.Random(20)
    sizes = [0, 1, 511, 512, 513, 4096, 40_000]
    return {
        f"{'été ' * (n % 3)}picture {n:03d}.jpg": rng.randbytes(
            sizes[n] if n < len(sizes) else rng.randrange(1, 12_000)
        )
        for n in range(FILES)
    }


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory):
    """Write files into a folder on disk, for tools that copy one in."""

    def write(files: dict[str, bytes]) -> Path:
        root = tmp_path_factory.mktemp("files")
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        return root

    return write


@pytest.fixture(scope="session")
def victims(pictures) -> set[str]:
    """Which of the pictures are deleted: none of them empty."""
    return set(random.Random(9).sample(sorted(name for name, content in pictures.items() if content), DELETED))


@pytest.fixture(scope="session")
def volume():
    """Open an image, given as path or bytes, with a reader's module."""

    def open_(reader, image, limits: Limits | None = None, keys=()):
        stream = io.BytesIO(image if isinstance(image, bytes | bytearray) else image.read_bytes())
        return reader.open(StreamOrigin(stream, "sha256:of-the-test", keys=keys), limits or Limits())

    return open_


@pytest.fixture(scope="session")
def read_all():
    """Read a content to its end in blocks: its bytes, and why it ended before its size if it did."""

    def read(container, entry):
        parts = []
        try:
            with container.open(entry) as stream:
                while block := stream.read(1 << 16):
                    parts.append(block)
        except SauveterreError as error:
            return b"".join(parts), str(error)
        return b"".join(parts), ""

    return read


@pytest.fixture(scope="session")
def by_path():
    """Return the entries of a container by path; a path that repeats fails the test."""

    def index(container, *, regions=False):
        entries = [entry for entry in container.entries() if regions or entry.kind is not EntryKind.REGION]
        locators = [entry.locator for entry in entries]
        assert len(set(locators)) == len(locators)
        found = {entry.path: entry for entry in entries}
        assert len(found) == len(entries)
        return found

    return index


@pytest.fixture(scope="session")
def check_recall(by_path, read_all, pictures, victims):
    """Hold a volume with the pictures in ``folder`` against the truth: all there, the deleted too, byte for byte."""

    def check(container, folder: str, name_of=lambda name: name):
        found = by_path(container)
        wrong = []
        for name, content in pictures.items():
            entry = found.get(f"{folder}{name_of(name)}".encode())
            if entry is None or entry.allocated is (name in victims) or read_all(container, entry) != (content, ""):
                wrong.append((name, entry))
        assert wrong == []
        assert {entry.path for entry in found.values() if entry.allocated is False} == {
            f"{folder}{name_of(name)}".encode() for name in victims
        }
        return found

    return check


@pytest.fixture(scope="session")
def digest_of(read_all):
    """Return the SHA-256 of an entry's content."""
    return lambda container, entry: hashlib.sha256(read_all(container, entry)[0]).hexdigest()

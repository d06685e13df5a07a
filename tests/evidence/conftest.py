"""What the tests of sources share."""

import io
import zipfile
from pathlib import Path

import pytest

from sauveterre.errors import SauveterreError
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.records.limits import Limits


@pytest.fixture(scope="session")
def dfvfs(fixtures) -> Path:
    """Archives and folders made by the tests of another project."""
    return fixtures / "evidence" / "dfvfs" / "test_data"


@pytest.fixture(scope="session")
def opened():
    """Open bytes with a reader's module."""

    def open_(reader, data: bytes, limits: Limits | None = None):
        return reader.open(StreamOrigin(io.BytesIO(data), "sha256:of-the-test"), limits or Limits())

    return open_


@pytest.fixture(scope="session")
def content_of():
    """Read every entry: its bytes, or the sentence why there are none."""

    def read(container) -> list[tuple[bytes, bytes | str]]:
        found = []
        for entry in container.entries():
            try:
                with container.open(entry) as stream:
                    found.append((entry.path, stream.read()))
            except SauveterreError as error:
                found.append((entry.path, str(error)))
        return found

    return read


@pytest.fixture(scope="session")
def in_common():
    """Count the bytes that two contents begin with alike."""

    def count(one: bytes, other: bytes) -> int:
        pairs = zip(one, other, strict=False)
        return next((number for number, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))

    return count


@pytest.fixture(scope="session")
def before_damage():
    """Read in small blocks: the bytes up to the damage, and the error there."""

    def read(stream, size: int = 1000):
        parts = []
        with stream:
            while True:
                try:
                    block = stream.read(size)
                except SauveterreError as error:
                    return b"".join(parts), error
                if not block:
                    return b"".join(parts), None
                parts.append(block)

    return read


@pytest.fixture(scope="session")
def zipped_film():
    """A stored ZIP archive of one file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("film", b"film" * 1_000)
    return stream.getvalue()

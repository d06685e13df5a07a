"""Invented lists and hashes with known neighbours."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sauveterre.matching.readers import vics
from sauveterre.records.hash_list import ListedMedia
from sauveterre.records.problem import Problem

CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{}/$metadata#{}"


@pytest.fixture(scope="session")
def flipped() -> Callable[[bytes, int, int], bytes]:
    """Return a hash with so many of its bits changed, chosen by a seed."""

    def flip(pdq: bytes, bits: int, seed: int) -> bytes:
        changed = bytearray(pdq)
        for bit in np.random.default_rng(seed).choice(256, bits, replace=False):
            changed[bit >> 3] ^= 1 << (bit & 7)
        return bytes(changed)

    return flip


@pytest.fixture(scope="session")
def random_hashes() -> Callable[[int, int], NDArray[np.uint8]]:
    """Return n random PDQ hashes by a seed."""
    return lambda n, seed: np.random.default_rng(seed).integers(0, 256, (n, 32), np.uint8)


@pytest.fixture(scope="session")
def vics_bytes() -> Callable[..., bytes]:
    """Return a VICS 2.0 file of the given values."""

    def make(values: list[Any], region: str = "Default", of: str = "Media") -> bytes:
        return json.dumps({"@odata.context": CONTEXT.format(region, of), "value": values}).encode()

    return make


@pytest.fixture(scope="session")
def read_vics() -> Callable[[bytes], list[ListedMedia | Problem]]:
    """Read a VICS file from bytes."""

    def read(data: bytes) -> list[ListedMedia | Problem]:
        return list(_read(data))

    def _read(data: bytes) -> Iterator[ListedMedia | Problem]:
        return vics.read(io.BytesIO(data), identity="sha256:00", name="films.json")

    return read

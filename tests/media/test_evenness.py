import random
import zlib

import numpy as np
import pytest

from sauveterre.media.evenness import FIRST_BYTES, LEAST_BYTES, Evenness, chi_square


def judged(data: bytes, step: int = 100_000) -> bool:
    evenness = Evenness()
    for at in range(0, len(data), step):
        evenness.take(data[at : at + step])
    return evenness.is_that_of_a_container()


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def prose(size):
    words = random.Random(2)
    return " ".join(words.choice(("rain", "sun", "wind", "hail", "cloud")) for _ in range(size)).encode()


def test_chi_square_of_counts_worked_out_by_hand():
    counts = np.zeros(256, np.int64)
    counts[7] = 4

    assert chi_square(counts) == 4 * 255
    assert chi_square(np.full(256, 9, np.int64)) == 0
    assert chi_square(np.zeros(256, np.int64)) == 0


@pytest.mark.parametrize("size", [LEAST_BYTES, 1 << 20, (3 << 20) + 512])
@pytest.mark.parametrize("step", [512, 100_000, 5 << 20])
def test_random_bytes_in_whole_sectors_are_told(size, step):
    assert judged(noise(size), step)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        noise(LEAST_BYTES - 512),
        noise(LEAST_BYTES + 1),
        bytes(1 << 20),
        bytes(range(256)) * 4096,
        zlib.compress(prose(2_000_000))[: 1 << 18],
        noise(1 << 20) + bytes(1 << 18),
        bytes(FIRST_BYTES) + noise(16 << 20),
    ],
    ids=["nothing", "short", "odd", "zeros", "counting", "packed", "an even start", "an even end"],
)
def test_what_breaks_the_rule_is_not(data):
    assert not judged(data)


def test_no_more_is_counted_once_the_start_is_uneven():
    evenness = Evenness()
    evenness.take(bytes(FIRST_BYTES))
    evenness.take(noise(1 << 20))

    assert evenness.size == FIRST_BYTES


def test_a_thousand_random_contents_are_all_told():
    generator = np.random.default_rng(5)
    assert all(judged(generator.bytes(LEAST_BYTES), LEAST_BYTES) for _ in range(1_000))

"""The targets of ``make fuzz``, fed a little without the fuzzer: their seeds, and seeds spoilt with a fixed seed."""

import importlib
import random
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[2] / "fuzz"
NAMES = ("protobuf", "links", "frames", "export", "database", "ufdr", "folder")


@pytest.fixture(scope="module")
def fuzz():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FUZZ))
        yield importlib.import_module("targets"), importlib.import_module("world").made()


def spoilt(seed, chance):
    data = bytearray(seed)
    for _ in range(chance.choice((1, 2, 8))):
        place = chance.randrange(len(data))
        match chance.randrange(3):
            case 0:
                data[place] ^= 1 << chance.randrange(8)
            case 1:
                del data[place : place + chance.randrange(1, 40)]
            case _:
                data[place:place] = chance.randbytes(chance.randrange(1, 12))
        data = data or bytearray(b"?")
    return bytes(data)


def test_every_target_is_fed_here(fuzz):
    assert {target.name for target in fuzz[0].TARGETS} >= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_target_takes_its_seeds_and_whatever_becomes_of_them(fuzz, name):
    targets, world = fuzz
    [target] = [target for target in targets.TARGETS if target.name == name]
    seeds, chance = target.seeds(world), random.Random(11)
    assert seeds
    assert all(len(seed) <= target.longest for seed in seeds), "the fuzzer cuts what is longer"
    for seed in seeds:
        target.feed(seed)
    for _ in range(80):
        target.feed(spoilt(chance.choice(seeds), chance))

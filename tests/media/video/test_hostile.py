"""Damaged clips of every kind through the sandbox: each has an outcome, and no child dies of one."""

import importlib.util
import io
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from sauveterre.media.fingerprint import fingerprint
from sauveterre.media.sandbox import Sandbox
from sauveterre.records.limits import Limits

FOLDER = Path(__file__).parents[3] / "bench"
LIMITS = Limits(memory_bytes=1 << 30)
COUNT = 84


@pytest.fixture(scope="module")
def samples():
    spec = importlib.util.spec_from_file_location("clip_samples", FOLDER / "clip_samples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_whole_clips_of_every_kind_are_read_whole(samples):
    for name, (kind, data) in samples.clips().items():
        found = fingerprint(io.BytesIO(data), limits=LIMITS)
        assert (name, found.kind, found.trouble) == (name, kind, "")
        assert name == "sound.wav" or len(found.film.frames) >= 4, name
        assert name == "sound.wav" or found.film.sheet.startswith(b"\xff\xd8"), name


class OneWay(io.BytesIO):
    def seekable(self):
        return False


def test_a_film_that_its_container_gives_once_is_copied_on_the_way(samples):
    kind, data = samples.clips()["h264.mp4"]
    whole = fingerprint(io.BytesIO(data), limits=LIMITS)
    assert fingerprint(OneWay(data), limits=LIMITS) == whole
    left = fingerprint(OneWay(data), limits=Limits(nested_bytes=len(data) - 1))
    assert (left.digests, left.kind, left.film) == (whole.digests, kind, None)
    assert "raise nested_bytes, or unpack it and add the folder" in left.trouble
    undecoded = fingerprint(OneWay(data), limits=LIMITS, decode=False)
    assert undecoded.film is None
    assert undecoded.trouble.startswith("the film or sound (video/mp4) was digested and not decoded")


def test_each_damaged_clip_has_an_outcome_and_the_same_one_each_time(samples):
    clips = dict(samples.mutated_clips(COUNT))
    assert clips == dict(samples.mutated_clips(COUNT))
    with Sandbox(2, LIMITS) as sandbox:
        read = partial(fingerprint, limits=LIMITS)
        first, second = (
            {name: sandbox.submit(read, io.BytesIO(data), seconds=60) for name, data in clips.items()} for _ in range(2)
        )
        ended = {name: future.result() for name, future in first.items()}
        again = {name: future.result() for name, future in second.items()}
    assert ended == again
    outcomes = Counter("told" if found.trouble else "whole" for found in ended.values())
    assert outcomes["told"] > COUNT // 5
    assert outcomes["whole"] > COUNT // 5
    for name, found in ended.items():
        assert found.size == len(clips[name])
        assert all(len(frame.pdq) == 32 for frame in found.film.frames) if found.film else True

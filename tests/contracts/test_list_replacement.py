"""A list that is replaced while eight processes match against it: every result is by one version, and says which."""

import multiprocessing
import time
import traceback

import numpy as np
import pytest

from sauveterre.matching.hits import match
from sauveterre.matching.known import KnownList, KnownListBuilder
from sauveterre.records.category import Category
from sauveterre.records.content import Fingerprint, Picture
from sauveterre.records.digest import Digest, Digests
from sauveterre.records.hash_list import ListedMedia, ListIdentity
from sauveterre.records.provenance import Provenance

FORK = multiprocessing.get_context("fork")
WORKERS = 8
CONTENTS = 400
LISTED = 2_000
OPENED = 20
"""Times that a list is opened for each time that it is matched: half written, it would be seen."""
PADDING = " film" * 200
"""Makes writing a list last as long as making it."""
STEP = 20
"""Contents that each version drops, and takes in anew."""


def is_listed(content, version):
    return content >= CONTENTS or (content - version * STEP) % CONTENTS < CONTENTS // 2


def hash_of(content):
    return np.random.default_rng(content).integers(0, 256, 32, np.uint8).tobytes()


def digests(content):
    return Digests(f"{content:032x}", f"{content:040x}", f"{content:064x}")


def asked():
    pictures = [Picture(10, 10, hash_of(k), 80, b"") if k % 4 == 0 else None for k in range(CONTENTS)]
    return [Fingerprint(digests(k), 1, "image/jpeg", picture) for k, picture in enumerate(pictures)]


def expected(version):
    """Every hit of a version, with all that it must say."""
    hits = []
    for content in range(CONTENTS):
        if is_listed(content, version):
            algorithm = "pdq" if content % 4 == 0 else "sha1"
            hits.append(
                (digests(content).sha256, str(version), str(version), f"{version}/{content}{PADDING}", algorithm)
            )
    return hits


def replace(path, first, last):
    """Write version after version to one place."""
    for version in range(first, last + 1):
        with KnownListBuilder(path, rows_in_memory=1_000) as builder:
            for content in range(LISTED):
                if is_listed(content, version):
                    builder.add(item(version, content))
            builder.finish(ListIdentity("skies", str(version), "skies-list"), "sha256:00")


def item(version, content):
    """A content as a version lists it: one in four by a near hash, ten bits away."""
    if content % 4 == 0 and content < CONTENTS:
        near = bytearray(hash_of(content))
        near[version % 32] ^= 0xFF
        digest = Digest("pdq", near.hex())
    else:
        digest = Digest("sha1", digests(content).sha1)
    category = Category("skies-list", str(version))
    return ListedMedia((digest,), category, Provenance("sha256:00", "skies", f"{version}/{content}{PADDING}", "plain"))


def told(known, contents):
    return [
        (hit.sha256, hit.identity.version, hit.category.code, hit.locator, hit.digest.algorithm)
        for hit in match(contents, [known])
    ]


def keep_matching(path, stop, results):
    """Report the versions met, in order, or what went wrong."""
    try:
        results.put(matched_until(path, stop))
    except Exception:  # noqa: BLE001  (the parent tells it)
        results.put(traceback.format_exc())


def matched_until(path, stop):
    """Open, verify and match until told to stop, then once more; by a list opened at the start too."""
    contents, held = asked(), KnownList.open(path)
    met, ending = [], False
    while not ending:
        ending = stop.exists()
        for _ in range(OPENED):
            known = KnownList.open(path)
        known.verify()
        version = int(known.identity.version)
        assert told(known, contents) == expected(version)
        assert told(held, contents) == expected(int(held.identity.version))
        met.append(version)
    return met


def is_killed_midway(path, first):
    """Start replacing, and kill it while a version is half written; say whether that succeeded."""
    replacing = FORK.Process(target=replace, args=(path, first, first + 1_000))
    replacing.start()
    part = path.with_name(f".{path.name}.{replacing.pid}.part")
    until = time.monotonic() + 60
    while int(KnownList.open(path).identity.version) < first + 1 or not part.exists():
        assert time.monotonic() < until
    replacing.kill()
    replacing.join()
    return part.exists()


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_every_result_is_by_one_version_and_says_which(tmp_path):
    path, stop, results = tmp_path / "skies", tmp_path / "stop", FORK.SimpleQueue()
    replace(path, 1, 1)
    workers = [FORK.Process(target=keep_matching, args=(path, stop, results)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    first, killed = 2, False
    while not killed:
        killed = is_killed_midway(path, first)
        first = int(KnownList.open(path).identity.version) + 1
    replace(path, first, first + 5)
    stop.touch()
    met = [results.get() for _ in workers]
    for worker in workers:
        worker.join()

    assert all(isinstance(each, list) for each in met), met
    assert {each[-1] for each in met} == {first + 5}
    assert all(each == sorted(each) for each in met)
    assert len({version for each in met for version in each}) >= 3

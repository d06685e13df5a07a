"""Near matches and stacks for ``matching.py``: beside numpy, or in the long form faiss, threatexchange and usearch.

The peers live in ``build/bench/peers`` (``make bench`` installs them) and are run as programs, one at a time, in turns
with ours; CPU time on one thread. Hashes are random, one query in twenty at most 20 bits from one of them. The recall
of a peer is measured with thousands of other queries, each 0 to 31 bits from one of the hashes: every distance has its
share.
"""

import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sauveterre.matching import near, stacks
from sauveterre.matching.near import NearIndex
from watched import exponent

PEERS = Path(__file__).parents[1] / "build" / "bench" / "peers" / "bin" / "python"
PROGRAM = Path(__file__).parent / "peers" / "near_peers.py"
ASKED = {
    "faiss-flat": (200, 2_000),
    "usearch-exact": (4, 40),
    "faiss-multihash": (200, 2_000),
    "threatexchange": (400, 4_000),
}
"""Queries that each peer is asked at once, and those that measure its recall: it takes seconds for them."""
SINGLE = 100
PLANTED = 4_000
EQUAL = 0.999
"""Recall from which a peer is as good as ours, which misses nothing."""

Hashes = NDArray[np.uint8]


def seconds(work: Callable[[], Any]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def material(size: int, asked: int) -> tuple[Hashes, Hashes]:
    rng = np.random.default_rng(2)
    hashes = rng.integers(0, 256, (size, 32), np.uint8)
    queries = rng.integers(0, 256, (asked, 32), np.uint8)
    rows = np.arange(0, asked, 20)
    queries[rows] = hashes[rng.integers(0, size, len(rows))]
    for _ in range(20):
        bits = rng.integers(0, 256, len(rows))
        queries[rows, bits >> 3] ^= (1 << (bits & 7)).astype(np.uint8)
    return hashes, queries


def planted(hashes: Hashes) -> Hashes:
    """Return queries that each lie 0 to 31 bits from one of the hashes, as many at every distance."""
    rng = np.random.default_rng(4)
    queries = hashes[rng.integers(0, len(hashes), PLANTED)]
    for row, query in enumerate(queries):
        bits = rng.choice(256, row % (near.THRESHOLD + 1), replace=False)
        np.bitwise_xor.at(query, bits >> 3, (1 << (bits & 7)).astype(np.uint8))
    return queries


def compare_everything(hashes: Hashes, queries: Hashes) -> int:
    """Find matches in numpy alone."""
    wide, found = hashes.view(np.uint64), 0
    for query in queries.view(np.uint64):
        found += int((np.bitwise_count(wide ^ query).sum(1, dtype=np.uint16) <= near.THRESHOLD).sum())
    return found


def one_by_one(index: NearIndex, queries: Hashes) -> int:
    return sum(len(near.near(index, queries[row : row + 1])) for row in range(len(queries)))


class Peer:
    """A running peer that holds its index."""

    def __init__(self, kind: str, folder: Path) -> None:
        arrays = [str(folder / f"{name}.npy") for name in ("hashes", "queries", "planted")]
        command = [str(PEERS), str(PROGRAM), kind, *arrays]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        _, build_s, taken = self._line().split()
        self.build_s, self.bytes = float(build_s), int(taken)

    def ask(self, manner: str, count: int) -> tuple[float, int]:
        """Return the CPU seconds and the matches found."""
        assert self.process.stdin is not None
        print(manner, count, file=self.process.stdin, flush=True)
        took, found = self._line().split()
        return float(took), int(found)

    def _line(self) -> str:
        assert self.process.stdout is not None
        if not (line := self.process.stdout.readline()):
            raise SystemExit(f"a peer ended: {self.process.args!r}")
        return line


def beside(kind: str, folder: Path, index: NearIndex, queries: Hashes, rounds: int) -> list[dict[str, Any]]:
    """Ask a peer and ours in turns, all at once and one by one."""
    peer, results = Peer(kind, folder), []
    few, many = ASKED[kind]
    there = len(near.near(index, np.load(folder / "planted.npy")[:many], way="join"))
    recall = peer.ask("planted", many)[1] / there
    for manner, ours, count, asked in (
        ("join", lambda: near.near(index, queries), len(queries), few),
        ("single", lambda: one_by_one(index, queries[:SINGLE]), SINGLE, min(few, SINGLE)),
    ):
        word = "batch" if manner == "join" else "single"
        rows = [(seconds(ours), *peer.ask(word, asked)) for _ in range(rounds)]
        mine, theirs = (
            units / statistics.median(row[side] for row in rows) for side, units in ((0, count), (1, asked))
        )
        result = {"name": f"near {manner} / {kind}", "ours": mine, "peer": theirs, "ratio": mine / theirs}
        facts = {"recall": recall, "planted": there, "peer_build_s": peer.build_s}
        results.append(result | facts | {"peer_bytes_a_hash": peer.bytes / len(index)})
    peer.process.communicate()
    return results


def beside_numpy(hashes: Hashes, queries: Hashes, index: NearIndex, rounds: int) -> list[dict[str, Any]]:
    few = queries[: max(20, len(queries) // 2_000)]
    if len(near.near(index, few, way="join")) != compare_everything(hashes, few):
        raise SystemExit("the near index and its peer do not agree")
    results = []
    for name, ours, count in (
        ("near join / numpy", lambda: near.near(index, queries, way="join"), len(queries)),
        ("near single / numpy", lambda: one_by_one(index, few), len(few)),
    ):
        ours()
        rows = [(seconds(ours), seconds(lambda: compare_everything(hashes, few))) for _ in range(rounds)]
        mine, theirs = (
            units / statistics.median(row[side] for row in rows) for side, units in ((0, count), (1, len(few)))
        )
        results.append({"name": name, "ours": mine, "peer": theirs, "ratio": mine / theirs})
    return results


def nearly(folder: Path, size: int, asked: int, rounds: int, *, peers: bool) -> list[dict[str, Any]]:
    """Measure joins and single queries; ``peers`` also beside those that are installed."""
    hashes, queries = material(size, asked)
    index = NearIndex(hashes)
    building = seconds(lambda: index.bands)
    results = [] if peers else beside_numpy(hashes, queries, index, rounds)
    if peers and PEERS.exists():
        np.save(folder / "hashes.npy", hashes)
        np.save(folder / "queries.npy", queries)
        np.save(folder / "planted.npy", planted(hashes))
        for kind in ASKED:
            results += beside(kind, folder, index, queries, rounds)
    elif peers:
        print("faiss, threatexchange and usearch are not installed: numpy alone is the peer")
        results = beside_numpy(hashes, queries, index, rounds)
    sizes = {"list": size, "queries": asked, "build_s": building, "bytes_a_hash": index.nbytes / size}
    return [result | {"unit": "queries per CPU second", "sizes": sizes} for result in results]


def stacked(size: int) -> dict[str, Any]:
    """Stack pictures half of which are near another."""
    rng = np.random.default_rng(3)
    hashes = rng.integers(0, 256, (size, 32), np.uint8)
    twins = size // 2
    hashes[:twins] = hashes[rng.integers(twins, size, twins)]
    for _ in range(6):
        bits = rng.integers(0, 256, twins)
        hashes[np.arange(twins), bits >> 3] ^= (1 << (bits & 7)).astype(np.uint8)
    members = [(f"{k:064x}", row.tobytes(), 80, 100, 1) for k, row in enumerate(hashes)]
    return {"pictures": size, "cpu_s": seconds(lambda: stacks.stack(members))}


def growth(size: int, asked: int, pictures: int) -> dict[str, float]:
    """Return how CPU time grows with lists, queries and pictures over three sizes: the exponent, 1 for linear."""
    hashes, queries = material(size, asked)
    whole = NearIndex(hashes)
    parts = [(part, NearIndex(hashes[: size // part])) for part in (4, 2, 1)]
    for _, index in parts:
        near.near(index, queries[:1], way="join")  # makes the bands
    joins = [
        (size // part, seconds(lambda index=index: near.near(index, queries, way="join"))) for part, index in parts
    ]
    asking = [
        (asked // part, seconds(lambda part=part: near.near(whole, queries[: asked // part], way="probe")))
        for part in (40, 20, 10)
    ]
    stacking = [(pictures // part, float(stacked(pictures // part)["cpu_s"])) for part in (4, 2, 1)]
    return {"list": exponent(joins), "queries": exponent(asking), "pictures": exponent(stacking)}

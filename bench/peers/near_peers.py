"""Near matches by other programs' indexes. A program of its own: run with the interpreter of the peers.

    python near_peers.py KIND HASHES.npy QUERIES.npy PLANTED.npy

KIND is faiss-flat, faiss-multihash (16 tables of 16 bits, one flipped, as Hasher-Matcher-Actioner uses it),
threatexchange (its PDQ index, as it comes) or usearch-exact. Prints ``ready`` with the CPU seconds of building and the
bytes of memory that it took, then for each line ``batch N``, ``single N`` or ``planted N`` it reads the CPU seconds and
the matches found in the first N queries, asked together or one by one; on one thread.
"""

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from threatexchange.signal_type.pdq.pdq_index import PDQIndex
from usearch.index import MetricKind, search

THRESHOLD = 31

Find = Callable[[Any], int]


def with_faiss(index: Any, hashes: Any) -> Find:
    index.add(hashes)
    return lambda queries: int(index.range_search(queries, THRESHOLD + 1)[0][-1])


def with_multihash(hashes: Any) -> Find:
    index = faiss.IndexBinaryMultiHash(256, 16, 16)
    index.nflip = 1
    return with_faiss(index, hashes)


def with_threatexchange(hashes: Any) -> Find:
    index: Any = PDQIndex()
    for start in range(0, len(hashes), 100_000):
        rows = range(start, min(start + 100_000, len(hashes)))
        index.add_all((hashes[row].tobytes().hex(), row) for row in rows)

    def find(queries: Any) -> int:
        texts = [query.tobytes().hex() for query in queries]
        if len(texts) == 1:
            return len(index.query(texts[0]))
        return sum(map(len, index.index.search(texts, THRESHOLD, return_as_ids=True)))

    return find


def with_usearch(hashes: Any) -> Find:
    def find(queries: Any) -> int:
        found = search(hashes, queries, 1, MetricKind.Hamming, exact=True, threads=1)
        return int((np.asarray(found.distances) <= THRESHOLD).sum())

    return find


KINDS: dict[str, Callable[[Any], Find]] = {
    "faiss-flat": lambda hashes: with_faiss(faiss.IndexBinaryFlat(256), hashes),
    "faiss-multihash": with_multihash,
    "threatexchange": with_threatexchange,
    "usearch-exact": with_usearch,
}


def in_memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main() -> None:
    faiss.omp_set_num_threads(1)
    kind, hashes = sys.argv[1], np.load(sys.argv[2])
    queries, planted = np.load(sys.argv[3]), np.load(sys.argv[4])
    started, before = time.process_time(), in_memory()
    find = KINDS[kind](hashes)
    print("ready", time.process_time() - started, in_memory() - before, flush=True)
    for line in sys.stdin:
        manner, count = line.split()
        asked = (planted if manner == "planted" else queries)[: int(count)]
        parts = [asked[row : row + 1] for row in range(len(asked))] if manner == "single" else [asked]
        started = time.process_time()
        found = sum(find(part) for part in parts)
        print(time.process_time() - started, found, flush=True)


if __name__ == "__main__":
    main()

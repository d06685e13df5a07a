"""Near matches by other programs' indexes. A program of its own: run with the interpreter of the peers.

    python near_peers.py KIND HASHES.npy QUERIES.npy

KIND is faiss-flat, faiss-multihash (16 tables of 16 bits, one flipped, as Hasher-Matcher-Actioner uses it) or
usearch-exact. Prints ``ready`` with the CPU seconds of building, then for each line ``batch N`` or ``single N`` it
reads the CPU seconds and the matches found in the first N queries, asked together or one by one; on one thread.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

import faiss
import numpy as np
from usearch.index import MetricKind, search

THRESHOLD = 31


def with_faiss(index: Any, hashes: Any) -> Callable[[Any], int]:
    faiss.omp_set_num_threads(1)
    index.add(hashes)
    return lambda queries: int(index.range_search(queries, THRESHOLD + 1)[0][-1])


def with_multihash(hashes: Any) -> Callable[[Any], int]:
    index = faiss.IndexBinaryMultiHash(256, 16, 16)
    index.nflip = 1
    return with_faiss(index, hashes)


def with_usearch(hashes: Any) -> Callable[[Any], int]:
    def find(queries: Any) -> int:
        found = search(hashes, queries, 1, MetricKind.Hamming, exact=True, threads=1)
        return int((np.asarray(found.distances) <= THRESHOLD).sum())

    return find


KINDS: dict[str, Callable[[Any], Callable[[Any], int]]] = {
    "faiss-flat": lambda hashes: with_faiss(faiss.IndexBinaryFlat(256), hashes),
    "faiss-multihash": with_multihash,
    "usearch-exact": with_usearch,
}


def main() -> None:
    kind, hashes, queries = sys.argv[1], np.load(sys.argv[2]), np.load(sys.argv[3])
    started = time.process_time()
    find = KINDS[kind](hashes)
    print("ready", time.process_time() - started, flush=True)
    for line in sys.stdin:
        manner, count = line.split()
        asked = queries[: int(count)]
        parts = [asked] if manner == "batch" else [asked[row : row + 1] for row in range(len(asked))]
        started = time.process_time()
        found = sum(find(part) for part in parts)
        print(time.process_time() - started, found, flush=True)


if __name__ == "__main__":
    main()

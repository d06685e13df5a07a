"""Near matches and stacks beside their peers, in one run: prints ratios and writes build/bench/matching.json.

Peers: numpy comparing everything, and in the long form faiss, threatexchange and usearch. Hashes are random, one query
in twenty is near one of the list. Ours and the peer take turns, and medians of CPU time are compared: absolute times
say more about the machine than about the program.

    python bench/matching.py [--short]

The long form ends with status 1 where ours is not 50 times the fastest peer of equal recall in batches, and 4 times
asked one by one.
"""

import argparse
import json
import platform
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

import numba
import numpy as np

from near_matching import EQUAL, growth, nearly, stacked

LEAST_RATIOS = {"near join": 50, "near single": 4}


def extra(result: Any) -> str:
    """Say what else there is to a near search."""
    memory = result["sizes"].get("bytes_a_hash")
    if "recall" not in result:
        return f"{memory:.0f} bytes a hash"
    recall = f"recall of the peer {result['recall']:.4f} of {result['planted']:,}"
    return f"{recall}, bytes a hash {memory:.0f} and {result['peer_bytes_a_hash']:.0f}"


def are_fast_enough(results: list[Any]) -> bool:
    """Say whether ours is as many times faster than every peer of equal recall as it must be."""
    met = True
    for manner, least in LEAST_RATIOS.items():
        equal = [one for one in results if one["name"].startswith(manner) and one.get("recall", 1) >= EQUAL]
        fastest = max(equal, key=lambda one: one["peer"])
        print(f"{manner}: {fastest['ratio']:.1f} times {fastest['name'].split(' / ')[1]}, the fastest of equal recall")
        met = met and fastest["ratio"] >= least
    return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="small sizes: less than a minute")
    options = parser.parse_args()
    short = options.short
    rounds = 3
    with tempfile.TemporaryDirectory() as folder:
        sizes = (200_000, 50_000) if short else (10_000_000, 200_000)
        results = nearly(Path(folder), *sizes, rounds, peers=not short)
    grown = growth(200_000, 50_000, 50_000) if short else growth(8_000_000, 200_000, 1_000_000)
    stacking = stacked(50_000 if short else 1_000_000)
    versions = {"python": platform.python_version(), "numpy": np.__version__, "numba": numba.__version__}
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    target = Path(__file__).parents[1] / "build" / "bench" / "matching.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    report = {"results": results, "stacks": stacking, "growth": grown, "versions": versions, "peak_mb": peak_mb}
    target.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{'':30}{'ours':>14}{'peer':>14}{'ratio':>9}   queries per CPU second, medians of {rounds}")
    for result in results:
        figures = f"{result['ours']:14,.0f}{result['peer']:14,.0f}{result['ratio']:8.1f}x"
        print(f"{result['name']:30}{figures}   {extra(result)}")
    print(f"{stacking['pictures']:,} pictures stacked in {stacking['cpu_s']:.1f} s")
    print("CPU time grows with the power of " + ", ".join(f"{of} {power:.2f}" for of, power in grown.items()))
    print(f"{peak_mb:,.0f} MB at most, the made-up hashes and queries included")
    return 0 if are_fast_enough(results) or short else 1


if __name__ == "__main__":
    sys.exit(main())

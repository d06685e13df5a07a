"""PDQ of phone JPEGs: our way beside the usual Python pipeline, interleaved in one run.

Ours is what production runs (bytes of a file to hash and quality); the peer decodes in full with Pillow and hashes
with the reference binding ``pdqhash``. Both start from the same bytes in memory, on one thread. Times are CPU time
of the process, medians over pictures and rounds; wall time is given beside it. Distances are Hamming distances
between the two hashes, in bits. What remains of our time is reading the JPEG's entropy code, so the ratio falls as
pictures of one size get larger files: their mean size stands in the table.

    python bench/pdq.py            about two minutes
    python bench/pdq.py --short    a few pictures, for continuous checks

Ends with status 1 when a ratio or a distance misses what the design asks for.
"""

import argparse
import importlib.metadata
import io
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import numpy as np  # noqa: E402 - after the setting that it reads when it is loaded
import pdqhash  # noqa: E402
from PIL import Image  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from picture_samples import draw, written  # noqa: E402
from sauveterre.media.decoding import decode  # noqa: E402
from sauveterre.media.hashes import hash_of  # noqa: E402
from sauveterre.media.pdq.hashing import Pdq, warm  # noqa: E402
from sauveterre.records.limits import Limits  # noqa: E402

JPEG_QUALITY = 90
MOST_BITS = 4
ROUNDS = 3
LIMITS = Limits()


@dataclass(frozen=True)
class SizeClass:
    """Pictures of one size: how many, and how many times faster than the peer we must be (0: no bound)."""

    name: str
    width: int
    height: int
    count: int
    short_count: int
    least_ratio: float


LEAST_OF_MIX = 15
"""How many times faster than the peer we must be on as many pictures of each size."""
CLASSES = (
    SizeClass("0.3 MP", 640, 480, 40, 8, 0),
    SizeClass("2 MP", 1632, 1224, 16, 4, 8),
    SizeClass("12 MP", 4000, 3000, 6, 2, 20),
)


@dataclass(frozen=True)
class Result:
    """One line of the table. Times are milliseconds a picture."""

    size: str
    width: int
    height: int
    count: int
    mean_bytes: int
    ours_ms: float
    peer_ms: float
    ratio: float
    ours_wall_ms: float
    peer_wall_ms: float
    ratio_wall: float
    distance_mean: float
    distance_max: int
    least_ratio: float

    @property
    def met(self) -> bool:
        """Whether this line is what the design asks for."""
        return self.ratio >= self.least_ratio and self.distance_max <= MOST_BITS


def draw_jpeg(seed: int, width: int, height: int) -> bytes:
    """Draw a photograph as a JPEG."""
    return written(draw(seed, width, height), "JPEG", quality=JPEG_QUALITY, subsampling="4:2:0")


def ours(data: bytes) -> Pdq:
    """Hash as production does."""
    return hash_of(decode(data, "image/jpeg", LIMITS), data, "image/jpeg", LIMITS)


def peer(data: bytes) -> Pdq:
    """Hash as the usual Python pipeline does."""
    bits, quality = pdqhash.compute(np.array(Image.open(io.BytesIO(data)).convert("RGB")))
    return Pdq(np.packbits(bits).tobytes(), int(quality))


def timed(way: Callable[[bytes], Pdq], data: bytes) -> tuple[Pdq, float, float]:
    """Return the hash, CPU and wall milliseconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = way(data)
    return result, (time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3


def measure(size: SizeClass, *, short: bool) -> Result:
    """Time both ways on the same pictures, turn by turn."""
    pictures = [draw_jpeg(seed, size.width, size.height) for seed in range(size.short_count if short else size.count)]
    ours(pictures[0])
    peer(pictures[0])
    times: dict[str, list[float]] = {"ours": [], "peer": [], "ours wall": [], "peer wall": []}
    distances = []
    for _ in range(ROUNDS):
        for data in pictures:
            our_hash, cpu, wall = timed(ours, data)
            times["ours"].append(cpu)
            times["ours wall"].append(wall)
            peer_hash, cpu, wall = timed(peer, data)
            times["peer"].append(cpu)
            times["peer wall"].append(wall)
            differing = int.from_bytes(our_hash.hash, "big") ^ int.from_bytes(peer_hash.hash, "big")
            distances.append(differing.bit_count())
    median = {name: statistics.median(values) for name, values in times.items()}
    return Result(
        size=size.name,
        width=size.width,
        height=size.height,
        count=len(pictures),
        mean_bytes=sum(map(len, pictures)) // len(pictures),
        ours_ms=round(median["ours"], 3),
        peer_ms=round(median["peer"], 3),
        ratio=round(median["peer"] / median["ours"], 2),
        ours_wall_ms=round(median["ours wall"], 3),
        peer_wall_ms=round(median["peer wall"], 3),
        ratio_wall=round(median["peer wall"] / median["ours wall"], 2),
        distance_mean=round(statistics.mean(distances), 3),
        distance_max=max(distances),
        least_ratio=size.least_ratio,
    )


def show(results: list[Result]) -> None:
    table = Table(title="PDQ of JPEGs, ms a picture (CPU time of one process, medians)")
    for heading in (
        "size",
        "files",
        "kB each",
        "ours",
        "peer",
        "ratio",
        "wall",
        "bits mean",
        "bits max",
        "asked",
        "",
    ):
        table.add_column(heading, justify="left" if heading == "size" else "right")
    for line in results:
        asked = f"≥ {line.least_ratio:g} ×" if line.least_ratio else "–"
        table.add_row(
            line.size,
            str(line.count),
            f"{line.mean_bytes / 1e3:,.0f}",
            f"{line.ours_ms:.2f}",
            f"{line.peer_ms:.2f}",
            f"{line.ratio:.1f} ×",
            f"{line.ratio_wall:.1f} ×",
            f"{line.distance_mean:.2f}",
            str(line.distance_max),
            asked,
            "met" if line.met else "MISSED",
        )
    console = Console(width=max(100, Console().width))
    console.print(table)
    met = "met" if ratio_of_mix(results) >= LEAST_OF_MIX else "MISSED"
    console.print(f"as many of each size: {ratio_of_mix(results):.1f} ×, asked ≥ {LEAST_OF_MIX} × {met}")


def ratio_of_mix(results: list[Result]) -> float:
    """Return how many times faster we are on a mix with as many pictures of each size."""
    return sum(line.peer_ms for line in results) / sum(line.ours_ms for line in results)


def write(results: list[Result], path: Path) -> None:
    libraries = ("numpy", "numba", "pillow", "simplejpeg", "pdqhash")
    report = {
        "what": "JPEG bytes to PDQ hash and quality; peer: Pillow full decode + pdqhash",
        "unit": "milliseconds of CPU time a picture, median; distances in bits",
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in libraries},
        "jpeg_quality": JPEG_QUALITY,
        "rounds": ROUNDS,
        "ratio_of_mix": round(ratio_of_mix(results), 2),
        "results": [asdict(result) | {"met": result.met} for result in results],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")


def main() -> int:
    """Measure, print the table, write the figures; 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description="PDQ beside the usual Python pipeline")
    parser.add_argument("--short", action="store_true", help="a few pictures only")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "pdq.json", help="where the figures go")
    options = parser.parse_args()
    warm()
    results = [measure(size, short=options.short) for size in CLASSES]
    show(results)
    write(results, options.out)
    met = all(result.met for result in results) and ratio_of_mix(results) >= LEAST_OF_MIX
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())

"""All that is done to a picture file, beside the usual Python tools doing the same, interleaved in one run.

Ours is what a child runs for each file (``fingerprint``): three digests, kind, EXIF, decoding, PDQ with its quality,
thumbnail and dimensions. The peer digests with hashlib, decodes in full with Pillow (and pillow-heif), reads EXIF,
hashes with the reference binding ``pdqhash`` and makes the thumbnail with Pillow. Both start from the same bytes in
memory, on one thread, each in a process of its own, ours with the settings of a child. Times are CPU time of these
processes, medians over rounds taken in turn, summed over the pictures of a line; a line's sizes are in the proportion
in which telephones and messengers leave them.

The second table is the distance between our hash and the reference's on a full decode, in bits, for pictures of every
format, many sizes, modes and tones. A reference of quality below 50 must never be matched, so such pictures are counted
apart; their bits are held to the same bound.

The third is time and memory over the number of files, through the pipeline with one child.

    python bench/pictures.py            up to half an hour, 5,000 distances
    python bench/pictures.py --short    a minute and a half, for continuous checks

Ends with status 1 when a figure misses what the design asks for; in the short form the ratios of speed do not count.
"""

import argparse
import hashlib
import importlib.metadata
import io
import json
import multiprocessing
import os
import platform
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import numpy as np  # noqa: E402 - after the setting that it reads when it is loaded
import pdqhash  # noqa: E402
from PIL import Image  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from picture_growth import COUNTS, SHORT_COUNTS, Growth, growth, is_bounded, power_of, table_of  # noqa: E402
from picture_samples import Sample, assorted, photograph  # noqa: E402
from sauveterre.media.fingerprint import fingerprint  # noqa: E402
from sauveterre.media.hashes import LEAST_QUALITY  # noqa: E402
from sauveterre.media.memory import keep_freed_memory  # noqa: E402
from sauveterre.media.pdq.hashing import Pdq, warm  # noqa: E402
from sauveterre.media.picture import picture_of  # noqa: E402
from sauveterre.records.limits import Limits  # noqa: E402

ROUNDS = 5
MOST_BITS = 4
ASSORTED, SHORT_ASSORTED = 5_000, 160
LIMITS = Limits()
SMALL, SCREEN, MIDDLE, LARGE = (640, 480), (1080, 1920), (1632, 1224), (4000, 3000)


@dataclass(frozen=True)
class Line:
    """Pictures of one format: how many of which size, and how many times faster than the peer we must be."""

    form: str
    least_ratio: float
    sizes: tuple[tuple[tuple[int, int], int], ...]
    short_sizes: tuple[tuple[tuple[int, int], int], ...]


LINES = (
    Line("JPEG", 7, ((SMALL, 20), (MIDDLE, 8), (LARGE, 3)), ((SMALL, 6), (MIDDLE, 2), (LARGE, 1))),
    Line("WEBP", 2.5, ((SMALL, 6), (MIDDLE, 6)), ((SMALL, 2), (MIDDLE, 2))),
    Line("PNG", 1.5, ((SMALL, 6), (SCREEN, 6)), ((SMALL, 2), (SCREEN, 2))),
    Line("HEIF", 1.5, ((MIDDLE, 4), (LARGE, 4)), ((MIDDLE, 1),)),
    Line("GIF", 1, (((480, 360), 12),), (((480, 360), 3),)),
    Line("TIFF", 1, ((MIDDLE, 6),), ((MIDDLE, 2),)),
    Line("BMP", 1, ((SMALL, 4), (MIDDLE, 4)), ((SMALL, 2),)),
    Line("AVIF", 1, ((SMALL, 4), (MIDDLE, 4)), ((SMALL, 2),)),
)


@dataclass(frozen=True)
class Speed:
    """One line of the first table."""

    form: str
    sizes: str
    count: int
    mean_bytes: int
    ours_per_second: float
    peer_per_second: float
    ratio: float
    ratios_by_size: dict[str, float]
    least_ratio: float

    @property
    def met(self) -> bool:
        """Whether the whole line is as much faster as asked, and no size of it slower than the peer."""
        return self.ratio >= self.least_ratio and min(self.ratios_by_size.values()) >= 1


@dataclass(frozen=True)
class Distances:
    """One line of the second table: how many pictures of a format lie at each distance."""

    form: str
    count: int
    low_quality: int
    bits: dict[int, int]

    @property
    def met(self) -> bool:
        """Whether no picture is further from the reference than the design asks for."""
        return max(self.bits) <= MOST_BITS


def ours(data: bytes) -> Any:
    """Do all that a child does to a file."""
    return fingerprint(io.BytesIO(data), limits=LIMITS, size_hint=len(data))


def peer(data: bytes) -> Any:
    """Do the same with the usual tools."""
    digests = [hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in ("md5", "sha1", "sha256")]
    image = Image.open(io.BytesIO(data))
    image.load()
    exif = image.getexif()
    stated = dict(exif), dict(exif.get_ifd(0x8769)), dict(exif.get_ifd(0x8825))
    rgb = image.convert("RGB")
    hashed = pdqhash.compute(np.asarray(rgb))
    rgb.thumbnail((256, 256))
    thumbnail = io.BytesIO()
    rgb.save(thumbnail, "JPEG", quality=80)
    return digests, image.size, stated, hashed, thumbnail.getvalue()


def cpu_of(way: Callable[[bytes], Any], data: bytes) -> float:
    began = time.process_time()
    way(data)
    return time.process_time() - began


class Contest:
    """Two processes that do the same work in turn: one as a child does it, one with the usual tools."""

    def __init__(self) -> None:
        fresh = multiprocessing.get_context("spawn")
        self._ours = ProcessPoolExecutor(1, fresh, _as_child)
        self._peer = ProcessPoolExecutor(1, fresh)

    def seconds(self, data: bytes) -> tuple[float, float]:
        """Return the CPU time of both for one file."""
        return self._ours.submit(cpu_of, ours, data).result(), self._peer.submit(cpu_of, peer, data).result()

    def close(self) -> None:
        """End both."""
        for pool in (self._ours, self._peer):
            pool.shutdown()


def _as_child() -> None:
    keep_freed_memory()
    warm()


def measure(line: Line, contest: Contest, folder: Path, *, short: bool) -> Speed:
    """Time both ways on the same pictures, turn by turn."""
    times: dict[tuple[int, int], dict[str, float]] = {}
    count = size = 0
    for sides, files in line.short_sizes if short else line.sizes:
        total = times[sides] = {"ours": 0.0, "peer": 0.0}
        for seed in range(files):
            data = photograph(line.form, *sides, seed, folder).data
            count, size = count + 1, size + len(data)
            contest.seconds(data)
            rounds = [contest.seconds(data) for _ in range(ROUNDS)]
            for name, values in zip(total, zip(*rounds, strict=True), strict=True):
                total[name] += statistics.median(values)
    ours_seconds, peer_seconds = (sum(total[name] for total in times.values()) for name in ("ours", "peer"))
    return Speed(
        form=line.form,
        sizes=" ".join(f"{w * h / 1e6:.1f}" for w, h in times),
        count=count,
        mean_bytes=size // count,
        ours_per_second=round(count / ours_seconds, 1),
        peer_per_second=round(count / peer_seconds, 1),
        ratio=round(peer_seconds / ours_seconds, 2),
        ratios_by_size={f"{w} × {h}": round(total["peer"] / total["ours"], 2) for (w, h), total in times.items()},
        least_ratio=line.least_ratio,
    )


def reference(sample: Sample) -> Pdq:
    """Hash a full decode with the reference binding."""
    bits, quality = pdqhash.compute(np.array(Image.open(io.BytesIO(sample.data)).convert("RGB")))
    return Pdq(np.packbits(bits).tobytes(), int(quality))


def distances(count: int) -> list[Distances]:
    """Compare our hash with the reference's on pictures of every format."""
    bits: dict[str, Counter[int]] = defaultdict(Counter)
    low: Counter[str] = Counter()
    for sample in assorted(count):
        picture, trouble = picture_of(sample.data, sample.kind, LIMITS)
        if picture is None or trouble:
            raise SystemExit(f"a drawn {sample.form} picture could not be decoded: {trouble}")
        expected = reference(sample)
        differing = int.from_bytes(picture.pdq, "big") ^ int.from_bytes(expected.hash, "big")
        bits[sample.form][differing.bit_count()] += 1
        low[sample.form] += expected.quality < LEAST_QUALITY
    return [
        Distances(form, sum(found.values()), low[form], dict(sorted(found.items()))) for form, found in bits.items()
    ]


def show(speeds: list[Speed], found: list[Distances], grown: list[Growth]) -> None:
    console = Console(width=max(110, Console().width))
    table = Table(title="The whole job, pictures a second (CPU time of one process, medians)")
    headings = ("format", "megapixels", "files", "kB each", "ours", "peer", "ratio", "by size", "asked", "")
    for heading in headings:
        table.add_column(heading, justify="left" if heading in {"format", "megapixels"} else "right")
    for line in speeds:
        table.add_row(
            line.form,
            line.sizes,
            str(line.count),
            f"{line.mean_bytes / 1e3:,.0f}",
            f"{line.ours_per_second:,.1f}",
            f"{line.peer_per_second:,.1f}",
            f"{line.ratio:.1f} ×",
            " ".join(f"{ratio:.1f}" for ratio in line.ratios_by_size.values()),
            f"≥ {line.least_ratio:g} ×",
            "met" if line.met else "MISSED",
        )
    console.print(table)
    reached = sorted({bits for line in found for bits in line.bits})
    table = Table(title="Bits between our hash and the reference's, pictures at each distance")
    for heading in ("format", "files", "quality < 50", *map(str, reached), ""):
        table.add_column(heading, justify="left" if heading == "format" else "right")
    for result in found:
        counts = (str(result.bits.get(bits, "")) for bits in reached)
        row = (result.form, str(result.count), str(result.low_quality), *counts)
        table.add_row(*row, "met" if result.met else "MISSED")
    console.print(table)
    console.print(table_of(grown))


def write(speeds: list[Speed], found: list[Distances], grown: list[Growth], path: Path) -> None:
    libraries = ("numpy", "numba", "av", "pillow", "pillow_heif", "simplejpeg", "pdqhash")
    report = {
        "what": "file bytes to digests, kind, EXIF, PDQ, thumbnail; peer: hashlib + Pillow full decode + pdqhash",
        "unit": "pictures a second of CPU time; distances in bits",
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in libraries},
        "rounds": ROUNDS,
        "speeds": [asdict(line) | {"met": line.met} for line in speeds],
        "distances": [asdict(line) | {"met": line.met} for line in found],
        "growth": [asdict(one) for one in grown],
        "exponent": round(power_of(grown), 3),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")


def main() -> int:
    """Measure, print the tables, write the figures; 1 when a bound is missed; in the short form speed is not judged."""
    parser = argparse.ArgumentParser(description="the whole per-file job on pictures, beside the usual tools")
    parser.add_argument("--short", action="store_true", help="a few pictures only")
    parser.add_argument("--pictures", type=int, help="how many pictures to compare hashes on")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "pictures.json", help="for the figures")
    options = parser.parse_args()
    contest = Contest()
    speeds = [measure(line, contest, options.out.parent / "pictures", short=options.short) for line in LINES]
    contest.close()
    found = distances(options.pictures or (SHORT_ASSORTED if options.short else ASSORTED))
    grown = growth(SHORT_COUNTS if options.short else COUNTS)
    show(speeds, found, grown)
    write(speeds, found, grown, options.out)
    judged = found if options.short else (*speeds, *found)  # a few files on a busy machine say little of speed
    return 0 if all(line.met for line in judged) and is_bounded(grown) else 1


if __name__ == "__main__":
    sys.exit(main())

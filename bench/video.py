"""Films to vPDQ hashes, one frame a second: our decode plan beside decoding every frame, interleaved in one run.

The package ``vpdq`` has no wheels, so its way stands in for it, here in Python: every frame is decoded and each wanted
one is scaled to 512 × 512 in RGB and hashed with the reference binding ``pdqhash``. Both use the same decoder on one
thread, start from the same bytes, and give the same frames. Times are CPU time, medians over rounds. The distances
are between the two hashes of a frame; "found" is the part of the stand-in's frames within 31 bits of one of ours.
Key frames alone are given for what they are, a triage: fast, and blind where they are far apart.

    python bench/video.py            about six minutes
    python bench/video.py --short    small clips, for continuous checks; judges what is found, not speed

Ends with status 1 when the plan misses a frame or, in the long form, is less than 1.5 times as fast.
"""

import argparse
import io
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import av  # noqa: E402 - after the path to our own
import numpy as np  # noqa: E402
import pdqhash  # noqa: E402
from PIL import Image  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from sauveterre.matching.video import compare_films  # noqa: E402
from sauveterre.media.pdq.hashing import warm  # noqa: E402
from sauveterre.media.video.reading import Sampling, read_film  # noqa: E402
from sauveterre.records.film_match import FilmThresholds  # noqa: E402
from sauveterre.records.limits import Limits  # noqa: E402
from sauveterre.records.video import HashedFrame  # noqa: E402

FPS = 30
LEAST_RATIO = 1.5
FRAMES = FilmThresholds(distance=31, quality=50, query_share=0.0, target_share=0.0)
OURS = {"plan": Sampling(cuts=False), "plan and cuts": Sampling(), "key frames": Sampling(key_frames_only=True)}


@dataclass(frozen=True)
class Clip:
    """A clip to draw: its coding, and how many frames lie between two key frames."""

    codec: str
    gop: int
    options: dict[str, str]


CLIPS = [
    Clip("libx264", 250, {"preset": "fast"}),
    Clip("libx264", 30, {"preset": "fast"}),
    Clip("libx265", 60, {"preset": "ultrafast"}),
]


def draw(clip: Clip, seconds: int, width: int, height: int) -> bytes:
    """Draw a clip: coloured noise of several sizes slides by and fades into another one, under a little grain."""
    rng = np.random.default_rng(4)
    scenes = [_noise(rng, width, height) for _ in range(max(2, seconds // 4))]
    file = io.BytesIO()
    keys = {"libx265": {"x265-params": f"keyint={clip.gop}:min-keyint={clip.gop}:scenecut=0:log-level=none"}}
    options = clip.options | keys.get(clip.codec, {"g": str(clip.gop), "sc_threshold": "0"})
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream(clip.codec, rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(seconds * FPS):
            place, part = divmod(number / (seconds * FPS) * (len(scenes) - 1), 1)
            canvas = scenes[int(place)] * (1 - part) + scenes[int(place) + 1] * part
            canvas = np.roll(canvas, 3 * number, axis=1) + rng.integers(-6, 7, (height, width, 1))
            frame = av.VideoFrame.from_ndarray(np.clip(canvas, 0, 255).astype(np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _noise(rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    canvas = np.zeros((height, width, 3), np.float32)
    for cells in (4, 9, 20, 45, 100):
        small = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), np.uint8))
        canvas += np.asarray(small.resize((width, height), Image.Resampling.BICUBIC), np.float32) / cells**0.5
    canvas -= canvas.min()
    return canvas * (255 / canvas.max())


def usual(data: bytes) -> list[HashedFrame]:
    """Hash one frame a second the usual way: decode all, scale to 512 × 512, reference binding."""
    hashed = []
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        for number, frame in enumerate(container.decode(stream)):
            if number % FPS == 0:
                bits, quality = pdqhash.compute(frame.reformat(512, 512, "rgb24").to_ndarray())
                hashed.append(HashedFrame(number, np.packbits(bits).tobytes(), int(quality), number / FPS))
    return hashed


def ours(data: bytes, sampling: Sampling) -> list[HashedFrame]:
    return list(read_film(io.BytesIO(data), "video/mp4", Limits(), sampling).frames)


def timed(work: Callable[[], list[HashedFrame]]) -> tuple[float, list[HashedFrame]]:
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def measure(clip: Clip, data: bytes, rounds: int, table: Table) -> tuple[float, bool]:
    """Run all ways in turns, add the rows; return the plan's ratio and whether it gave the same frames."""
    ways = {"usual": lambda: usual(data)} | {
        name: (lambda sampling=sampling: ours(data, sampling)) for name, sampling in OURS.items()
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    frames: dict[str, list[HashedFrame]] = {}
    for _ in range(rounds):
        for name, work in ways.items():
            seconds, frames[name] = timed(work)
            times[name].append(seconds)
    peer = statistics.median(times["usual"])
    for name in ways:
        taken = statistics.median(times[name])
        compared = compare_films(frames["usual"], frames[name], FRAMES)
        same = {frame.number: frame for frame in frames["usual"]}
        bits = [_bits(frame, same[frame.number]) for frame in frames[name] if frame.number in same]
        table.add_row(
            clip.codec, str(clip.gop), name, f"{taken:.2f} s", f"{peer / taken:.1f}", str(len(frames[name])),
            f"{100 * compared.query_share:.0f} %", f"{statistics.mean(bits):.1f} / {max(bits)}",
        )  # fmt: skip
    numbers = [frame.number for frame in frames["usual"]]
    complete = [frame.number for frame in frames["plan"]] == numbers
    found = compare_films(frames["usual"], frames["plan"], FRAMES).query_share == 1.0
    return peer / statistics.median(times["plan"]), complete and found


def _bits(one: HashedFrame, other: HashedFrame) -> int:
    return (int.from_bytes(one.pdq, "big") ^ int.from_bytes(other.pdq, "big")).bit_count()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help="small clips, for continuous checks")
    short = parser.parse_args().short
    seconds, width, height, rounds = (6, 320, 240, 1) if short else (30, 1920, 1080, 3)
    warm()
    table = Table("codec", "key every", "way", "CPU", "times the usual", "frames", "found", "bits mean / most",
                  title=f"{width} × {height}, {seconds} s, {FPS} frames a second, medians of {rounds}")  # fmt: skip
    good = True
    for clip in CLIPS:
        data = draw(clip, seconds, width, height)
        ratio, complete = measure(clip, data, rounds, table)
        good = good and complete and (short or ratio >= LEAST_RATIO)
    Console(width=120).print(table)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

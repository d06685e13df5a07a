"""Films to vPDQ hashes, one frame a second: our decode plan beside decoding every frame, interleaved in one run.

The package ``vpdq`` has no wheels, so its way stands in for it, here in Python: every frame is decoded and each wanted
one is scaled to 512 × 512 in RGB and hashed with the reference binding ``pdqhash``. Both use the same decoder on one
thread, start from the same bytes, and give the same frames. Times are CPU time, medians over rounds. The distances
are between the two hashes of a frame; "found" is the part of the stand-in's frames within 31 bits of one of ours.
Key frames alone are given for what they are, a triage: fast, and blind where they are far apart.

    python bench/video.py            about six minutes
    python bench/video.py --short    small clips, for continuous checks; judges what is found, not speed

Ends with status 1 when the plan misses a frame or, in the long form, is less than 1.5 times as fast, or when key frames
that are 250 frames apart are less than 20 times as fast.
"""

import argparse
import io
import json
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
from sauveterre.media.video.reading import read_film  # noqa: E402
from sauveterre.media.video.sampling import Sampling  # noqa: E402
from sauveterre.records.film_match import FilmThresholds  # noqa: E402
from sauveterre.records.limits import Limits  # noqa: E402
from sauveterre.records.video import HashedFrame  # noqa: E402

FPS = 30
LEAST_RATIO, LEAST_TRIAGE = 1.5, 20
FAR_APART = 250
FRAMES = FilmThresholds(distance=31, quality=50, query_share=0.0, target_share=0.0)
OURS = {
    "plan": Sampling(short_interval=1, cuts=False),
    "plan and cuts": Sampling(short_interval=1),
    "key frames": Sampling(key_frames_only=True),
}


@dataclass(frozen=True)
class Clip:
    """A clip to draw: its coding, and how many frames lie between two key frames."""

    codec: str
    gop: int
    options: dict[str, str]


CLIPS = [
    Clip("libx264", 250, {"preset": "fast"}),
    Clip("libx264", 60, {"preset": "fast"}),
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


def measure(clip: Clip, data: bytes, rounds: int) -> list[dict[str, object]]:
    """Run all ways in turns, and return what each took and found."""
    ways = {"usual": lambda: usual(data)} | {
        name: (lambda sampling=sampling: ours(data, sampling)) for name, sampling in OURS.items()
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    frames: dict[str, list[HashedFrame]] = {}
    for _ in range(rounds):
        for name, work in ways.items():
            seconds, frames[name] = timed(work)
            times[name].append(seconds)
    peer, numbers = statistics.median(times["usual"]), {frame.number: frame for frame in frames["usual"]}
    rows = []
    for name in ways:
        taken = statistics.median(times[name])
        bits = [_bits(frame, numbers[frame.number]) for frame in frames[name] if frame.number in numbers]
        rows.append({
            "codec": clip.codec, "gop": clip.gop, "way": name, "seconds": round(taken, 3),
            "ratio": round(peer / taken, 1), "frames": len(frames[name]),
            "found": round(compare_films(frames["usual"], frames[name], FRAMES).query_share, 3),
            "bits_mean": round(statistics.mean(bits), 1), "bits_most": max(bits),
            "complete": numbers.keys() <= {frame.number for frame in frames[name]},
        })  # fmt: skip
    return rows


def is_good(row: dict[str, object], *, short: bool) -> bool:
    """Say whether a way does what it must."""
    if row["way"] == "plan":
        return bool(row["complete"]) and row["found"] == 1 and (short or float(str(row["ratio"])) >= LEAST_RATIO)
    far = row["way"] == "key frames" and row["gop"] == FAR_APART
    return short or not far or float(str(row["ratio"])) >= LEAST_TRIAGE


def _bits(one: HashedFrame, other: HashedFrame) -> int:
    return (int.from_bytes(one.pdq, "big") ^ int.from_bytes(other.pdq, "big")).bit_count()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--short", action="store_true", help="small clips, for continuous checks")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "video.json", help="for the figures")
    given = parser.parse_args()
    short = given.short
    seconds, width, height, rounds = (6, 320, 240, 1) if short else (30, 1920, 1080, 3)
    warm()
    rows = [row for clip in CLIPS for row in measure(clip, draw(clip, seconds, width, height), rounds)]
    table = Table("codec", "key every", "way", "CPU", "times the usual", "frames", "found", "bits mean / most",
                  title=f"{width} × {height}, {seconds} s, {FPS} frames a second, medians of {rounds}")  # fmt: skip
    for row in rows:
        table.add_row(
            str(row["codec"]), str(row["gop"]), str(row["way"]), f"{row['seconds']} s", str(row["ratio"]),
            str(row["frames"]), str(row["found"]), f"{row['bits_mean']} / {row['bits_most']}",
        )  # fmt: skip
    Console(width=120).print(table)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps({"short": short, "rows": rows}, indent=2) + "\n")
    return 0 if all(is_good(row, short=short) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())

"""False near matches: how many pictures that have nothing to do with one another lie close by their PDQ hashes.

A million drawn pictures (``drawn_lumas.py``) and the pictures that packages on this machine ship, whole and in sixteen
parts each, are all compared with one another: near pairs by their distance and by the lower quality of the two, and the
pictures that have such a pair. Beside it, how many pictures are found again after they were passed on (softer, paler,
grain, blocks), for a setting that finds nothing has no false matches either. From this table come the threshold and the
least quality of ``sauveterre.matching.near``; docs/matching.md gives it.

    python bench/false_matches.py                    a million: about a quarter of an hour
    python bench/false_matches.py --short            five thousand: seconds
    python bench/false_matches.py --pictures FOLDER  look for pictures in this folder too

Writes build/bench/false_matches.json. Ends with status 1 where at the program's own setting more than one drawn picture
in 10,000 has a false match, gradients and stripes apart: those are alike, whatever one compares.
"""

import argparse
import json
import mimetypes
import re
import resource
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

import drawn_lumas
from sauveterre.matching import near
from sauveterre.matching.near_kernels import distance, least, ones
from sauveterre.media.decoding import Undecodable, decode
from sauveterre.media.hashes import hash_of
from sauveterre.media.pdq.hashing import Pdq, pdq_of_luma, pdq_of_pixels
from sauveterre.records.limits import Limits
from watched import exponent

ROOT = Path(__file__).resolve().parents[1]
MOST = 40
"""Largest distance that is counted."""
SHOWN = (0, 4, 8, 12, 16, 20, 24, 28, 31, 34, 37, 40)
CLASSES = 10
"""Classes of quality: 0 to 9, … 90 to 100."""
LEAST_BYTES, LEAST_SIDE, PARTS = 20_000, 512, 4
"""A found picture that counts, and into how many parts a side it is cut."""
KINDS = ("image/jpeg", "image/png", "image/webp")
NOISE = drawn_lumas.KINDS.index("noise")
REGULAR = ("gradient", "stripes")
"""Kinds of drawing that have so few ways to differ that pictures of them are alike, not merely their hashes."""
MOST_SHARE = 1e-4

Words = NDArray[np.uint64]
Numbers = NDArray[np.int64]
Bytes = NDArray[np.uint8]


@dataclass
class Pictures:
    """Hashes (N × 32 bytes) with quality, and what they are of: pairs within one family are no false matches."""

    hashes: Bytes
    quality: Bytes
    family: Numbers
    names: list[str]

    def only(self, rows: Any) -> "Pictures":
        """Return some of them."""
        names = [self.names[row] for row in np.arange(len(self.hashes))[rows].tolist()] if self.names else []
        return Pictures(self.hashes[rows], self.quality[rows], self.family[rows], names)

    def that_tell(self) -> "Pictures":
        """Leave out the hashes that are never matched, whatever their quality: those of flat pictures."""
        return self.only(np.array([near.matchable(row.tobytes(), None) for row in self.hashes], np.bool_))


@njit(nogil=True, cache=True)
def count_close(words: Words, classes: Bytes, family: Numbers, pairs: Numbers, nearest: Bytes) -> None:
    """Compare each picture with all before it.

    Counts the pairs by the lower class of the two and their distance, and keeps for each picture and class the least
    distance of its pairs.
    """
    n, block = len(words), 4096
    first, second = np.zeros(block, np.uint64), np.zeros(block, np.uint64)
    for start in range(0, n, block):
        size = min(block, n - start)
        for j in range(size):
            first[j], second[j] = words[start + j, 0], words[start + j, 1]
        for i in range(start, n):
            a, b = words[i, 0], words[i, 1]
            if least(first, second, size, a, b) > MOST:
                continue
            for j in range(min(size, i - start)):
                if np.int64(ones(first[j] ^ a) + ones(second[j] ^ b)) > MOST or family[i] == family[start + j]:
                    continue
                apart = distance(words, i, words, start + j)
                if apart > MOST:
                    continue
                lower = min(classes[i], classes[start + j])
                pairs[lower, apart] += 1
                nearest[i, lower] = min(nearest[i, lower], np.uint8(apart))
                nearest[start + j, lower] = min(nearest[start + j, lower], np.uint8(apart))


def classes_of(quality: Bytes) -> Bytes:
    return np.minimum(quality // 10, CLASSES - 1).astype(np.uint8)


def draw(numbers: range) -> tuple[Pictures, Bytes]:
    """Draw pictures; return also how far each is from itself after it was passed on."""
    canvas = np.empty((drawn_lumas.SIDE, drawn_lumas.SIDE), np.float32)
    hashes, quality = np.empty((len(numbers), near.WIDTH), np.uint8), np.empty(len(numbers), np.uint8)
    moved = np.full(len(numbers), 255, np.uint8)
    for row, number in enumerate(numbers):
        drawn_lumas.draw(number, canvas)
        made = pdq_of_luma(canvas.astype(np.uint8))
        hashes[row], quality[row] = np.frombuffer(made.hash, np.uint8), made.quality
        if number % 11 == 0 and number % len(drawn_lumas.KINDS) != NOISE:
            drawn_lumas.alter(number, canvas)
            again = pdq_of_luma(canvas.astype(np.uint8))
            moved[row] = _apart(made, again)
    return Pictures(hashes, quality, np.asarray(numbers, np.int64), []), moved


def _apart(one: Pdq, other: Pdq) -> int:
    return (int.from_bytes(one.hash, "big") ^ int.from_bytes(other.hash, "big")).bit_count()


def found(folders: list[Path], most: int) -> Pictures:
    """Hash the pictures in folders, whole and in parts."""
    hashes, names, families = [], [], {}
    family = []
    for path in sorted(_files(folders))[:most]:
        for name, made in _hashed(path):
            hashes.append(made)
            names.append(name)
            family.append(-1 - families.setdefault(_motif(path), len(families)))
    rows = near.to_rows([one.hash for one in hashes])
    return Pictures(rows, np.array([one.quality for one in hashes], np.uint8), np.array(family, np.int64), names)


def _files(folders: list[Path]) -> Iterator[Path]:
    for folder in folders:
        for path in folder.rglob("*"):
            kind = mimetypes.guess_type(path.name)[0] or ""
            if kind in KINDS and path.is_file() and not path.is_symlink() and path.stat().st_size >= LEAST_BYTES:
                yield path


def _motif(path: Path) -> str:
    """Return what a file seems to show: the same motif in another size or tone has a name that begins alike."""
    for name in (path.stem, *(parent.name for parent in path.parents)):
        letters = re.sub(r"[^a-z]|contents|images|screenshot|wallpaper", "", name.lower())
        if len(letters) >= 3:
            return letters[:5]
    return str(path)


def _hashed(path: Path) -> Iterator[tuple[str, Pdq]]:
    data, kind, limits = path.read_bytes(), mimetypes.guess_type(path.name)[0] or "", Limits()
    try:
        decoded = decode(data, kind, limits)
        if min(decoded.height, decoded.width) < LEAST_SIDE:
            return
        yield path.name, hash_of(decoded, data, kind, limits)
    except Undecodable:
        return
    high, wide = (side // PARTS for side in decoded.pixels.shape[:2])
    if min(high, wide) < drawn_lumas.SIDE // 2:
        return
    for number in range(PARTS * PARTS):
        y, x = number // PARTS * high, number % PARTS * wide
        yield f"{path.name}#{number}", pdq_of_pixels(np.ascontiguousarray(decoded.pixels[y : y + high, x : x + wide]))


def together(*parts: Pictures) -> Pictures:
    return Pictures(
        np.concatenate([one.hashes for one in parts]),
        np.concatenate([one.quality for one in parts]),
        np.concatenate([one.family for one in parts]),
        [],
    )


def compared(pictures: Pictures) -> dict[str, Any]:
    """Count, for each least quality and each threshold, near pairs, and pictures that have one."""
    started = time.process_time()
    classes = classes_of(pictures.quality)
    pairs = np.zeros((CLASSES, MOST + 1), np.int64)
    nearest = np.full((len(classes), CLASSES), 255, np.uint8)
    count_close(near.words_of(pictures.hashes), classes, pictures.family, pairs, nearest)
    upward = np.cumsum(pairs[::-1], 0)[::-1].cumsum(1)
    best = np.minimum.accumulate(nearest[:, ::-1], 1)[:, ::-1]
    kind = np.where(pictures.family < 0, len(drawn_lumas.KINDS), pictures.family % len(drawn_lumas.KINDS))
    as_set = best[:, near.QUALITY // 10] <= near.THRESHOLD
    kinds = {
        name: (int(as_set[kind == number].sum()), int(((kind == number) & (classes >= near.QUALITY // 10)).sum()))
        for number, name in enumerate((*drawn_lumas.KINDS, "found"))
    }
    hit = [[int((best[:, low] <= far).sum()) for far in range(MOST + 1)] for low in range(CLASSES)]
    able = [int((classes >= low).sum()) for low in range(CLASSES)]
    cost = time.process_time() - started
    return {"pictures": able, "pairs": upward.tolist(), "hit": hit, "kinds": kinds, "cpu_s": cost}


def found_again(pictures: Pictures, moved: Bytes) -> list[list[float]]:
    """Return, for each least quality and each threshold, the share of altered pictures that are still found."""
    classes, asked = classes_of(pictures.quality), moved < 255
    shares = []
    for low in range(CLASSES):
        these = moved[asked & (classes >= low)]
        shares.append([float((these <= far).mean()) if len(these) else 0.0 for far in range(MOST + 1)])
    return shares


def closest(shipped: Pictures) -> list[tuple[int, int, str, str]]:
    """Name the near pairs among found pictures as the program takes them: distance, lower quality, both names."""
    able = shipped.that_tell().only(shipped.that_tell().quality >= near.QUALITY)
    pairs = near.near(near.NearIndex(able.hashes), able.hashes)
    return sorted(
        (apart, int(min(able.quality[i], able.quality[j])), able.names[i], able.names[j])
        for i, j, apart in pairs.tolist()
        if i < j and able.family[i] != able.family[j]
    )


def show(title: str, pictures: list[int], rows: list[list[Any]], form: str) -> None:
    print(f"\n{title}\n{'quality':>8}{'pictures':>11}" + "".join(f"{'≤' + str(far):>11}" for far in SHOWN))
    for low, row in enumerate(rows):
        print(f"{'≥' + str(10 * low):>8}{pictures[low]:11,}" + "".join(format(row[far], form) for far in SHOWN))


def measure(count: int, folders: list[Path], most: int) -> dict[str, Any]:
    started = time.process_time()
    drawn, moved = draw(range(count))
    drawing = time.process_time() - started
    shipped = found(folders, most)
    whole = together(drawn, shipped).that_tell()
    compared(whole.only(slice(None, 100)))  # compiles
    costs = []
    for part in (4, 2, 1):
        some = whole.only(slice(None, len(whole.hashes) // part))
        table = compared(some)
        costs.append((len(some.hashes), table["cpu_s"]))
    return table | {
        "drawn": count, "found": len(shipped.names), "motifs": len(set(shipped.family.tolist())),
        "flat": count + len(shipped.names) - len(whole.hashes), "drawing_s": drawing,
        "again": found_again(drawn, moved), "closest": closest(shipped),
        "exponent": exponent(costs), "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="five thousand pictures: seconds")
    parser.add_argument("--pictures", type=Path, action="append", default=[], help="a folder with more pictures")
    options = parser.parse_args()
    count, most = (5_000, 8) if options.short else (1_000_000, 2_000)
    folders = [Path("/usr/share"), Path(sysconfig.get_paths()["purelib"]), *options.pictures]
    made = measure(count, folders, most)
    print(f"{count:,} drawn pictures; {made['found']:,} whole or cut from found ones of {made['motifs']:,} motifs;")
    print(f"{made['flat']:,} of them are flat by their hash and never matched")
    show("pairs within the distance", made["pictures"], made["pairs"], "11,")
    show("pictures that have such a pair", made["pictures"], made["hit"], "11,")
    show("altered pictures found again", made["pictures"], made["again"], "11.1%")
    print(
        f"\npictures with a false match as set ({near.THRESHOLD} bits, quality {near.QUALITY}), of how many, by kind:"
    )
    print("  " + ", ".join(f"{kind} {hit:,} of {able:,}" for kind, (hit, able) in made["kinds"].items()))
    for apart, quality, one, other in made["closest"][:20]:
        print(f"  {apart:2} bits, quality {quality}: {one} and {other}")
    print(
        f"comparing grows with the power of {made['exponent']:.2f} of the pictures; {made['peak_mb']:,.0f} MB at most"
    )
    target = ROOT / "build" / "bench" / "false_matches.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(made, indent=1) + "\n")
    counted = [made["kinds"][kind] for kind in drawn_lumas.KINDS if kind not in REGULAR]
    share = sum(hit for hit, _ in counted) / sum(able for _, able in counted)
    print(f"{1e6 * share:,.0f} in a million drawn pictures have a false match, {' and '.join(REGULAR)} apart")
    return 0 if share <= MOST_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())

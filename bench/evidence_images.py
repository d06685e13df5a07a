"""Images to measure evidence reading on: one folder of invented files on ext4, on NTFS and in an EnCase image.

The files are noise behind the first bytes of a JPEG, word soup about the weather, and mixtures of both; a part of them
is deleted after it was copied in. They are made once and kept in ``build/bench/evidence``, with a manifest of what is
true: name, size and three digests of every live file.
"""

import hashlib
import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WORDS = ["rain", "cloud", "wind", "sun", "film", "title", "hill", "lake", "été", "ciel", "Höhe", "vår"]
PHOTO_HEAD = bytes.fromhex("ffd8ffe000104a46494600010100000100010000")
MEBIBYTE = 1 << 20


class Missing(Exception):
    """A tool that makes an image is not installed, or may not do its work here."""


@dataclass(frozen=True)
class Scale:
    """How many files, and how large they are beside those of the long form."""

    name: str
    live: int
    deleted: int
    factor: float


LONG = Scale("long", 4_000, 200, 1.0)
SHORT = Scale("short", 400, 20, 0.6)


@dataclass(frozen=True)
class Images:
    """Where everything lies."""

    folder: Path
    """The live files, as they are."""
    manifest: Path
    images: dict[str, Path]
    """By name: ``ext4 raw``, ``NTFS raw``, ``NTFS E01``."""
    missing: dict[str, str]
    """Images that could not be made, and why."""


def files(scale: Scale) -> Iterator[tuple[str, bytes]]:
    """Draw the files, always the same: photographs, texts, documents, a few films. Names are unique."""
    rng = random.Random(20_261_113)
    films = max(1, scale.live // 200)
    documents, texts = scale.live * 95 // 1000, scale.live // 4
    photos = scale.live + scale.deleted - films - documents - texts
    for number in range(photos):
        size = int(min(rng.lognormvariate(11.9, 0.8), 4e6) * scale.factor)
        folder = "gone" if number < scale.deleted else f"photos/{number % 20:02d}"
        yield f"{folder}/{number:05d}.jpg", PHOTO_HEAD + rng.randbytes(size)
    for number in range(texts):
        yield f"texts/{number % 10}/météo {number:04d}.txt", soup(rng, int(rng.lognormvariate(9.2, 1.0) * scale.factor))
    for number in range(documents):
        noise = rng.randbytes(int(rng.lognormvariate(12.3, 0.7) * scale.factor))
        yield f"documents/{number:03d}.pdf", b"%PDF-1.7\n" + noise + soup(rng, 20_000)
    for number in range(films):
        yield f"films/{number:02d}.mp4", b"\0\0\0\x18ftypmp42" + rng.randbytes(int(15e6 * scale.factor))


def soup(rng: random.Random, size: int) -> bytes:
    return " ".join(rng.choices(WORDS, k=size // 5 + 1)).encode()[:size]


def make(root: Path, scale: Scale) -> Images:
    """Make what is missing below ``root``; say which images could not be made."""
    root = root / scale.name
    folder, manifest = root / "files", root / "manifest.json"
    if not manifest.is_file():
        shutil.rmtree(root, ignore_errors=True)
        _write_files(root, folder, manifest, scale)
    made: dict[str, Path] = {}
    missing: dict[str, str] = {}
    makers = {"ext4 raw": ("ext4.raw", _ext4), "NTFS raw": ("ntfs.raw", _ntfs), "NTFS E01": ("ntfs.E01", _e01)}
    for name, (file, maker) in makers.items():
        path = root / file
        try:
            if not path.is_file():
                maker(root, path)
            made[name] = path
        except Missing as error:
            missing[name] = str(error)
    return Images(folder, manifest, made, missing)


def make_many(root: Path, count: int) -> Path:
    """Make an ext4 image of small files, every other one empty; raise ``Missing`` when that cannot be done here."""
    path = root / f"{count}.raw"
    if path.is_file():
        return path
    folder, work = root / f"files of {count}", path.with_suffix(".new")
    shutil.rmtree(folder, ignore_errors=True)
    for number in range(count):
        below = folder / f"{number // 1000:04d}"
        if number % 1000 == 0:
            below.mkdir(parents=True)
        (below / f"{number:07d}.txt").write_bytes(b"rain %d\n" % number if number % 2 else b"")
    with work.open("wb") as image:
        image.truncate(max(64 * MEBIBYTE, count * 5_500))
    try:
        run("mkfs.ext4", "-q", "-F", "-N", count * 11 // 10 + 2_000, "-d", folder, work)
    finally:
        shutil.rmtree(folder)
    work.rename(path)
    return path


def _write_files(root: Path, folder: Path, manifest: Path, scale: Scale) -> None:
    listed = {}
    for name, content in files(scale):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if not name.startswith("gone/"):
            digests = {each: hashlib.new(each, content).hexdigest() for each in ("md5", "sha1", "sha256")}
            listed[name] = {"size": len(content), **digests}
    (folder / "gone").rename(root / "gone")
    manifest.write_text(json.dumps(listed, ensure_ascii=False, indent=0, sort_keys=True))


def _room(root: Path) -> int:
    used = sum(path.stat().st_size + 8192 for name in ("files", "gone") for path in (root / name).rglob("*"))
    return int(used * 1.12) // MEBIBYTE * MEBIBYTE + 64 * MEBIBYTE


def _ext4(root: Path, path: Path) -> None:
    """Copy in the files that stay and those that go, then remove the latter, all without mounting."""
    work = path.with_suffix(".new")
    with work.open("wb") as image:
        image.truncate(_room(root))
    names = sorted(found.name for found in (root / "gone").iterdir())
    (root / "gone").rename(root / "files" / "gone")
    try:
        run("mkfs.ext4", "-q", "-F", "-d", root / "files", work)
    finally:
        (root / "files" / "gone").rename(root / "gone")
    run("debugfs", "-w", "-f", "-", work, given="".join(f'rm "/gone/{name}"\n' for name in names))
    work.rename(path)


def _ntfs(root: Path, path: Path) -> None:
    """Mount with ntfs-3g, which is the one thing here that needs FUSE and root."""
    work, at = path.with_suffix(".new"), root / "mount"
    with work.open("wb") as image:
        image.truncate(_room(root))
    run("mkntfs", "-q", "-F", "-f", work)
    at.mkdir(exist_ok=True)
    run("ntfs-3g", work, at)
    try:
        run("cp", "-r", f"{root}/files/.", at)
        run("cp", "-r", root / "gone", at)
        for name in sorted((at / "gone").iterdir()):
            name.unlink()
    finally:
        run("umount", at)
    at.rmdir()
    work.rename(path)


def _e01(root: Path, path: Path) -> None:
    if not (root / "ntfs.raw").is_file():
        raise Missing("there is no NTFS image to make it from")
    run(
        "ewfacquire", "-u", "-q", "-c", "fast", "-d", "sha1", "-t", root / "new", "-S", "7.9GiB",
        "-C", "bench", "-D", "bench", "-E", "1", "-e", "bench", "-N", "bench", root / "ntfs.raw",
    )  # fmt: skip
    (root / "new.E01").rename(path)


def run(name: str, *arguments: object, given: str = "") -> str:
    """Run a tool; raise ``Missing`` when it is not there or does not do its work."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise Missing(f"{name} is not installed")
    command = [found, *map(str, arguments)]
    ran = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise Missing(f"{name} failed: {ran.stderr.strip()[-200:]}")
    return ran.stdout

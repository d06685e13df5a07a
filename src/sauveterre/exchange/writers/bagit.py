"""Bags: files with a list of their digests (BagIt 1.0, RFC 8493), written whole or not at all, and checked."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sauveterre.errors import InvalidInput

NAME = "bagit"

ALGORITHMS = ("sha256", "sha512")
DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MAX_TAG_FILE_BYTES = 256 << 20
_CHUNK = 1 << 20
_ESCAPES = (("%", "%25"), ("\n", "%0A"), ("\r", "%0D"))


def write_bag(folder: Path, payload: Mapping[str, bytes], info: Iterable[tuple[str, str]]) -> Path:
    """Write a bag in one step: a reader sees the whole bag or none.

    Args:
        folder: the bag's folder; it must not exist, its parent must.
        payload: path below ``data/``, parted by ``/``, to content.
        info: labels and values of ``bag-info.txt``; ``Payload-Oxum`` is added.

    Raises ``InvalidInput`` when the folder exists or a path would lead out of the bag.

    """
    if folder.exists():
        raise InvalidInput(f"{folder} exists already; name a folder that does not, and nothing is overwritten.")
    for path in payload:
        _check_path(path)
    partial = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.partial")
    try:
        _write(partial, payload, info)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return folder


def verify_bag(folder: Path) -> list[str]:
    """Return what is wrong with a bag, one sentence for each problem; an empty list for a whole and valid bag.

    Checked: the declaration, every digest of every manifest, that the manifests list the same files and all that
    lie in ``data/``, and ``Payload-Oxum``. Links are refused: a bag holds its files itself.
    """
    if not folder.is_dir():
        return [f"{folder} is not a folder."]
    links = [path for path in sorted(folder.rglob("*")) if path.is_symlink()]
    if links:
        return [f"{link.relative_to(folder).as_posix()} is a link; a bag holds its files itself." for link in links]
    problems = _verify_declaration(folder)
    manifests = sorted(folder.glob("manifest-*.txt"))
    if not manifests:
        problems.append("The bag has no manifest.")
    present = {path.relative_to(folder).as_posix() for path in (folder / "data").rglob("*") if path.is_file()}
    for manifest in manifests:
        listed = _verify_manifest(folder, manifest, problems)
        problems += [f"{path} is not listed in {manifest.name}." for path in sorted(present - listed)]
    for manifest in sorted(folder.glob("tagmanifest-*.txt")):
        _verify_manifest(folder, manifest, problems)
    return problems + _verify_oxum(folder, present)


def _check_path(path: str) -> None:
    parts = path.split("/")
    if not path or "\x00" in path or "\\" in path or any(part in {"", ".", ".."} for part in parts):
        raise InvalidInput(f"{path!r} is not a path that can lie in a bag; use names parted by single slashes.")


def _write(folder: Path, payload: Mapping[str, bytes], info: Iterable[tuple[str, str]]) -> None:
    folder.mkdir()
    (folder / "data").mkdir()
    files = {f"data/{path}": payload[path] for path in sorted(payload)}
    oxum = f"{sum(len(content) for content in files.values())}.{len(files)}"
    lines = [f"{_one_line(label)}: {_one_line(value)}\n" for label, value in (*info, ("Payload-Oxum", oxum))]
    tags = {"bagit.txt": DECLARATION.encode(), "bag-info.txt": "".join(lines).encode()}
    for algorithm in ALGORITHMS:
        tags[f"manifest-{algorithm}.txt"] = _manifest(files, algorithm)
    for algorithm in ALGORITHMS:
        files[f"tagmanifest-{algorithm}.txt"] = _manifest(tags, algorithm)
    for path, content in (files | tags).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())


def _manifest(files: Mapping[str, bytes], algorithm: str) -> bytes:
    lines = [f"{hashlib.new(algorithm, content).hexdigest()}  {_encoded(path)}\n" for path, content in files.items()]
    return "".join(lines).encode()


def _encoded(path: str) -> str:
    for plain, escape in _ESCAPES:
        path = path.replace(plain, escape)
    return path


def _decoded(path: str) -> str:
    for plain, escape in reversed(_ESCAPES):
        path = path.replace(escape, plain).replace(escape.lower(), plain)
    return path


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _verify_declaration(folder: Path) -> list[str]:
    lines = _read_lines(folder / "bagit.txt")
    if lines is None:
        return ["bagit.txt is missing or not UTF-8 text."]
    if lines != DECLARATION.splitlines():
        return ["bagit.txt does not declare BagIt 1.0 in UTF-8."]
    return []


def _verify_manifest(folder: Path, manifest: Path, problems: list[str]) -> set[str]:
    """Check every line of a manifest, add what is wrong to the problems, and return the paths that it lists."""
    algorithm = manifest.stem.partition("-")[2]
    lines = _read_lines(manifest)
    if lines is None or algorithm not in hashlib.algorithms_guaranteed or algorithm.startswith("shake"):
        problems.append(f"{manifest.name} is not a manifest that can be checked.")
        return set()
    listed: set[str] = set()
    for digest, path in _entries(lines):
        if path in listed:
            problems.append(f"{path} is listed twice in {manifest.name}.")
        listed.add(path)
        problems += _verify_file(folder, path, algorithm, digest)
    return listed


def _entries(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        digest, _, path = line.partition(" ")
        yield digest.lower(), _decoded(path.lstrip(" *"))


def _verify_file(folder: Path, path: str, algorithm: str, digest: str) -> list[str]:
    try:
        _check_path(path)
    except InvalidInput:
        return [f"A manifest names {path!r}, which is no path inside the bag."]
    place = folder / path
    if not place.is_file():
        return [f"{path} is missing."]
    found = hashlib.new(algorithm)
    with place.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            found.update(chunk)
    return [] if found.hexdigest() == digest else [f"{path} is not what was packed: its {algorithm} differs."]


def _verify_oxum(folder: Path, present: set[str]) -> list[str]:
    lines = _read_lines(folder / "bag-info.txt") or []
    stated = next((line.partition(":")[2].strip() for line in lines if line.startswith("Payload-Oxum:")), None)
    size = sum((folder / path).stat().st_size for path in present)
    if stated is None or stated == f"{size}.{len(present)}":
        return []
    return [f"bag-info.txt states a payload of {stated}, {size}.{len(present)} lies in data/."]


def _read_lines(path: Path) -> list[str] | None:
    """Return a tag file's lines, or None when it is missing, too large or not UTF-8."""
    if not path.is_file() or path.stat().st_size > MAX_TAG_FILE_BYTES:
        return None
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None
    return [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line]

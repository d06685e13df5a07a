"""Media files: WhatsApp keeps them plain below ``Media/``, outside of its database, by a path and a digest."""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator
from posixpath import dirname
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.messages.database import BLOCK
from sauveterre.records.tree import Tree

TOP = "Media/"
FOLDER = "attachments"
"""The folder that media entries seem to lie in, as a source of their own."""
LONGEST_STRING = 1024


class MediaFiles:
    """Which media of a store lie in the tree around it."""

    def __init__(self, paths: Iterable[str], main: str) -> None:
        """Index the paths that go through a folder ``Media``; ``main`` is the database that they belong to."""
        self._near = dirname(main).split("/")
        self._found: dict[str, str] = {}
        for path in paths:
            at = f"/{path}".find(f"/{TOP}")
            if at >= 0:
                self._keep(path[at:], path)

    def _keep(self, tail: str, path: str) -> None:
        """Of several files of one name, keep the one that lies nearest to the database, then the first."""
        other = self._found.get(tail)
        if other is None or self._nearness(path) > self._nearness(other):
            self._found[tail] = path

    def _nearness(self, path: str) -> int:
        count = 0
        for mine, its in zip(self._near, path.split("/"), strict=False):
            if mine != its:
                break
            count += 1
        return count

    def place(self, stated: str) -> str | None:
        """Return where in the tree the file lies that a row names, or None where it does not."""
        at = f"/{stated}".find(f"/{TOP}")
        return self._found.get(stated[at:]) if at >= 0 else None


def entry_path(place: str) -> str:
    """Return the path under which a file is listed as an attachment."""
    return f"{FOLDER}/{place}"


def digest(stated: str) -> str | None:
    """Return a digest that a row states in base64 as lowercase hex; None when it is none of 32 bytes."""
    try:
        data = base64.b64decode(stated, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data.hex() if len(data) == 32 else None


def open_checked(tree: Tree, path: str, sha256: str) -> BinaryIO:
    """Open a media file; raise ``UnreadableSource`` when it does not hold the bytes of the digest (empty: unstated)."""
    if sha256:
        found = hashlib.sha256()
        with tree.open(path) as stream:
            while block := stream.read(BLOCK):
                found.update(block)
        if found.hexdigest() != sha256:
            raise UnreadableSource(f"{path} does not hold the bytes whose digest the message states ({sha256})")
    return tree.open(path)


def strings_in(blob: bytes) -> Iterator[str]:
    """Yield the strings of a serialised Java object (``t``, two bytes of length, UTF-8), as old versions keep it."""
    at = blob.find(b"t")
    while at >= 0:
        length = int.from_bytes(blob[at + 1 : at + 3], "big")
        piece = blob[at + 3 : at + 3 + length]
        if 0 < length <= LONGEST_STRING and len(piece) == length:
            try:
                text = piece.decode()
            except UnicodeDecodeError:
                text = ""
            if text.isprintable() and text:
                yield text
                at += 2 + length
        at = blob.find(b"t", at + 1)


def path_in(blob: bytes) -> str:
    """Return the path of a media file that stands in a serialised object; empty where there is none."""
    return next((text for text in strings_in(blob) if TOP in text), "")

"""One pass over a content: its three digests, its size, and the bytes that a decoder will want."""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

from sauveterre.errors import LimitExceeded
from sauveterre.records.digest import Digests

BLOCK_BYTES = 1 << 20
"""Bytes read at a time. The first block is also what the kind of a content is told from."""

KEPT_BYTES = 64 << 20
"""Contents up to this size are kept whole for the decoder when it asks for them; larger ones are read again."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pass over a stream gave."""

    digests: Digests
    size: int
    """Bytes read."""
    head: bytes
    """The first block, at most ``BLOCK_BYTES``."""
    whole: bytes | None
    """All bytes, where they were asked for and are at most ``KEPT_BYTES``; else None."""


def read_once(
    stream: BinaryIO,
    *,
    wanted: Callable[[bytes], bool],
    most_bytes: int,
    size_hint: int | None = None,
    md5_of_short: bool = True,
) -> Reading:
    """Read a stream to its end and digest it.

    ``wanted`` is shown the first block and says whether the whole content should be kept. ``size_hint`` is what
    the container states: it only saves memory, and is not believed. With ``md5_of_short`` false, the MD5 of a content
    that its ``head`` holds whole is left empty, for ``md5_of_many`` to find. Whatever the stream raises passes
    through. Raises ``LimitExceeded`` when the stream gives more than ``most_bytes``.
    """
    head = _full_block(stream)
    late = not md5_of_short and len(head) < BLOCK_BYTES
    hashes = [hashlib.new(name, usedforsecurity=False) for name in ("sha1", "sha256", *(() if late else ("md5",)))]
    keeps = wanted(head) and (size_hint or 0) <= KEPT_BYTES
    kept = [head]
    size, block = 0, head
    while block:
        size += len(block)
        if size > most_bytes:
            raise LimitExceeded(
                f"the content goes on after {most_bytes:,} bytes, the most that one entry may have; "
                "raise entry_bytes to read it"
            )
        for digest in hashes:
            digest.update(block)
        block = stream.read(BLOCK_BYTES) if size >= BLOCK_BYTES else b""
        keeps = keeps and size + len(block) <= KEPT_BYTES
        if keeps:
            kept.append(block)
        else:
            kept.clear()
    sha1, sha256, md5 = *(digest.hexdigest() for digest in hashes), *([""] if late else [])
    return Reading(Digests(md5, sha1, sha256), size, head, b"".join(kept) if keeps else None)


def digest_blocks(blocks: Iterable[bytes]) -> tuple[Digests, int]:
    """Digest what may be terabytes; return the size too. Whatever the blocks raise passes through.

    MD5 takes as long as the two others together: each side has a thread, while the caller's fetches the next block.
    """
    md5, sha1, sha256 = (hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256"))
    size = 0
    running: list[Future[None]] = []

    def shas(block: bytes) -> None:
        sha1.update(block)
        sha256.update(block)

    with ThreadPoolExecutor(2) as threads:
        for block in blocks:
            for one in running:
                one.result()
            running = [threads.submit(md5.update, block), threads.submit(shas, block)]
            size += len(block)
    return Digests(md5.hexdigest(), sha1.hexdigest(), sha256.hexdigest()), size


def _full_block(stream: BinaryIO) -> bytes:
    """Read the first block whole: a stream may give less than it is asked for before its end."""
    parts, missing = [], BLOCK_BYTES
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)

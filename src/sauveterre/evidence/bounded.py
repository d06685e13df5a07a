"""Bounds on what is unpacked, looked at while it is unpacked: the sizes that an archive states may lie."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence.content import BLOCK
from sauveterre.records.limits import Limits

SCRATCH_IN_MEMORY = 32 << 20


def bounded(blocks: Iterable[bytes], *, name: str, limits: Limits, consumed: Callable[[], int]) -> Iterator[bytes]:
    """Pass blocks on until they pass a bound, then raise ``LimitExceeded``.

    ``consumed`` tells how many packed bytes have been read so far, never how many the archive says there are.
    """
    total = 0
    for block in blocks:
        total += len(block)
        if total > limits.entry_bytes:
            raise LimitExceeded(
                f"{name} unpacks to more than {limits.entry_bytes:,} bytes, the most that is read of one entry; "
                "unpack it elsewhere if it is genuine, or raise entry_bytes"
            )
        if total > limits.ratio_floor and total > limits.ratio * consumed():
            raise LimitExceeded(
                f"{name} is most likely a decompression bomb: {consumed():,} packed bytes became over {total:,}, more "
                f"than {limits.ratio:,} for one; unpack it elsewhere if it is genuine, or raise the limit ratio"
            )
        yield block


def scratch() -> BinaryIO:
    """Return an anonymous file: in memory while it is small, then on disk with no name, gone when closed."""
    return tempfile.SpooledTemporaryFile(max_size=SCRATCH_IN_MEMORY)  # type: ignore[return-value]


def spool(stream: BinaryIO, name: str, limits: Limits) -> tuple[BinaryIO, str]:
    """Copy a stream into scratch, to be read at random; return it with what was wrong at its end, if anything.

    A stream that is damaged after some bytes gives those bytes. Raises ``UnreadableSource`` when it gives none, and
    ``LimitExceeded`` past ``limits.nested_bytes``.
    """
    copy = scratch()
    try:
        trouble = _copy(stream, copy, name, limits)
    except BaseException:
        copy.close()
        raise
    copy.seek(0)
    return copy, trouble


def _copy(stream: BinaryIO, copy: BinaryIO, name: str, limits: Limits) -> str:
    total = 0
    while True:
        try:
            block = stream.read(BLOCK)
        except UnreadableSource as error:
            if not total:
                raise
            return str(error)
        if not block:
            return ""
        total += len(block)
        if total > limits.nested_bytes:
            raise LimitExceeded(
                f"{name} unpacks to more than {limits.nested_bytes:,} bytes, the most for a container inside "
                "another; unpack it and add it as a source of its own, or raise nested_bytes"
            )
        copy.write(block)

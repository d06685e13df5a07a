"""The records of hash lists, read by a child and handed over while it reads, in memory that does not grow.

The child writes batches of records to a pipe in the sandbox's folder, each with its length before it; they are made
again here from their bytes as everything that a child hands back.
"""

import os
import secrets
import select
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sauveterre.errors import SauveterreError, UnknownFormat, UnreadableSource
from sauveterre.matching.bloom import recognises_filter
from sauveterre.matching.lists import read_list
from sauveterre.media.casualty import Casualty
from sauveterre.media.crossing import loaded, packed
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.list_building import Part, records_of
from sauveterre.pipeline.list_reading import clocks_for
from sauveterre.records.hash_list import ListRecord
from sauveterre.records.limits import LONGEST_SECONDS, Clocks
from sauveterre.records.pulse import heard

BATCH = 500
_LENGTH = 8
_LOOK_SECONDS = 0.1


def stream_file(sandbox: Sandbox, path: Path) -> Iterator[ListRecord]:
    """Yield what is in a list, in the order of the file.

    Raises as the reader does, after everything before the damage, and ``UnreadableSource`` where it ends its child.
    """
    return _stream(sandbox, (Part(path.absolute(), ""),), is_version=False)


def stream_version(sandbox: Sandbox, parts: Sequence[Part]) -> Iterator[ListRecord]:
    """Yield the items that stand in a version, and its problems; raise as ``stream_file``."""
    return _stream(sandbox, parts, is_version=True)


def _stream(sandbox: Sandbox, parts: Sequence[Part], *, is_version: bool) -> Iterator[ListRecord]:
    pipe = sandbox.scratch / f"records-{secrets.token_hex(4)}"
    os.mkfifo(pipe, 0o600)
    cpu = clocks_for(sandbox.limits, [part.path for part in parts]).total
    clocks = Clocks(total=LONGEST_SECONDS, cpu=cpu)  # it may wait for whoever takes the records
    done = sandbox.submit(_send, pipe, tuple(parts), is_version, seconds=clocks)
    with _reading(pipe) as end:
        try:
            for batch in _batches(end, done, sandbox.limits.result_bytes):
                yield from batch
            done.result()
        except Casualty as casualty:
            raise UnreadableSource(f"The hash list {parts[-1].path.name} was given up: {casualty}") from casualty


@contextmanager
def _reading(pipe: Path) -> Iterator[int]:
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield end
    finally:
        os.close(end)
        pipe.unlink(missing_ok=True)


def _batches(end: int, done: "Future[Any]", most: int) -> Iterator[list[ListRecord]]:
    held = bytearray()
    for block in _blocks(end, done):
        held += block
        while len(held) >= _LENGTH:
            length = int.from_bytes(held[:_LENGTH], "big")
            if length > most:
                raise UnreadableSource("The child that reads the list hands over more than it may; report it")
            if len(held) < _LENGTH + length:
                break
            batch = loaded(bytes(held[_LENGTH : _LENGTH + length]))
            if not isinstance(batch, list):
                raise UnreadableSource("The child that reads the list hands over what no reader does; report it")
            del held[: _LENGTH + length]
            yield batch


def _blocks(end: int, done: "Future[Any]") -> Iterator[bytes]:
    """Yield what comes through the pipe until the task has ended and the pipe is empty."""
    while True:
        is_over = done.done()
        readable, _, _ = select.select([end], [], [], 0 if is_over else _LOOK_SECONDS)
        block = os.read(end, 1 << 20) if readable else b""
        if block:
            yield block
        elif is_over:
            return
        elif readable:  # the writing end was closed, and the task is about to end
            select.select([], [], [], _LOOK_SECONDS / 10)


def _send(pipe: Path, parts: tuple[Part, ...], is_version: bool) -> None:  # noqa: FBT001 - tasks pass by position
    """Inside the child: write the records to the pipe, those before an error first."""
    if recognises_filter(parts[0].path):
        raise UnknownFormat(
            f"{parts[0].path.name} is a Bloom filter, which holds no hashes that could be read; `sauveterre hashlist "
            "add` takes it in as an indication"
        )
    records = heard(records_of(parts) if is_version else read_list(parts[0].path))
    with pipe.open("wb") as out:
        for batch in _batched(records):
            data = packed(batch)
            out.write(len(data).to_bytes(_LENGTH, "big") + data)
            out.flush()


def _batched(records: Iterator[Any]) -> Iterator[list[Any]]:
    """Yield records by hundreds; an error among them waits until those before it are out."""
    while True:
        batch: list[Any] = []
        try:
            for record in islice(records, BATCH):
                batch.append(record)
        except SauveterreError:
            yield batch
            raise
        if not batch:
            return
        yield batch

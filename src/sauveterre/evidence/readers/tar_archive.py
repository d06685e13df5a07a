"""TAR archives, not compressed: V7, ustar, PAX and GNU, with long names, hard links and sparse files.

A compressed TAR is a compressed file that holds a TAR. What follows damage is looked for at the next record whose
checksum is right, and the gap is stated.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from sauveterre.errors import UnreadableSource
from sauveterre.evidence import tar_headers as tar
from sauveterre.evidence.bounded import bounded
from sauveterre.evidence.container import ListedContainer, moment, special_refusal
from sauveterre.evidence.content import BLOCK, Blocks, Window
from sauveterre.records.entry import Entry, EntryKind, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "tar"
VERSION = 1

EXTENSION_BYTES = 1 << 20
"""Most bytes of one extension header (a long name, PAX records) that are read."""
_KINDS = {
    tar.SYMLINK: EntryKind.SYMLINK,
    tar.CHARACTER_DEVICE: EntryKind.DEVICE,
    tar.BLOCK_DEVICE: EntryKind.DEVICE,
    tar.FIFO: EntryKind.FIFO,
}


def recognises(peek: Peek) -> bool:
    """Say whether the first record is a TAR header: its checksum is right and it names something."""
    if peek.is_folder:
        return False
    try:
        header = tar.read_header(peek.head[: tar.RECORD])
    except tar.BadHeader:
        return False
    return bool(header.name) or header.kind in tar.EXTENSIONS


def open(origin: Origin, limits: Limits) -> "TarArchive":
    """Open a TAR archive and read all its headers."""
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    size = origin.stream.seek(0, os.SEEK_END)
    view = Window(origin.identity, origin.stream, 0, size)
    if not recognises(Peek(head=view.read(tar.RECORD))):
        raise UnreadableSource(f"{origin.identity} does not begin with a TAR header; read it as what it is")
    return TarArchive(origin.stream, size, origin.identity, limits)


@dataclass(frozen=True, slots=True)
class _Data:
    """Where a member's data lies, and how it is laid out."""

    start: int
    size: int
    real_size: int
    sparse: tuple[tuple[int, int], ...] | None = None
    map_in_data: bool = False


class TarArchive(ListedContainer[_Data]):
    """An opened TAR archive."""

    def __init__(self, stream: BinaryIO, size: int, identity: str, limits: Limits) -> None:
        """Read every header; whatever is wrong on the way becomes a problem."""
        super().__init__(identity, NAME, limits)
        self._view = Window(identity, stream, 0, size)
        self._end = size
        self._by_name: dict[bytes, str] = {}
        self._globals: dict[bytes, list[bytes]] = {}
        self._list()

    def _content(self, entry: Entry, place: _Data) -> BinaryIO:
        name = entry.provenance.path
        most = self.limits.entry_bytes
        if place.sparse is None and not place.map_in_data:
            return Window(name, self._view, place.start, place.size, most=most)
        packed = Window(name, self._view, place.start, place.size)
        blocks = _sparse_blocks(packed, place, name)
        return Blocks(name, bounded(blocks, name=name, limits=self.limits, consumed=packed.tell))

    def _list(self) -> None:
        at, ended, extensions = 0, False, tar.Extensions()
        while at < self._end:
            record = self._read(at, tar.RECORD)
            if not record.strip(b"\x00"):
                ended = True
                at += tar.RECORD
                continue
            try:
                header = tar.read_header(record)
            except tar.BadHeader as error:
                at = self._skip_damage(at, str(error), after_end=ended)
                extensions = tar.Extensions()
                continue
            if ended:
                self._problem(
                    f"offset {at}", f"members follow the archive's end mark, from byte {at:,} on; they are listed"
                )
                ended = False
            if header.kind in tar.EXTENSIONS:
                at = self._extend(extensions, header, at)
                continue
            at = self._take_member(header, extensions, at)
            extensions = tar.Extensions()
        if not ended:
            self._problem(
                f"offset {at}",
                f"the archive ends without its end mark after {self._end:,} bytes; it may have been cut off there",
            )

    def _skip_damage(self, at: int, why: str, *, after_end: bool) -> int:
        """Go to the next header after damage, and state the gap."""
        following = at + tar.RECORD
        while following < self._end:
            try:
                tar.read_header(self._read(following, tar.RECORD))
                break
            except tar.BadHeader:
                following += tar.RECORD
        following = min(following, self._end)
        where = "after the archive's end mark" if after_end else "in the archive"
        self._problem(
            f"offset {at}",
            f"{why}: {following - at:,} bytes {where} from byte {at:,} on are in no member; look at them by hand",
        )
        return following

    def _extend(self, extensions: tar.Extensions, header: tar.Header, at: int) -> int:
        """Take up an extension header; return where the next header starts."""
        start = at + tar.RECORD
        data = self._read(start, min(header.size, EXTENSION_BYTES))
        if header.size > EXTENSION_BYTES or len(data) < header.size:
            self._problem(
                f"offset {at}",
                f"an extension header of {header.size:,} bytes is cut off or too long; it is passed over",
            )
            return self._after(start, header.size) if header.size <= self._end else start
        try:
            self._take_up(extensions, header.kind, data)
        except tar.BadHeader as error:
            self._problem(f"offset {at}", f"{error}; the next member is listed as its plain header has it")
        return self._after(start, header.size)

    def _take_up(self, extensions: tar.Extensions, kind: bytes, data: bytes) -> None:
        if kind == tar.LONG_NAME:
            extensions.name = data.split(b"\x00", 1)[0]
        elif kind == tar.LONG_LINK:
            extensions.target = data.split(b"\x00", 1)[0]
        elif kind == tar.PAX_GLOBAL:
            self._globals.update(tar.read_pax(data))
        else:
            extensions.pax.update(tar.read_pax(data))

    def _take_member(self, header: tar.Header, extensions: tar.Extensions, at: int) -> int:
        """List one member; return where the next header starts."""
        extensions.pax = {**self._globals, **extensions.pax}
        locator = f"offset {at}"
        start = at + tar.RECORD
        sparse, failure = header.sparse or None, ""
        try:
            if header.sparse_goes_on:
                sparse, start = self._long_map(header.sparse, start)
            header = _extended(header, extensions)
            data = self._data(header, extensions, start, sparse)
        except tar.BadHeader as error:
            failure = f"{error}; its content cannot be put together"
            data = _Data(start, header.size, header.size)
        if header.kind in tar.LINK_LIKE:
            data = _Data(start, 0, 0)
        self._list_member(header, extensions, locator, data, failure)
        if start + data.size > self._end:
            self._problem(
                locator,
                f"the archive ends after {self._end:,} bytes, in the middle of {display_path(header.name)}; "
                "what followed is missing, look for a complete copy",
            )
        return self._after(start, data.size)

    def _long_map(self, sparse: tuple[tuple[int, int], ...], start: int) -> tuple[tuple[tuple[int, int], ...], int]:
        """Read the records that go on with an old GNU sparse map; return it with where the data starts."""
        found, goes_on = list(sparse), True
        while goes_on:
            more, goes_on = tar.read_sparse_extension(self._read(start, tar.RECORD))
            found.extend(more)
            start += tar.RECORD
            if len(found) > tar.SPARSE_PAIRS:
                raise tar.BadHeader("the map of a sparse file is too long")
        return tuple(found), start

    def _data(
        self, header: tar.Header, extensions: tar.Extensions, start: int, sparse: tuple[tuple[int, int], ...] | None
    ) -> _Data:
        real = extensions.whole_number(b"GNU.sparse.realsize")
        if real is None:
            real = extensions.whole_number(b"GNU.sparse.size")
        if real is None:
            real = header.real_size
        in_data = extensions.last(b"GNU.sparse.major") == b"1" and extensions.last(b"GNU.sparse.minor") == b"0"
        if header.kind == tar.GNU_SPARSE:
            ordered = sparse or ()
            sparse = tar.pieces([b"%d" % offset for offset, _ in ordered], [b"%d" % length for _, length in ordered])
        else:
            sparse = tar.sparse_map(extensions)
        return _Data(start, header.size, header.size if real is None else real, sparse, map_in_data=in_data)

    def _list_member(
        self, header: tar.Header, extensions: tar.Extensions, locator: str, data: _Data, failure: str
    ) -> None:
        if header.kind in (tar.FOLDER, tar.GNU_DUMP_FOLDER, tar.GNU_LABEL):
            return
        if header.kind in tar.FILE_TYPES and header.name.endswith(b"/") and not data.size:
            return
        kind = _KINDS.get(header.kind, EntryKind.FILE)
        if header.kind == tar.HARD_LINK:
            data, linked_failure = self._linked(header.target)
            failure = failure or linked_failure
        if header.kind == tar.GNU_CONTINUED:
            failure = "is the rest of a file from another volume of the archive; add the joined volumes"
        nanoseconds = extensions.modified()
        nanoseconds = header.modified if nanoseconds is None else nanoseconds
        self._add(
            header.name,
            locator,
            data,
            size=data.real_size if kind is EntryKind.FILE else None,
            kind=kind,
            modified=None if nanoseconds is None else moment(*divmod(nanoseconds, 1_000_000_000)),
            refusal=special_refusal(kind, header.target),
            failure=failure,
        )
        self._by_name[header.name] = locator

    def _linked(self, target: bytes) -> tuple[_Data, str]:
        """Return the data of the member that a hard link names."""
        locator = self._by_name.get(target)
        if locator is None:
            return _Data(0, 0, 0), (
                f"is a hard link to {display_path(target)}, which the archive does not hold before it; look for it in "
                "another archive of the same origin"
            )
        entry, data = self._members[locator]
        return data, entry.failure or entry.refusal

    def _read(self, at: int, size: int) -> bytes:
        self._view.seek(min(at, self._end))
        return self._view.read(min(size, max(0, self._end - at)))

    @staticmethod
    def _after(start: int, size: int) -> int:
        return start + -(-size // tar.RECORD) * tar.RECORD


def _extended(header: tar.Header, extensions: tar.Extensions) -> tar.Header:
    """Return a header with what its extensions say instead."""
    size = extensions.whole_number(b"size")
    name = extensions.last(b"GNU.sparse.name") or extensions.last(b"path") or extensions.name
    target = extensions.last(b"linkpath") or extensions.target
    return replace(
        header,
        name=header.name if name is None else name,
        target=header.target if target is None else target,
        size=header.size if size is None else size,
    )


def _sparse_blocks(packed: Window, data: _Data, name: str) -> Iterator[bytes]:
    """Yield a sparse file with zeros in its holes."""
    try:
        sparse = _map_from_data(packed) if data.map_in_data else data.sparse or ()
    except tar.BadHeader as error:
        raise UnreadableSource(f"{name}: {error}; its content cannot be put together") from error
    at = 0
    for offset, length in sparse:
        yield from _zeros(offset - at)
        at = offset + length
        left = length
        while left:
            block = packed.read(min(left, BLOCK))
            if not block:
                raise UnreadableSource(f"{name} is a sparse file whose data ends too early; treat it as damaged")
            left -= len(block)
            yield block
    if at > data.real_size:
        raise UnreadableSource(
            f"{name} has {at:,} bytes where its archive states {data.real_size:,}; treat it as damaged"
        )
    yield from _zeros(data.real_size - at)


def _map_from_data(packed: Window) -> tuple[tuple[int, int], ...]:
    """Read the map of PAX sparse format 1.0: numbers in lines before the data, filled up to whole records."""
    count = _line(packed)
    if count > tar.SPARSE_PAIRS:
        raise tar.BadHeader("the map of a sparse file is too long")
    numbers = [b"%d" % _line(packed) for _ in range(2 * count)]
    packed.read(-packed.tell() % tar.RECORD)
    return tar.pieces(numbers[::2], numbers[1::2])


def _line(packed: Window) -> int:
    line = packed.readline(24)
    if not line.endswith(b"\n") or not line[:-1].isdigit():
        raise tar.BadHeader("the map of a sparse file breaks its own format")
    return int(line)


def _zeros(count: int) -> Iterator[bytes]:
    block = bytes(min(count, BLOCK))
    while count > 0:
        yield block[:count] if count < len(block) else block
        count -= len(block)

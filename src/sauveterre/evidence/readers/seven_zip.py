"""7z archives, through py7zr's reading of the directory and its decoders.

Solid blocks are unpacked once, from their start as far as is needed, into scratch that lives with the container.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from stat import FILE_ATTRIBUTE_DIRECTORY, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFSOCK
from typing import TYPE_CHECKING, Any, BinaryIO

from sauveterre.errors import LimitExceeded, Locked, SauveterreError, UnreadableSource
from sauveterre.evidence.container import ListedContainer, special_refusal
from sauveterre.evidence.content import BLOCK, Window
from sauveterre.evidence.seven_zip_blocks import Block, BlockPlace
from sauveterre.records.entry import Cause, Entry, EntryKind, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

if TYPE_CHECKING:
    from py7zr import SevenZipFile

NAME = "7z"
VERSION = 2

MAGIC = b"7z\xbc\xaf\x27\x1c"
OPEN_BLOCKS = 2
"""Unpacked blocks kept at a time; members are read in order, so that one would nearly do."""
_DATA_START = 32
_UNIX_MODE = 0x8000
_TARGET_BYTES = 4096
_WINDOWS_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_KINDS = {
    S_IFLNK: EntryKind.SYMLINK,
    S_IFCHR: EntryKind.DEVICE,
    S_IFBLK: EntryKind.DEVICE,
    S_IFIFO: EntryKind.FIFO,
    S_IFSOCK: EntryKind.SOCKET,
}


def recognises(peek: Peek) -> bool:
    """Say whether the first bytes are those of a 7z archive."""
    return not peek.is_folder and peek.head.startswith(MAGIC)


def open(origin: Origin, limits: Limits) -> "SevenZipArchive":
    """Open a 7z archive; raise ``UnreadableSource`` when its directory, which lies at its end, cannot be read."""
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")

    view = Window(origin.identity, origin.stream, 0, origin.stream.seek(0, 2))
    return SevenZipArchive(view, _listed(view, origin), origin.identity, limits, origin.keys)


def _listed(view: Window, origin: Origin) -> "SevenZipFile":
    """Read the directory, which may be encrypted: with no key, then with each; raise ``Locked`` when none opens it."""
    from py7zr import SevenZipFile  # loaded for those who open one: it takes longer than all other readers together
    from py7zr.exceptions import PasswordRequired

    is_encrypted = False
    for key in (None, *origin.keys):
        view.seek(0)
        try:
            return SevenZipFile(view, "r", password=key)
        except SauveterreError:
            raise
        except PasswordRequired:
            is_encrypted = True
        except MemoryError as error:
            raise LimitExceeded(
                f"{origin.identity} needs more memory to be listed than there is; raise memory_bytes"
            ) from error
        except Exception as error:
            if not is_encrypted:  # else a wrong key gave what is no directory
                raise UnreadableSource(
                    f"{origin.identity} is a 7z archive whose directory, at its end, is missing or damaged "
                    f"({type(error).__name__}: {error}); look for a complete copy"
                ) from error
    raise Locked(
        f"{origin.identity} is a 7z archive whose list of names is encrypted, and {_tried(origin.keys)}; add its "
        "password to the exhibit with `sauveterre key add`"
    )


def _tried(keys: tuple[str, ...]) -> str:
    return f"none of the keys given ({len(keys)}) opens it" if keys else "no key was given"


@dataclass(frozen=True, slots=True)
class _Part:
    """Where a member lies: in which block, from which unpacked byte. An empty member lies in no block."""

    block: int | None
    start: int
    size: int
    crc: int | None


class SevenZipArchive(ListedContainer[_Part]):
    """An opened 7z archive."""

    def __init__(
        self, view: BinaryIO, archive: "SevenZipFile", identity: str, limits: Limits, keys: tuple[str, ...]
    ) -> None:
        """List all members; the keys are tried on blocks that are encrypted, when one is read."""
        super().__init__(identity, NAME, limits)
        self._keys = keys
        self._view = view
        self._unpacked: OrderedDict[int, Block] = OrderedDict()
        try:
            header = archive.header
            self._places = _places(header)
            parts = list(_parts(header))
            self._first = {part.block: part for part in reversed(parts) if part.block is not None}
            listed = [] if getattr(header, "files_info", None) is None else header.files_info.files
            empty_files = iter([] if not listed else header.files_info.emptyfiles)
            self._list(listed, iter(parts), empty_files)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise UnreadableSource(
                f"{identity} is a 7z archive whose directory contradicts itself ({error}); look for another copy"
            ) from error

    def close(self) -> None:
        """Release the scratch."""
        while self._unpacked:
            self._unpacked.popitem()[1].retire()
        super().close()

    def _list(self, listed: list[dict[str, Any]], parts: Iterator[_Part], empty_files: Iterator[bool]) -> None:
        for number, properties in enumerate(listed):
            attributes = properties.get("attributes") or 0
            mode = S_IFMT(attributes >> 16) if attributes & _UNIX_MODE else 0
            is_folder = bool(attributes & FILE_ATTRIBUTE_DIRECTORY) or mode == S_IFDIR
            if properties["emptystream"]:
                is_folder = not next(empty_files, False) or is_folder
                part: _Part | None = _Part(None, 0, 0, None)
            else:
                part = next(parts, None)
                is_folder = False
            if not is_folder:
                self._list_member(number, properties, part, _KINDS.get(mode, EntryKind.FILE))

    def _list_member(self, number: int, properties: dict[str, Any], part: _Part | None, kind: EntryKind) -> None:
        name = properties.get("filename")
        path = b"content" if name is None else name.encode("utf-8", "surrogatepass")
        cause, failure = self._failure(part)
        target = b""
        if kind is EntryKind.SYMLINK and part is not None and not failure:
            target = self._target(part, path)
        self._add(
            path,
            f"member {number}",
            part or _Part(None, 0, 0, None),
            size=None if part is None else part.size,
            kind=kind,
            modified=_moment(properties.get("lastwritetime")),
            refusal=special_refusal(kind, target or b"a place that cannot be read"),
            cause=cause,
            failure=failure,
        )

    def _failure(self, part: _Part | None) -> tuple[Cause, str]:
        if part is None:
            return Cause.DAMAGED, "has no data in the archive, though the archive says so; treat the archive as damaged"
        if part.block is None:
            return Cause.NONE, ""
        place = self._places[part.block]
        if place.unsupported:
            return Cause.UNSUPPORTED, (
                f"is packed by methods that are not read ({place.unsupported}); unpack the archive with "
                "another program and add what comes out"
            )
        return Cause.NONE, ""

    def _target(self, part: _Part, path: bytes) -> bytes:
        try:
            with self._open(part, display_path(path)) as stream:
                return stream.read(_TARGET_BYTES)
        except SauveterreError:
            return b""

    def _content(self, entry: Entry, place: _Part) -> BinaryIO:
        return self._open(place, entry.provenance.path)

    def _open(self, part: _Part, name: str) -> BinaryIO:
        if part.block is None:
            return Window(name, BytesIO(), 0, 0)
        return self._block(part.block, name).open(name, part.start, part.size, part.crc)

    def _block(self, number: int, name: str) -> Block:
        block = self._unpacked.get(number)
        if block is None:
            block = self._opened(number, name)
            self._unpacked[number] = block
        self._unpacked.move_to_end(number)
        while len(self._unpacked) > OPEN_BLOCKS:
            self._unpacked.popitem(last=False)[1].retire()
        return block

    def _opened(self, number: int, name: str) -> Block:
        """Return a block, opened by the key that gives its first member the checksum that the archive states."""
        place = self._places[number]
        if not place.encrypted:
            return Block(self._view, place, name, self.limits)
        for key in self._keys:
            block = self._proven(number, name, key)
            if block is not None:
                self._keys = (key, *(other for other in self._keys if other != key))
                return block
        raise Locked(
            f"{name} is encrypted, and {_tried(self._keys)}, or it is damaged; add the archive's password to the "
            "exhibit with `sauveterre key add`"
        )

    def _proven(self, number: int, name: str, key: str) -> Block | None:
        """Return a block whose first member has its checksum with this key, None where the key does not fit.

        7z has no other proof of a key.
        """
        first = self._first[number]
        with ExitStack() as undo:
            try:
                block = Block(self._view, self._places[number], name, self.limits, key)
                undo.callback(block.retire)
                with block.open(name, first.start, first.size, first.crc) as stream:
                    while stream.read(BLOCK):
                        pass
            except UnreadableSource:
                return None
            undo.pop_all()
            return block


def _places(header: Any) -> tuple[BlockPlace, ...]:
    """Return where each block lies: packed streams follow one another, one or more for each block."""
    streams = getattr(header, "main_streams", None)
    if streams is None:
        return ()
    found: list[BlockPlace] = []
    at, index = _DATA_START + streams.packinfo.packpos, 0
    for folder in streams.unpackinfo.folders:
        sizes = streams.packinfo.packsizes[index : index + len(folder.packed_indices)]
        unpacked = tuple(folder.unpacksizes)
        found.append(BlockPlace(tuple(folder.coders), unpacked, folder.get_unpack_size(), at, sum(sizes)))
        at += sum(sizes)
        index += len(folder.packed_indices)
    return tuple(found)


def _parts(header: Any) -> Iterator[_Part]:
    """Yield where each member with data lies, in the order of the directory."""
    streams = getattr(header, "main_streams", None)
    if streams is None:
        return
    folders, members = streams.unpackinfo.folders, streams.substreamsinfo
    counts = [1] * len(folders) if members is None else members.num_unpackstreams_folders
    number = 0
    for block, (folder, count) in enumerate(zip(folders, counts, strict=False)):
        start, whole = 0, folder.get_unpack_size()
        for nth in range(count):
            has_size = members is not None and members.unpacksizes is not None
            size = members.unpacksizes[number] if has_size else whole
            if size < 0 or start + size > whole:
                raise ValueError(f"member {nth} of block {block} lies outside it")
            has_crc = members is not None and number < len(members.digestsdefined) and members.digestsdefined[number]
            crc = members.digests[number] if has_crc else None
            yield _Part(block, start, size, crc) if size else _Part(None, 0, 0, None)
            start += size
            number += 1


def _moment(file_time: int | None) -> datetime | None:
    """Return a Windows file time, in units of 100 nanoseconds since 1601, as a moment."""
    if not file_time:
        return None
    try:
        return _WINDOWS_EPOCH + timedelta(microseconds=int(file_time) // 10)
    except OverflowError:
        return None

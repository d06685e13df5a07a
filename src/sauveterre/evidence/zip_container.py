"""A ZIP archive as a container, for every reader of what is a ZIP inside (APPNOTE 6.3.10).

The directory at the end says what there is. Where it is missing, the headers before each member do, and a problem
says so.
"""

import stat
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from sauveterre.errors import Locked, SauveterreError, UnreadableSource
from sauveterre.evidence import zip_records as records
from sauveterre.evidence.bounded import bounded
from sauveterre.evidence.container import ListedContainer, moment, special_refusal
from sauveterre.evidence.content import SMALL_BLOCK, Blocks, Content, Window
from sauveterre.evidence.decoding import Decoder, checked, decoded, new_bzip2, new_deflate, new_lzma_alone
from sauveterre.evidence.documents.declared_encryption import BOOK, OPEN_DOCUMENT, encrypted_members
from sauveterre.evidence.zip_encryption import Plain, openings
from sauveterre.evidence.zip_records import Member
from sauveterre.records.entry import Cause, Entry, EntryKind, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.pulse import pulse

STORED, DEFLATE, BZIP2, LZMA = 0, 8, 12, 14
_DECODERS: dict[int, Callable[[], Decoder]] = {DEFLATE: new_deflate, BZIP2: new_bzip2, LZMA: new_lzma_alone}
_METHOD_NAMES = {
    1: "shrink", 6: "implode", 9: "deflate64", 20: "old zstd", 93: "zstd", 94: "MP3", 95: "xz", 96: "JPEG",
    97: "WavPack", 98: "PPMd", 99: "AES encryption",
}  # fmt: skip
_KINDS = {
    stat.S_IFLNK: EntryKind.SYMLINK,
    stat.S_IFCHR: EntryKind.DEVICE,
    stat.S_IFBLK: EntryKind.DEVICE,
    stat.S_IFIFO: EntryKind.FIFO,
    stat.S_IFSOCK: EntryKind.SOCKET,
}
_TARGET_BYTES = 4096
_DECLARING = {b"META-INF/manifest.xml": OPEN_DOCUMENT, b"META-INF/encryption.xml": BOOK}
_DECLARATION_BYTES = 16 << 20
_LZMA_HEADER = 4


class ZipArchive(ListedContainer[Member]):
    """An opened ZIP archive."""

    def __init__(
        self, stream: BinaryIO, identity: str, limits: Limits, reader: str, keys: tuple[str, ...] = ()
    ) -> None:
        """List all members; ``reader`` is who says so in their provenance, ``keys`` are tried on encrypted ones."""
        super().__init__(identity, reader, limits)
        self._keys = keys
        self._view = Window(identity, stream, 0, stream.seek(0, 2))
        directory = records.find_directory(self._view)
        members = self._scanned() if directory is None else self._listed(directory)
        overlaps = _overlaps(members, None if directory is None else directory.start)
        self._declared = self._declarations(members)
        seen: set[int] = set()
        for number, member in enumerate(members):
            again = member.offset in seen
            seen.add(member.offset)
            locator = f"header {member.offset}" + (f" record {number}" if again else "")
            self._list(member, locator, overlaps.get(number, ""))

    def _listed(self, directory: records.Directory) -> list[Member]:
        members: list[Member] = []
        try:
            for member in records.read_directory(self._view, directory):
                members.append(member)
                if len(members) > self.limits.entries:
                    break
        except records.BadRecord as error:
            self._problem(
                f"offset {directory.start}", f"the archive {error}; members after that are missing from the list"
            )
        else:
            if (len(members) - directory.count) % (1 << 16) and len(members) <= self.limits.entries:
                self._problem(
                    f"offset {directory.start}",
                    f"the archive's directory holds {len(members):,} members and its end record states "
                    f"{directory.count:,}; all that the directory holds are listed",
                )
        return members

    def _scanned(self) -> list[Member]:
        members: list[Member] = []
        for member in records.scan_members(self._view):
            members.append(member)
            if len(members) > self.limits.entries:
                break
        if not members:
            raise UnreadableSource(
                f"{self._identity} begins like a ZIP archive but holds neither a directory nor a member; look for a "
                "complete copy"
            )
        self._problem(
            f"offset {self._view.seek(0, 2)}",
            "the archive ends in the middle: its directory is missing, and its members are listed from their own "
            "headers; look for a complete copy",
        )
        return members

    def _declarations(self, members: list[Member]) -> dict[bytes, str]:
        """Return the members that a document declares to be encrypted, each with what opens it."""
        found: dict[bytes, str] = {}
        for member in members:
            words = _DECLARING.get(member.name)
            if words is None or member.is_encrypted or _failure(member)[1]:
                continue
            try:
                with self._open(member, display_path(member.name)) as stream:
                    text = stream.read(_DECLARATION_BYTES)
            except SauveterreError:
                continue
            found.update(dict.fromkeys(encrypted_members(text, is_book=words is BOOK), words))
        return found

    def _list(self, member: Member, locator: str, overlap: str) -> None:
        if member.name.endswith(b"/") and not member.size and not stat.S_ISLNK(member.mode):
            return
        kind = _KINDS.get(stat.S_IFMT(member.mode), EntryKind.FILE)
        cause, failure = _failure(member)
        if overlap and not failure:
            cause, failure = Cause.DAMAGED, overlap
        if member.name in self._declared and not failure:
            cause, failure = Cause.ENCRYPTED, self._declared[member.name]
        target = b"" if kind is not EntryKind.SYMLINK else self._target(member, failure)
        self._add(
            member.name,
            locator,
            member,
            size=member.size,
            kind=kind,
            modified=None if member.modified is None else moment(member.modified),
            refusal=special_refusal(kind, target),
            failure=failure,
            cause=cause,
        )

    def _target(self, member: Member, failure: str) -> bytes:
        """Return where a symbolic link leads: that is the member's content."""
        unknown = b"a place that cannot be read"
        if failure:
            return unknown
        try:
            with self._open(member, display_path(member.name)) as stream:
                return stream.read(_TARGET_BYTES) or unknown
        except SauveterreError:
            return unknown

    def _content(self, entry: Entry, place: Member) -> BinaryIO:
        return self._open(place, entry.provenance.path)

    def _open(self, member: Member, name: str) -> Content:
        try:
            _, start = records.read_local(self._view, member.offset)
        except (records.BadRecord, OverflowError) as error:
            raise UnreadableSource(f"{name} cannot be found: the archive {error}; look for another copy") from error
        packed = Window(name, self._view, start, member.packed_size)
        if member.is_encrypted:
            return self._decrypted(member, name, packed)
        if member.method == STORED:
            return self._stored(member, name, start)
        return Blocks(name, self._unpacked(packed, member, name, packed.tell))

    def _unpacked(self, packed: Content, member: Member, name: str, consumed: Callable[[], int]) -> Iterator[bytes]:
        method = _method(member)
        if method == STORED:
            blocks = iter(partial(packed.read, SMALL_BLOCK), b"")
        else:
            prefix = _lzma_header(packed, member, name) if method == LZMA else b""
            blocks = decoded(packed, _DECODERS[method], name=name, prefix=prefix)
        blocks = bounded(blocks, name=name, limits=self.limits, consumed=consumed)
        crc = None if member.aes is not None else member.crc  # AES proves more, and may leave it out
        return checked(blocks, name=name, crc=crc, size=member.size)

    def _decrypted(self, member: Member, name: str, packed: Window) -> Content:
        """Open an encrypted member by the first password that passes its check, and where several do, its checksum."""
        ways = openings(packed, member, self._keys, name)

        def blocks(way: Plain) -> Iterator[bytes]:
            return self._unpacked(Blocks(name, way()), member, name, packed.tell)

        chosen = next((way for way in ways[:-1] if len(ways) > 1 and _is_sound(blocks(way))), ways[-1])
        return Blocks(name, blocks(chosen) if member.aes is not None else _doubting(blocks(chosen), name))

    def _stored(self, member: Member, name: str, start: int) -> Content:
        if member.size is not None and member.size != member.packed_size:
            raise UnreadableSource(
                f"{name} is stored without compression in {member.packed_size:,} bytes and stated to be "
                f"{member.size:,}; treat it as damaged"
            )
        most = self.limits.entry_bytes
        return Window(name, self._view, start, member.packed_size, most=most, crc=member.crc)


def _failure(member: Member) -> tuple[Cause, str]:
    """Return why a member cannot be read; nothing when it can be tried."""
    method = _method(member)
    if method != STORED and method not in _DECODERS:
        known = _METHOD_NAMES.get(method)
        return Cause.UNSUPPORTED, (
            f"is compressed by method {method}{f' ({known})' if known else ''}, which is not read; unpack the "
            "archive with another program and add what comes out"
        )
    return Cause.NONE, ""


def _method(member: Member) -> int:
    """Return how a member is compressed, below its encryption if it is encrypted."""
    return member.aes.method if member.method == records.AES and member.aes is not None else member.method


def _is_sound(blocks: Iterator[bytes]) -> bool:
    try:
        for _ in blocks:
            pulse()
    except UnreadableSource:
        return False
    return True


def _doubting(blocks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Pass on what the old encryption gave; where it is wrong, the password may be, as one in 256 passes the check."""
    try:
        yield from blocks
    except UnreadableSource as error:
        raise Locked(
            f"{name} is encrypted, and what the key that passed its check gives is not right ({error}); add the "
            "archive's password to the exhibit with `sauveterre key add`, or look for another copy"
        ) from error


def _overlaps(members: list[Member], directory: int | None) -> dict[int, str]:
    """Return, by position, the members that share bytes with another one: so do bombs, and no honest archive.

    The last of overlapping members may be read, and the first of those that are the very same bytes.
    """
    found: dict[int, str] = {}
    first: dict[int, int] = {}
    for number, member in enumerate(members):
        if first.setdefault(member.offset, number) != number:
            found[number] = "is the same bytes as another member of the archive, which is read instead"
    following = directory
    for offset in sorted(first, reverse=True):
        if following is not None and members[first[offset]].least_end > following:
            found[first[offset]] = (
                f"shares its bytes with what stands at byte {following:,} of the archive, as decompression bombs do; "
                "unpack it by hand if it is genuine"
            )
        following = offset
    return found


def _lzma_header(packed: Content, member: Member, name: str) -> bytes:
    """Return the header of the ``.lzma`` format for a member (APPNOTE 5.8.8): properties, then the size.

    The size is left open, as the stated one may lie, unless the stream has no end mark.
    """
    head = packed.read(_LZMA_HEADER)
    size = int.from_bytes(head[2:4], "little")
    properties = packed.read(size)
    if size != 5 or len(properties) != 5:
        raise UnreadableSource(f"{name} has no valid LZMA properties; treat it as damaged")
    has_end_mark = member.flags & 2
    stated = (1 << 64) - 1 if has_end_mark or member.size is None else member.size
    return properties + stated.to_bytes(8, "little")

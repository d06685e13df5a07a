"""Android backups (``.ab``, as ``adb backup`` writes them): a container with exactly one entry, the TAR inside.

Versions 1 to 5, plain or encrypted. The TAR is the business of its own reader, which lists every folder of every app,
known or not. Format: Android's ``BackupManagerService`` and ``PasswordUtils``: four lines of text, or nine.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.evidence.android_password import BadHeader, MasterKey, Sealed, read_sealed, unseal
from sauveterre.evidence.bounded import bounded
from sauveterre.evidence.cbc import decrypted, without_padding
from sauveterre.evidence.container import ListedContainer
from sauveterre.evidence.content import Blocks, Window
from sauveterre.evidence.decoding import decoded, new_zlib
from sauveterre.records.entry import Entry
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "android_backup"
VERSION = 1

MAGIC = b"ANDROID BACKUP\n"
CONTENT = b"content.tar"
KNOWN_VERSIONS = range(1, 6)
_HEADER_BYTES = 8_192
_PLAIN, _AES = b"none", b"AES-256"


@dataclass(frozen=True, slots=True)
class _Header:
    version: int
    is_compressed: bool
    sealed: Sealed | None
    """None where the backup is not encrypted."""
    size: int


def recognises(peek: Peek) -> bool:
    """Say whether the first line is that of an Android backup."""
    return not peek.is_folder and peek.head.startswith(MAGIC)


def open(origin: Origin, limits: Limits) -> "AndroidBackup":
    """Open a backup; only its header is read. Raises ``Locked`` when it is encrypted and none of the keys opens it."""
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    head = Window(origin.identity, origin.stream, 0, None).read(_HEADER_BYTES)
    try:
        header = _read_header(head)
        key = None if header.sealed is None else unseal(header.sealed, origin.keys)
    except BadHeader as error:
        raise UnreadableSource(f"{origin.identity} is no Android backup that can be read: {error}") from error
    if header.sealed is not None and key is None:
        tried = "none of the passwords given for it opens it" if origin.keys else "no password was given for it"
        raise Locked(
            f"{origin.identity} is an Android backup encrypted with a password, and {tried}; add the password that was "
            "chosen when the backup was made with `sauveterre key add`"
        )
    return AndroidBackup(origin.stream, origin.identity, limits, header, key)


class AndroidBackup(ListedContainer[None]):
    """An opened backup."""

    def __init__(self, stream: BinaryIO, identity: str, limits: Limits, header: _Header, key: MasterKey | None) -> None:
        """List the one entry."""
        super().__init__(identity, NAME, limits)
        self._stream = stream
        self._header = header
        self._key = key
        is_bare = not header.is_compressed and key is None
        size = max(0, stream.seek(0, 2) - header.size) if is_bare else None
        self._add(CONTENT, "content", None, size=size, opens="tar")
        if header.version not in KNOWN_VERSIONS:
            self._problem(
                "line 2",
                f"the backup states format version {header.version}, and {KNOWN_VERSIONS[0]} to {KNOWN_VERSIONS[-1]} "
                "are known; it is read as they are, compare what is listed with another program",
            )

    def _content(self, entry: Entry, place: None) -> BinaryIO:  # noqa: ARG002
        name = entry.provenance.path
        packed = Window(name, self._stream, self._header.size, None, most=self.limits.entry_bytes)
        if self._key is None and not self._header.is_compressed:
            return packed
        blocks = self._blocks(packed, name)
        return Blocks(name, bounded(blocks, name=name, limits=self.limits, consumed=packed.tell))

    def _blocks(self, packed: Window, name: str) -> Iterator[bytes]:
        if self._key is None:
            return decoded(packed, new_zlib, name=name)
        plain = without_padding(decrypted(packed, self._key.key, self._key.iv, name=name), name=name)
        return decoded(Blocks(name, plain), new_zlib, name=name) if self._header.is_compressed else plain


def _read_header(head: bytes) -> _Header:
    lines = _Lines(head)
    if lines.next() + b"\n" != MAGIC:
        raise BadHeader("it does not begin with the line ANDROID BACKUP; read it as what it is")
    version, compression, encryption = lines.number("a version"), lines.next(), lines.next()
    if compression not in (b"0", b"1"):
        raise BadHeader("its third line does not say whether it is compressed; look for another copy")
    if encryption not in (_PLAIN, _AES):
        raise BadHeader(
            f"it is encrypted by {encryption[:40].decode('ascii', 'backslashreplace')!r}, which is not known; it has "
            "to be decrypted by the program that made it"
        )
    sealed = None
    if encryption == _AES:
        sealed = read_sealed([lines.next() for _ in range(2)], lines.number("rounds"), [lines.next() for _ in range(2)])
    return _Header(version, compression == b"1", sealed, lines.at)


class _Lines:
    """The lines of the header, one after another."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self.at = 0

    def next(self) -> bytes:
        end = self._head.find(b"\n", self.at)
        if end < 0:
            raise BadHeader("its header is cut off or damaged; look for a complete copy")
        line, self.at = self._head[self.at : end], end + 1
        return line

    def number(self, what: str) -> int:
        line = self.next()
        if not line.isdigit() or len(line) > 9:
            raise BadHeader(f"its header states no number for {what}; it was damaged, look for another copy")
        return int(line)

"""The container of a backup of the old form: a plain header, then encrypted frames, some followed by a file's bytes.

Header versions 0 (lengths of frames are plain) and 1 (they are encrypted). Keys follow from the passphrase of 30
digits; nothing is guessed. Facts about the format, from public descriptions of it.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.messages.protobuf import Decoder, Fields, Malformed, schema
from sauveterre.records.pulse import pulse

FRAMES = schema(
    {
        "Frame": "1 header Header, 2 statement bytes, 3 preference Preference, 4 attachment Attachment, "
        "5 version Version, 6 end bool, 7 avatar Avatar, 8 sticker Sticker, 9 keyValue KeyValue",
        "Header": "1 iv bytes, 2 salt bytes, 3 version uint32",
        "Preference": "1 file string, 2 key string, 3 value string",
        "Attachment": "1 row uint64, 2 unique uint64, 3 length uint32",
        "Avatar": "1 name string, 2 length uint32",
        "Sticker": "1 row uint64, 2 length uint32",
        "Version": "1 version uint32",
        "KeyValue": "1 key string, 5 int32 int32, 6 int64 int64, 7 text string",
    },
    {},
)
ROUNDS = 250_000
VERSIONS = (0, 1)
MAC = 10
"""Bytes of each checksum."""
SHORTEST, MOST_FRAME = MAC + 1, 16 << 20
"""Bytes of a frame. A row of the app's own database cannot have more than 2 MiB."""
MOST_STATED = 128 << 20
"""A length beyond this is none: the key is wrong, or the place in the file was lost."""
MOST_HEADER = 4096
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens the frames."""

    cipher: bytes
    mac: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """A file's bytes in the container: where they lie, and what they are encrypted with."""

    offset: int
    length: int
    iv: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, or why it cannot be read."""

    number: int
    offset: int
    fields: Fields
    piece: Piece | None = None
    fault: str = ""
    is_last: bool = False
    """Whether nothing behind it can be read, or there is nothing."""

    @property
    def name(self) -> str:
        """Where it lies, for a locator."""
        return f"frame {self.number} at byte {self.offset}"


def passphrase(key: str | None) -> bytes:
    """Return the 30 digits of a passphrase, however they were grouped; raise ``Locked`` when it is not one."""
    where = "it was shown once when backups were switched on, and is often kept in the owner's notes or photographs"
    if key is None or not key.strip():
        raise Locked(f"this backup is encrypted: give its passphrase of 30 digits ({where})")
    digits = re.sub(r"[^0-9]", "", key)
    if len(digits) != 30:
        raise Locked(f"the passphrase of such a backup has 30 digits, this one has {len(digits)} ({where})")
    return digits.encode("ascii")


def keys_of(digits: bytes, salt: bytes) -> Keys:
    """Derive the keys from the passphrase and the header's salt."""
    state, hashed = hashlib.sha512(salt), digits
    for _ in range(ROUNDS):
        state.update(hashed + digits)
        hashed = state.digest()
        state = hashlib.sha512()
    both = HKDF(SHA256(), 64, None, b"Backup Export").derive(hashed[:32])
    return Keys(both[:32], both[32:])


def read_header(head: bytes) -> tuple[Fields, int]:
    """Return the header and where it ends; raise ``UnreadableSource`` when this is no such backup."""
    length = int.from_bytes(head[:4], "big")
    if not SHORTEST <= length <= min(MOST_HEADER, len(head) - 4):
        raise UnreadableSource("the file does not begin as a Signal backup does: its header has no usable length")
    try:
        header: Fields = Decoder(FRAMES, keep_unknown=False).decode(head[4 : 4 + length], "Frame").get("header", {})
    except Malformed as error:
        raise UnreadableSource(f"the header of the backup is damaged: {error}") from None
    if len(header.get("iv", b"")) != 16:
        raise UnreadableSource("the header of the backup holds no starting value of 16 bytes")
    if header.get("version", 0) not in VERSIONS:
        raise UnreadableSource(f"the backup is of version {header['version']}; versions 0 and 1 are read")
    return header, 4 + length


class Container:
    """One pass over a backup, from its front; ``digest`` holds the SHA-256 of the whole file when it is through."""

    def __init__(self, stream: BinaryIO, path: str, digits: bytes) -> None:
        """Read the header and derive the keys; raise ``UnreadableSource``."""
        self._stream, self._path = stream, path
        self._hash = hashlib.sha256()
        self.offset = 0
        self.damage = ""
        """Why the medium did not give the rest of the file; empty while it does."""
        head = self._take(4)
        head += self._take(min(MOST_HEADER, int.from_bytes(head, "big")))
        self.header, _ = read_header(head)
        self.keys = keys_of(digits, self.header.get("salt", b""))
        self._iv: bytes = self.header["iv"]
        self._counter = int.from_bytes(self._iv[:4], "big")

    def frames(self) -> Iterator[Frame]:
        """Yield the frames up to the end, or to where the file can no longer be followed: the last one says so.

        Raises ``Locked`` when the first frame does not open.
        """
        faults, count = 0, 0
        while faults < 2:
            start = self.offset
            frame = self._frame(count, start)
            if frame is None:
                what = "the file ends without an end: what was behind this place is lost"
                yield Frame(count, start, {}, None, self.damage or what, is_last=True)
                return
            if frame.fault and count == 0:
                raise Locked(
                    f"the passphrase does not open {self._path}, or the file is damaged at its beginning: compare the "
                    "passphrase with the one seized, and the file with its exhibit"
                )
            faults = faults + 1 if frame.fault else 0
            yield frame
            if frame.is_last or frame.fields.get("end"):
                return
            count += 1
        what = "two frames in a row cannot be read: nothing behind them can be found, the rest is not read"
        yield Frame(count, self.offset, {}, None, what)

    def finish(self) -> str:
        """Read what is left of the file, and return the SHA-256 of all of it, lowercase hex."""
        while self._take(CHUNK):
            pulse()
        return self._hash.hexdigest()

    def _frame(self, count: int, start: int) -> Frame | None:
        stated = self._take(4)
        if len(stated) < 4:
            return None
        stream = Cipher(algorithms.AES(self.keys.cipher), modes.CTR(self._next_iv())).decryptor()
        mac = hmac.new(self.keys.mac, digestmod="sha256")
        if self.header.get("version", 0):
            mac.update(stated)
            stated = stream.update(stated)
        length = int.from_bytes(stated, "big")
        if not SHORTEST <= length <= MOST_STATED:
            what = f"a frame claims {length} bytes: the place in the file is lost, the rest is not read"
            return Frame(count, start, {}, None, what, is_last=True)
        if length > MOST_FRAME:
            if self._skip(length) < length:
                return None
            return Frame(count, start, {}, None, f"a frame of {length} bytes is more than a row can have; not read")
        body = self._take(length)
        if len(body) < length:
            return None
        mac.update(body[:-MAC])
        if not hmac.compare_digest(mac.digest()[:MAC], body[-MAC:]):
            return Frame(count, start, {}, None, "the frame fails its own checksum; it is not read")
        return self._decoded(count, start, stream.update(body[:-MAC]))

    def _decoded(self, count: int, start: int, plain: bytes) -> Frame | None:
        try:
            fields = Decoder(FRAMES, keep_unknown=False).decode(plain, "Frame")
        except Malformed as error:
            return Frame(count, start, {}, None, f"the frame cannot be read: {error}")
        for name in ("attachment", "avatar", "sticker"):
            if name in fields:
                length = fields[name].get("length", 0)
                piece = Piece(self.offset, length, self._next_iv())
                if self._skip(length + MAC) < length + MAC:
                    what = f"the file ends in the middle of the {length} bytes of an {name}"
                    return Frame(count, start, fields, None, what, is_last=True)
                return Frame(count, start, fields, piece)
        return Frame(count, start, fields)

    def _next_iv(self) -> bytes:
        iv = (self._counter & 0xFFFFFFFF).to_bytes(4, "big") + self._iv[4:]
        self._counter += 1
        return iv

    def _take(self, count: int) -> bytes:
        """Return the next bytes, fewer only at the end of the file or where the medium gives no more."""
        parts, left = [], count
        while left and not self.damage:
            try:
                part = self._stream.read(min(left, CHUNK))
            except (UnreadableSource, OSError) as error:
                self.damage = f"the file cannot be read on from here: {error}"
                break
            if not part:
                break
            self._hash.update(part)
            parts.append(part)
            left -= len(part)
        data = b"".join(parts)
        self.offset += len(data)
        return data

    def _skip(self, count: int) -> int:
        passed = 0
        while passed < count and (data := self._take(min(CHUNK, count - passed))):
            passed += len(data)
            pulse()
        return passed


def open_piece(stream: BinaryIO, keys: Keys, piece: Piece) -> Iterator[bytes]:
    """Yield the plain bytes of a piece; raise ``UnreadableSource`` at its end when its checksum is wrong.

    Hand out nothing before the end was reached once.
    """
    _seek(stream, piece.offset)
    decryptor = Cipher(algorithms.AES(keys.cipher), modes.CTR(piece.iv)).decryptor()
    mac, left = hmac.new(keys.mac, piece.iv, digestmod="sha256"), piece.length
    while left and (data := stream.read(min(CHUNK, left))):
        mac.update(data)
        left -= len(data)
        yield decryptor.update(data)
    if left or not hmac.compare_digest(mac.digest()[:MAC], stream.read(MAC)):
        raise UnreadableSource(f"the bytes at {piece.offset} of the backup fail their own checksum: they are damaged")


def _seek(stream: Any, offset: int) -> None:
    """Go to a place in a stream that may only be read forwards."""
    if stream.seekable():
        stream.seek(offset)
        return
    left = offset
    while left and (data := stream.read(min(CHUNK, left))):
        left -= len(data)

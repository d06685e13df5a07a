"""The solid blocks of 7z archives: unpacked from their start as far as needed, once, into scratch."""

import lzma
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from sauveterre.errors import LimitExceeded, SauveterreError, UnreadableSource
from sauveterre.evidence.bounded import scratch
from sauveterre.evidence.content import BLOCK, Content, Window
from sauveterre.evidence.decoding import DICTIONARY_BYTES
from sauveterre.records.limits import Limits

if TYPE_CHECKING:
    from py7zr.compressor import SevenZipDecompressor

PACKED_BLOCK = 1 << 15
"""Packed bytes fed at a time: some of py7zr's decoders return all that these become, so that must be bounded."""
_MEMORY_PROPERTY = {b"\x03\x01\x01": slice(1, 5), b"\x03\x04\x01": slice(1, 5)}
_LZMA2 = b"\x21"


@dataclass(frozen=True, slots=True)
class BlockPlace:
    """Where a block lies, and how it is packed. A "folder" in the words of the format."""

    coders: tuple[dict[str, Any], ...]
    unpacked_sizes: tuple[int, ...]
    size: int
    """Unpacked, as the archive states it."""
    start: int
    packed_size: int

    @property
    def encrypted(self) -> bool:
        """Whether the block needs a password."""
        return any(coder["method"].startswith(b"\x06\xf1") for coder in self.coders)

    @property
    def unsupported(self) -> str:
        """The methods that no decoder here reads, in the format's own hexadecimal ids; empty when all are read."""
        return ", ".join(coder["method"].hex() for coder in self.coders if not _is_read(coder))


class Block:
    """One block while it is unpacked. Its members are windows on the scratch that grows as they are read."""

    def __init__(
        self, view: BinaryIO, place: BlockPlace, name: str, limits: Limits, password: str | None = None
    ) -> None:
        """Prepare to unpack; raise ``UnreadableSource`` or ``LimitExceeded`` when that cannot even begin."""
        self._packed = Window(name, view, place.start, place.packed_size)
        self._name = name
        self._limits = limits
        self._place = place
        self._decoder = _decoder(place, name, password)
        self._scratch = scratch()
        self._have = 0
        self._error: SauveterreError | None = None
        self._readers = 0
        self._retired = False

    def open(self, name: str, start: int, size: int, crc: int | None) -> Content:
        """Return a member as a stream that unpacks the block as it is read."""
        self._readers += 1
        return Window(name, _Growing(self), start, size, most=self._limits.entry_bytes, crc=crc, on_close=self._left)

    def retire(self) -> None:
        """Release the scratch as soon as no member is open any more."""
        self._retired = True
        self._release()

    def read(self, offset: int, size: int) -> bytes:
        """Return unpacked bytes; fewer before damage, and then the reason as an error."""
        while self._have < offset + size and self._have < self._place.size and self._error is None:
            self._unpack()
        if self._have <= offset and self._error is not None:
            raise self._error
        self._scratch.seek(offset)
        return self._scratch.read(max(0, min(size, self._have - offset)))

    def _unpack(self) -> None:
        try:
            data = self._step()
        except SauveterreError as error:
            self._error = error
            return
        self._scratch.seek(self._have)
        self._scratch.write(data)
        self._have += len(data)

    def _step(self) -> bytes:
        fed = self._decoder.consumed
        try:
            data = bytes(self._decoder.decompress(self._packed, min(BLOCK, self._place.size - self._have)))
        except SauveterreError:
            raise
        except MemoryError as error:
            raise LimitExceeded(
                f"{self._name} needs more memory to be unpacked than there is; raise memory_bytes"
            ) from error
        except Exception as error:
            raise UnreadableSource(
                f"{self._name} is damaged after {self._have:,} unpacked bytes ({type(error).__name__}: {error}); "
                "what comes before is read, look for another copy"
            ) from error
        if not data and self._decoder.consumed == fed:
            raise UnreadableSource(
                f"{self._name} ends after {self._have:,} of {self._place.size:,} unpacked bytes; look for a "
                "complete copy"
            )
        self._check_bounds(self._have + len(data))
        return data

    def _check_bounds(self, total: int) -> None:
        limits, consumed = self._limits, self._decoder.consumed
        if total > limits.nested_bytes:
            raise LimitExceeded(
                f"{self._name} unpacks to more than {limits.nested_bytes:,} bytes in one solid block; unpack the "
                "archive and add what comes out, or raise nested_bytes"
            )
        if total > limits.ratio_floor and total > limits.ratio * consumed:
            raise LimitExceeded(
                f"{self._name} is most likely a decompression bomb: {consumed:,} packed bytes became over "
                f"{total:,}, more than {limits.ratio:,} for one; unpack it elsewhere if it is "
                "genuine, or raise the limit ratio"
            )

    def _left(self) -> None:
        self._readers -= 1
        self._release()

    def _release(self) -> None:
        if self._retired and self._readers <= 0:
            self._scratch.close()


class _Growing(Content):
    """A block as the stream behind the windows on it."""

    def __init__(self, block: Block) -> None:
        super().__init__("block")
        self._block = block
        self._offset = 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:  # noqa: ARG002 - windows seek from the start only
        self._offset = offset
        return offset

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._block.read(self._offset, size or 0)
        self._offset += len(data)
        return data


def _is_read(coder: dict[str, Any]) -> bool:
    from py7zr.compressor import SupportedMethods
    from py7zr.exceptions import UnsupportedCompressionMethodError

    try:
        SupportedMethods.get_filter_id(coder)  # type: ignore[no-untyped-call]
    except (UnsupportedCompressionMethodError, KeyError, ValueError, TypeError):
        return False
    return bool(coder["numinstreams"] == 1 and coder["numoutstreams"] == 1)


def _decoder(place: BlockPlace, name: str, password: str | None) -> "SevenZipDecompressor":
    for coder in place.coders:
        if _memory(coder) > DICTIONARY_BYTES:
            raise LimitExceeded(
                f"{name} needs more than {DICTIONARY_BYTES:,} bytes of memory to be unpacked; unpack it "
                "elsewhere if it is genuine"
            )
    from py7zr.compressor import SevenZipDecompressor
    from py7zr.exceptions import UnsupportedCompressionMethodError

    try:
        return SevenZipDecompressor(
            list(place.coders), place.packed_size, list(place.unpacked_sizes), None, password, PACKED_BLOCK
        )
    except MemoryError as error:
        raise LimitExceeded(f"{name} needs more memory to be unpacked than there is; raise memory_bytes") from error
    except (UnsupportedCompressionMethodError, lzma.LZMAError, zlib.error) as error:
        raise UnreadableSource(
            f"{name} cannot be unpacked: {error.args[-1]}; unpack it with another program"
        ) from error
    except Exception as error:
        raise UnreadableSource(
            f"{name} cannot be unpacked ({type(error).__name__}: {error}); its method or properties are damaged or "
            "not supported, try another program"
        ) from error


def _memory(coder: dict[str, Any]) -> int:
    """Return the bytes of memory that a coder's properties ask for (LZMA, LZMA2 and PPMd only)."""
    properties = coder.get("properties") or b""
    if coder["method"] == _LZMA2 and properties:
        bits = properties[0]
        return (2 | (bits & 1)) << (bits // 2 + 11)
    part = _MEMORY_PROPERTY.get(coder["method"])
    return int.from_bytes(properties[part], "little") if part is not None else 0

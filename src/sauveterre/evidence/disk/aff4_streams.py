"""The streams of AFF4 (Standard v1.0): image streams, kept in bevies of chunks, and maps, which join parts of them."""

import re
import struct
import threading
import zlib
from array import array
from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Callable

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.aff4_volume import Volumes
from sauveterre.evidence.disk.blocks import BlockMedia, gathered
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.disk.turtle import RDF_TYPE, Thing
from sauveterre.evidence.lz_blocks import unpack_lz4, unpack_snappy

SCHEMA = "http://aff4.org/Schema#"
SIZE, HASH = SCHEMA + "size", SCHEMA + "hash"
UNKNOWN, UNREADABLE, ZERO = SCHEMA + "UnknownData", SCHEMA + "UnreadableData", SCHEMA + "Zero"
_MAP, _STREAM, _ENCRYPTED = SCHEMA + "Map", SCHEMA + "ImageStream", SCHEMA + "EncryptedStream"
_INDEX_ENTRY = struct.Struct("<QI")
_MAP_ENTRY = struct.Struct("<QQQI")
_LARGEST_CHUNK = 16 << 20
_MOST_PER_BEVY = 1 << 20
_KEPT_INDEXES = 16
_TILE = 1 << 20
_MOST_TARGETS = 1 << 16
_DEEPEST = 8


def _inflate(data: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error as error:
        raise ValueError("no zlib stream") from error


def _deflate(data: bytes, most: int) -> bytes:
    """Unpack raw deflate; one writer puts a zlib stream there."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, most)
    except zlib.error:
        return _inflate(data, most)


def _lz4(data: bytes, most: int) -> bytes:
    """Unpack an LZ4 block; one writer puts its length before it."""
    if int.from_bytes(data[:4], "little") == most:
        try:
            return unpack_lz4(data[4:], most)
        except ValueError:
            pass
    return unpack_lz4(data, most)


_METHODS: dict[str, Callable[[bytes, int], bytes]] = {
    "https://www.ietf.org/rfc/rfc1950.txt": _inflate,
    "https://tools.ietf.org/html/rfc1951": _deflate,
    "http://code.google.com/p/snappy/": unpack_snappy,
    "https://github.com/google/snappy": unpack_snappy,
    "https://code.google.com/p/lz4/": _lz4,
    "https://github.com/lz4/lz4": _lz4,
}
_FILLINGS = {ZERO: b"\x00", SCHEMA + "FFDevice": b"\xff", UNKNOWN: b"UNKNOWN", UNREADABLE: b"UNREADABLEDATA"}
_SYMBOLIC = re.compile(re.escape(SCHEMA) + r"SymbolicStream([0-9A-Fa-f]{2})")
_UNPACKED = ("", SCHEMA + "NullCompressor", SCHEMA + "compression/stored")


def open_stream(volumes: Volumes, urn: str, label: str, level: int = 0) -> Media | None:
    """Return a stream as a medium, None when no volume at hand holds it; raise ``UnreadableSource`` for damage."""
    thing = volumes.things.get(urn, Thing())
    kinds = set(thing.values(RDF_TYPE))
    if _ENCRYPTED in kinds:
        raise UnreadableSource(
            f"{label} is an encrypted AFF4 stream, which is not read; decrypt it with the program that made it and add "
            "what comes out"
        )
    if level > _DEEPEST:
        raise UnreadableSource(f"{label} maps streams that map one another too deep; treat it as damaged")
    if _MAP in kinds:
        return MapMedia(volumes, urn, thing, label, level)
    if _STREAM in kinds:
        return stream_media(volumes, urn, thing, label)
    return volumes.part(urn)


def stream_media(volumes: Volumes, urn: str, thing: Thing, label: str) -> Media:
    """Return an image stream: chunks of one size, each packed by itself, many to a bevy."""
    chunk_size = thing.number(SCHEMA + "chunkSize", 32_768)
    per_bevy = thing.number(SCHEMA + "chunksInSegment", 1_024)
    method = thing.value(SCHEMA + "compressionMethod")
    if not 512 <= chunk_size <= _LARGEST_CHUNK or not 0 < per_bevy <= _MOST_PER_BEVY:
        raise UnreadableSource(f"{label} states chunks of {chunk_size:,} bytes, {per_bevy:,} to a bevy; it is damaged")
    if method not in _METHODS and method not in _UNPACKED:
        raise UnreadableSource(f"{label} is compressed by {method}, which is not read; convert it and add that")
    chunks = _Chunks(volumes, urn, label, chunk_size, per_bevy, _METHODS.get(method))
    return BlockMedia(thing.number(SIZE), chunk_size, chunks.load)


class _Chunks:
    """The chunks of one image stream."""

    def __init__(
        self,
        volumes: Volumes,
        urn: str,
        label: str,
        size: int,
        per_bevy: int,
        unpack: Callable[[bytes, int], bytes] | None,
    ) -> None:
        self._volumes = volumes
        self._urn = urn
        self._label = label
        self._size = size
        self._per_bevy = per_bevy
        self._unpack = unpack
        self._bevies: OrderedDict[int, tuple[Media, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, number: int) -> bytes:
        """Return one chunk, unpacked."""
        which, at = divmod(number, self._per_bevy)
        bevy, index = self._bevy(which, number)
        entry = index[at * _INDEX_ENTRY.size :][: _INDEX_ENTRY.size]
        if len(entry) < _INDEX_ENTRY.size:
            raise self._damage(number, "is not in the index of its bevy")
        start, length = _INDEX_ENTRY.unpack(entry)
        if length == 0:
            return bytes(self._size)
        packed = bevy.read_at(start, min(length, 2 * self._size + 64))
        if self._unpack is None or length == self._size:
            chunk = packed
        else:
            try:
                chunk = self._unpack(packed, self._size)
            except ValueError as error:
                raise self._damage(number, f"cannot be unpacked ({error})") from error
        if len(chunk) < self._size:
            raise self._damage(number, "is cut off")
        return chunk[: self._size]

    def _bevy(self, which: int, number: int) -> tuple[Media, bytes]:
        with self._lock:
            found = self._bevies.get(which)
            if found is not None:
                return found
        name = f"{self._urn}/{which:08d}"
        bevy, index = self._volumes.part(name), self._volumes.bytes_of(f"{name}.index")
        if bevy is None or index is None:
            raise self._damage(number, "lies in a bevy that is missing")
        with self._lock:
            self._bevies[which] = (bevy, index)
            if len(self._bevies) > _KEPT_INDEXES:
                self._bevies.popitem(last=False)
        return bevy, index

    def _damage(self, number: int, what: str) -> UnreadableSource:
        return UnreadableSource(
            f"{self._label}: the chunk at byte {number * self._size:,} of its stream {what}; look for another copy"
        )


class MapMedia:
    """A medium whose ranges lie in other streams, or in ones that are only a name: zeros, or nothing that is known."""

    def __init__(self, volumes: Volumes, urn: str, thing: Thing, label: str, level: int) -> None:
        """Read the map."""
        self._volumes = volumes
        self._label = label
        self._level = level
        self._targets = (volumes.bytes_of(f"{urn}/idx") or b"").decode("utf-8", "replace").split("\n")[:_MOST_TARGETS]
        self._targets = [target.strip() for target in self._targets]
        self._gap = thing.value(SCHEMA + "mapGapDefaultStream") or ZERO
        self._starts, self._sizes, self._offsets = array("Q"), array("Q"), array("Q")
        self._which = array("I")
        self._read(volumes.bytes_of(f"{urn}/map") or b"")
        self._opened: dict[int, Media | bytes] = {}
        end = self._starts[-1] + self._sizes[-1] if self._starts else 0
        self.size = thing.number(SIZE, end)

    def told(self) -> Counter[str]:
        """Return how many bytes lie in each of the streams that are only a name, as far as these matter."""
        found: Counter[str] = Counter()
        for which, size in zip(self._which, self._sizes, strict=True):
            found[self._targets[which]] += size
        found[self._gap] += self.size - sum(self._sizes)
        return found

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read at a position: the bytes before the first that is missing, or ``UnreadableSource`` if there are none."""
        return gathered(self._piece, offset, min(size, self.size - offset))

    def _read(self, data: bytes) -> None:
        entries = sorted(_MAP_ENTRY.iter_unpack(data[: len(data) // _MAP_ENTRY.size * _MAP_ENTRY.size]))
        end = 0
        for start, size, offset, which in entries:
            if start < end or which >= len(self._targets):
                raise UnreadableSource(f"{self._label} has a map whose ranges overlap or lead nowhere; it is damaged")
            if size:
                end = start + size
                self._starts.append(start)
                self._sizes.append(size)
                self._offsets.append(offset)
                self._which.append(which)

    def _piece(self, offset: int, size: int) -> bytes:
        number = bisect_right(self._starts, offset) - 1
        if number < 0 or offset >= self._starts[number] + self._sizes[number]:
            following = self._starts[number + 1] if number + 1 < len(self._starts) else self.size
            return _filled(filling(self._gap) or b"\x00", offset, min(size, following - offset))
        skip = offset - self._starts[number]
        size = min(size, self._sizes[number] - skip)
        target = self._target(self._which[number])
        place = self._offsets[number] + skip
        if isinstance(target, bytes):
            return _filled(target, place, size)
        part = target.read_at(place, size)
        if not part:
            raise UnreadableSource(
                f"{self._label}: what lies at byte {offset:,} is mapped past the end of its stream; look for another "
                "copy"
            )
        return part

    def _target(self, which: int) -> Media | bytes:
        found = self._opened.get(which)
        if found is None:
            urn = self._targets[which]
            found = filling(urn) or open_stream(self._volumes, urn, self._label, self._level + 1)
            if found is None:
                raise UnreadableSource(
                    f"{self._label} lies partly in the stream {urn}, which is in another file of the set; put all of "
                    "its files into one folder and add this one again"
                )
            self._opened[which] = found
        return found


def filling(urn: str) -> bytes | None:
    """Return what a stream that is only a name repeats; None for a stream that holds something."""
    if urn in _FILLINGS:
        return _FILLINGS[urn]
    named = _SYMBOLIC.fullmatch(urn)
    return bytes.fromhex(named[1]) if named else None


def _filled(seed: bytes, offset: int, size: int) -> bytes:
    """Return a part of a seed that is repeated, from its start again in each MiB."""
    skip = offset % _TILE
    size = min(size, _TILE - skip)
    phase = skip % len(seed)
    return (seed * ((size + phase) // len(seed) + 1))[phase : phase + size]

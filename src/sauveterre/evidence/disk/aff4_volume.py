"""The ZIP volumes that AFF4 keeps its streams in, and what their ``information.turtle`` says (AFF4 Standard v1.0)."""

import re
import zlib
from collections.abc import Sequence
from typing import BinaryIO
from urllib.parse import unquote

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence import zip_records as records
from sauveterre.evidence.content import Window
from sauveterre.evidence.disk.media import Media, Part, media_of
from sauveterre.evidence.disk.turtle import Thing, parse_turtle
from sauveterre.records.limits import Limits

SCHEME = "aff4://"
_INFORMATION = "information.turtle"
_DESCRIPTION = b"container.description"
_END_BYTES = 1 << 17
_SLASHES = re.compile("/{2,}")
_MOST_TEXT = 64 << 20
_STORED, _DEFLATE = 0, 8


class Volume:
    """One ZIP volume: its members by the names (URNs) that the standard gives them."""

    def __init__(self, stream: BinaryIO, label: str, limits: Limits) -> None:
        """Read the directory of the ZIP and the volume's own description."""
        self._label = label
        self._media = media_of(stream)
        self._view = Window(label, stream, 0, self._media.size)
        directory = records.find_directory(self._view)
        if directory is None:
            raise UnreadableSource(f"{label} has no ZIP directory at its end; look for a complete copy")
        members = self._directory(directory, limits)
        self.urn = self._own_name(directory, members)
        self._members = {self._name_of(member): member for member in members}
        text = self.bytes_of(f"{self.urn}/{_INFORMATION}")
        if text is None:
            raise UnreadableSource(f"{label} has no {_INFORMATION}, which says what it holds; look for a complete copy")
        self.things: dict[str, Thing] = parse_turtle(text.decode("utf-8", "replace"))

    def part(self, urn: str) -> Media | None:
        """Return a member that is stored as it is, to be read at random; None when there is none of this name."""
        member = self._member(urn)
        if member is None:
            return None
        if member.method != _STORED:
            data = self.bytes_of(urn)
            return None if data is None else Held(data)
        return Part(self._media, self._start(member), member.packed_size)

    def bytes_of(self, urn: str) -> bytes | None:
        """Return the whole of a small member; None when there is none of this name."""
        member = self._member(urn)
        if member is None:
            return None
        if member.packed_size > _MOST_TEXT or (member.size or 0) > _MOST_TEXT:
            raise LimitExceeded(
                f"{self._label}: {urn} has more than {_MOST_TEXT:,} bytes, the most for what describes an image"
            )
        data = self._media.read_at(self._start(member), member.packed_size)
        if member.method == _STORED:
            return data
        if member.method != _DEFLATE:
            raise UnreadableSource(f"{self._label}: {urn} is compressed by method {member.method}, which is not read")
        try:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _MOST_TEXT)
        except zlib.error as error:
            raise UnreadableSource(f"{self._label}: {urn} is damaged; look for another copy") from error

    def _directory(self, directory: records.Directory, limits: Limits) -> list[records.Member]:
        members: list[records.Member] = []
        try:
            for member in records.read_directory(self._view, directory):
                if len(members) >= limits.entries:
                    raise LimitExceeded(
                        f"{self._label} holds more than {limits.entries:,} members; raise the limit entries"
                    )
                members.append(member)
        except records.BadRecord as error:
            raise UnreadableSource(f"{self._label}: the archive {error}; look for a complete copy") from error
        return members

    def _member(self, urn: str) -> records.Member | None:
        urn = _canonical(urn)
        return self._members.get(urn) or self._members.get(f"{self.urn}/{urn.removeprefix(SCHEME)}")

    def _start(self, member: records.Member) -> int:
        try:
            return records.read_local(self._view, member.offset)[1]
        except (records.BadRecord, OverflowError) as error:
            raise UnreadableSource(f"{self._label}: the archive {error}; look for another copy") from error

    def _name_of(self, member: records.Member) -> str:
        """Return the URN of a member: its name says it whole, or what comes after the volume's own."""
        name = unquote(member.name.decode("utf-8", "replace"))
        return _canonical(name if name.startswith(SCHEME) else f"{self.urn}/{name}")

    def _own_name(self, directory: records.Directory, members: Sequence[records.Member]) -> str:
        """Return the URN of the volume: the comment of the archive, which ends the file, or a member of its own."""
        tail = self._media.read_at(directory.start + directory.size, _END_BYTES)
        found = tail.rfind(SCHEME.encode())
        if found < 0:
            own = next((member for member in members if member.name == _DESCRIPTION), None)
            tail = self._media.read_at(self._start(own), min(own.packed_size, _END_BYTES)) if own else b""
            found = max(0, tail.find(SCHEME.encode()))
        return _canonical(tail[found:].strip(b"\x00 \r\n").decode("utf-8", "replace") or SCHEME)


def _canonical(urn: str) -> str:
    """Return a URN as all spell it: some writers double the slash between a volume and what is in it."""
    return SCHEME + _SLASHES.sub("/", urn.removeprefix(SCHEME)).rstrip("/")


class Held:
    """Bytes in memory as a medium."""

    def __init__(self, data: bytes) -> None:
        """Take the bytes."""
        self._data = data
        self.size = len(data)

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Return a part of them."""
        return self._data[offset : offset + size]


class Volumes:
    """The volumes of one set: streams of one are mapped by others."""

    def __init__(self, volumes: Sequence[Volume]) -> None:
        """Take the volumes; what the first says of a thing counts."""
        self._volumes = volumes
        self.things: dict[str, Thing] = {}
        for volume in volumes:
            for urn, thing in volume.things.items():
                mine = self.things.setdefault(urn, Thing())
                for predicate, nodes in thing.said.items():
                    mine.said.setdefault(predicate, nodes)

    def part(self, urn: str) -> Media | None:
        """Return a member of any volume."""
        return next((part for part in (volume.part(urn) for volume in self._volumes) if part is not None), None)

    def bytes_of(self, urn: str) -> bytes | None:
        """Return the whole of a small member of any volume."""
        return next((data for data in (volume.bytes_of(urn) for volume in self._volumes) if data is not None), None)

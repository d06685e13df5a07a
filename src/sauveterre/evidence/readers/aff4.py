"""AFF4 images (Standard v1.0): disks and memory in image streams and maps, and the files of logical images (AFF4-L)."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from sauveterre.errors import UnreadableSource
from sauveterre.evidence import zip_records as records
from sauveterre.evidence.disk.aff4_streams import HASH, SCHEMA, UNKNOWN, UNREADABLE, MapMedia, open_stream
from sauveterre.evidence.disk.aff4_volume import Volume, Volumes
from sauveterre.evidence.disk.layers import Layers, Missing
from sauveterre.evidence.disk.turtle import RDF_TYPE, Thing
from sauveterre.records.digest import Digest
from sauveterre.records.entry import Cause, EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "aff4"
VERSION = 1

_FIRST_NAMES = (b"container.description", b"aff4%3A%2F%2F", b"aff4://")
_NUMBERED = re.compile(rb"^(.*?)(\d+)(\.aff4)$", re.IGNORECASE | re.DOTALL)
_MOST_VOLUMES = 64
_FILE = SCHEMA + "FileImage"
_IMAGES = tuple(
    SCHEMA + name
    for name in ("DiskImage", "VolumeImage", "MemoryImage", "ContiguousImage", "DiscontiguousImage", "Image")
)
_TIMES = {
    "modified": "lastWritten", "accessed": "lastAccessed", "changed": "recordChanged", "created": "birthTime"
}  # fmt: skip
_PARTIAL = SCHEMA + "DiscontiguousImage"
_ALGORITHMS = {SCHEMA + "MD5": "md5", SCHEMA + "SHA1": "sha1", SCHEMA + "SHA256": "sha256"}


def recognises(peek: Peek) -> bool:
    """Say whether this is a ZIP whose comment, or whose first member, is that of an AFF4 volume."""
    if peek.is_folder or not peek.head.startswith(records.LOCAL_MAGIC):
        return False
    end = peek.tail.rfind(records.END_MAGIC)
    comment = peek.tail[end + 22 :] if end >= 0 else b""
    return comment.startswith(b"aff4://") or peek.head[records.LOCAL_BYTES :].startswith(_FIRST_NAMES)


def open(origin: Origin, limits: Limits) -> "Aff4Image":
    """Open an image with the other files of its set, where these lie beside it and are numbered."""
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    volumes = [Volume(origin.stream, origin.identity, limits)]
    numbered = _NUMBERED.match(origin.name)
    for more in range(1, _MOST_VOLUMES) if numbered else ():
        stem, digits, suffix = numbered.groups() if numbered else (b"", b"", b"")
        stream = origin.sibling(stem + b"%0*d" % (len(digits), int(digits) + more) + suffix)
        if stream is None:
            break
        volumes.append(Volume(stream, origin.identity, limits))
    return Aff4Image(origin.identity, limits, Volumes(volumes))


class Aff4Image(Layers):
    """An opened image."""

    def __init__(self, identity: str, limits: Limits, volumes: Volumes) -> None:
        """List the media, and the files of a logical image."""
        super().__init__(identity, NAME, limits)
        self._volumes = volumes
        number = 0
        for urn, thing in volumes.things.items():
            kinds = set(thing.values(RDF_TYPE))
            if _FILE in kinds:
                self._list_file(urn, thing)
            elif kinds & set(_IMAGES):
                number += 1
                self._list_medium(urn, thing, number)
        if not self._members:
            raise UnreadableSource(
                f"{identity} is an AFF4 volume that describes no image and no file; it may be a later one of a set, "
                "add the first one"
            )

    def _list_medium(self, urn: str, thing: Thing, number: int) -> None:
        name = "media" if number == 1 else f"media {number}"
        media = open_stream(self._volumes, thing.value(SCHEMA + "dataStream") or urn, self._identity)
        if media is None:
            missing = Missing(thing.number(SCHEMA + "size"), f"{self._identity}: the stream of {urn}")
            self.add(name.encode(), name, missing, failure="lies in another file of the set, which is missing; put all "
                     "files into one folder and add this one again", cause=Cause.UNREADABLE)  # fmt: skip
            return
        if isinstance(media, MapMedia):
            self._tell_gaps(name, media)
        self.add(name.encode(), name, media, note=urn)
        if number == 1 and _PARTIAL not in thing.values(RDF_TYPE):
            for node in thing.said.get(HASH, ()):
                self._state(node.type, node.value)

    def _tell_gaps(self, name: str, media: MapMedia) -> None:
        told = media.told()
        if told[UNREADABLE] > 0:
            self._problem(
                name,
                f"{told[UNREADABLE]:,} bytes could not be read when the image was made, so that it does not hold what "
                "was there; image the medium again if it still exists",
            )
        if told[UNKNOWN] > 0:
            self._problem(
                name,
                f"{told[UNKNOWN]:,} of {media.size:,} bytes were not imaged: the image is a part of the medium, as it "
                "was asked for",
            )

    def _state(self, kind: str, text: str) -> None:
        try:
            self.state_digest(Digest(_ALGORITHMS.get(kind, ""), text.lower()))
        except ValueError:
            return  # an algorithm that is not compared here, or no digest at all

    def _list_file(self, urn: str, thing: Thing) -> None:
        path = (thing.value(SCHEMA + "originalFileName") or thing.value(SCHEMA + "pathName") or urn).encode()
        failure = ""
        media = None
        try:
            media = open_stream(self._volumes, urn, urn)
        except UnreadableSource as error:
            failure = str(error)
        if media is None:
            failure = failure or "is described by the image and not held by it; look for a complete copy"
            media = Missing(thing.number(SCHEMA + "size"), urn)
        cause = Cause.UNREADABLE if failure else Cause.NONE
        self.add(path, urn, media, kind=EntryKind.FILE, failure=failure, cause=cause)
        times = {key: _moment(thing, name) for key, name in _TIMES.items()}
        self.restate(
            replace(
                self.entry_at(urn),
                modified=times["modified"],
                accessed=times["accessed"],
                changed=times["changed"],
                created=times["created"],
            )
        )


def _moment(thing: Thing, name: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(thing.value(SCHEMA + name))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None

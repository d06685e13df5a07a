"""LVM2 physical volumes: the logical volumes that begin on them, and the extents that none uses."""

from collections.abc import Iterator

from sauveterre.evidence.disk.blocks import gathered
from sauveterre.evidence.disk.layers import Layers, Missing, media_below
from sauveterre.evidence.disk.lvm import (
    BadLvm,
    Group,
    LogicalVolume,
    PhysicalVolume,
    Segment,
    is_label,
    read_group,
    read_label,
    unused,
)
from sauveterre.evidence.disk.media import Joined, Media, Part, media_of
from sauveterre.records.entry import Cause, EntryKind
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "lvm"
VERSION = 1

_MOST_PARTITIONS = 128
_MIRRORS = ("mirror", "raid1")
_DEEPEST = 4


def recognises(peek: Peek) -> bool:
    """Say whether one of the first sectors is the label of a physical volume."""
    return not peek.is_folder and is_label(peek.head)


def open(origin: Origin, limits: Limits) -> Layers:
    """Open a physical volume, with those of its group that are partitions of the same medium.

    One whose description is damaged is one region, to be searched by content.
    """
    media = media_below(origin)
    try:
        label = read_label(media)
        group = read_group(label.text)
    except BadLvm as error:
        return _unread(origin.identity, limits, media, str(error))
    own = next((pv for pv in group.physical.values() if pv.uuid == label.uuid), None)
    if own is None:
        return _unread(origin.identity, limits, media, f"its own group {group.name!r} does not name it")
    found = {own.name: media, **_others(origin, group, own)}
    return PhysicalVolumes(origin.identity, limits, group, own, found)


def _unread(identity: str, limits: Limits, media: Media, why: str) -> Layers:
    layers = Layers(identity, NAME, limits)
    layers.problem(
        "label", f"the physical volume of LVM cannot be read: {why}; it is searched for files by content, as one region"
    )
    layers.add_content(media)
    return layers


class PhysicalVolumes(Layers):
    """An opened physical volume."""

    def __init__(
        self, identity: str, limits: Limits, group: Group, own: PhysicalVolume, found: dict[str, Media]
    ) -> None:
        """List the logical volumes that begin on this physical one, as far as the medium has them: each comes once."""
        super().__init__(identity, NAME, limits)
        self._group = group
        self._found = found
        segments = [segment for volume in group.logical.values() for segment in volume.segments]
        mirrored = {name for segment in segments if segment.kind in _MIRRORS for name, _ in segment.places}
        for volume in group.logical.values():
            places = list(self._places(volume, 0))
            here = next((name for name in places if name in found), "")
            if (volume.visible or volume.name not in mirrored) and (here == own.name or not here):
                self._list(volume, places)
        for start, count in unused(group, own):
            at, size = own.start + start * group.extent_bytes, count * group.extent_bytes
            self.add(
                f"unallocated {at}-{at + size - 1}".encode(),
                f"gap {at}",
                Part(found[own.name], at, max(0, min(size, found[own.name].size - at))),
                kind=EntryKind.REGION,
                allocated=False,
                opens="carving",
            )

    def _places(self, volume: LogicalVolume, level: int) -> Iterator[str]:
        """Yield the physical volumes that a logical one lies on, in order, through the volumes that it is made of."""
        for segment in volume.segments:
            for name, _ in segment.places:
                part = self._group.logical.get(name)
                if part is None:
                    yield name
                elif level < _DEEPEST:
                    yield from self._places(part, level + 1)

    def _list(self, volume: LogicalVolume, places: list[str]) -> None:
        kinds = sorted({segment.kind for segment in volume.segments} - {"striped", *_MIRRORS})
        missing = [self._known_as(name) for name in dict.fromkeys(places) if name not in self._found]
        failure = ""
        if kinds:
            failure = f"is of the kind {', '.join(kinds)}, which is not read; its parts are searched by themselves"
        elif missing and len(missing) == len(set(places)):
            failure = f"lies on {', '.join(missing)}, which is no partition of this medium; add the other media too"
        elif missing:
            self._problem(
                f"volume {volume.name}",
                f"the logical volume {volume.name!r} lies partly on {', '.join(missing)}, which is no partition of "
                "this medium: what is there cannot be read here; put the group together with LVM and image it",
            )
        self.add(
            volume.name.encode(),
            f"volume {volume.name}",
            Joined([self._segment(segment, 0) for segment in volume.segments]),
            note=f"of the group {self._group.name!r}, {volume.uuid}"
            + ("" if volume.visible else ", a part of another"),
            failure=failure,
            cause=(Cause.UNSUPPORTED if kinds else Cause.UNREADABLE) if failure else Cause.NONE,
        )

    def _known_as(self, name: str) -> str:
        physical = self._group.physical.get(name)
        return name if physical is None else f"{physical.uuid} (once {physical.device})"

    def _segment(self, segment: Segment, level: int) -> Media:
        size = segment.count * self._group.extent_bytes
        if segment.kind in _MIRRORS and segment.places and level < _DEEPEST:
            copy = self._group.logical.get(segment.places[0][0])
            if copy is not None:
                return Part(Joined([self._segment(part, level + 1) for part in copy.segments]), 0, size)
        if segment.kind != "striped" or not segment.places:
            return Missing(size, f"{self._identity}: a stretch of the kind {segment.kind} lies in other volumes")
        if len(segment.places) == 1:
            return self._stripe(*segment.places[0], size)
        each = size // len(segment.places)
        stripes = [self._stripe(name, at, each) for name, at in segment.places]
        return Striped(stripes, segment.stripe_bytes or self._group.extent_bytes, size)

    def _stripe(self, name: str, extent: int, size: int) -> Media:
        physical, media = self._group.physical.get(name), self._found.get(name)
        if physical is None or media is None:
            return Missing(size, f"{self._identity}: what is asked for lies on another physical volume ({name})")
        return Part(media, physical.start + extent * self._group.extent_bytes, size)


class Striped:
    """Media of one size, read in turns."""

    def __init__(self, parts: list[Media], width: int, size: int) -> None:
        """Take the stripes, how many bytes of one come before the next one's turn, and the size of the whole."""
        self.size = size
        self._parts = parts
        self._width = width

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read across stripes."""
        return gathered(self._piece, offset, min(size, self.size - offset))

    def _piece(self, offset: int, size: int) -> bytes:
        turn, skip = divmod(offset, self._width)
        row, which = divmod(turn, len(self._parts))
        return self._parts[which].read_at(row * self._width + skip, min(size, self._width - skip))


def _others(origin: Origin, group: Group, own: PhysicalVolume) -> dict[str, Media]:
    """Return the other physical volumes of a group that are partitions beside this one."""
    wanted = {pv.uuid: pv.name for pv in group.physical.values() if pv is not own}
    found: dict[str, Media] = {}
    for number in range(1, _MOST_PARTITIONS + 1) if wanted else ():
        stream = origin.sibling(b"p%d" % number)
        if stream is None:
            continue
        media = media_of(stream)
        try:
            name = wanted.get(read_label(media).uuid)
        except BadLvm:
            continue
        if name is not None:
            found[name] = media
    return found

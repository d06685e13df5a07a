"""The second reader: libyal's file systems beside The Sleuth Kit's, path by path, size by size, and some digests.

Differences that are known to be ones of naming alone are evened out: ``HFS+ Private Data`` begins with four zero bytes,
for which each library has its own sign; names that are not UTF-8 are not given by libyal and are counted only.
"""

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from functools import partial
from heapq import heappush, heappushpop

import numpy as np

from sauveterre.errors import SauveterreError, UnreadableSource
from sauveterre.evidence.container import LARGEST_SIZE
from sauveterre.evidence.disk.libyal import LIBYAL_ERRORS, reason
from sauveterre.evidence.disk.media import Media, MediaStream
from sauveterre.evidence.filesystems.dialect import Dialect
from sauveterre.evidence.filesystems.ext import Ext
from sauveterre.evidence.filesystems.ext_layout import SUPERBLOCK_AT, superblock
from sauveterre.evidence.filesystems.fat import ExFatVolume, FatVolume
from sauveterre.evidence.filesystems.hfs import Hfs
from sauveterre.evidence.filesystems.ntfs import Ntfs
from sauveterre.evidence.filesystems.volume import Volume, open_volume
from sauveterre.evidence.filesystems.walk import ORPHANS
from sauveterre.evidence.filesystems.yal_stream import YalMedia
from sauveterre.evidence.filesystems.yal_trees import NAMELESS, YalTree, yal_tree
from sauveterre.evidence.origin import StreamOrigin
from sauveterre.records.crosscheck import MOST_DIFFERENCES, Comparison
from sauveterre.records.entry import Entry, EntryKind, display_path
from sauveterre.records.limits import Limits

FIRST = "The Sleuth Kit"
SECOND_READERS = {"ntfs": "libfsntfs", "ext": "libfsext", "fat": "libfsfat", "exfat": "libfsfat", "hfs": "libfshfs"}
_DIALECTS: dict[str, type[Dialect]] = {
    "ntfs": Ntfs,
    "ext": Ext,
    "fat": FatVolume,
    "exfat": ExFatVolume,
    "hfs": Hfs,
}
_LARGEST_SAMPLE = 64 << 20
_BLOCK = 1 << 20
_NO_SIZE = -1
"""Stands for the size of what is no file: links and devices have none that both must state."""
_LIVE_KINDS = (EntryKind.FILE, EntryKind.SYMLINK, EntryKind.DEVICE, EntryKind.FIFO, EntryKind.SOCKET)
_ZERO_SIGNS = "␀␀␀␀".encode()
_NAMELESS = NAMELESS.partition(b"%")[0]


def compare(media: Media, kind: str, entries: Iterable[Entry], sample: int = 32) -> Comparison | None:
    """Hold the entries that a reader (``kind``) listed of a volume against a second listing.

    Returns None when there is no second reader for it: where libyal is the first one already, and for ISO 9660. Never
    raises for damage: what the second reader cannot read is a difference.
    """
    if kind not in SECOND_READERS or (kind == "ext" and _is_clustered(media)):
        return None
    table = _Second(media, kind)
    both = _Both(table, sample)
    for entry in entries:
        both.take(entry)
    both.only_second()
    digests = both.digests(media, kind)
    return Comparison(
        first=FIRST,
        second=SECOND_READERS[kind],
        listed_first=both.listed,
        listed_second=len(table.keys),
        agreeing=both.agreeing,
        sampled=len(digests),
        digests_agreeing=sum(digests),
        differences=tuple(both.differences),
        unlisted=both.unlisted,
    )


class _Second:
    """The second listing: three numbers for each content, in the order of the first."""

    def __init__(self, media: Media, kind: str) -> None:
        self.troubles: list[str] = []
        self.nameless = 0
        self._tree: YalTree | None = None
        keys, sizes, numbers = array("Q"), array("q"), array("Q")
        try:
            self._tree = yal_tree(media, kind, "the volume")
        except UnreadableSource as error:
            self.troubles.append(f"{SECOND_READERS[kind]} does not open the volume: {error}")
        for path, size, number in self.contents():
            keys.append(key_of(path))
            sizes.append(size)
            numbers.append(number)
        order = np.argsort(np.array(keys, np.uint64), kind="stable")
        self.keys = np.array(keys, np.uint64)[order]
        self.sizes, self.numbers = np.array(sizes, np.int64)[order], np.array(numbers, np.uint64)[order]
        self.met = np.zeros(len(order), np.bool_)

    def contents(self) -> Iterator[tuple[bytes, int, int]]:
        """Yield path, size and record number of each content."""
        if self._tree is None:
            return
        self.troubles, self.nameless = [], 0
        for node in self._tree.walk():
            try:
                if node.trouble:
                    self.troubles.append(f"{display_path(node.path)}: the second reader says that it {node.trouble}")
                    continue
                streams = self._tree.streams(node.entry)
            except LIBYAL_ERRORS as error:
                self.troubles.append(f"{display_path(node.path)}: the second reader cannot read it: {reason(error)}")
                continue
            if _NAMELESS in node.path:
                self.nameless += len(streams)
                continue
            for stream in streams:
                size = min(stream.size, LARGEST_SIZE) if node.kind is EntryKind.FILE else _NO_SIZE
                yield node.path.replace(_ZERO_SIGNS, b"^^^^") + stream.suffix, size, node.number

    def find(self, key: int) -> int | None:
        """Return the place of a content that was not met before, None when there is none."""
        at = int(np.searchsorted(self.keys, np.uint64(key)))
        while at < len(self.keys) and int(self.keys[at]) == key:
            if not self.met[at]:
                return at
            at += 1
        return None

    def digest(self, number: int, path: bytes) -> str:
        """Return the SHA-256 of the content that a path names; raise ``UnreadableSource`` when it cannot be read."""
        if self._tree is None:
            raise UnreadableSource("the second reader does not open the volume")
        try:
            streams = self._tree.streams(self._tree.by_number(number))
        except LIBYAL_ERRORS as error:
            raise UnreadableSource(reason(error)) from error
        stream = max((s for s in streams if path.endswith(s.suffix)), key=lambda s: len(s.suffix))
        media = YalMedia("it", stream)
        return _digest(iter(partial(MediaStream("it", media).read, _BLOCK), b""))


class _Both:
    """The first listing held against the second, entry by entry."""

    def __init__(self, second: _Second, sample: int) -> None:
        self.listed = self.agreeing = self.unlisted = self._nameless = 0
        self.differences: list[str] = []
        self._second = second
        self._sample = sample
        self._drawn: list[tuple[int, int, str, Entry]] = []
        for trouble in second.troubles:
            self.differ(trouble)

    def take(self, entry: Entry) -> None:
        """Look one entry up in the second listing."""
        if entry.kind not in _LIVE_KINDS or entry.allocated is not True or entry.path.startswith(ORPHANS + b"/"):
            return
        self.listed += 1
        if not _is_utf8(entry.path):
            self._nameless += 1
            return
        at = self._second.find(key_of(entry.path))
        shown = display_path(entry.path)
        if at is None:
            self.differ(f"{shown}: the second reader does not list it")
            return
        self._second.met[at] = True
        size = int(self._second.sizes[at])
        if entry.kind is EntryKind.FILE and size not in (_NO_SIZE, entry.size):
            self.differ(f"{shown}: {entry.size} bytes here, {size} in the second reader")
            return
        self.agreeing += 1
        self._draw(entry, int(self._second.numbers[at]))

    def only_second(self) -> None:
        """Name what only the second reader lists."""
        left = {int(key) for key in self._second.keys[~self._second.met]}
        for path, _, _ in self._second.contents() if left else ():
            if key_of(path) in left:
                self.differ(f"{display_path(path)}: only the second reader lists it")
        if self._nameless != self._second.nameless:
            self.differ(
                f"{self._nameless} names here are not UTF-8, and the second reader leaves out {self._second.nameless}"
            )

    def digests(self, media: Media, kind: str) -> list[bool]:
        """Say of each file that was drawn and that both read whether both read the same."""
        if not self._drawn:
            return []
        origin = StreamOrigin(MediaStream("the volume", media), "the volume")
        with open_volume(origin, Limits(), kind, _DIALECTS[kind]) as volume:
            results = [self._same(volume, number, entry) for _, number, _, entry in sorted(self._drawn, reverse=True)]
        return [result for result in results if result is not None]

    def differ(self, sentence: str) -> None:
        """Note a difference."""
        if len(self.differences) < MOST_DIFFERENCES:
            self.differences.append(sentence)
        else:
            self.unlisted += 1

    def _draw(self, entry: Entry, number: int) -> None:
        """Keep the entries whose paths have the smallest keys: the same ones each time, and spread over the volume."""
        if entry.kind is not EntryKind.FILE or entry.failure or entry.refusal:
            return
        if not 0 < (entry.size or 0) <= _LARGEST_SAMPLE or not self._sample:
            return
        ticket = (-key_of(entry.path), number, entry.locator, entry)
        if len(self._drawn) < self._sample:
            heappush(self._drawn, ticket)
        else:
            heappushpop(self._drawn, ticket)

    def _same(self, volume: Volume, number: int, entry: Entry) -> bool | None:
        shown = display_path(entry.path)
        try:
            with volume.open(entry) as stream:
                first = _digest(iter(partial(stream.read, _BLOCK), b""))
        except SauveterreError:
            return None  # it is accounted for as the first reader left it
        try:
            second = self._second.digest(number, entry.path)
        except UnreadableSource as error:
            self.differ(f"{shown}: the second reader cannot read it: {error}")
            return False
        if first != second:
            self.differ(f"{shown}: SHA-256 {first} here, {second} in the second reader")
        return first == second


def key_of(path: bytes) -> int:
    """Return 64 bits that stand for a path."""
    return int.from_bytes(hashlib.blake2b(path, digest_size=8).digest(), "little")


def _digest(blocks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _is_utf8(path: bytes) -> bool:
    try:
        path.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_clustered(media: Media) -> bool:
    """Say whether libyal read this ext4 volume in the first place."""
    stated = superblock(media.read_at(SUPERBLOCK_AT, 1024))
    return stated is not None and stated.cluster != stated.block

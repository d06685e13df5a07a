"""What no file lies on in a file system whose own books are not read here, and the slack of its files."""

from collections.abc import Iterable, Iterator

from sauveterre.evidence.disk.libyal import LIBYAL_ERRORS
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.filesystems.regions import ManyRuns, gaps, joined, rows
from sauveterre.evidence.filesystems.yal_trees import YalStream, YalTree
from sauveterre.records.entry import EntryKind

_SPARSE = 1


def extents_of(stream: YalStream) -> Iterator[tuple[int, int, int]]:
    """Yield (position in the content, byte offset in the volume, bytes) for all that lies on the medium."""
    at = 0
    try:
        count = stream.handle.get_number_of_extents()
        for index in range(count):
            offset, size, flags = stream.handle.get_extent(index)
            if not flags & _SPARSE:
                yield at, offset, size
            at += size
    except LIBYAL_ERRORS:
        return


def stored_bytes(stream: YalStream, tree: YalTree) -> int:
    """Return how many bytes of a content lie on the medium, as far as that can be told."""
    stored = sum(size for _, _, size in extents_of(stream))
    return stream.size if tree.packs and not stored else stored


def unallocated(media: Media, trees: Iterable[YalTree]) -> ManyRuns:
    """Return what no file of these trees lies on: tables and free space."""
    runs = rows((offset, size) for stream in _streams(trees) for _, offset, size in extents_of(stream))
    return ManyRuns(media, gaps(joined(runs), media.size))


def slack(media: Media, tree: YalTree) -> ManyRuns:
    """Return what lies between the end of each file and the end of its last extent."""
    tails = (
        (offset + max(0, stream.size - at), size - max(0, stream.size - at))
        for stream in _streams([tree])
        for at, offset, size in extents_of(stream)
        if at + size > stream.size
    )
    return ManyRuns(media, joined(rows(tails)))


def _streams(trees: Iterable[YalTree]) -> Iterator[YalStream]:
    for tree in trees:
        for node in tree.walk():
            if node.kind is EntryKind.FILE and not node.trouble:
                try:
                    yield from tree.streams(node.entry)
                except LIBYAL_ERRORS:
                    continue

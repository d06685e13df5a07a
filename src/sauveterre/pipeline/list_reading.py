"""Hash lists read apart: a child of the sandbox reads them, this process only gets what came of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sauveterre.errors import UnreadableSource
from sauveterre.media.casualty import Casualty
from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.list_building import ListReading, Part, build_version
from sauveterre.records.limits import Clocks, Limits

_MAPPED = 6
"""The files that a child maps or writes for a list are at most so many times as long as the list."""


def list_limits(limits: Limits, paths: Sequence[Path]) -> Limits:
    """Return the limits for a child that reads these lists: as given, with room for the index that it maps."""
    room = _MAPPED * total_size(paths)
    return replace(limits, memory_bytes=limits.memory_bytes + room, nested_bytes=max(limits.nested_bytes, room))


def total_size(paths: Sequence[Path]) -> int:
    """Return how many bytes these files have together; what cannot be asked has none."""
    return sum(path.stat().st_size for path in paths if path.is_file())


def clocks_for(limits: Limits, paths: Sequence[Path]) -> Clocks:
    """Return the clocks for reading these lists from end to end; sorting them gives no sign of life."""
    return replace(limits.listing_clocks(total_size(paths)), silence=None)


def build_apart(sandbox: Sandbox, parts: Sequence[Part], target: Path, *, name: str, version: str) -> ListReading:
    """Have a child build a version of a list in the sandbox's scratch folder.

    Raises as ``build_version``, and ``UnreadableSource`` where the list ends its child.
    """
    paths = [part.path for part in parts]
    try:
        reading: ListReading = sandbox.run(
            _build, tuple(parts), target, name, version, seconds=clocks_for(sandbox.limits, paths)
        )
    except Casualty as casualty:
        raise UnreadableSource(f"The hash list {paths[-1].name} was not taken in: {casualty}") from casualty
    return reading


def _build(parts: tuple[Part, ...], target: Path, name: str, version: str) -> ListReading:
    return build_version(parts, target, name=name, version=version)

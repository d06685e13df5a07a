"""What everything below one embedded container may cost together.

A bomb need not be one file that unpacks to too much: it may be sixteen archives in each of sixteen archives. So the
outermost archive inside a medium, and everything below it however deep, share one budget of entries, bytes and sources.
What the examiner named has none, and layers of disk images begin none: a medium may be as large as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sauveterre.evidence.readers import LAYER_NAMES
from sauveterre.pipeline.endings import foreseen
from sauveterre.pipeline.opening import STORE_READERS, TREES
from sauveterre.records.entry import STRUCTURE, Entry
from sauveterre.records.limits import Limits
from sauveterre.records.source import Step

_NEXT = "unpack it and add it as a source of its own, or raise the limit"


def begins_budget(steps: Sequence[Step]) -> bool:
    """Say whether a source at the end of a way down is the first archive on it."""
    return bool(steps) and _is_archive(steps[-1]) and not any(_is_archive(step) for step in steps[:-1])


def _is_archive(step: Step) -> bool:
    return step.reader not in LAYER_NAMES and step.reader not in STORE_READERS and step.reader not in TREES


@dataclass(slots=True, kw_only=True)
class Budget:
    """What may be spent below one embedded container, and what has been; every answer is a reason, or empty for yes."""

    most_entries: int
    most_bytes: int
    most_sources: int
    entries: int = 0
    size: int = 0
    sources: int = 1
    """The container itself."""

    @classmethod
    def of(cls, packed: int | None, limits: Limits, *, entries: int = 0, size: int = 0, sources: int = 1) -> "Budget":
        """Return the budget of a container of so many bytes, of which some may be spent."""
        return cls(
            most_entries=limits.entries,
            most_bytes=max(limits.nested_bytes, limits.ratio * (packed or 0)),
            most_sources=limits.nested_sources,
            entries=entries,
            size=size,
            sources=sources,
        )

    def open_source(self) -> str:
        """Spend one more source."""
        if self.sources >= self.most_sources:
            return (
                f"it was not opened: {self.most_sources:,} containers inside the same outer one have been, the most "
                f"there may be; {_NEXT} nested_sources"
            )
        self.sources += 1
        return ""

    def list(self, entries: int) -> str:
        """Spend the entries of a source, all of them or none."""
        if self.entries + entries > self.most_entries:
            return (
                f"it was not listed: with its {entries:,} entries the containers inside the same outer one would hold "
                f"more than {self.most_entries:,}, the most there may be; {_NEXT} entries"
            )
        self.entries += entries
        return ""

    def announce(self, entry: Entry) -> str:
        """Spend the bytes that an entry is said to have, if it may be read at all."""
        if entry.kind in STRUCTURE or foreseen(entry):
            return ""
        more = entry.size or 0
        if self.size + max(more, 1) > self.most_bytes:
            return self._refusal()
        self.size += more
        return ""

    def read(self, entry: Entry, size: int) -> None:
        """Spend what was read of an entry beyond what it was said to have: that can no longer be refused."""
        self.size += max(0, size - (entry.size or 0))

    def allows(self, entry: Entry) -> str:
        """Say whether an entry may still be read whose size nothing states."""
        return self._refusal() if entry.size is None and self.size >= self.most_bytes else ""

    def _refusal(self) -> str:
        return (
            f"it was not read: what the same outer container holds unpacks to more than {self.most_bytes:,} bytes, "
            f"too much for its own size; {_NEXT} nested_bytes"
        )

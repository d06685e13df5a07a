"""The content of a file as a libyal library reads it, by position."""

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.libyal import LIBYAL_ERRORS, reason
from sauveterre.evidence.filesystems.yal_trees import Handle, YalStream

_PIECE = 4096


class YalMedia:
    """A content that stays open while this is in use."""

    def __init__(self, label: str, stream: YalStream) -> None:
        """Take the content, and what messages call it by."""
        self.size = max(0, stream.size)
        self._label = label
        self._handle: Handle = stream.handle

    def read_at(self, offset: int, size: int, /) -> bytes:
        """Read what can be read; raise ``UnreadableSource`` where nothing can."""
        size = min(size, self.size - offset)
        if size <= 0:
            return b""
        try:
            return self._handle.read_buffer_at_offset(size, offset)
        except LIBYAL_ERRORS as error:
            if size > _PIECE:
                return self._up_to_damage(offset, size)
            raise UnreadableSource(
                f"{self._label} cannot be read at byte {offset:,} of {self.size:,}: {reason(error)}; the volume is "
                "damaged or cut off there, look for another image of it"
            ) from error

    def _up_to_damage(self, offset: int, size: int) -> bytes:
        parts: list[bytes] = []
        for at in range(offset, offset + size, _PIECE):
            try:
                parts.append(self.read_at(at, min(_PIECE, offset + size - at)))
            except UnreadableSource:
                if parts:
                    break
                raise
        return b"".join(parts)

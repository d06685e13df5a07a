"""The path of a folder, found upwards: by its ``..`` where records do not state who names them."""

from typing import Any

from sauveterre.evidence.filesystems.attribute import TSK_ERRORS
from sauveterre.evidence.filesystems.walk import DEEPEST

_KEPT = 10_000


class Paths:
    """Paths of folders by address; a few thousand of them are kept."""

    def __init__(self, fs: Any) -> None:
        """Take an opened file system."""
        self._fs = fs
        self._root = int(fs.info.root_inum)
        self._known: dict[int, bytes | None] = {}

    def of(self, address: int) -> bytes | None:
        """Return the path of a folder, empty for the root; None when it does not lead up to the root."""
        names: list[bytes] = []
        at = address
        while at != self._root:
            if at in self._known:
                known = self._known[at]
                return None if known is None else b"/".join((known, *reversed(names)))
            step = self._step(at) if len(names) < DEEPEST else None
            if step is None:
                return None
            name, at = step
            names.append(name)
        path = b"/".join(reversed(names))
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[address] = path
        return path

    def _step(self, address: int) -> tuple[bytes, int] | None:
        """Return a folder's name and the address of the one above it."""
        try:
            above = next(
                int(file.info.name.meta_addr)
                for file in self._fs.open_dir(inode=address)
                if file.info.name.name == b".."
            )
            for file in self._fs.open_dir(inode=above):
                name = file.info.name
                if int(name.meta_addr) == address and name.name not in (b".", b".."):
                    return name.name, above
        except (StopIteration, *TSK_ERRORS):
            pass
        return None

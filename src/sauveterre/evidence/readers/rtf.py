"""Rich text (RTF): the pictures and the objects that lie in it; the text itself stays the file that it is."""

from io import BytesIO
from typing import BinaryIO

from sauveterre.errors import LimitExceeded, UnreadableSource
from sauveterre.evidence.container import ListedContainer
from sauveterre.evidence.content import Window
from sauveterre.evidence.documents.office_art import bitmap_header
from sauveterre.evidence.documents.office_objects import native
from sauveterre.evidence.documents.rtf_groups import Group, groups_in, native_of
from sauveterre.records.entry import Entry
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "rtf"
VERSION = 1

MAGIC = b"{\\rtf"
MOST_BYTES = 512 << 20
_SEPARATORS = str.maketrans({"/": "_", "\\": "_", "\x00": "_"})


def recognises(peek: Peek) -> bool:
    """Say whether the first bytes are those of rich text."""
    return not peek.is_folder and peek.head.startswith(MAGIC)


def open(origin: Origin, limits: Limits) -> "RichText":
    """Open a text; raise ``LimitExceeded`` for one that does not fit into memory."""
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    size = origin.stream.seek(0, 2)
    if size > MOST_BYTES:
        raise LimitExceeded(
            f"{origin.identity} is rich text of {size:,} bytes, and {MOST_BYTES:,} are the most; open it with its own "
            "program and add what it holds"
        )
    return RichText(Window(origin.identity, origin.stream, 0, size).read(), origin.identity, limits)


class RichText(ListedContainer[bytes]):
    """An opened text."""

    def __init__(self, text: bytes, identity: str, limits: Limits) -> None:
        """List all pictures and objects."""
        super().__init__(identity, NAME, limits)
        for number, group in enumerate(groups_in(text), start=1):
            if group.data:
                name, data = _named(group, number)
                self._add(name.encode("utf-8", "surrogatepass"), f"byte {group.at}", data, size=len(data))

    def _content(self, entry: Entry, place: bytes) -> BinaryIO:
        return Window(entry.provenance.path, BytesIO(place), 0, len(place), most=self.limits.entry_bytes)


def _named(group: Group, number: int) -> tuple[str, bytes]:
    """Return what a picture or object is called and holds."""
    if group.suffix == "dib":
        return f"pictures/{number:05}.bmp", bitmap_header(group.data) + group.data
    if group.suffix:
        return f"pictures/{number:05}.{group.suffix}", group.data
    kind, data = native_of(group.data)
    packaged = native(bytes(4) + data) if kind == "Package" else None
    if packaged is None:
        return f"attachments/object-{number:05}", data
    name = packaged.name.translate(_SEPARATORS) or f"object-{number:05}"
    return f"attachments/{name}", (bytes(4) + data)[packaged.start : packaged.end]

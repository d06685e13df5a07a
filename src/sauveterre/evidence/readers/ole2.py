"""Compound files ([MS-CFB]) through olefile: pictures and files in legacy Office documents, mails and Thumbs.db.

The document itself stays the file that it is. One that is encrypted is opened with the keys of the exhibit.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from sauveterre.errors import LimitExceeded, SauveterreError, UnreadableSource
from sauveterre.evidence.container import ListedContainer
from sauveterre.evidence.content import Window
from sauveterre.evidence.documents import office_art, office_keys, office_objects
from sauveterre.evidence.documents.office_art import COMPOUND, Found
from sauveterre.records.entry import Entry
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.pulse import pulse
from sauveterre.records.reader import Origin

if TYPE_CHECKING:
    from olefile import OleFileIO

NAME = "ole2"
VERSION = 1

MOST_STREAM_BYTES = 512 << 20
_SEPARATORS = str.maketrans({"/": "_", "\\": "_", "\x00": "_"})
_BOOKS = frozenset({"Workbook", "Book"})
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Place:
    """A piece of a stream, or of the drawings that lie in pieces in it; the whole document where there is no stream."""

    stream: tuple[str, ...]
    found: Found
    is_drawing: bool = False


def recognises(peek: Peek) -> bool:
    """Say whether the first bytes are those of a compound file."""
    return not peek.is_folder and peek.head.startswith(COMPOUND)


def open(origin: Origin, limits: Limits) -> "CompoundFile":
    """Open a compound file; raise ``Locked`` when it is encrypted and no key opens it."""
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    view: BinaryIO = Window(origin.identity, origin.stream, 0, origin.stream.seek(0, 2))
    ole = _opened(view, origin.identity)
    if not _guarded(lambda: office_keys.is_encrypted(ole), f"{origin.identity} cannot be read"):
        return CompoundFile(ole, origin.identity, limits)
    plain = office_keys.decrypted(view, ole, origin.keys, origin.identity)
    if plain.startswith(COMPOUND):
        return CompoundFile(_opened(BytesIO(plain), origin.identity), origin.identity, limits)
    return CompoundFile(ole, origin.identity, limits, plain)


def _opened(view: BinaryIO, identity: str) -> "OleFileIO":
    from olefile import OleFileIO  # loaded for those who open one

    return _guarded(lambda: OleFileIO(view), f"{identity} begins like a legacy Office document and cannot be read")


def _guarded(do: Callable[[], T], trouble: str) -> T:
    """Turn whatever the library raises into one of our sentences."""
    try:
        return do()
    except SauveterreError:
        raise
    except MemoryError as error:
        raise LimitExceeded(f"{trouble} in the memory that there is; raise memory_bytes") from error
    except Exception as error:
        what = str(error)[:300] or type(error).__name__
        raise UnreadableSource(f"{trouble} ({what}); look for another copy") from error


class CompoundFile(ListedContainer[_Place]):
    """An opened compound file, or the document that was encrypted in one."""

    def __init__(self, ole: "OleFileIO", identity: str, limits: Limits, plain: bytes | None = None) -> None:
        """List what lies in all streams; ``plain`` is the one content of an encrypted package."""
        super().__init__(identity, NAME, limits)
        self._ole = ole
        self._plain = plain
        self._held: tuple[_Place | None, bytes] = (None, b"")
        if plain is not None:
            whole = Found(0, 0, len(plain), "")
            self._add(b"document", "document", _Place((), whole), size=len(plain), note="was encrypted")
            return
        streams = _guarded(ole.listdir, f"{identity} cannot be listed")
        for number, stream in enumerate(streams):
            pulse()
            try:
                self._list(number, tuple(stream))
            except SauveterreError as error:
                self._problem(f"stream {number}", f"what lies in the stream {_shown(stream)} is not known: {error}")
        if ole.parsing_issues:
            first = str(ole.parsing_issues[0][1])[:200]
            self._problem(
                "",
                f"the document is damaged in {len(ole.parsing_issues):,} places and was read as far as it can be "
                f"followed; the first: {first}",
            )

    def close(self) -> None:
        """Let go of the document; the stream behind it stays with whoever opened it."""
        if not self._closed:
            self._ole.close()
        self._held = (None, b"")
        super().close()

    def _list(self, number: int, stream: tuple[str, ...]) -> None:
        data = self._bytes(_Place(stream, Found(0, 0, 0, "")))
        is_drawing = stream[-1] in _BOOKS
        if is_drawing:
            data = office_art.drawings_of(data)
        for name, found in self._pieces(stream, data):
            place = _Place(stream, found, is_drawing)
            notes = [f"lies in the stream {_shown(stream)}", "is cut off by the stream's end" if found.is_cut else ""]
            size = None if found.is_packed or found.suffix == "dib" else found.end - found.start
            self._add(
                name.encode("utf-8", "surrogatepass"),
                f"stream {number} at {found.at}",
                place,
                size=size,
                note="; ".join(filter(None, notes)),
            )

    def _pieces(self, stream: tuple[str, ...], data: bytes) -> Iterator[tuple[str, Found]]:
        """Yield what a stream holds, with its name."""
        number = len(self._members)
        last = stream[-1]
        if last == office_objects.NATIVE:
            packaged = office_objects.native(data)
            if packaged is not None:
                yield _attached(packaged.name, number), Found(0, packaged.start, packaged.end, "bin")
            return
        if last == office_objects.ATTACHMENT:
            yield _attached(self._name_beside(stream), number), Found(0, 0, len(data), "bin")
            return
        if last in office_objects.WHOLE:
            yield _attached("", number), Found(0, 0, len(data), "bin")
            return
        pieces = list(office_art.pictures_in(data))
        if last == "PowerPoint Document":
            pieces.extend(office_art.objects_in(data))
        elif not pieces and (whole := office_art.picture_at_start(data)) is not None:
            pieces.append(whole)
        for at, found in enumerate(pieces, start=number + 1):
            if found.is_picture:
                yield f"pictures/{at:05}.{'bmp' if found.suffix == 'dib' else found.suffix}", found
            else:
                yield _attached("", at - 1), found

    def _name_beside(self, stream: tuple[str, ...]) -> str:
        for name, codec in office_objects.ATTACHMENT_NAMES:
            beside = [*stream[:-1], name]
            if self._ole.exists(beside):
                return self._bytes(_Place(tuple(beside), Found(0, 0, 0, ""))).decode(codec, "replace").rstrip("\x00")
        return ""

    def _bytes(self, place: _Place) -> bytes:
        """Return a stream whole, or the drawings in it."""
        what = f"the stream {_shown(place.stream)} of {self._identity} cannot be read"
        size = _guarded(lambda: self._ole.get_size(list(place.stream)), what)
        if size > MOST_STREAM_BYTES:
            raise LimitExceeded(
                f"the stream {_shown(place.stream)} of {self._identity} has {size:,} bytes, and {MOST_STREAM_BYTES:,} "
                "are the most; open the document with its own program and add what it holds"
            )
        data = _guarded(lambda: self._ole.openstream(list(place.stream)).read(), what)
        return office_art.drawings_of(data) if place.is_drawing else bytes(data)

    def _content(self, entry: Entry, place: _Place) -> BinaryIO:
        name, most = entry.provenance.path, self.limits.entry_bytes
        if self._plain is not None:
            return Window(name, BytesIO(self._plain), 0, len(self._plain), most=most)
        around = _Place(place.stream, Found(0, 0, 0, ""), place.is_drawing)
        if self._held[0] != around:
            self._held = (around, self._bytes(around))
        most = min(most, MOST_STREAM_BYTES)
        held = self._held[1]
        data = _guarded(lambda: office_art.unpacked(held, place.found, most), f"{name} cannot be unpacked")
        return Window(name, BytesIO(data), 0, len(data), most=most)


def _attached(name: str, number: int) -> str:
    return "attachments/" + (name.translate(_SEPARATORS) or f"object-{number + 1:05}")


def _shown(stream: "list[str] | tuple[str, ...]") -> str:
    return "/".join("".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in part) for part in stream)

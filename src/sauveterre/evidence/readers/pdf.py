"""PDF documents (ISO 32000): the pictures and the attached files that lie in them, through pikepdf (qpdf).

The document itself stays the file that it is. JPEG pictures come byte for byte as they lie in it.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from sauveterre.errors import LimitExceeded, Locked, SauveterreError, UnreadableSource
from sauveterre.evidence.container import ListedContainer
from sauveterre.evidence.content import Blocks, Window
from sauveterre.evidence.documents import pdf_unpacking
from sauveterre.evidence.documents.pdf_listing import Address, Lying, pages_of, streams_of
from sauveterre.evidence.documents.pdf_objects import stated
from sauveterre.evidence.documents.pdf_pictures import restoring
from sauveterre.records.entry import Entry
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

if TYPE_CHECKING:
    from pikepdf import Pdf

NAME = "pdf"
VERSION = 1

MAGIC = b"%PDF-"
MOST_PROBLEMS = 20
_SEPARATORS = str.maketrans({"/": "_", "\\": "_", "\x00": "_"})
_STREAM = re.compile(r"stream <[^>]*>[\s:]*")
T = TypeVar("T")


def recognises(peek: Peek) -> bool:
    """Say whether the first bytes are those of a PDF."""
    return not peek.is_folder and peek.head.startswith(MAGIC)


def open(origin: Origin, limits: Limits) -> "PdfDocument":
    """Open a document with the empty password, else with the first of the keys that fits.

    Raises ``Locked`` when none does, and ``UnreadableSource`` when no object of it can be found.
    """
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    view = Window(origin.identity, origin.stream, 0, origin.stream.seek(0, 2))
    return PdfDocument(_unlocked(view, origin), origin.identity, limits)


def _unlocked(view: BinaryIO, origin: Origin) -> "Pdf":
    import pikepdf  # loaded for those who open one

    for key in ("", *origin.keys):
        attempt = partial(pikepdf.open, view, password=key, access_mode=pikepdf.AccessMode.stream)
        try:
            return _guarded(attempt, f"{origin.identity} is a PDF that cannot be read")
        except pikepdf.PasswordError:
            continue
    raise Locked(
        f"{origin.identity} is a PDF that opens with a password only; add it to the exhibit with `sauveterre key add`"
    )


def _guarded(do: Callable[[], T], trouble: str) -> T:
    """Turn whatever a library raises into one of our sentences, except that a password is wrong."""
    import pikepdf

    try:
        return do()
    except (SauveterreError, pikepdf.PasswordError):
        raise
    except MemoryError as error:
        raise LimitExceeded(f"{trouble} in the memory that there is; raise memory_bytes") from error
    except Exception as error:
        what = _plain(error)
        if "encrypt" in what or "security handler" in what:
            raise Locked(f"{trouble}: it is encrypted in a way that no password opens ({what})") from error
        raise UnreadableSource(f"{trouble} ({what}); look for another copy, or open it with a PDF program") from error


def _plain(error: object) -> str:
    """Return a complaint of qpdf without the address in memory that it calls the stream by, which no two runs share."""
    return _STREAM.sub("", str(error))[:300].strip() or type(error).__name__


class PdfDocument(ListedContainer[Lying]):
    """An opened document."""

    def __init__(self, pdf: "Pdf", identity: str, limits: Limits) -> None:
        """List all pictures and attached files."""
        super().__init__(identity, NAME, limits)
        self._pdf = pdf
        trouble = f"{identity} is a PDF whose objects cannot be listed"
        listed = _guarded(lambda: list(streams_of(pdf, self._complain)), trouble)
        pages = self._pages() if any(lying.is_picture for lying in listed) else None
        for lying in listed:
            self._list(lying, pages)
        warnings = _guarded(pdf.get_warnings, trouble)
        if warnings:
            self._problem(
                "",
                f"the document is damaged in {len(warnings):,} places and was read as far as it can be followed; the "
                f"first: {_plain(warnings[0])}",
            )

    def close(self) -> None:
        """Let go of the document; the stream behind it stays with whoever opened it."""
        if not self._closed:
            self._pdf.close()
        super().close()

    def _complain(self, at: int, error: Exception) -> None:
        if len(self.problems) <= MOST_PROBLEMS:
            what = f"cannot be told ({_plain(error)}); if it is a picture or a file it is missing from the list"
            if len(self.problems) == MOST_PROBLEMS:
                what = "and more after it cannot be told either"
            self._problem(f"position {at}", f"what the object at position {at:,} of the document is {what}")

    def _pages(self) -> dict[Address, int] | None:
        try:
            return _guarded(lambda: pages_of(self._pdf), "its pages cannot be followed")
        except SauveterreError as error:
            self._problem("", f"which page shows which picture is not known: {error}")
            return None

    def _list(self, lying: Lying, pages: dict[Address, int] | None) -> None:
        number, generation = lying.address
        locator = f"object {number} {generation}"
        if not lying.is_picture:
            name = lying.name.translate(_SEPARATORS) or f"object-{number:05}"
            self._add(b"attachments/" + name.encode("utf-8", "surrogatepass"), locator, lying, size=None)
            return
        try:
            how = _guarded(
                lambda: restoring(stated(self._pdf.get_object(lying.address))),
                f"what the document states of object {number} cannot be read",
            )
            suffix, note = how.suffix, how.note
        except SauveterreError as error:
            suffix, note = "bin", str(error)
        said = "; ".join(filter(None, (_shown(pages, lying.address), note)))
        self._add(b"pictures/object-%05d.%s" % (number, suffix.encode()), locator, lying, size=None, note=said)

    def _content(self, entry: Entry, place: Lying) -> BinaryIO:
        name = entry.provenance.path
        trouble = f"{name} cannot be taken out of the document"
        if not place.is_picture:
            blocks = _guarded(
                lambda: pdf_unpacking.content(self._pdf.get_object(place.address), name, self.limits), trouble
            )
            return Blocks(name, blocks)
        data = _guarded(lambda: self._picture(place, name), trouble)
        return Window(name, BytesIO(data), 0, len(data), most=self.limits.entry_bytes)

    def _file(self, place: Lying, name: str) -> Iterator[bytes]:
        return pdf_unpacking.content(self._pdf.get_object(place.address), name, self.limits)

    def _picture(self, place: Lying, name: str) -> bytes:
        stream = self._pdf.get_object(place.address)
        said = stated(stream)
        how = restoring(said)
        if how.pixels is None:
            return how.wrap(pdf_unpacking.before_last(stream, name, self.limits))
        return how.wrap(pdf_unpacking.pixels(stream, name, how.pixels.size, self.limits))


def _shown(pages: dict[Address, int] | None, address: Address) -> str:
    if pages is None:
        return ""
    return f"is first shown on page {pages[address]:,}" if address in pages else "is shown on no page"

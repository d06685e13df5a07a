"""Files that were put into legacy Office documents and mails, stream by stream."""

from dataclasses import dataclass

NATIVE = "\x01Ole10Native"
WHOLE = frozenset({"Package", "CONTENTS", "EmbeddedOdf"})
"""Streams that are a file as it was put in: an Office document, a PDF, an OpenDocument."""
ATTACHMENT = "__substg1.0_37010102"
"""The content of an attachment of a mail that was saved as a file ([MS-OXMSG])."""
ATTACHMENT_NAMES = (("__substg1.0_3707001F", "utf-16-le"), ("__substg1.0_3704001F", "utf-16-le"),
                    ("__substg1.0_3707001E", "cp1252"), ("__substg1.0_3704001E", "cp1252"))  # fmt: skip
_LONGEST_NAME = 1 << 12


@dataclass(frozen=True, slots=True)
class Native:
    """A file in a stream of OLE 1 ([MS-OLEDS] 2.3.6 and what the Packager writes into it)."""

    name: str
    start: int
    end: int


def native(data: bytes) -> Native | None:
    """Return what a packaged file is called and where it lies; None for what is packaged in another way."""
    try:
        label = data.index(b"\x00", 6, 6 + _LONGEST_NAME)
        path = data.index(b"\x00", label + 1, label + 1 + _LONGEST_NAME)
    except ValueError:
        return None
    copied = int.from_bytes(data[path + 5 : path + 9], "little")
    at = path + 9 + copied
    size = int.from_bytes(data[at : at + 4], "little")
    if copied > _LONGEST_NAME or at + 4 + size > len(data):
        return None
    name = data[6:label] or data[label + 1 : path].rpartition(b"\\")[2]
    return Native(name.decode("cp1252", "replace"), at + 4, at + 4 + size)

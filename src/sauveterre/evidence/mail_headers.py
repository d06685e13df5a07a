"""The header block of a mail or of one of its parts (RFC 5322, RFC 2045 to 2047, RFC 2231), whatever it holds.

The standard library's parser reads it; nothing that it stumbles over gets out. Bytes that are no ASCII stay what they
are, as surrogates in the text, so that a name can be turned back into them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, TypeVar

HEADER_LINE = re.compile(rb"(?!--)[!-9;-~]{1,200}[ \t]*:")
MOST_BOUNDARY = 200
"""RFC 2046 allows 70."""
SMALL_BLOCK = 300
"""Blocks up to this size are remembered: those of bodies are the same in most messages."""
MOST_TEXT = 1_000
"""Most characters kept of one header's text."""

_COMPLAINTS = (
    ValueError, TypeError, LookupError, AttributeError, AssertionError, OverflowError, RecursionError, MessageError,
)  # fmt: skip
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """What a block states; empty where it states nothing that can be understood."""

    names: frozenset[str] = frozenset()
    """Of all headers, in lower case."""
    content_type: str = "text/plain"
    boundary: bytes = b""
    """What parts its parts; empty where it has none."""
    filename: str = ""
    encoding: str = ""
    """The transfer encoding, in lower case."""
    subject: str = ""
    message_id: str = ""
    date: datetime | None = None
    content_length: int | None = None
    smime_type: str = ""


class _AsStored(Compat32):
    """Gives every header as it stands."""

    def header_fetch_parse(self, name: str, value: str) -> Any:  # noqa: ARG002
        return value


_PARSER = BytesHeaderParser(policy=_AsStored())


def read_headers(block: bytes, default_type: str = "text/plain") -> Headers:
    """Read a block of header lines; what cannot be understood is left out. Never raises for what it holds."""
    return _remembered(block, default_type) if len(block) <= SMALL_BLOCK else _read(block, default_type)


def _read(block: bytes, default_type: str) -> Headers:
    message = _safely(lambda: _PARSER.parsebytes(block), Message())
    message.set_default_type(default_type)
    content_type = _safely(message.get_content_type, default_type)
    boundary = _safely(lambda: message.get_boundary() or "", "") if content_type.startswith("multipart/") else ""
    length = _safely(lambda: int(_text(message, "Content-Length")), None)
    return Headers(
        names=frozenset(name.lower() for name in message.keys()),  # noqa: SIM118
        content_type=content_type,
        boundary=_raw(boundary)[: MOST_BOUNDARY + 1],
        filename=_decoded(_safely(lambda: message.get_filename() or "", "")),
        encoding=_text(message, "Content-Transfer-Encoding").partition(";")[0].strip().lower(),
        subject=_decoded(_text(message, "Subject")),
        message_id=_text(message, "Message-ID").strip("<> "),
        date=_safely(lambda: _moment(_text(message, "Date")), None),
        content_length=length if length is not None and length >= 0 else None,
        smime_type=_safely(lambda: str(message.get_param("smime-type") or ""), "").lower(),
    )


_remembered = lru_cache(maxsize=256)(_read)


def _safely(read: Callable[[], _Found], otherwise: _Found) -> _Found:
    try:
        return read()
    except _COMPLAINTS:
        return otherwise


def _text(message: "Message[Any, Any]", name: str) -> str:
    """Return a header's text in one line."""
    value = _safely(lambda: str(message.get(name, "")), "")
    return " ".join(value.split())[:MOST_TEXT]


def _decoded(text: str) -> str:
    """Return text with its encoded words (RFC 2047) read; as it stands where they cannot be."""
    text = text[:MOST_TEXT]
    if "=?" not in text:
        return text
    return _safely(lambda: str(make_header(decode_header(text))), text)[:MOST_TEXT]


def _raw(text: str) -> bytes:
    return _safely(lambda: text.encode("utf-8", "surrogateescape"), b"")


def _moment(text: str) -> datetime | None:
    """Return a moment, None for a date without a zone: nobody knows when that is."""
    moment = parsedate_to_datetime(text)
    return None if moment.tzinfo is None else moment.astimezone(UTC)

r"""Bytes of JSON made fit for the parser: UTF-8, without byte order mark, with its own escapes only.

Telegram Desktop writes control characters as ``\x1F``, which is no JSON; it is read as ``\u001F``. The parser's C
code ends the process on a number of more than 4,300 digits: such a number is a fault here; digits in a text are not.
"""

import codecs
import re

_ESCAPE = re.compile(rb"\\(?:x(?P<hex>[0-9A-Fa-f]{2})|.)", re.DOTALL)
_BEGUN_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*(?P<begun>\\(?:x[0-9A-Fa-f]?)?)\Z")
_ENDLESS_NUMBER = re.compile(rb"[0-9]{2000}")
"""Fewer than 4,000 digits get through in two chunks."""
_QUOTE_OR_ENDLESS = re.compile(rb'"|\\.|(?P<endless>[0-9]{2000})', re.DOTALL)


class JsonText:
    """The text of one file, chunk by chunk."""

    def __init__(self) -> None:
        """Begin outside of every string."""
        self.replaced = False
        """Whether the last chunk held bytes that are not UTF-8: U+FFFD stands for them."""
        self.fault: str | None = None
        """Why nothing behind what was returned last may reach the parser."""
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("strict")
        self._held = b""
        self._is_in_string = False

    def take(self, chunk: bytes) -> bytes:
        """Return what the parser may have of a chunk and of what was held back; an empty chunk is the end."""
        data = self._held + self._utf8(chunk)
        self._held = b""
        if chunk and (begun := _BEGUN_ESCAPE.search(data[-64:] if data[-65:-64] != b"\\" else data)):
            self._held = begun["begun"]
            data = data[: -len(self._held)]
        if b"\\x" in data:
            data = _ESCAPE.sub(_json_escape, data)
        return self._up_to_endless(data)

    def restart(self, data: bytes) -> None:
        """Count strings anew from the beginning of a line; ``data`` was returned already."""
        plain = _ESCAPE.sub(b"", data) if b"\\" in data else data
        self._is_in_string = bool(plain.count(b'"') % 2)

    def _utf8(self, chunk: bytes) -> bytes:
        state = self._decoder.getstate()
        self.replaced = False
        try:
            return self._decoder.decode(chunk, not chunk).encode()
        except UnicodeDecodeError:
            self.replaced = True
        self._decoder.setstate(state)
        self._decoder.errors = "replace"
        text = self._decoder.decode(chunk, not chunk)
        self._decoder.errors = "strict"
        return text.encode()

    def _up_to_endless(self, data: bytes) -> bytes:
        """Keep track of the strings, and cut off a number that is too long outside of them."""
        if _ENDLESS_NUMBER.search(data):
            is_in_string = self._is_in_string
            for match in _QUOTE_OR_ENDLESS.finditer(data):
                is_in_string ^= match.group() == b'"'
                if match["endless"] and not is_in_string:
                    self.fault = "a number has thousands of digits"
                    return data[: match.start()]
        plain = _ESCAPE.sub(b"", data) if b"\\" in data else data
        self._is_in_string ^= bool(plain.count(b'"') % 2)
        return data


def _json_escape(match: re.Match[bytes]) -> bytes:
    return b"\\u00" + match["hex"] if match["hex"] else match.group()

r"""hashdeep's list of known files: what ``hashdeep -a -k`` audits a folder against.

Two lines of header, then one line a file: size, MD5, SHA-1, SHA-256 and the name, which is everything after the fourth
comma, byte for byte. Lines that begin with ``##`` are passed over. The format knows no way to write a name with a line
feed in it, nor does hashdeep read one: such a name is written with ``\x0a`` instead, and hashdeep then says that the
file was moved.

Source of the format: hashdeep 4.4, its manual page and its output.
"""

from sauveterre.records.digest import Digests

HEADER = b"%%%% HASHDEEP-1.0\n%%%% size,md5,sha1,sha256,filename\n"
_UNWRITABLE = ((b"\n", b"\\x0a"), (b"\x00", b"\\x00"))


def known_line(name: bytes, size: int, digests: Digests) -> bytes:
    """Return the line of one file."""
    return f"{size},{digests.md5},{digests.sha1},{digests.sha256},".encode() + _on_one_line(name) + b"\n"


def remark_line(text: str) -> bytes:
    """Return a line that hashdeep passes over."""
    return b"## " + _on_one_line(text.encode("utf-8", "backslashreplace")) + b"\n"


def _on_one_line(text: bytes) -> bytes:
    for byte, written in _UNWRITABLE:
        text = text.replace(byte, written)
    return text

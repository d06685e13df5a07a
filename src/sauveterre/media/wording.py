"""Text out of foreign files made plain: bounded, in one line, without characters that hide or reorder others."""

LONGEST_TEXT = 256
"""Characters kept of a short field."""
LONGEST_STATEMENT = 1_000
"""Characters kept of a caption, a comment, a list of keywords."""


def as_text(value: bytes, encoding: str = "utf-8", *, most: int = LONGEST_STATEMENT) -> str:
    """Return bytes as plain text; what is not of its encoding is read as Latin-1."""
    value = value[: 8 * most]
    try:
        text = value.decode(encoding)
    except UnicodeDecodeError as error:
        cut_only = error.start >= len(value) - 3 and "end" in error.reason
        text = value[: error.start].decode(encoding) if cut_only and error.start else value.decode("latin-1")
    return cleaned(text, most=most)


def cleaned(text: str, *, most: int = LONGEST_STATEMENT) -> str:
    """Return text in one line; the ends of lines and tabs in it become spaces, other controls go."""
    text = " ".join(text[: 8 * most].split())
    return "".join(character for character in text if character.isprintable()).strip()[:most]

"""What stands in a cell, whatever type the row gave it: a hostile database may put anything anywhere."""

from datetime import UTC, datetime, timedelta

LONGEST_TEXT = 1 << 20
"""Characters taken from one cell; WhatsApp itself sends at most 65,536."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def whole(value: object) -> int:
    """Return a cell as a whole number; 0 for anything else."""
    return value if isinstance(value, int) else 0


def text(value: object) -> str:
    """Return a cell as text; empty for NULL and for what is no text."""
    if isinstance(value, bytes):
        value = value[:LONGEST_TEXT].decode("utf-8", "replace")
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


def moment(milliseconds: object) -> datetime | None:
    """Return Unix milliseconds as a time in UTC; None for none, for 0 and less, and beyond the year 9999."""
    number = whole(milliseconds)
    if number <= 0:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=number)
    except OverflowError:
        return None

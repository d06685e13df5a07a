"""Telephone numbers as exports write them."""

import re


def phone(text: str) -> tuple[str, str]:
    """Return a telephone number with the word for it: ``e164`` where it is international, else ``phone`` as stated."""
    digits = re.sub(r"[\s().\-]", "", text)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    return ("e164", digits) if re.fullmatch(r"\+[1-9]\d{5,14}", digits) else ("phone", text.strip())

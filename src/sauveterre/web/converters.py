"""Parts of addresses that are more than a number or a word."""

import re


class Sha256:
    """A SHA-256 in lowercase hex."""

    regex = "[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        """Take the digest as it stands."""
        return value

    def to_url(self, value: str) -> str:
        """Give the digest as it stands."""
        return value


class Key:
    """A stable id as the evidence states it: as it stands where that is safe in an address, else ``~`` and its hex."""

    regex = "[^/]+"
    plain = re.compile(r"[A-Za-z0-9][A-Za-z0-9:+@|#=_.-]*")

    def to_python(self, value: str) -> str:
        """Read the text back; ``ValueError`` (an unknown address) where it is none."""
        return bytes.fromhex(value[1:]).decode("utf-8") if value.startswith("~") else value

    def to_url(self, value: str) -> str:
        """Write the text."""
        if self.plain.fullmatch(value):
            return value
        return "~" + value.encode("utf-8", "surrogatepass").hex()

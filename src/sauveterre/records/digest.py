"""A digest: which algorithm, and the lowercase hex it gave."""

from dataclasses import dataclass

HEX_LENGTH = {"md5": 32, "sha1": 40, "sha256": 64, "pdq": 64}
"""Hex digits by algorithm. A bare value of 64 digits is read as SHA-256: PDQ must be named."""


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A digest that is known to be well formed, because it checks itself.

    Raises ``ValueError`` when the algorithm is unknown or the text is not its lowercase hex.
    """

    algorithm: str
    hex: str

    def __post_init__(self) -> None:
        length = HEX_LENGTH.get(self.algorithm)
        if length is None:
            raise ValueError(f"unknown digest algorithm {self.algorithm!r}")
        if len(self.hex) != length or set(self.hex) - set("0123456789abcdef"):
            raise ValueError(f"{self.hex!r} is not {length} lowercase hex digits")

    @classmethod
    def parse(cls, text: str) -> "Digest":
        """Read ``algorithm:hex``, or bare hex of any case whose length tells the algorithm."""
        algorithm, colon, value = text.strip().lower().partition(":")
        if colon:
            return cls(algorithm, value)
        for name, length in HEX_LENGTH.items():
            if len(algorithm) == length:
                return cls(name, algorithm)
        raise ValueError(f"{text!r} has no known digest length")

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"


@dataclass(frozen=True, slots=True)
class Digests:
    """The three digests of one content, lowercase hex, taken in one pass."""

    md5: str
    sha1: str
    sha256: str

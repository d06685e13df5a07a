"""A category: a code in a named scheme, given by a person or a list; never by a program."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Category:
    """The same number means different things in different schemes, so it never travels alone."""

    scheme: str
    code: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.code}"

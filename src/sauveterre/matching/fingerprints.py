"""Named hash values of foreign lists: what each list calls MD5, SHA-1, SHA-256, PDQ and vPDQ."""

from collections.abc import Iterable

from sauveterre.errors import MalformedList
from sauveterre.records.digest import HEX_LENGTH, Digest
from sauveterre.records.video import HashedFrame
from sauveterre.records.vpdq import read_vpdq_json

_ALIASES = {
    "videomd5": "md5", "imagepdq": "pdq", "imagemd5": "md5", "photomd5": "md5", "photopdq": "pdq",
    "videovpdq": "vpdq",
}  # fmt: skip
VPDQ = "vpdq"
"""The frames of a film, as JSON."""


def algorithm_of(name: str) -> str:
    """Return the algorithm that a list calls by this name, or the name itself, in lower case without punctuation."""
    plain = "".join(letter for letter in name.lower() if letter.isalnum()).removeprefix("hash")
    return _ALIASES.get(plain, plain)


def digests_of(stated: Iterable[tuple[str, str]]) -> tuple[tuple[Digest, ...], list[str]]:
    """Return the digests among named values, each once, and a sentence for each that is wrong.

    Empty values and kinds that are not matched here cost no sentence, unless nothing else is there.
    """
    found: dict[Digest, None] = {}
    troubles: list[str] = []
    others: dict[str, None] = {}
    for name, value in stated:
        algorithm, text = algorithm_of(name), value.strip().lower()
        if algorithm not in HEX_LENGTH:
            others[algorithm[:32]] = None
        elif text:
            try:
                found[Digest(algorithm, text)] = None
            except ValueError:
                troubles.append(f"{algorithm.upper()} is not {HEX_LENGTH[algorithm]} hex digits: not used")
    if not found:
        only = f"only {', '.join(others)}" if others else "no hash"
        troubles.append(f"the item has {only}, nothing that can be matched here: no item was read")
    return tuple(found), troubles


def signals_of(stated: Iterable[tuple[str, str]]) -> tuple[tuple[Digest, ...], tuple[HashedFrame, ...], list[str]]:
    """Return digests, the frames of a film, and a sentence for each value that is wrong, as ``digests_of`` does."""
    frames: tuple[HashedFrame, ...] = ()
    troubles: list[str] = []
    others = []
    for name, value in stated:
        if algorithm_of(name) != VPDQ:
            others.append((name, value))
            continue
        try:
            frames += read_vpdq_json(value)
        except MalformedList as error:
            troubles.append(f"vPDQ: {error}: not used")
    if frames:
        others = [(name, value) for name, value in others if algorithm_of(name) in HEX_LENGTH and value.strip()]
    digests, more = digests_of(others) if others or not (frames or troubles) else ((), [])
    return digests, frames, troubles + more

"""BitLocker volumes, also "to go", opened with a password, a recovery password or a startup key.

What Windows Vista wrote, and AES with the Elephant diffuser, are read through libbde.
"""

from itertools import pairwise

import pybde

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.evidence.disk.bitlocker import (
    METHODS,
    PROTECTORS,
    REGION,
    SIGNATURE,
    BitLocker,
    places_of,
    read_metadata,
    volume_key,
)
from sauveterre.evidence.disk.blocks import BlockMedia
from sauveterre.evidence.disk.layers import Layers, media_below
from sauveterre.evidence.disk.libyal import LIBYAL_ERRORS, YalFile, opened, yal_media
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.disk.sector_ciphers import Decrypt, UnknownCipher, sector_cipher
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "bitlocker"
VERSION = 1

_BLOCK = 1 << 17


def recognises(peek: Peek) -> bool:
    """Say whether the first sector is that of a BitLocker volume."""
    return not peek.is_folder and (peek.head[3:11] == SIGNATURE or places_of(peek.head[:512]) != ())


def open(origin: Origin, limits: Limits) -> Layers:
    """Open a volume; raise ``Locked`` when none of the keys opens it."""
    media = media_below(origin)
    bitlocker = read_metadata(media)
    if bitlocker is None or bitlocker.method not in METHODS:
        return _through_library(origin, limits, media, bitlocker)
    key = volume_key(bitlocker, origin.keys)
    if key is None:
        raise _locked(origin, bitlocker)
    cipher, size = METHODS[bitlocker.method]
    try:
        decrypt = sector_cipher(cipher, key[:size], bitlocker.sector_size, step=_step(bitlocker))
    except UnknownCipher as error:
        raise UnreadableSource(f"{origin.identity} holds a key that does not fit its cipher; it is damaged") from error
    layers = Layers(origin.identity, NAME, limits)
    layers.add(b"unlocked", "unlocked", _Plain(media, bitlocker, decrypt).media(), note=_note(bitlocker))
    return layers


class _Plain:
    """The plain sectors of a volume."""

    def __init__(self, media: Media, bitlocker: BitLocker, decrypt: Decrypt) -> None:
        self._media = media
        self._said = bitlocker
        self._decrypt = decrypt
        self._size = media.size // bitlocker.sector_size * bitlocker.sector_size
        self._blanks = [(at, at + REGION) for at in bitlocker.copies]
        self._blanks.append((bitlocker.header_at, bitlocker.header_at + bitlocker.header_size))

    def media(self) -> BlockMedia:
        """Return them as a medium."""
        return BlockMedia(self._size, _BLOCK, self._load)

    def _load(self, number: int) -> bytes:
        start = number * _BLOCK
        end = min(start + _BLOCK, self._size)
        edges = {
            start,
            end,
            self._said.header_size,
            self._said.encrypted_size,
            *(e for pair in self._blanks for e in pair),
        }
        cuts = sorted(edge for edge in edges if start <= edge <= end)
        return b"".join(self._stretch(at, to - at) for at, to in pairwise(cuts))

    def _stretch(self, at: int, size: int) -> bytes:
        """Return a stretch that is all metadata, all header, all plain or all encrypted."""
        if any(first <= at < last for first, last in self._blanks):
            return bytes(size)
        if at >= self._said.encrypted_size > 0:
            return self._media.read_at(at, size)
        place = at + self._said.header_at if at < self._said.header_size else at
        data = self._media.read_at(place, size)
        number = place // (self._said.sector_size if _step(self._said) == 1 else 1)
        return self._decrypt(data[: len(data) // self._said.sector_size * self._said.sector_size], number)


def _step(bitlocker: BitLocker) -> int:
    """Return how sectors are counted: one by one in XTS mode, by their first byte in CBC mode."""
    return 1 if METHODS[bitlocker.method][0].startswith("aes-xts") else bitlocker.sector_size


def _note(bitlocker: BitLocker) -> str:
    cipher, size = METHODS[bitlocker.method]
    return f"BitLocker, {cipher} with {size * 8} bits, volume {bitlocker.identifier}"


def _locked(origin: Origin, bitlocker: BitLocker | None) -> Locked:
    ways = [] if bitlocker is None else sorted({p.kind for p in bitlocker.protectors})
    by = ", ".join(PROTECTORS.get(kind, f"a protector of kind {kind:#06x}") for kind in ways) or "a key"
    volume = "" if bitlocker is None else f" (volume {bitlocker.identifier})"
    return Locked(
        f"{origin.identity} is encrypted with BitLocker{volume}, protected by {by}, and none of the {len(origin.keys)} "
        "keys given opens it; add its password, its recovery password (eight groups of six digits) or its startup key "
        "(.BEK) in hex to the exhibit's keys"
    )


def _through_library(origin: Origin, limits: Limits, media: Media, bitlocker: BitLocker | None) -> Layers:
    """Open a volume of Windows Vista, or one with the diffuser."""
    for key in origin.keys or ("",):
        volume = _tried(origin.identity, media, key)
        if volume is not None:
            size = opened(origin.identity, "a BitLocker volume", volume.get_size)
            layers = Layers(origin.identity, NAME, limits, volume.close)
            layers.add(b"unlocked", "unlocked", yal_media(origin.identity, volume, size), note="BitLocker, by libbde")
            return layers
    raise _locked(origin, bitlocker)


def _tried(label: str, media: Media, key: str) -> pybde.volume | None:
    """Return a volume that one key opens, None when it does not."""
    volume, file = pybde.volume(), YalFile(media)
    try:
        if key:
            volume.set_password(key)
            volume.set_recovery_password(key)
    except LIBYAL_ERRORS:
        pass  # no recovery password by its form
    opened(label, "a BitLocker volume", lambda: volume.open_file_object(file))
    if volume.is_locked() is False:
        return volume
    volume.close()
    return None

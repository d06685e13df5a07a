"""LUKS volumes, version 1 and 2, opened with a passphrase, a key file in hex or the volume's own key in hex."""

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.evidence.disk.blocks import BlockMedia
from sauveterre.evidence.disk.layers import Layers, media_below
from sauveterre.evidence.disk.luks import MAGIC, SECOND_MAGIC, Luks, keys_of, read_header
from sauveterre.evidence.disk.media import Media
from sauveterre.evidence.disk.sector_ciphers import UNIT, UnknownCipher, sector_cipher
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "luks"
VERSION = 1

_SECOND_AT = 0x4000
_BLOCK = 1 << 17


def recognises(peek: Peek) -> bool:
    """Say whether a LUKS header begins here, or its second copy stands where it most often does."""
    if peek.is_folder:
        return False
    first = peek.head.startswith((MAGIC + b"\x00\x01", MAGIC + b"\x00\x02"))
    return first or peek.head[_SECOND_AT : _SECOND_AT + 8] == SECOND_MAGIC + b"\x00\x02"


def open(origin: Origin, limits: Limits) -> "LuksVolume":
    """Open a volume; raise ``Locked`` when none of the keys opens it."""
    media = media_below(origin)
    luks = read_header(media, origin.identity)
    return LuksVolume(origin.identity, limits, media, luks, _volume_key(origin, limits, media, luks))


class LuksVolume(Layers):
    """An opened volume: one entry, ``unlocked``."""

    def __init__(self, identity: str, limits: Limits, media: Media, luks: Luks, key: bytes) -> None:
        """Take the key of the volume."""
        super().__init__(identity, NAME, limits)
        left = media.size - luks.at
        size = max(0, left if luks.size is None else min(luks.size, left)) // luks.sector_size * luks.sector_size
        if luks.size is not None and luks.size > left:
            self._problem(
                "header",
                f"the volume has {luks.size:,} bytes by its header and only {max(0, left):,} of them are there; look "
                "for a complete image",
            )
        decrypt = sector_cipher(luks.cipher, key, luks.sector_size)

        def load(number: int) -> bytes:
            at = number * _BLOCK
            data = media.read_at(luks.at + at, min(_BLOCK, size - at))
            whole = len(data) // luks.sector_size * luks.sector_size
            return decrypt(data[:whole], luks.first_sector + at // UNIT)

        note = f"LUKS version {luks.version}, {luks.cipher}, {luks.uuid}"
        self.add(b"unlocked", "unlocked", BlockMedia(size, _BLOCK, load), note=note)


def _volume_key(origin: Origin, limits: Limits, media: Media, luks: Luks) -> bytes:
    """Return the volume's key, which one of the given keys leads to."""
    try:
        for given in origin.keys:
            for key in keys_of(luks, media, given, limits):
                if luks.is_key(key):
                    sector_cipher(luks.cipher, key, luks.sector_size)
                    return key
    except UnknownCipher as error:
        raise UnreadableSource(
            f"{origin.identity} is encrypted by {error}, which is not read; open it on Linux with `cryptsetup` and add "
            "an image of what comes out"
        ) from error
    raise Locked(
        f"{origin.identity} is encrypted with LUKS (volume {luks.uuid}) and none of the {len(origin.keys)} keys given "
        "opens it; add its passphrase, its key file in hex or its volume key in hex to the exhibit's keys"
    )

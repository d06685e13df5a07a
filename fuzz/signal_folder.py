"""The encrypted folder of a Signal backup, fuzzed from without and from within.

A file whose seal is wrong is never unpacked, so a fuzzer that only turns bytes over would see nothing but the seal.
The first byte of an input says which part the rest is: ``m`` the metadata, ``f`` the main file as it lies there,
anything else the packed stream inside it, which is then sealed as it should be. The other parts are sound.
"""

import random
import zlib
from datetime import UTC, datetime

from sauveterre.messages.readers import signal_backup
from sauveterre.scenarios.signal_writer import Backup, derived, encrypted_folder, sealed
from trees import through

KEY, ACI = "m" * 64, b"\x11" * 16
_INFO = {"version": 1, "backupTimeMs": 1_770_000_000_000}
_EMPTY = Backup(ACI, _INFO, [], (), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
_FILES = encrypted_folder(_EMPTY, KEY, random.Random(1))
_ROOT = next(path for path in _FILES if path.endswith("/main")).removesuffix("/main")


def _keys() -> tuple[bytes, bytes]:
    backup = derived(KEY.encode(), b"20240801_SIGNAL_BACKUP_KEY", 32)
    name = derived(backup, b"20241024_SIGNAL_BACKUP_ID:" + ACI, 16)
    both = derived(backup, b"20241007_SIGNAL_BACKUP_ENCRYPT_MESSAGE_BACKUP:" + name, 64)
    return both[:32], both[32:]


_MAC, _AES = _keys()


def feed(data: bytes) -> None:
    """Read a folder of which one part is fuzzed."""
    part, rest = data[:1], data[1:]
    name = "metadata" if part == b"m" else "main"
    content = rest if part in (b"m", b"f") else sealed(rest, aes_key=_AES, mac_key=_MAC, iv=bytes(16))
    through(signal_backup, {**_FILES, f"{_ROOT}/{name}": content}, KEY, _ROOT)


def seeds(streams: list[bytes]) -> list[bytes]:
    """Return what to begin with: each part as it should be, and streams of frames, packed."""
    whole = [b"m" + _FILES[f"{_ROOT}/metadata"], b"f" + _FILES[f"{_ROOT}/main"]]
    for stream in streams:
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        whole.append(b"p" + packer.compress(stream) + packer.flush() + bytes(64))
    return whole

"""The encrypted folder of a Signal backup, fuzzed from without and from within.

A file whose seal is wrong is never unpacked, so a fuzzer that only turns bytes over would see nothing but the seal.
The first byte of an input says which part the rest is: ``m`` the metadata, ``f`` the main file as it lies there, ``a``
the file of an attachment, ``s`` the same before it is sealed, anything else the packed stream inside the main file,
which is then sealed as it should be. The other parts are sound.
"""

import hashlib
import random
import zlib
from datetime import UTC, datetime

from sauveterre.messages.readers import signal_backup
from sauveterre.scenarios.signal_writer import Backup, StoredMedia, derived, encrypted_folder, sealed
from trees import through

KEY, ACI = "m" * 64, b"\x11" * 16
_INFO = {"version": 1, "backupTimeMs": 1_770_000_000_000}
_MEDIUM = StoredMedia(b"a drawn sunset", bytes(range(64)))
_POINTER = {"locatorInfo": {"plaintextHash": hashlib.sha256(_MEDIUM.data).digest(), "localKey": _MEDIUM.local_key}}
_POINTER["locatorInfo"]["size"] = len(_MEDIUM.data)
_FRAMES = [
    {"account": {"givenName": "Owen"}},
    {"recipient": {"id": 1, "self": {}}},
    {"recipient": {"id": 2, "contact": {"aci": ACI}}},
    {"chat": {"id": 1, "recipientId": 2}},
    {
        "chatItem": {
            "chatId": 1, "authorId": 2, "dateSent": 1_760_000_000_000, "incoming": {},
            "standardMessage": {"attachments": [{"pointer": _POINTER}]},
        }
    },
]  # fmt: skip
_WHOLE = Backup(ACI, _INFO, _FRAMES, (_MEDIUM,), datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
_FILES = {f"SignalBackups/{path}": data for path, data in encrypted_folder(_WHOLE, KEY, random.Random(1)).items()}
_MAIN = next(path for path in _FILES if path.endswith("/main"))
_ROOT = _MAIN.removesuffix("/main")
_ATTACHED = next(path for path in _FILES if path.endswith(_MEDIUM.name))


def _keys() -> tuple[bytes, bytes]:
    backup = derived(KEY.encode(), b"20240801_SIGNAL_BACKUP_KEY", 32)
    name = derived(backup, b"20241024_SIGNAL_BACKUP_ID:" + ACI, 16)
    both = derived(backup, b"20241007_SIGNAL_BACKUP_ENCRYPT_MESSAGE_BACKUP:" + name, 64)
    return both[:32], both[32:]


_MAC, _AES = _keys()


def _sealed(data: bytes, mac: bytes, aes: bytes) -> bytes:
    return sealed(data, aes_key=aes, mac_key=mac, iv=bytes(16))


def feed(data: bytes) -> None:
    """Read a folder of which one part is fuzzed."""
    rest, key = data[1:], _MEDIUM.local_key
    match data[:1]:
        case b"m":
            changed = {f"{_ROOT}/metadata": rest}
        case b"f":
            changed = {_MAIN: rest}
        case b"a":
            changed = {_ATTACHED: rest}
        case b"s":
            changed = {_ATTACHED: _sealed(rest, key[32:], key[:32])}
        case _:
            changed = {_MAIN: _sealed(rest, _MAC, _AES)}
    through(signal_backup, _FILES | changed, KEY, _ROOT)


def seeds(streams: list[bytes]) -> list[bytes]:
    """Return what to begin with: each part as it should be, and streams of frames, packed."""
    parts = ((b"m", f"{_ROOT}/metadata"), (b"f", _MAIN), (b"a", _ATTACHED))
    whole = [mark + _FILES[path] for mark, path in parts] + [b"s" + _MEDIUM.data + bytes(64)]
    for stream in streams:
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        whole.append(b"p" + packer.compress(stream) + packer.flush() + bytes(64))
    return whole

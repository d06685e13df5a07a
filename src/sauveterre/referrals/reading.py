"""The front door: bytes to a referral, by the first reader that recognises them."""

import hashlib

from sauveterre.errors import UnknownFormat
from sauveterre.records.referral import Referral
from sauveterre.referrals.readers import READERS

HEAD_BYTES = 8_192
"""How much of a file a reader sees to say whether it is in its format."""

__all__ = ["HEAD_BYTES", "READERS", "read_referral"]


def read_referral(data: bytes, name: str) -> Referral:
    """Read a referral from the bytes of its file.

    Args:
        data: the whole file; the referral's provenance names its SHA-256.
        name: the file's name, for provenance and messages.

    Raises:
        UnknownFormat: no reader recognises the file.
        MalformedReferral: the file cannot be read as what it says it is.

    """
    identity = f"sha256:{hashlib.sha256(data).hexdigest()}"
    head = data[:HEAD_BYTES]
    for reader in READERS:
        if reader.recognises(head):
            return reader.read(data, identity=identity, name=name)
    formats = ", ".join(reader.NAME for reader in READERS)
    raise UnknownFormat(
        f"{name}: no reader recognises this file as a referral (formats read: {formats}). "
        "Keep the file as it was received and ask for the report in one of these formats."
    )

"""What the workspace's key does: it seals bytes at rest and signs what must not be altered.

Each use has a key of its own, derived by HKDF-SHA256 (RFC 5869) from the workspace's key, so that no
ciphertext or signature of one use can serve in another.
"""

import hmac
import os
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from sauveterre.errors import WorkspaceError

NONCE_BYTES = 12


@cache
def _derived(path: Path, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"sauveterre {purpose}".encode()).derive(path.read_bytes())


def seal(purpose: str, plain: bytes, *, name: str) -> bytes:
    """Encrypt with AES-256-GCM; ``name`` is bound to the result, so that sealed things cannot be swapped."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_derived(settings.KEY_FILE, purpose)).encrypt(nonce, plain, name.encode())


def unseal(purpose: str, sealed: bytes, *, name: str) -> bytes:
    """Decrypt what ``seal`` made; raise ``WorkspaceError`` when it was altered, or sealed under another key."""
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        return AESGCM(_derived(settings.KEY_FILE, purpose)).decrypt(nonce, ciphertext, name.encode())
    except (InvalidTag, ValueError) as error:
        raise WorkspaceError(
            f"{name} was altered or belongs to another workspace; restore it or process its exhibit again"
        ) from error


def sign(purpose: str, message: bytes) -> str:
    """Return the HMAC-SHA256 of a message, as hex."""
    return hmac.new(_derived(settings.KEY_FILE, purpose), message, "sha256").hexdigest()

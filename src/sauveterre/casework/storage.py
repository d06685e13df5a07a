"""Derived pictures at rest: Django's file storage, with every file sealed under the workspace's key."""

import hashlib
import os
import secrets
from pathlib import Path
from typing import IO, Any

import psutil
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

from sauveterre.casework import sealing


class EncryptedStorage(FileSystemStorage):
    """Files under the workspace's ``store``; a thumbnail of an exhibit is itself protected material."""

    def __init__(self) -> None:
        super().__init__(location=settings.STORE)

    def _open(self, name: str, mode: str = "rb") -> "File[Any]":  # noqa: ARG002 - Django's signature
        sealed = Path(self.path(name)).read_bytes()
        return ContentFile(sealing.unseal("store", sealed, name=name), name=name)

    def _save(self, name: str, content: IO[Any]) -> str:
        """Write elsewhere, then rename: a killed process or a power cut leaves no half picture under a good name."""
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = incoming() / f"{os.getpid()}-{secrets.token_hex(8)}"
        with beside.open("wb") as stream:
            stream.write(sealing.seal("store", content.read(), name=name))
            stream.flush()
            os.fsync(stream.fileno())  # on disk before the database says that it is
        beside.replace(target)
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:  # noqa: ARG002 - Django's signature
        """Names are digests of contents: what is there already may be written again."""
        return name


def incoming() -> Path:
    """Return the folder in which files are written before they get their names."""
    folder = Path(settings.STORE) / "incoming"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def clear_incoming() -> None:
    """Remove what processes that are no more left half-written."""
    for path in incoming().iterdir():
        writer = path.name.partition("-")[0]
        if not writer.isdigit() or not psutil.pid_exists(int(writer)):
            path.unlink(missing_ok=True)


def thumbnail_name(sha256: str) -> str:
    """Return where the thumbnail of a content lies in the store."""
    return f"thumbnails/{sha256[:2]}/{sha256}"


def sheet_name(sha256: str) -> str:
    """Return where the contact sheet of a film lies in the store."""
    return f"sheets/{sha256[:2]}/{sha256}"


def photo_name(exhibit: int, sha256: str) -> str:
    """Return where a photograph of an exhibit lies in the store, by the digest of the file that it was drawn from."""
    return f"photographs/{exhibit}/{sha256}"


def list_file(sha256: str) -> Path:
    """Return where the store keeps the file that a list came in."""
    return Path(settings.STORE) / "lists" / f"{sha256}.file"


def kept_list(sha256: str, name: str, version: str) -> Path:
    """Return where the store keeps a list made ready; hits name the list, so each name has a file of its own."""
    named = hashlib.sha256(f"{name}\0{version}".encode()).hexdigest()[:16]
    return Path(settings.STORE) / "lists" / f"{sha256}-{named}"

"""JPEG XL files, written by the library that reads them."""

import struct
from collections.abc import Callable
from typing import Any

import imagecodecs
import pytest


@pytest.fixture(scope="session")
def coded() -> Callable[..., bytes]:
    """Return a function that writes pixels without loss, or as it is told to."""

    def write(pixels: Any, **options: Any) -> bytes:
        options = options if "level" in options else {"lossless": True, **options}
        return bytes(imagecodecs.jpegxl_encode(pixels, numthreads=1, effort=3, **options))

    return write


@pytest.fixture(scope="session")
def transcoded() -> Callable[[bytes], bytes]:
    """Return a function that packs a JPEG without loss: a container in parts, with compressed EXIF and XMP."""

    def write(jpeg: bytes) -> bytes:
        return bytes(imagecodecs.jpegxl_encode_jpeg(jpeg, numthreads=1))

    return write


@pytest.fixture(scope="session")
def contained() -> Callable[..., bytes]:
    """Return a function that puts boxes into a container."""

    def write(*boxes: tuple[bytes, bytes]) -> bytes:
        parts = (struct.pack(">I4s", 8 + len(content), name) + content for name, content in boxes)
        head = b"\0\0\0\x0cJXL \r\n\x87\n" + b"\0\0\0\x14ftypjxl \0\0\0\0jxl "
        return head + b"".join(parts)

    return write

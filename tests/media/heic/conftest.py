"""HEIC files as telephones write them, from pieces that libheif's encoder has coded."""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pillow_heif
import pytest

from sauveterre.media.heic.items import Still, still_of

NCLX = struct.pack(">4sHHHB", b"nclx", 1, 13, 6, 0x80)


def box(kind: bytes, *parts: bytes) -> bytes:
    """Write a box."""
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    """Write a box with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


@dataclass
class Layout:
    """A grid of tiles, and what may be strange about it."""

    columns: int
    width: int
    height: int
    turns: int = 0
    colour: bytes = NCLX
    more: bytes = b""
    """A further property of the whole."""
    tiles_named: int | None = None
    """How many tiles the grid names; all of them for None."""
    again: bool = False
    """Whether the first tile is named in every place."""


def code(pixels: np.ndarray) -> bytes:
    """Code a picture as libheif does."""
    mode = "RGB" if pixels.ndim == 3 else "L"
    file = io.BytesIO()
    pillow_heif.from_bytes(mode, pixels.shape[1::-1], pixels.tobytes()).save(file, quality=60)
    return file.getvalue()


def write_grid(pieces: list[Still], layout: Layout) -> bytes:
    """Write a file whose picture, item 1, is a grid of pieces of one size, items 2 and following."""
    first = pieces[0]
    numbers = range(2, 2 + len(pieces))
    rows = len(pieces) // layout.columns
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, layout.columns - 1, layout.width, layout.height)
    named = [2 if layout.again else number for number in numbers][: layout.tiles_named]
    properties = box(
        b"ipco",
        box(b"hvcC", first.configuration),
        full(b"ispe", struct.pack(">II", first.tile_width, first.tile_height)),
        full(b"ispe", struct.pack(">II", layout.width, layout.height)),
        box(b"colr", layout.colour),
        box(b"irot", bytes([layout.turns])),
        layout.more,
    )
    whole = [3, 4, 0x80 | 5] + ([0x80 | 6] if layout.more else [])
    associations = [struct.pack(">HB", 1, len(whole)) + bytes(whole)]
    associations += [struct.pack(">HB", number, 3) + bytes([0x81, 2, 4]) for number in numbers]
    kinds = [(1, b"grid"), *((number, b"hvc1") for number in numbers)]
    entries = [full(b"infe", struct.pack(">HH4sB", number, 0, kind, 0), version=2) for number, kind in kinds]

    def written(start: int) -> bytes:
        places, at = [struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(grid))], start
        for number, piece in zip(numbers, pieces, strict=True):
            (tile,) = piece.tiles
            places.append(struct.pack(">HHHHII", number, 0, 0, 1, at, len(tile)))
            at += len(tile)
        meta = full(
            b"meta",
            full(b"hdlr", bytes(4), b"pict", bytes(13)),
            full(b"pitm", struct.pack(">H", 1)),
            full(b"iinf", struct.pack(">H", len(entries)), *entries),
            full(b"iref", box(b"dimg", struct.pack(f">HH{len(named)}H", 1, len(named), *named))),
            box(b"iprp", properties, full(b"ipma", struct.pack(">I", len(associations)), *associations)),
            full(b"iloc", struct.pack(">HH", 0x4400, len(places)), *places, version=1),
            box(b"idat", grid),
        )
        return box(b"ftyp", b"heic", bytes(4), b"mif1heic") + meta

    head = written(0)
    return written(len(head) + 8) + box(b"mdat", *(piece.tiles[0] for piece in pieces))


@pytest.fixture(scope="session")
def coded() -> Callable[[np.ndarray], bytes]:
    return code


@pytest.fixture(scope="session")
def usual() -> Callable[[bytes], np.ndarray]:
    """Return libheif's decoder."""
    return lambda data: np.asarray(pillow_heif.open_heif(io.BytesIO(data)).to_pillow())


@pytest.fixture(scope="session")
def grid(draw: Callable[..., np.ndarray]) -> Callable[..., bytes]:
    """Return a function that writes six pieces of 64 × 64 pixels as a grid; its arguments are those of ``Layout``."""
    pieces = [piece for seed in range(6) if (piece := still_of(code(draw(seed, 64, 64))))]
    assert len(pieces) == 6
    return lambda *arguments, **strange: write_grid(pieces, Layout(*arguments, **strange))

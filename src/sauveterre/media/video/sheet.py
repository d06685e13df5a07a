"""A contact sheet: some frames of a film side by side in one JPEG, in the order of showing."""

from collections.abc import Sequence

import numpy as np
import simplejpeg

from sauveterre.media.pdq.hashing import Pixels

MOST_TILES = 16
COLUMNS = 4
SHEET_QUALITY = 80


def contact_sheet(tiles: Sequence[Pixels]) -> bytes:
    """Return a JPEG of the tiles in rows of four, on black; empty for no tiles.

    Each tile is height × width × 3 (RGB); smaller ones stand at the upper left of their place.
    """
    if not tiles:
        return b""
    height = max(tile.shape[0] for tile in tiles)
    width = max(tile.shape[1] for tile in tiles)
    columns = min(COLUMNS, len(tiles))
    sheet = np.zeros((-(-len(tiles) // columns) * height, columns * width, 3), np.uint8)
    for place, tile in enumerate(tiles):
        top, left = place // columns * height, place % columns * width
        sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return bytes(simplejpeg.encode_jpeg(sheet, SHEET_QUALITY, "RGB", "420"))

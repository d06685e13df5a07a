"""Files found by their content alone: the formats that are looked for, each a small file of this package."""

from sauveterre.evidence.carving import (
    bmp,
    gif,
    iso_media,
    jpeg,
    matroska,
    pdf,
    png,
    riff,
    sqlite,
    tiff,
    zip_members,
)
from sauveterre.evidence.carving.view import Format

FORMATS: tuple[Format, ...] = (jpeg, png, gif, riff, iso_media, matroska, zip_members, sqlite, pdf, tiff, bmp)

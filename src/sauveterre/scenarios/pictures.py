"""The album of the operation: every picture in it, drawn once, and the near copies of some."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from sauveterre.scenarios.drawing import CameraNote, as_jpeg, as_png, draw_picture, near_copy
from sauveterre.scenarios.pdq import distance, pdq

SMALL = ((320, 240), (480, 360), (400, 300), (640, 480))
CAMERA_SIZES = ((800, 600), (1024, 768), (800, 600), (1600, 1200))
LARGE = (4000, 3000)
CARD = 12
ICON = ((64, 48), (96, 72), (128, 96))
NEAREST, FARTHEST = 4, 20
"""PDQ distance of a near copy from the partner's value, and from every other copy in its stack (at most)."""
ATTEMPTS = 40
CAMERAS = {
    "01": ("Lumenor", "Pocket 5", "LN5-0004217"),
    "03": ("Obscura Works", "Field S", "OW-77-00931"),
}
"""Make, model and serial number of the camera of each phone: none of them exists."""


def sha256(data: bytes) -> str:
    """Return the SHA-256 of the bytes, lowercase hex."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Partner:
    """A picture of which a partner gave the PDQ value only; the exhibits hold near copies of it."""

    pdq: str
    copies: tuple[bytes, ...]


@dataclass(slots=True)
class Album:
    """All pictures as encoded files."""

    shared: list[bytes] = field(default_factory=list)
    """Posted in groups: ``Post.pictures`` are indexes into this."""
    camera: dict[str, list[bytes]] = field(default_factory=dict)
    """By exhibit: taken with that phone."""
    plain: list[bytes] = field(default_factory=list)
    icons: list[bytes] = field(default_factory=list)
    """Small pictures that systems and programs leave behind."""
    card: list[bytes] = field(default_factory=list)
    """On the memory card and nowhere else."""
    stacks: list[tuple[bytes, ...]] = field(default_factory=list)
    """Near-identical pictures: the original (one of ``shared`` or ``plain``) and its near copies."""
    partners: list[Partner] = field(default_factory=list)

    def near_copies(self) -> list[bytes]:
        """Return every near copy that is no original, in a fixed order."""
        copies = [copy for stack in self.stacks for copy in stack[1:]]
        return copies + [copy for partner in self.partners for copy in partner.copies]

    def digests(self) -> frozenset[str]:
        """Return the SHA-256 of every picture of the album."""
        pictures = [*self.shared, *self.plain, *self.icons, *self.card, *self.near_copies()]
        pictures += [picture for taken in self.camera.values() for picture in taken]
        return frozenset(sha256(picture) for picture in pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlbumSizes:
    """How many pictures of each sort."""

    shared: int
    camera: int
    large: int
    plain: int
    icons: int
    stacks: int
    partners: int


def draw_album(seed: int, sizes: AlbumSizes) -> Album:
    """Draw everything. Each picture has its own generator, so that one more changes none of the others."""
    album = Album()
    for number in range(sizes.shared):
        _draw_with_copies(album, album.shared, seed, 1, number, copied=number % 9 == 4)
    for exhibit in CAMERAS:
        album.camera[exhibit] = [_camera_picture(seed, exhibit, number, sizes) for number in range(sizes.camera)]
    spaced = max(1, sizes.plain // max(1, sizes.stacks))
    for number in range(sizes.plain):
        room = len(album.stacks) < sizes.stacks
        _draw_with_copies(album, album.plain, seed, 3, number, copied=room and number % spaced == 0)
    for number in range(sizes.icons):
        icon = draw_picture(_rng(seed, 4, number), *ICON[number % len(ICON)])
        album.icons.append(as_png(icon) if number % 3 == 0 else as_jpeg(icon, 75))
    album.card = [as_jpeg(draw_picture(_rng(seed, 6, number), *SMALL[number % len(SMALL)])) for number in range(CARD)]
    for number in range(sizes.partners):
        rng = _rng(seed, 5, number)
        original = draw_picture(rng, 640, 480)
        value = pdq(original)[0]
        copies = _copies(original, [value], 1 + number % 2, rng, nearest=NEAREST)
        album.partners.append(Partner(value, tuple(copies)))
    return album


def _rng(seed: int, sort: int, number: int) -> np.random.Generator:
    return np.random.default_rng([seed, sort, number])


def _draw_with_copies(album: Album, pictures: list[bytes], seed: int, sort: int, number: int, *, copied: bool) -> None:
    rng = _rng(seed, sort, number)
    image = draw_picture(rng, *SMALL[number % len(SMALL)])
    encoded = as_jpeg(image)
    pictures.append(encoded)
    if copied:
        copies = _copies(image, [_pdq_of(encoded)], 2 + number % 2, rng, nearest=0)
        album.stacks.append((encoded, *copies))


def _copies(
    image: Image.Image, values: Sequence[str], count: int, rng: np.random.Generator, *, nearest: int
) -> list[bytes]:
    """Draw near copies until each lies within the bounds of all values so far (the first is the original's)."""
    values, found = list(values), []
    for attempt in range(ATTEMPTS):
        strength = 0.35 * (1 - attempt / ATTEMPTS) if attempt > 3 else 0.3
        copy = as_jpeg(near_copy(image, rng, strength), int(rng.integers(40, 75)))
        value = _pdq_of(copy)
        apart = [distance(value, other) for other in values]
        if apart[0] >= nearest and max(apart) <= FARTHEST:
            values.append(value)
            found.append(copy)
            if len(found) == count:
                break
    return found


def _pdq_of(encoded: bytes) -> str:
    with Image.open(io.BytesIO(encoded)) as image:
        return pdq(image)[0]


def _camera_picture(seed: int, exhibit: str, number: int, sizes: AlbumSizes) -> bytes:
    large = number >= sizes.camera - sizes.large
    width, height = LARGE if large else CAMERA_SIZES[number % len(CAMERA_SIZES)]
    placed = number % 3 != 2
    make, model, serial = CAMERAS[exhibit]
    taken = f"2026:{3 + number // 28 % 2:02d}:{1 + number % 28:02d} {8 + number % 12:02d}:{number * 7 % 60:02d}:00"
    note = CameraNote(
        make, model, serial, taken,
        latitude=round(43.5 + number * 0.001, 4) if placed else None,
        longitude=round(1.5 + number * 0.002, 4) if placed else None,
    )  # fmt: skip
    return as_jpeg(draw_picture(_rng(seed, 2 + 100 * int(exhibit), number), width, height), 80, note)

"""The operation *village*: a report about one person, three groups, seven exhibits, action in four countries."""

import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

from sauveterre.errors import InvalidInput
from sauveterre.scenarios import telling
from sauveterre.scenarios.action import as_csv, measures, true_figures
from sauveterre.scenarios.archives import MEMBER_TIME
from sauveterre.scenarios.cast import REPORTED, Cast, make_cast
from sauveterre.scenarios.clips import Clips, draw_clips
from sauveterre.scenarios.devices import DEVICES, Teller
from sauveterre.scenarios.exhibits import Exhibit, Maker
from sauveterre.scenarios.ledger import Ledger
from sauveterre.scenarios.lists import FILM_ROW, chosen_known, true_hits, write_lists
from sauveterre.scenarios.pictures import Album, AlbumSizes, draw_album, sha256
from sauveterre.scenarios.referral import ESP_ID, UNIT, write_referral
from sauveterre.scenarios.timeline import Timeline, make_timeline
from sauveterre.scenarios.truth import TrueExhibit, TrueReferral, Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large the operation is. Who plays which part stays the same."""

    talk: int = 150
    """Messages of small talk in each group of interest."""
    per_supplier: int = 22
    """New pictures that each supplier brings into each of their groups (two more come at the ends)."""
    camera: int = 40
    large: int = 2
    plain: int = 240
    icons: int = 300
    stacks: int = 40
    partners: int = 30
    known: int = 150
    strangers: int = 1_000


SMALL = Sizes(
    talk=30, per_supplier=7, camera=4, large=0, plain=36, icons=20, stacks=8, partners=4, known=20, strangers=50
)
"""A tenth of it, for quick tries: every sort of thing is still there."""


@dataclass(slots=True)
class _World:
    """Everything that is invented before the first byte is written."""

    cast: Cast
    line: Timeline
    album: Album
    clips: Clips
    tellers: list[Teller] = field(default_factory=list)


def draw(folder: Path, *, seed: int = 1, sizes: Sizes | None = None) -> Truth:
    """Write the whole operation under an empty or new folder, and its truth to ``truth.json`` there.

    The same seed and sizes give the same bytes. Raises ``InvalidInput`` when the folder is not empty.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InvalidInput(f"{folder} is not empty; name a new folder for the made-up operation")
    sizes = sizes or Sizes()
    rng = random.Random(seed)
    world = _invent(seed, sizes, rng)
    backups = {teller.device.exhibit: teller.backup() for teller in world.tellers}
    maker = Maker(folder, world.album, world.clips, backups, rng)
    exhibits = maker.make()
    known = chosen_known(world.album, sizes.known)
    write_lists(folder / "lists", world.album, world.clips, known, strangers=sizes.strangers, rng=rng)
    keys = {exhibit.number: exhibit.key for exhibit in exhibits if exhibit.key}
    (folder / "keys.json").write_text(json.dumps(keys, indent=1) + "\n", encoding="ascii")
    write_referral(folder, world.cast.accounts[REPORTED], _reported_picture(world))
    (folder / "measures.csv").write_text(as_csv(measures(world.cast)), encoding="utf-8")
    truth = _tell(seed, world, exhibits, maker.ledger, known)
    truth.write(folder / "truth.json")
    _settle_times(folder)
    return truth


def _settle_times(folder: Path) -> None:
    """Give everything that lies outside the exhibits, and every folder, one fixed time."""
    for root, folders, files in os.walk(folder, topdown=False):
        loose = [] if "exhibits" in Path(root).relative_to(folder).parts else files
        for name in [*loose, *folders]:
            os.utime(Path(root) / name, (MEMBER_TIME, MEMBER_TIME), follow_symlinks=False)


def _invent(seed: int, sizes: Sizes, rng: random.Random) -> _World:
    cast = make_cast(rng)
    line = make_timeline(cast, rng, talk=sizes.talk, per_supplier=sizes.per_supplier)
    album_sizes = AlbumSizes(
        shared=line.pictures, camera=sizes.camera, large=sizes.large, plain=sizes.plain, icons=sizes.icons,
        stacks=sizes.stacks, partners=sizes.partners,
    )  # fmt: skip
    world = _World(cast, line, draw_album(seed, album_sizes), draw_clips(seed))
    for device in DEVICES:
        own = random.Random(f"{seed} device {device.exhibit}")
        world.tellers.append(Teller(device, cast, line, world.album, own))
    return world


def _reported_picture(world: _World) -> bytes:
    """Return the one picture that the reported person brought into a group."""
    numbers = [post.pictures[0] for post in world.line.posts if post.author == REPORTED and post.pictures]
    return world.album.shared[numbers[0]]


def _tell(seed: int, world: _World, exhibits: list[Exhibit], ledger: Ledger, known: list[bytes]) -> Truth:
    cast, line, album = world.cast, world.line, world.album
    entries = {exhibit.number: 0 for exhibit in exhibits}
    for source in ledger.sources:
        entries[source.exhibit] += source.entries
    suppliers, users = telling.participants(cast)
    reported = cast.accounts[REPORTED]
    return Truth(
        operation="village",
        seed=seed,
        exhibits=[
            TrueExhibit(one.number, one.kind, one.path, one.what, entries[one.number], one.key) for one in exhibits
        ],
        sources=ledger.sources,
        entries=sum(entries.values()),
        pictures=len((album.digests() | {sha256(world.clips.moving)}) & ledger.contents),
        films=sorted(map(sha256, world.clips.all())),
        near_films={sha256(world.clips.listed): FILM_ROW},
        copied_films=[sorted((sha256(world.clips.original), sha256(world.clips.copy)))],
        known=true_hits(album, known, ledger.contents),
        near=_near(album, ledger.contents),
        stacks=_stacks(album, ledger.contents),
        hazards=ledger.hazards,
        deleted=ledger.deleted,
        carved=ledger.carved,
        stores=telling.stores(cast, world.tellers),
        groups=telling.groups(cast, world.tellers),
        administrators=telling.administrators(cast, line, of_interest=True),
        other_administrators=telling.administrators(cast, line, of_interest=False),
        memberships=telling.memberships(cast, line),
        suppliers=suppliers,
        users=users,
        storage_spaces=telling.spaces(cast, line),
        persons=telling.persons(cast),
        namesakes=telling.namesakes(cast),
        countries=telling.countries(cast, world.tellers),
        referral=TrueReferral(
            "", ESP_ID, reported.phone, reported.stable_id, "FR", UNIT, sha256(_reported_picture(world))
        ),
        figures=true_figures(measures(cast)),
    )  # fmt: skip


def _near(album: Album, present: set[str]) -> dict[str, str]:
    pairs = {sha256(copy): partner.pdq for partner in album.partners for copy in partner.copies}
    return {digest: value for digest, value in pairs.items() if digest in present}


def _stacks(album: Album, present: set[str]) -> list[list[str]]:
    alike = [*album.stacks, *(partner.copies for partner in album.partners)]
    stacks = [sorted(digest for digest in map(sha256, stack) if digest in present) for stack in alike]
    return [stack for stack in stacks if len(stack) > 1]

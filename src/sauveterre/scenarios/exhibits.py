"""Fills the seven exhibits: a phone, a tablet, archives, an export, a card, and what somebody left to do harm."""

import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sauveterre.scenarios.archives import MEMBER_TIME, seven_zip_bytes, tar_bytes, tar_gz_bytes, zip_bytes
from sauveterre.scenarios.clips import Clips
from sauveterre.scenarios.fat_image import card_of
from sauveterre.scenarios.hostile import BOMB_BYTES, HostileFile, hostile_files
from sauveterre.scenarios.ledger import Hazard, Ledger
from sauveterre.scenarios.pictures import Album, sha256
from sauveterre.scenarios.signal_writer import Backup, bare_frames, encrypted_folder, plaintext_export, recovery_key
from sauveterre.scenarios.wording import small_talk

LINK_TARGET = "../../../outside/letters.txt"
PARTS = 6
"""The plain pictures are dealt to so many places in turn."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One seized medium as it is handed to the examiner."""

    number: str
    path: str
    """Under the scenario's folder."""
    kind: str
    """directory, zip, tar, 7z or image."""
    what: str
    key: str = ""
    """Recovery key of the Signal backup in it; empty when none is needed."""


class Maker:
    """Writes the exhibits under a folder and keeps the ledger."""

    def __init__(
        self, folder: Path, album: Album, clips: Clips, backups: Mapping[str, Backup], rng: random.Random
    ) -> None:
        """``backups`` by exhibit number: what Signal on that device holds."""
        self.ledger = Ledger()
        self._folder = folder / "exhibits"
        self._album = album
        self._backups = backups
        self._rng = rng
        self._near = album.near_copies()
        self._clips = clips

    def make(self) -> list[Exhibit]:
        """Write all seven, in order."""
        return [
            self._phone(), self._archive(), self._tablet(), self._disc(), self._export(), self._leavings(),
            self._card(),
        ]  # fmt: skip

    def _phone(self) -> Exhibit:
        number, label = "01", "exhibits/01-phone"
        key = recovery_key(self._rng)
        files = {
            **_named("DCIM/Camera/IMG_{:04d}.jpg", self._album.camera[number]),
            **_named("Pictures/Saved/photo {:03d}.jpg", self._plain(0) + self._near[0::PARTS]),
            **_named("Android/cache/thumb_{:04d}", self._icons(0, 2)),
            **_named("Documents/note-{:03d}.txt", self._notes(84)),
            "Documents/empty.txt": b"",
            "DCIM/Camera/VID_0001.avi": self._clips.original,
            **_under("SignalBackups/", encrypted_folder(self._backups[number], key, self._rng)),
        }
        odd = {b"Pictures/ete \xe9t\xe9.jpg": self._album.plain[0], b"Pictures/\xff\xfe.txt": b"old letters\n"}
        written = {os.fsencode(path): data for path, data in files.items()} | odd
        self._write_folder(label, written)
        link = self._folder.parent / label / "Documents" / "letters.txt"
        link.symlink_to(LINK_TARGET)
        os.utime(link, (MEMBER_TIME, MEMBER_TIME), follow_symlinks=False)
        self.ledger.source(number, label, "directory", written.values(), unread=1)
        self.ledger.hazards.append(
            Hazard(number, label, "Documents/letters.txt", "a link that leads out of the source", ("skipped",))
        )
        self._book_store(number, f"{label}/SignalBackups")
        return Exhibit(number, label, "directory", "Telephone of the person reported", key)

    def _archive(self) -> Exhibit:
        number, label = "02", "exhibits/02-computer.zip"
        deepest = {
            **_named("holidays/view_{:03d}.jpg", self._plain(1)),
            **_named("holidays/near_{:03d}.jpg", self._near[1::PARTS]),
        }
        middle = {
            **_named("scans/page_{:03d}.jpg", self._plain(2)),
            **_named("texts/letter_{:03d}.txt", self._notes(40)),
            "more/holidays.tar.gz": tar_gz_bytes(deepest),
        }
        outer = {
            **_named("Users/h/Pictures/{:04d}.jpg", self._plain(3) + self._album.shared[::4]),
            **_named("Users/h/AppData/cache/f_{:06x}", self._icons(1, 2)),
            **_named("Users/h/Documents/{:03d}.txt", self._notes(60)),
            "Users/h/Desktop/old things.zip": zip_bytes(middle),
        }
        self._write_file(label, zip_bytes(outer))
        nested = f"{label}!/Users/h/Desktop/old things.zip"
        tarball = f"{nested}!/more/holidays.tar.gz"
        self.ledger.source(number, label, "zip", outer.values())
        self.ledger.source(number, nested, "zip", middle.values())
        self.ledger.source(number, tarball, "tar.gz", deepest.values())
        return Exhibit(number, label, "zip", "Copy of a computer's user folder")

    def _tablet(self) -> Exhibit:
        number, label = "03", "exhibits/03-tablet.tar"
        key = recovery_key(self._rng)
        files = {
            **_named("data/media/DCIM/{:04d}.JPG", self._album.camera[number]),
            **_named("data/media/Download/{:03d}.jpg", self._plain(4) + self._near[2::PARTS]),
            **_named("data/cache/{:04d}.0", self._icons(0, 3)),
            **_under("data/media/SignalBackups/", encrypted_folder(self._backups[number], key, self._rng)),
        }
        self._write_file(label, tar_bytes(files))
        self.ledger.source(number, label, "tar", files.values())
        self._book_store(number, f"{label}!/data/media/SignalBackups")
        return Exhibit(number, label, "tar", "Tablet, logical extraction", key)

    def _disc(self) -> Exhibit:
        number, label = "04", "exhibits/04-disc.7z"
        files = {
            **_named("albums/spring/{:03d}.jpg", self._plain(5) + self._near[3::PARTS]),
            **_named("albums/club/{:03d}.jpg", self._album.shared[1::3]),
            **_named("texts/{:03d}.txt", self._notes(50)),
            "albums/club/moving.gif": self._clips.moving,
        }
        self._write_file(label, seven_zip_bytes(files))
        self.ledger.source(number, label, "7z", files.values())
        return Exhibit(number, label, "7z", "Disc found in a drawer")

    def _export(self) -> Exhibit:
        number, label = "05", "exhibits/05-laptop"
        backup = self._backups[number]
        export = plaintext_export(backup, recovery_key(self._rng), self._rng)
        files = {
            **_named("Pictures/{:03d}.jpg", self._near[4::PARTS] + self._album.plain[::3]),
            **_named("Documents/{:03d}.txt", self._notes(60)),
            "Downloads/signal-export-2026-05-12.zip": export,
            "Videos/copy.avi": self._clips.copy,
        }
        self._write_folder(label, {os.fsencode(path): data for path, data in files.items()})
        self.ledger.source(number, label, "directory", files.values())
        store = f"{label}/Downloads/signal-export-2026-05-12.zip"
        contents = [media.data for media in backup.media]
        self.ledger.source(number, store, "zip", contents, unread=2)
        self.ledger.source(number, f"{store}!/main.jsonl!attachments", "attachments", contents)
        return Exhibit(number, label, "directory", "Laptop with a chat export")

    def _leavings(self) -> Exhibit:
        number, label = "06", "exhibits/06-stick"
        hostile = hostile_files(self._album.plain[:4], self._rng)
        hostile.append(HostileFile(b"films/cut.avi", self._clips.cut, "a film cut short", ("partial",)))
        good = {
            **_named("photos/{:03d}.jpg", self._near[5::PARTS] + self._album.shared[2::4]),
            "signal/frames.binproto": bare_frames(self._backups[number]),
            "films/evening.avi": self._clips.listed,
        }
        written = {os.fsencode(path): data for path, data in good.items()}
        written |= {file.path: file.data for file in hostile}
        self._write_folder(label, written)
        self.ledger.source(number, label, "directory", written.values())
        for file in hostile:
            path = file.path.decode("utf-8", "backslashreplace")
            self.ledger.hazards.append(Hazard(number, label, path, file.what, file.outcomes))
        bomb = f"{label}/archives/bomb.zip!/inner.zip"
        self.ledger.source(number, f"{label}/archives/bomb.zip", "zip", (), unread=1)
        self.ledger.source(number, bomb, "zip", (), unread=1)
        what = f"{BOMB_BYTES} zeros, packed more than 1,000 to 1"
        self.ledger.hazards.append(Hazard(number, bomb, "zeros.bin", what, ("failed",)))
        return Exhibit(number, label, "directory", "Memory stick with damaged and hostile files")

    def _card(self) -> Exhibit:
        """Write a camera's memory card, on which files were deleted, and one lost even its name."""
        number, label = "07", "exhibits/07-card.dd"
        pictures = self._album.card
        live = _named("DCIM/100RAIN/IMG_{:04d}.JPG", pictures[:6]) | {"notes/été.txt": self._notes(1)[0]}
        deleted = _named("DCIM/100RAIN/DEL_{:04d}.JPG", pictures[6:10])
        nameless = pictures[10:]
        self._write_file(label, card_of(live, deleted, nameless))
        volume, regions = f"{label}!/p1", 2
        self.ledger.source(number, label, "partitions", (), unread=1 + regions)
        self.ledger.source(number, volume, "fat", [*live.values(), *deleted.values()], unread=regions)
        self.ledger.source(number, f"{volume}!/$Unallocated", "carving", [*deleted.values(), *nameless])
        self.ledger.deleted = {f"{volume}!/{path}": sha256(data) for path, data in deleted.items()}
        self.ledger.carved = sorted(map(sha256, [*deleted.values(), *nameless]))
        return Exhibit(number, label, "image", "Memory card of a camera, imaged")

    def _plain(self, part: int) -> list[bytes]:
        """Return one place's share of the plain pictures, and a few that also lie elsewhere."""
        return self._album.plain[part::PARTS] + self._album.plain[part + 1 :: PARTS * 3]

    def _icons(self, part: int, parts: int) -> list[bytes]:
        return self._album.icons[part::parts]

    def _notes(self, count: int) -> list[bytes]:
        rooms = ("film", "recipes", "weather")
        return [
            f"Note {number}\n{small_talk(self._rng.choice(rooms), self._rng)}\n".encode() for number in range(count)
        ]

    def _book_store(self, number: str, root: str) -> None:
        media = self._backups[number].media
        whole = [one.data for one in media if not one.damaged]
        self.ledger.source(number, f"{root}!attachments", "attachments", whole, unread=len(media) - len(whole))
        what = "an attachment that fails its own check"
        for name in (one.name for one in media if one.damaged):
            hazard = Hazard(number, f"{root}!attachments", f"attachments/{name}", what, ("failed",))
            self.ledger.hazards.append(hazard)

    def _write_file(self, label: str, data: bytes) -> None:
        path = self._folder.parent / label
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (MEMBER_TIME, MEMBER_TIME))

    def _write_folder(self, label: str, files: Mapping[bytes, bytes]) -> None:
        root = os.fsencode(self._folder.parent / label)
        for number, (path, data) in enumerate(files.items()):
            target = Path(os.fsdecode(root + b"/" + path))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            os.utime(target, (MEMBER_TIME - number * 3600,) * 2)


def _named(pattern: str, contents: Sequence[bytes]) -> dict[str, bytes]:
    return {pattern.format(number): data for number, data in enumerate(contents, start=1)}


def _under(root: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {root + path: data for path, data in files.items()}

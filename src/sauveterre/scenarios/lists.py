"""Writes the hash lists: a national one (VICS 2.0), one of files to ignore, and partners' PDQ and vPDQ values."""

import hashlib
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sauveterre.scenarios.clips import Clips
from sauveterre.scenarios.pictures import Album, sha256

CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media"
KNOWN, IGNORABLE, PARTNERS = "known_national", "ignorable", "pdq_partners"
FILMS, FILM_ROW = "film_partners", "line 2"
"""The list of a partner's film, and the row that it stands in."""


def write_lists(
    folder: Path, album: Album, clips: Clips, known: Sequence[bytes], *, strangers: int, rng: random.Random
) -> None:
    """Write the four lists. ``strangers``: how many hashes the national list holds of what is not in the case."""
    folder.mkdir()
    items = [(data, True) for data in known]
    items += [(f"word-{number:05d}".encode(), False) for number in range(strangers)]
    rng.shuffle(items)
    media = [_media(number, data, known=ours, rng=rng) for number, (data, ours) in enumerate(items, start=1)]
    text = json.dumps({"@odata.context": CONTEXT, "value": media}, indent=1)
    (folder / f"{KNOWN}.json").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    sums = [hashlib.sha1(icon, usedforsecurity=False).hexdigest() for icon in album.icons]
    (folder / f"{IGNORABLE}.txt").write_text("\n".join(sums) + "\n", encoding="ascii")
    values = [partner.pdq for partner in album.partners]
    (folder / f"{PARTNERS}.txt").write_text("# algorithm: pdq\n" + "\n".join(values) + "\n", encoding="ascii")
    signal = json.dumps([f"{value},{quality},{second:.3f}" for value, quality, second in clips.listed_frames])
    quoted = signal.replace('"', '""')
    text = f'collab,signal_type,signal_str,category,tags\r\nPartner,vpdq,"{quoted}",POSITIVE_CLASS,\r\n'
    (folder / f"{FILMS}.csv").write_bytes(text.encode("ascii"))


def chosen_known(album: Album, count: int) -> list[bytes]:
    """Choose the contents that the national list knows: some that were shared, some that lie about."""
    shared = album.shared[: count * 2 // 5]
    rest = [picture for number, picture in enumerate(album.plain) if number % 4 != 3]
    return shared + rest[: count - len(shared)]


def true_hits(album: Album, known: Sequence[bytes], present: set[str]) -> dict[str, list[str]]:
    """Return, by list name, the SHA-256 of each content of the exhibits that is exactly on it."""
    by_list = {KNOWN: known, IGNORABLE: album.icons}
    return {name: sorted({sha256(content) for content in contents} & present) for name, contents in by_list.items()}


def _media(number: int, data: bytes, *, known: bool, rng: random.Random) -> dict[str, Any]:
    """Return one item in one of the dialects that real lists are written in."""
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    dialect = rng.randrange(6)
    item: dict[str, Any] = {"MediaID": number, "Category": rng.choice((1, 1, 2, 3)), "MD5": md5.upper()}
    if dialect != 5:
        item["SHA1"] = "" if dialect == 4 else sha1.upper()
    if dialect == 1:
        item |= {"MD5": md5, "MediaSize": str(len(data)), "Category": str(item["Category"])}
    if dialect == 2:
        item |= {"IsPrecategorized": "true", "VictimIdentified": "false", "IsDistributed": "True"}
    if dialect == 3:
        item |= {"IsPrecategorized": True, "MediaSize": len(data), "DateUpdated": "2026-02-03T04:05:06.1230000Z"}
        item["MediaFiles"] = [
            {
                "MediaFileID": place,
                "MD5": md5.upper(),
                "FileName": f"{number}-{place}.jpg",
                "FilePath": f"\\disk\\{place}",
            }
            for place in range(1 + known)
        ]
    return item

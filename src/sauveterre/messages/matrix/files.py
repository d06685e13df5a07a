"""Which file beside an export a message means: the export does not say so.

Element writes ``images/NAME-DATE at TIME.EXT`` with date and time in the exporter's own language and zone. A file fits
when its folder, name and ending are the message's, its minutes and seconds are (zones lie whole quarters of an hour
apart), and its day is the message's day or one beside it.
"""

import re
from datetime import timedelta
from posixpath import join
from typing import Any

from sauveterre.messages.exports.rows import map_of, moment, number_of, text_of

FOLDERS = {"m.image": "images", "m.video": "videos", "m.audio": "audio"}
MOST_FILES = 20_000
_VOICE = ("org.matrix.msc3245.voice", "org.matrix.msc2516.voice", "m.voice")


def candidates(event: dict[str, Any], files: frozenset[str], folder: str) -> list[str]:
    """Return the files, relative to the export's folder, that a message may mean."""
    content, at = map_of(event, "content"), moment(number_of(event, "origin_server_ts"))
    body = text_of(content, "body")
    if at is None or not body or len(files) > MOST_FILES or ("url" not in content and "file" not in content):
        return []
    is_sticker = text_of(event, "type") == "m.sticker"
    where = FOLDERS.get(text_of(content, "msgtype"), "stickers" if is_sticker else "files")
    stem, dot, ending = body.rpartition(".")
    stem, ending = (stem, f".{ending}") if dot else (body, "")
    if is_sticker:
        ending = ".png"
    elif any(name in content for name in _VOICE):
        ending = ".ogg"
    begins = join(folder, where, f"{stem}-")
    days = {(at + timedelta(days=shift)).day for shift in (-1, 0, 1)}
    found = []
    for path in files:
        if path.startswith(begins) and path.endswith(ending):
            numbers = [int(one) for one in re.findall(r"\d{1,4}", path[len(begins) : len(path) - len(ending)])]
            is_then = len(numbers) >= 5 and numbers[-1] == at.second and (numbers[-2] - at.minute) % 15 == 0
            if is_then and days & set(numbers[:-3]):
                found.append(path.removeprefix(f"{folder}/") if folder else path)
    return sorted(found)

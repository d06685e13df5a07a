"""A register of exhibits as people write it: by hand, or as a table from a spreadsheet.

The table is CSV with a head in English or French (``COLUMNS``; case, accents and order do not matter, other columns
are left alone), parted by ``;``, ``,`` or tabs, in UTF-8 or Windows-1252. Each line is one exhibit. Times are ISO 8601
or ``dd/mm/yyyy hh:mm``; where they name no offset they are meant in the zone that the caller gives.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from io import StringIO
from zoneinfo import ZoneInfo

from sauveterre.errors import InvalidInput
from sauveterre.records.digest import Digest
from sauveterre.records.register import Register

COLUMNS: dict[str, tuple[str, ...]] = {
    "seal": ("seal", "seal number", "scelle", "numero de scelle", "n° de scelle", "no de scelle", "n de scelle"),
    "description": ("description", "designation", "objet"),
    "kind": ("kind", "type", "medium", "genre", "nature", "support"),
    "model": ("model", "maker and model", "modele", "marque et modele", "marque"),
    "serial": ("serial", "serial number", "numero de serie", "n° de serie", "no de serie", "serie"),
    "seized_at": ("seized at", "seized on", "date", "saisi le", "date de saisie"),
    "seized_where": ("seized where", "place", "lieu", "saisi a", "lieu de saisie"),
    "seized_by": ("seized by", "officer", "saisi par", "enqueteur"),
    "legal_act": ("legal act", "act", "acte", "acte juridique", "base legale", "procedure"),
    "path": ("path", "chemin", "fichier", "image"),
    "digests": ("digests", "digest", "hash", "empreintes", "empreinte"),
}
"""Each column, with the heads that name it, plain and in lower case."""

KINDS: dict[str, tuple[str, ...]] = {
    "phone": ("phone", "mobile", "smartphone", "telephone", "telephone portable", "telephone mobile"),
    "tablet": ("tablet", "tablette"),
    "computer": ("computer", "laptop", "pc", "ordinateur", "ordinateur portable", "unite centrale"),
    "disk": ("disk", "hard disk", "ssd", "disque", "disque dur", "disque externe", "disque dur externe"),
    "usb stick": ("usb stick", "usb", "usb key", "cle usb", "cle"),
    "memory card": ("memory card", "sd card", "carte memoire", "carte sd", "microsd"),
    "sim": ("sim", "sim card", "carte sim"),
    "optical disc": ("optical disc", "cd", "dvd", "disque optique"),
    "cloud": ("cloud", "cloud account", "compte en ligne", "nuage"),
    "paper": ("paper", "papier", "document"),
    "other": ("other", "autre"),
}
"""Each kind of medium, with the words for it, plain and in lower case."""

MOST_BYTES = 1 << 20
MOST_LINES = 5_000
DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T]+(?:à |a )?(\d{1,2})[:hH](\d{2}))?")


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One line of the table: what it says, or why it says nothing that can be entered."""

    number: int
    """Of the line in the file; the head is line 1."""
    register: Register = field(default_factory=Register)
    path: str = ""
    digests: tuple[Digest, ...] = ()
    wrong: str = ""
    """Why the line cannot be entered; empty when it can."""


def plain(text: str) -> str:
    """Return a text in lower case, without accents, underscores and needless spaces: as heads and kinds compare."""
    bare = "".join(one for one in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(one))
    return " ".join(bare.replace("_", " ").split())


def kind_named(text: str) -> str:
    """Return the code of a kind of medium that is named in English or French; raise ``InvalidInput`` for another."""
    word = plain(text)
    for code, words in KINDS.items():
        if word in words:
            return code
    if not word:
        return ""
    raise InvalidInput(f"{text.strip()!r} is no kind of medium; use one of {', '.join(KINDS)}")


def zone_named(name: str) -> tzinfo:
    """Return the zone of a name such as ``Europe/Paris``; raise ``InvalidInput`` for one that is not known."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidInput(f"{name!r} is no time zone; name one such as Europe/Paris or UTC") from error


def moment(text: str, zone: tzinfo) -> datetime | None:
    """Read a day or a time; None for an empty text. ``zone`` is meant where the text names no offset.

    Raises ``InvalidInput`` for what is no time, and for one that no clock of the zone ever showed or showed twice.
    """
    given = text.strip()
    if not given:
        return None
    try:
        found = DAY_FIRST.fullmatch(given)
        if found:
            day, month, year, hour, minute = (int(part or 0) for part in found.groups())
            at = datetime(year, month, day, hour, minute, tzinfo=zone)
        else:
            at = datetime.fromisoformat(given)
            at = at if at.tzinfo is not None else at.replace(tzinfo=zone)
        both = {at.replace(fold=fold).utcoffset() for fold in (0, 1)}
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"{given!r} is no time such as 2026-03-15 06:05 or 15/03/2026 06:05") from error
    if len(both) > 1:
        raise InvalidInput(
            f"at {given!r} the clocks of {zone} were changed; add the offset, such as 2026-10-25T02:30+02:00"
        )
    return at


def digests_of(text: str) -> tuple[Digest, ...]:
    """Read the digests of a medium, parted by spaces, ``|`` or line ends: ``sha1:…``, or bare hex.

    Raises ``InvalidInput`` for what is none.
    """
    found = []
    for part in re.split(r"[\s|]+", text.strip()):
        if not part:
            continue
        try:
            digest = Digest.parse(part)
        except ValueError as error:
            raise InvalidInput(f"{error}; give md5:…, sha1:… or sha256:… with all its hex digits") from error
        if digest.algorithm not in {"md5", "sha1", "sha256"}:
            raise InvalidInput(f"{digest} tells nothing of a whole medium; give its MD5, SHA-1 or SHA-256")
        found.append(digest)
    return tuple(dict.fromkeys(found))


def text_of(data: bytes) -> str:
    """Return a table's text: UTF-8 with or without its mark, else Windows-1252; raise ``InvalidInput`` if too large."""
    if len(data) > MOST_BYTES:
        raise InvalidInput(f"the table is larger than the {MOST_BYTES >> 20} MiB that are read; part it")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read_register(text: str, zone: tzinfo) -> Iterator[RegisterLine]:
    """Read the lines of a table of exhibits; raise ``InvalidInput`` when it is none, or its head names no column."""
    head, _, _ = text.lstrip("\ufeff\r\n").partition("\n")
    rows = csv.reader(StringIO(text.lstrip("\ufeff"), newline=None), delimiter=_separator(head))
    names: dict[int, str] | None = None
    try:
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            if names is None:
                names = _named(cells)
            elif rows.line_num > MOST_LINES:
                raise InvalidInput(f"the table has more than the {MOST_LINES:,} lines that are read; part it")
            else:
                yield _line(rows.line_num, {name: cells[at] for at, name in names.items() if at < len(cells)}, zone)
    except csv.Error as error:
        raise InvalidInput(f"line {rows.line_num} is no line of a table: {error}; save it as CSV anew") from error
    if names is None:
        raise InvalidInput("the table is empty; its first line names the columns, such as seal;kind;path")


def _separator(head: str) -> str:
    return max(";,\t", key=head.count)


def _named(cells: list[str]) -> dict[int, str]:
    """Return the columns that are known by their place; raise ``InvalidInput`` when there is none, or one twice."""
    meanings = {head: name for name, heads in COLUMNS.items() for head in heads}
    names = {at: meanings[plain(cell)] for at, cell in enumerate(cells) if plain(cell) in meanings}
    twice = {name for name in names.values() if list(names.values()).count(name) > 1}
    if twice:
        raise InvalidInput(f"two columns of the table say {', '.join(sorted(twice))}; leave one of them")
    if not {"seal", "description", "path"} & set(names.values()):
        raise InvalidInput(
            "the first line names no column seal, description or path (scellé, description, chemin); put the names of "
            "the columns into it"
        )
    return names


def _line(number: int, cells: dict[str, str], zone: tzinfo) -> RegisterLine:
    register, path = Register(), cells.get("path", "").strip()
    register.update({name: cells[name].strip() for name in _TEXTS if name in cells})  # type: ignore[typeddict-item]
    try:
        register["kind"] = kind_named(cells.get("kind", ""))
        register["seized_at"] = moment(cells.get("seized_at", ""), zone)
        return RegisterLine(number, register, path, digests_of(cells.get("digests", "")))
    except InvalidInput as error:
        return RegisterLine(number, register, path, wrong=str(error))


_TEXTS = ("seal", "description", "model", "serial", "seized_where", "seized_by", "legal_act")

"""iOS backups on a computer: a folder with ``Manifest.db`` and a file for each content, as Finder and iTunes write it.

Entries are the files that the manifest lists, as ``domain/path``; their content lies at ``ab/abcd…`` or ``abcd…``,
named by its ``fileID``. Encrypted backups are opened with their password. Not read: ``Manifest.mbdb``, from before
iOS 10.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO, Self

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.evidence.cbc import CELL, decrypted, fitted
from sauveterre.evidence.container import check_count, refuse, special_refusal
from sauveterre.evidence.content import SMALL_BLOCK, Blocks
from sauveterre.evidence.database import MAGIC, Database
from sauveterre.evidence.ios_keys import BadKeybag, file_key, protection_class, read_keybag, unlock
from sauveterre.evidence.ios_manifest import ListedFile, listed_at, listed_files
from sauveterre.evidence.property_list import MOST_BYTES, BadPropertyList, read_plist
from sauveterre.records.entry import Cause, Entry, EntryKind, display_path
from sauveterre.records.limits import Limits
from sauveterre.records.problem import Problem
from sauveterre.records.provenance import Provenance
from sauveterre.records.store import StoreLocation
from sauveterre.records.tree import Tree

NAME = "ios_backup"
VERSION = 1

MANIFEST, PROPERTIES, DEVICE = "Manifest.db", "Manifest.plist", "Info.plist"
NAMED_PROBLEMS = 100
"""Contents that no row names are told one by one up to this many, and counted beyond."""
_STORED = re.compile(r"(?:([0-9a-f]{2})/)?([0-9a-f]{40})")
_LOCATOR = re.compile(r"row (-?[0-9]{1,19}) file .*", re.DOTALL)
_NO_IV = bytes(16)


def find(tree: Tree) -> Iterator[StoreLocation]:
    """Find folders that hold ``Manifest.db`` beside ``Manifest.plist`` or ``Info.plist``."""
    found: dict[str, set[str]] = {}
    for path in tree.paths():
        folder, _, name = path.rpartition("/")
        if name in (MANIFEST, PROPERTIES, DEVICE):
            found.setdefault(folder, set()).add(name)
    for folder, names in found.items():
        if MANIFEST in names and len(names) > 1:
            try:
                sealed = _properties(tree, folder).get("IsEncrypted") is True
            except UnreadableSource:
                sealed = False
            yield StoreLocation(NAME, folder, needs_key=sealed)


def open(tree: Tree, location: StoreLocation, keys: tuple[str, ...], limits: Limits) -> "IosBackup":
    """Open a backup: its manifest is copied, decrypted where it has to be."""
    folder = location.root
    properties = _properties(tree, folder) if _holds(tree, _inside(folder, PROPERTIES)) else {}
    class_keys = None
    if properties.get("IsEncrypted") is True:
        class_keys = _class_keys(tree, folder, properties, keys)
    return IosBackup(tree, folder, limits, _database(tree, folder, properties, class_keys, limits), class_keys)


class IosBackup:
    """An opened backup."""

    def __init__(
        self, tree: Tree, folder: str, limits: Limits, database: Database, class_keys: dict[int, bytes] | None
    ) -> None:
        """Find the contents that are there."""
        self.problems: list[Problem] = []
        self._tree = tree
        self._limits = limits
        self._database = database
        self._class_keys = class_keys
        self._manifest = _inside(folder, MANIFEST)
        self._stored = dict(_stored(tree, folder))

    def entries(self) -> Iterator[Entry]:
        """List every file and link of the manifest, in the order of its rows. Folders are no entries."""
        self.problems.clear()
        nameless = set(self._stored)
        count = 0
        try:
            for listed in listed_files(self._database):
                nameless.discard(listed.file_id)
                if listed.kind is not EntryKind.FOLDER:
                    check_count(count, self._manifest, self._limits)
                    count += 1
                    yield self._entry(listed)
        except UnreadableSource as error:
            self._problem(self._manifest, f"the manifest is damaged after {count:,} files: {error}")
        self._tell_nameless(sorted(self._stored[name] for name in nameless))

    def entry_at(self, locator: str) -> Entry:
        """Return the entry with this locator; raise ``UnreadableSource`` when there is none."""
        return self._entry(self._listed_at(locator))

    def open(self, entry: Entry) -> BinaryIO:
        """Open a file's content, decrypted where it has to be."""
        refuse(entry)
        listed = self._listed_at(entry.locator)
        found = self._entry(listed)
        refuse(found)
        name = found.provenance.path
        key = self._key(listed)
        stream = self._tree.open(self._stored[listed.file_id])
        if key is None:
            return _of_size(stream, listed.size, name)
        blocks = decrypted(stream, key, _NO_IV, name=name)
        return Blocks(name, fitted(blocks, listed.size, name=name, padding=CELL), stream.close)

    def close(self) -> None:
        """Let go of the manifest's copy. Closing twice is harmless."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _listed_at(self, locator: str) -> ListedFile:
        number = _LOCATOR.fullmatch(locator)
        listed = listed_at(self._database, int(number[1])) if number else None
        if listed is None or _locator(listed) != locator:
            raise UnreadableSource(
                f"{self._manifest} lists nothing at {locator!r}; it is not the source that was listed, list it again"
            )
        return listed

    def _entry(self, listed: ListedFile) -> Entry:
        path = listed.path or listed.file_id.encode()
        refusal = special_refusal(listed.kind, listed.target)
        cause, failure = (Cause.SPECIAL, "") if refusal else self._failure(listed)
        return Entry(
            path=path,
            size=listed.size if listed.kind is EntryKind.FILE else None,
            locator=_locator(listed),
            kind=listed.kind,
            allocated=True,
            modified=listed.modified,
            created=listed.created,
            changed=listed.changed,
            provenance=Provenance(self._tree.identity, display_path(path), _locator(listed), NAME),
            refusal=refusal,
            failure=failure,
            cause=cause,
            note=f"its size and times cannot be read from the manifest: {listed.fault}" if listed.fault else "",
        )

    def _failure(self, listed: ListedFile) -> tuple[Cause, str]:
        """Return why a file's content cannot be read; nothing when it can be tried."""
        if listed.file_id not in self._stored:
            return Cause.UNREADABLE, (
                f"is listed in the backup's manifest as {listed.file_id}, and the backup holds no such content; "
                "look for a complete copy of the backup"
            )
        if self._class_keys is not None and listed.fault:
            return Cause.DAMAGED, f"cannot be decrypted: its key is missing, as {listed.fault} in the manifest"
        if self._class_keys is not None and listed.sealed_key:
            number = protection_class(listed.sealed_key)
            if number not in self._class_keys:
                return Cause.ENCRYPTED, (
                    f"cannot be decrypted: the backup's keybag holds no key of protection class {number}, which this "
                    "file belongs to"
                )
        return Cause.NONE, ""

    def _key(self, listed: ListedFile) -> bytes | None:
        """Return a file's own key, None for one that is not encrypted."""
        if self._class_keys is None or not listed.sealed_key:
            return None
        key = file_key(self._class_keys, listed.sealed_key)
        if key is None:
            raise UnreadableSource(
                f"{display_path(listed.path)} cannot be decrypted: its sealed key in the manifest is damaged; look for "
                "another copy of the backup"
            )
        return key

    def _tell_nameless(self, paths: list[str]) -> None:
        for path in paths[:NAMED_PROBLEMS]:
            self._problem(path, f"the backup holds a content that its manifest does not name: {path}")
        if len(paths) > NAMED_PROBLEMS:
            self._problem(
                self._manifest,
                f"the backup holds {len(paths):,} contents that its manifest does not name; the first "
                f"{NAMED_PROBLEMS} are told, and all are entries of the source around the backup",
            )

    def _problem(self, path: str, what: str) -> None:
        self.problems.append(Problem(Provenance(self._tree.identity, path, path, NAME), what))


def _of_size(stream: BinaryIO, size: int | None, name: str) -> BinaryIO:
    """Return a stream as it is when it has the size that is stated; else one that says so at its end."""
    if stream.seekable():
        if stream.seek(0, os.SEEK_END) == size:
            size = None
        stream.seek(0)
    if size is None:
        return stream
    return Blocks(name, fitted(iter(lambda: stream.read(SMALL_BLOCK), b""), size, name=name), stream.close)


def _locator(listed: ListedFile) -> str:
    return f"row {listed.row} file {listed.file_id}"


def _inside(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _holds(tree: Tree, wanted: str) -> bool:
    return any(path == wanted for path in tree.paths())


def _stored(tree: Tree, folder: str) -> Iterator[tuple[str, str]]:
    """Yield the contents that are there: their names, and their paths in the tree."""
    start = f"{folder}/" if folder else ""
    for path in tree.paths():
        if path.startswith(start):
            found = _STORED.fullmatch(path, len(start))
            if found and (found[1] is None or found[2].startswith(found[1])):
                yield found[2], path


def _properties(tree: Tree, folder: str) -> dict[str, object]:
    path = _inside(folder, PROPERTIES)
    with tree.open(path) as stream:
        data = stream.read(MOST_BYTES + 1)
    try:
        return read_plist(data)
    except BadPropertyList as error:
        raise UnreadableSource(f"{path} cannot be read: {error}; look for another copy of the backup") from error


def _class_keys(tree: Tree, folder: str, properties: dict[str, object], passwords: tuple[str, ...]) -> dict[int, bytes]:
    where = f"the iOS backup at {folder or 'the top of the source'}"
    bag = properties.get("BackupKeyBag")
    try:
        found = unlock(read_keybag(bag if isinstance(bag, bytes) else b""), passwords)
    except BadKeybag as error:
        raise UnreadableSource(f"{where} is encrypted, and {error}; look for another copy of it") from error
    if found is None:
        tried = "none of the passwords given for it opens it" if passwords else "no password was given for it"
        raise Locked(
            f"{where} in {tree.identity} is encrypted, and {tried}; add the backup password, which was chosen on the "
            "computer that made it, with `sauveterre key add`"
        )
    return found


def _database(
    tree: Tree, folder: str, properties: dict[str, object], class_keys: dict[int, bytes] | None, limits: Limits
) -> Database:
    path = _inside(folder, MANIFEST)
    with ExitStack() as opened:
        stream = opened.enter_context(tree.open(path))
        head = stream.read(len(MAGIC))
        stream = opened.enter_context(tree.open(path))
        if head == MAGIC:
            log = f"{path}-wal"
            there = opened.enter_context(tree.open(log)) if _holds(tree, log) else None
            return Database(path, stream, there, limits)
        sealed = properties.get("ManifestKey")
        key = file_key(class_keys or {}, sealed) if isinstance(sealed, bytes) else None
        if key is None:
            raise UnreadableSource(
                f"{path} is no database; it was damaged, or it is encrypted and {PROPERTIES} holds no key for it"
            )
        return Database(path, Blocks(path, decrypted(stream, key, _NO_IV, name=path)), None, limits)

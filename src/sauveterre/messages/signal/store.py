"""One backup in a tree, in whichever of the three containers: where its files lie, and its frames."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from posixpath import dirname, join
from typing import Protocol

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.messages.heads import head_of
from sauveterre.messages.protobuf import Decoder, Fields, Malformed, read_varint
from sauveterre.messages.signal.crypto import (
    METADATA_LIMIT,
    REMOTE_MAGIC,
    Keys,
    Sealed,
    keys_of,
    read_metadata,
)
from sauveterre.messages.signal.frames import (
    Part,
    binary_parts,
    decode_binary,
    decode_json,
    file_chunks,
    gunzip,
    json_parts,
)
from sauveterre.messages.signal.schema import SCHEMA, SURVEY
from sauveterre.records.provenance import Provenance
from sauveterre.records.store import StoreLocation
from sauveterre.records.tree import Tree

PLAUSIBLE_MS = range(1_577_836_800_000, 4_102_444_800_000)
"""When a backup of this format can have been made: 2020 to 2099."""
MEDIA_NAME = re.compile(r"[0-9a-f]{64}")
BACKUP_NAME = re.compile(r"[0-9a-f]{40}")
"""What a telephone's own backup calls each of its files: there are hundreds of thousands, and none is a stream."""


class _Decode(Protocol):
    def __call__(self, decoder: Decoder, data: bytes, message: str) -> Fields:
        """Decode one part."""


@dataclass(frozen=True, slots=True)
class Store:
    """An opened backup. ``parts`` may be asked for often; each time it starts from the front."""

    tree: Tree
    kind: str
    """folder, frames or export."""
    main: str
    """Path in the tree of the file that holds the frames."""
    digest: str
    """SHA-256 of that file, lowercase hex."""
    keys: Keys | None
    media: dict[str, str]
    """Path in the tree of each media file that is there, by media name."""
    reader: str
    _unit: str = field(init=False)
    _identity: str = field(init=False)

    def __post_init__(self) -> None:
        """Keep what every provenance says."""
        object.__setattr__(self, "_unit", "line" if self.kind == "export" else "frame")
        object.__setattr__(self, "_identity", f"sha256:{self.digest}")

    def parts(self) -> Iterator[Part]:
        """Yield every frame as it lies in the stream."""
        with self.tree.open(self.main) as stream:
            chunks = file_chunks(stream)
            if self.keys is not None:
                chunks = gunzip(Sealed(self.keys.mac_key, self.keys.aes_key).decrypt(stream))
            yield from json_parts(chunks) if self.kind == "export" else binary_parts(chunks)

    @property
    def decode(self) -> _Decode:
        """How a part of this container becomes fields."""
        return decode_json if self.kind == "export" else decode_binary

    def provenance(self, ordinal: int, suffix: str = "") -> Provenance:
        """Name a frame (or line) of the main file, and what in it."""
        locator = f"{self._unit} {ordinal} {suffix}" if suffix else f"{self._unit} {ordinal}"
        return Provenance(self._identity, self.main, locator, self.reader)


def find(tree: Tree, reader: str) -> Iterator[StoreLocation]:
    """Find backups: folders with ``main`` and ``metadata``, exports, and bare streams of frames.

    A folder that ends in ``-tmp`` is a backup that Signal did not finish; it is passed over.
    """
    paths = list(tree.paths())
    known = set(paths)
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name == "metadata" and join(folder, "main") in known and _is_snapshot(tree, folder, path):
            yield StoreLocation(reader, folder, needs_key=True)
        elif _is_stream(tree, path, name):
            yield StoreLocation(reader, path, needs_key=False)


def _is_stream(tree: Tree, path: str, name: str) -> bool:
    """Say from the first bytes whether a file is an export or bare frames; only likely names are opened."""
    if name.endswith(".jsonl"):
        return _is_export(head_of(tree, path))
    if name.endswith(".binproto") or (
        "." not in name and not (MEDIA_NAME.fullmatch(name) or BACKUP_NAME.fullmatch(name))
    ):
        return _is_frames(head_of(tree, path))
    return False


def _is_snapshot(tree: Tree, folder: str, metadata: str) -> bool:
    name = folder.rpartition("/")[2]
    if name.endswith("-tmp"):
        return False
    if name.startswith("signal-backup"):
        return True
    try:
        read_metadata(head_of(tree, metadata))
    except UnreadableSource:
        return False
    return True


def _is_info(fields: Fields) -> bool:
    return fields.get("version", 0) >= 1 and fields.get("backupTimeMs", 0) in PLAUSIBLE_MS


def _is_frames(head: bytes) -> bool:
    """Say whether this begins with a BackupInfo of a plausible time, followed by an account frame."""
    try:
        length, at = read_varint(head, 0)
        if not 0 < length <= len(head) - at:
            return False
        info = Decoder(SCHEMA).decode(head[at : at + length], "BackupInfo")
        _, at = read_varint(head, at + length)
        return _is_info(info) and head[at : at + 1] == b"\x0a"
    except Malformed:
        return False


def _is_export(head: bytes) -> bool:
    """Say whether the first line is a BackupInfo and the second begins with an account."""
    first, _, second = head.partition(b"\n")
    try:
        info = decode_json(Decoder(SCHEMA), first, "BackupInfo")
    except Malformed:
        return False
    return _is_info(info) and second.lstrip().startswith(b'{"account"')


def open_store(tree: Tree, location: StoreLocation, key: str | None) -> Store:
    """Open a backup at a location that ``find`` gave; only its ``root`` counts.

    Raises ``Locked`` when the recovery key is missing, malformed or wrong, ``UnreadableSource`` when the main
    file cannot be read.
    """
    if join(location.root, "main") in set(tree.paths()):
        return _open_folder(tree, location, key)
    head = head_of(tree, location.root).lstrip()
    kind = "export" if head.startswith(b"{") else "frames"
    media = _media(tree, join(dirname(location.root), "files")) if kind == "export" else {}
    digest = hashlib.sha256()
    with tree.open(location.root) as stream:
        for chunk in file_chunks(stream):
            digest.update(chunk)
    return Store(tree, kind, location.root, digest.hexdigest(), None, media, location.reader)


def _open_folder(tree: Tree, location: StoreLocation, key: str | None) -> Store:
    main = join(location.root, "main")
    with tree.open(join(location.root, "metadata")) as stream:
        keys = keys_of(key, stream.read(METADATA_LIMIT))
    if head_of(tree, main).startswith(REMOTE_MAGIC):
        raise Locked(
            f"{main} was made for Signal's servers and needs a token besides the recovery key; "
            "it cannot be read here: look for a local backup on the device"
        )
    with tree.open(main) as stream:
        is_right, digest, size = Sealed(keys.mac_key, keys.aes_key).verify(stream)
    if not is_right:
        raise Locked(
            f"the recovery key does not open {main} ({size} bytes), or the file is damaged: "
            "compare the key with the one seized, and the file with its exhibit"
        )
    media = _media(tree, join(dirname(location.root), "files"))
    return Store(tree, "folder", main, digest, keys, media, location.reader)


def _media(tree: Tree, folder: str) -> dict[str, str]:
    """Index ``files/<2 hex>/<64 hex>`` (in an export with the file's own suffix)."""
    found = {}
    for path in tree.paths():
        if path.startswith(f"{folder}/"):
            name = path.rpartition("/")[2].partition(".")[0].lower()
            if MEDIA_NAME.fullmatch(name):
                found[name] = path
    return found


@dataclass(slots=True)
class Survey:
    """What the first pass tells: the header, and whose backup this is."""

    info: Fields
    info_fault: str
    owner: bytes | None
    """The device owner's ACI, 16 bytes."""
    owner_basis: str
    """proved, inferred, or empty when unknown."""


def survey(store: Store) -> Survey:
    """Read the header, and tell the owner's ACI where it can be told. Damage is left for the second pass.

    With keys the owner is proved: the backup's identifier is derived from the ACI. Without, it is inferred:
    of all who are in or act in a group exactly one is nobody's contact, and that one is a member.
    """
    info, fault, seen = Fields(), "the store holds nothing", _Seen()
    decoder, full = Decoder(SURVEY, keep_unknown=False), Decoder(SCHEMA)
    for count, part in enumerate(store.parts()):
        try:
            if count == 0:
                fault = part.fault
                info = store.decode(full, part.data, "BackupInfo")
            elif not part.fault:
                seen.add(store.decode(decoder, part.data, "Frame"))
        except Malformed as error:
            fault = str(error) if count == 0 else fault
    if store.keys is not None:
        owner = next(filter(store.keys.is_owner, [*seen.involved, *seen.contacts]), None)
        return Survey(info, fault, owner, "proved" if owner else "")
    strangers = [aci for aci in seen.involved if aci not in seen.contacts]
    owner = strangers[0] if len(strangers) == 1 and strangers[0] in seen.members else None
    return Survey(info, fault, owner, "inferred" if owner else "")


class _Seen:
    """ACIs in order of first sight; dicts, so that the result is the same each time."""

    def __init__(self) -> None:
        self.contacts: dict[bytes, None] = {}
        self.members: dict[bytes, None] = {}
        self.involved: dict[bytes, None] = {}

    def add(self, frame: Fields) -> None:
        recipient = frame.get("recipient", {})
        self._note(self.contacts, recipient.get("contact", {}).get("aci"))
        for member in recipient.get("group", {}).get("snapshot", {}).get("members", []):
            self._note(self.members, member.get("userId"))
            self._note(self.involved, member.get("userId"))
        change = frame.get("chatItem", {}).get("updateMessage", {}).get("groupChange", {})
        for update in change.get("updates", []):
            for detail in update.values():
                self._note(self.involved, detail.get("updaterAci"))

    @staticmethod
    def _note(where: dict[bytes, None], value: object) -> None:
        if isinstance(value, bytes) and len(value) == 16 and any(value):
            where[value] = None

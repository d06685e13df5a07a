"""The operation drawn once for all tests here, and second routes to read it back."""

import base64
import gzip
import hashlib
import hmac
import io
import json
import os
import re
import tarfile
import time
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import py7zr
import pytest
import pytsk3
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sauveterre.scenarios import village
from sauveterre.scenarios.truth import Truth


@dataclass(frozen=True)
class Drawn:
    folder: Path
    truth: Truth
    told: dict
    cpu_seconds: float


@pytest.fixture(scope="session")
def drawn(tmp_path_factory) -> Drawn:
    folder = tmp_path_factory.mktemp("scenario") / "village"
    start = time.process_time()
    truth = village.draw(folder)
    spent = time.process_time() - start
    return Drawn(folder, truth, json.loads((folder / "truth.json").read_text()), spent)


def _hkdf(key: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 with SHA-256 and no salt, from HMAC alone."""
    secret, block, out = hmac.digest(bytes(32), key, "sha256"), b"", b""
    while len(out) < length:
        block = hmac.digest(secret, block + info + bytes([len(out) // 32 + 1]), "sha256")
        out += block
    return out[:length]


def _unsealed(data: bytes, aes: bytes, mac: bytes) -> bytes:
    if not hmac.compare_digest(hmac.digest(mac, data[:-32], "sha256"), data[-32:]):
        raise ValueError("bad MAC")
    decryptor = Cipher(algorithms.AES(aes), modes.CBC(data[:16])).decryptor()
    plain = decryptor.update(data[16:-32]) + decryptor.finalize()
    return plain[: -plain[-1]]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _fields(data: bytes) -> dict[int, list]:
    """A message as lists of raw values by field number."""
    found: dict[int, list] = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 0:
            value, at = _varint(data, at)
        else:
            assert tag & 7 == 2
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        found.setdefault(tag >> 3, []).append(value)
    return found


def _stream(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        size, at = _varint(data, at)
        found.append(data[at : at + size])
        at += size
    return found


@dataclass
class Store:
    """What a store shows, read back independently of the code that wrote it."""

    owner_id: bytes = b""
    contacts: dict[int, dict] = field(default_factory=dict)
    groups: dict[int, dict] = field(default_factory=dict)
    items: list[dict] = field(default_factory=list)
    attachments: dict[str, bytes] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)


def _one(message: dict[int, list], number: int, default=b""):
    return message.get(number, [default])[0]


def _read_frames(frames: list[bytes]) -> Store:
    store, chats = Store(), {}
    for frame in map(_fields, frames):
        if 2 in frame:
            recipient = _fields(frame[2][0])
            if 2 in recipient:
                store.contacts[_one(recipient, 1)] = _contact(_fields(recipient[2][0]))
            if 3 in recipient:
                store.groups[_one(recipient, 1)] = _group(_fields(recipient[3][0]))
        elif 3 in frame:
            chat = _fields(frame[3][0])
            chats[_one(chat, 1)] = _one(chat, 2)
        elif 4 in frame:
            store.items.append(_item(_fields(frame[4][0]), chats))
    return store


def _contact(contact: dict[int, list]) -> dict:
    name = (_one(contact, 11).decode(), _one(contact, 12).decode())
    return {"aci": _one(contact, 1), "e164": _one(contact, 4, 0), "name": name}


def _group(group: dict[int, list]) -> dict:
    snapshot = _fields(group[5][0])
    members = {_one(m, 1): (_one(m, 2, 0), _one(m, 5, 0)) for m in map(_fields, snapshot[7])}
    title = _one(_fields(snapshot[2][0]), 1).decode()
    stable_id = hashlib.sha256(group[1][0]).hexdigest()
    return {"id": stable_id, "title": title, "members": members, "revision": _one(snapshot, 6, 0)}


def _item(item: dict[int, list], chats: dict[int, int]) -> dict:
    standard = _fields(_one(item, 11))
    files = []
    for attachment in map(_fields, standard.get(3, [])):
        locator = _fields(_one(_fields(attachment[1][0]), 13))
        files.append((_one(locator, 10).hex(), _one(locator, 3, 0), _one(locator, 9)))
    change = _fields(_one(_fields(_one(item, 15)), 2))
    updates = [{n: _fields(v[0]) for n, v in _fields(update).items()} for update in change.get(1, [])]
    return {
        "peer": chats[_one(item, 1)], "author": _one(item, 2), "sent": _one(item, 3),
        "text": _one(_fields(_one(standard, 2)), 1).decode(), "files": files, "updates": updates,
        "directionless": 10 in item, "outgoing": 9 in item, "expires": 5 in item,
    }  # fmt: skip


def _read_folder(files: dict[str, bytes], key: str) -> Store:
    """Follow the published format: keys from the recovery key and the hidden backup id, MAC first, then text."""
    backup_key = _hkdf(key.encode(), b"20240801_SIGNAL_BACKUP_KEY", 32)
    metadata = _fields(next(data for path, data in files.items() if path.endswith("/metadata")))
    hidden = _fields(metadata[2][0])
    cover = Cipher(
        algorithms.AES(_hkdf(backup_key, b"20241011_SIGNAL_LOCAL_BACKUP_METADATA_KEY", 32)),
        modes.CTR(hidden[1][0] + bytes(4)),
    ).decryptor()
    backup_id = cover.update(hidden[2][0])
    both = _hkdf(backup_key, b"20241007_SIGNAL_BACKUP_ENCRYPT_MESSAGE_BACKUP:" + backup_id, 64)
    main = next(data for path, data in files.items() if path.endswith("/main"))
    packed = _unsealed(main, both[32:], both[:32])
    store = _read_frames(_stream(zlib.decompressobj(31).decompress(packed))[1:])
    store.owner_id = backup_id
    for digest, size, local in {one for item in store.items for one in item["files"] if one[2]}:
        name = hashlib.sha256(bytes.fromhex(digest) + local).hexdigest()
        data = files[f"files/{name[:2]}/{name}"]
        try:
            store.attachments[digest] = _unsealed(data, local[:32], local[32:])[:size]
        except ValueError:
            store.damaged.append(name)
    listed = next(data for path, data in files.items() if path.endswith("/files"))
    names = {_one(_fields(frame), 1).decode() for frame in _stream(listed)}
    assert names == {path.rsplit("/", 1)[1] for path in files if path.startswith("files/")}
    return store


def _snake(value):
    return base64.b64decode(value)


def _read_export(archive: zipfile.ZipFile) -> Store:
    """Read the JSON lines by field name."""
    store, chats = Store(), {}
    for line in archive.read("main.jsonl").decode().splitlines()[1:]:
        frame = json.loads(line)
        recipient, chat, item = frame.get("recipient", {}), frame.get("chat"), frame.get("chatItem")
        if contact := recipient.get("contact"):
            number = int(contact.get("e164", "0"))
            store.contacts[int(recipient["id"])] = {"aci": _snake(contact["aci"]), "e164": number}
        if group := recipient.get("group"):
            stable_id = hashlib.sha256(_snake(group["masterKey"])).hexdigest()
            store.groups[int(recipient["id"])] = {"id": stable_id, "title": group["snapshot"]["title"]["title"]}
        if chat:
            chats[int(chat["id"])] = int(chat["recipientId"])
        if item:
            standard = item.get("standardMessage", {})
            locators = [a["pointer"]["locatorInfo"] for a in standard.get("attachments", [])]
            store.items.append(
                {
                    "peer": chats[int(item["chatId"])], "author": int(item["authorId"]), "sent": int(item["dateSent"]),
                    "text": standard.get("text", {}).get("body", ""), "updates": [],
                    "files": [(_snake(one["plaintextHash"]).hex(), one["size"], b"") for one in locators],
                    "directionless": "directionless" in item, "outgoing": "outgoing" in item,
                    "expires": "expiresInMs" in item,
                }
            )  # fmt: skip
    return store


@pytest.fixture(scope="session")
def stores(drawn: Drawn) -> dict[str, Store]:
    """All four stores by exhibit, read by code that shares nothing with the writer."""
    exhibits = drawn.folder / "exhibits"
    root = exhibits / "01-phone" / "SignalBackups"
    phone = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    prefix = "data/media/SignalBackups/"
    with tarfile.open(exhibits / "03-tablet.tar") as archive:
        tablet = {
            member.name.removeprefix(prefix): archive.extractfile(member).read()
            for member in archive
            if member.name.startswith(prefix)
        }
    keys = json.loads((drawn.folder / "keys.json").read_text())
    with zipfile.ZipFile(exhibits / "05-laptop/Downloads/signal-export-2026-05-12.zip") as archive:
        export = _read_export(archive)
    frames = _stream((exhibits / "06-stick/signal/frames.binproto").read_bytes())
    return {
        "01": _read_folder(phone, keys["01"]), "03": _read_folder(tablet, keys["03"]), "05": export,
        "06": _read_frames(frames[1:]),
    }  # fmt: skip


@pytest.fixture(scope="session")
def found(drawn: Drawn, stores) -> dict[str, list[bytes]]:
    """Every content by source label, found by walking the exhibits with the standard library."""
    contents: dict[str, list[bytes]] = {}
    for top in sorted((drawn.folder / "exhibits").iterdir()):
        label = f"exhibits/{top.name}"
        if top.is_dir():
            paths = sorted(Path(root) / name for root, _, names in os.walk(top) for name in names)
            contents[label] = [b"" if path.is_symlink() else path.read_bytes() for path in paths]
            continue
        if top.suffix == ".dd":
            contents |= _card(top, label)
            continue
        contents[label] = _members(top.read_bytes())
    outer = zipfile.ZipFile(drawn.folder / "exhibits/02-computer.zip")
    middle = zipfile.ZipFile(io.BytesIO(outer.read("Users/h/Desktop/old things.zip")))
    nested = "exhibits/02-computer.zip!/Users/h/Desktop/old things.zip"
    contents[nested] = [middle.read(name) for name in middle.namelist()]
    tarball = gzip.decompress(middle.read("more/holidays.tar.gz"))
    contents[f"{nested}!/more/holidays.tar.gz"] = _members(tarball)
    export = "exhibits/05-laptop/Downloads/signal-export-2026-05-12.zip"
    contents[export] = _members((drawn.folder / export).read_bytes())
    contents[f"{export}!/main.jsonl!attachments"] = contents[export][2:]
    for number, root in (("01", "01-phone/"), ("03", "03-tablet.tar!/data/media/")):
        whole = list(stores[number].attachments.values())
        contents[f"exhibits/{root}SignalBackups!attachments"] = whole + [b""] * len(stores[number].damaged)
    return contents


def _card(card: Path, label: str) -> dict[str, list[bytes]]:
    """A card's partition table, its one volume, and the pictures that lie in free space."""
    image = pytsk3.Img_Info(str(card))
    start = next(part.start for part in pytsk3.Volume_Info(image) if b"FAT16" in part.desc) * 512
    live, deleted = [], []

    def walk(folder) -> None:
        for one in folder:
            if one.info.meta is None or one.info.name.name in {b".", b".."} or one.info.name.name.startswith(b"$"):
                continue
            if one.info.meta.type == pytsk3.TSK_FS_META_TYPE_DIR:
                walk(one.as_directory())
                continue
            kept = live if int(one.info.meta.flags) & pytsk3.TSK_FS_META_FLAG_ALLOC else deleted
            kept.append(one.read_random(0, one.info.meta.size))

    walk(pytsk3.FS_Info(image, offset=start).open_dir("/"))
    starts = [found.start() for found in re.finditer(rb"\xff\xd8\xff\xe0", card.read_bytes())]
    free = [card.read_bytes()[at:].partition(b"\xff\xd9")[0] + b"\xff\xd9" for at in starts]
    free = [picture for picture in free if picture not in live]
    assert set(deleted) < set(free)
    regions = [b"", b""]
    return {label: [b"", *regions], f"{label}!/p1": live + deleted + regions, f"{label}!/p1!/$Unallocated": free}


def _members(data: bytes) -> list[bytes]:
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            return [archive.read(name) for name in archive.namelist()]
    if data.startswith(b"7z"):
        with py7zr.SevenZipFile(io.BytesIO(data)) as archive:
            factory = py7zr.io.BytesIOFactory(1 << 30)
            archive.extractall(factory=factory)
            return [product.read() for product in factory.products.values()]
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return [archive.extractfile(member).read() for member in archive]

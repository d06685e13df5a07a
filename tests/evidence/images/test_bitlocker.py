import hashlib
import io
import struct
import uuid

import pybde
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB, XTS

from sauveterre.errors import Locked, UnreadableSource
from sauveterre.evidence.disk import bitlocker as format_
from sauveterre.evidence.opening import peek_at
from sauveterre.evidence.readers import bitlocker, partitions

PASSWORD, RECOVERY = "autumn leaves", "-".join(f"{11 * (1000 + n):06d}" for n in range(8))
STARTUP_KEY, MASTER = bytes(range(50, 82)), bytes(range(32))
SIZE = 4 << 20
COPIES, HEADER_AT, HEADER_SIZE = (1 << 20, 5 << 18, 6 << 18), 7 << 18, 8192
FEW = 2_000


def entry(kind: int, value: int, data: bytes) -> bytes:
    return struct.pack("<4H", 8 + len(data), kind, value, 1) + data


def key_entry(key: bytes, method: int = 0x2000) -> bytes:
    return entry(0, 1, struct.pack("<I", method) + key)


def sealed(key: bytes, content: bytes, number: int) -> bytes:
    nonce = struct.pack("<QI", 132 * 10**15, number)
    packed = AESCCM(key).encrypt(nonce, content, None)
    return nonce + packed[-16:] + packed[:-16]


def stretched(secret: bytes, salt: bytes, rounds: int) -> bytes:
    last = bytes(32)
    for count in range(rounds):
        last = hashlib.sha256(last + secret + salt + count.to_bytes(8, "little")).digest()
    return last


def protector(kind: int, key: bytes, salt: bytes = b"", *, clear=False) -> bytes:
    inside = key_entry(key) if clear else b""
    if salt:
        inside += entry(0, 3, struct.pack("<I", 0x1000) + salt)
    inside += entry(0, 5, sealed(key, key_entry(MASTER), kind + 1))
    return entry(2, 8, uuid.UUID(int=kind).bytes_le + struct.pack("<QHH", 132 * 10**15, 0, kind) + inside)


def protectors(rounds: int, kinds) -> bytes:
    salt = bytes(range(16))
    digits = struct.pack("<8H", *(int(group) // 11 for group in RECOVERY.split("-")))
    secrets = {
        "password": (0x2000, hashlib.sha256(hashlib.sha256(PASSWORD.encode("utf-16-le")).digest()).digest()),
        "recovery": (0x0800, hashlib.sha256(digits).digest()),
    }
    found = b""
    for kind in kinds:
        if kind in secrets:
            found += protector(secrets[kind][0], stretched(secrets[kind][1], salt, rounds), salt)
        else:
            found += protector({"startup": 0x0200, "clear": 0, "tpm": 0x0100}[kind], STARTUP_KEY, clear=kind == "clear")
    return found


def encrypted(plain: bytes, key: bytes, at: int, method: int) -> bytes:
    parts = []
    for offset in range(at, at + len(plain), 512):
        if method >= 0x8004:
            mode = XTS((offset // 512).to_bytes(16, "little"))
        else:
            mode = CBC(Cipher(AES(key), ECB()).encryptor().update(offset.to_bytes(16, "little")))
        parts.append(Cipher(AES(key), mode).encryptor().update(plain[offset - at : offset - at + 512]))
    return b"".join(parts)


def made(plain: bytes, kinds=("password", "recovery"), method=0x8004, *, rounds=FEW, to_go=False, size=SIZE) -> bytes:
    """Encrypt a volume as the format's description says; what lies under the metadata must be zeros."""
    key = bytes(range(100, 100 + {0x8002: 16, 0x8003: 32, 0x8004: 32, 0x8005: 64}[method]))
    inside = protectors(rounds, kinds) + entry(3, 5, sealed(MASTER, key_entry(key, method), 1))
    inside += entry(15, 15, struct.pack("<QQ", HEADER_AT, HEADER_SIZE)) + entry(7, 2, "a test\0".encode("utf-16-le"))
    length = 48 + len(inside)
    header = struct.pack("<4I16sIIQ", length, 1, 48, length, uuid.UUID(int=9).bytes_le, 4, method, 132 * 10**15)
    block = struct.pack("<8s4HQII", b"-FVE-FS-", (64 + length) // 16, 2, 4, 4, size, 0, HEADER_SIZE // 512)
    block += struct.pack("<4Q", *COPIES, HEADER_AT) + header + inside
    first = bytearray(512)
    first[:11] = b"\xebX\x90" + (b"MSWIN4.1" if to_go else b"-FVE-FS-")
    struct.pack_into("<HBHB", first, 11, 512, 8, 0, 0)
    place = 424 if to_go else 160
    first[place : place + 16] = uuid.UUID("4967d63b-2e29-4ad8-8399-f6a339e3d001").bytes_le
    struct.pack_into("<3Q", first, place + 16, *COPIES)
    first[510:] = b"\x55\xaa"
    image = bytearray(encrypted(plain[:size], key, 0, method) + plain[size:])
    image[HEADER_AT : HEADER_AT + HEADER_SIZE] = encrypted(plain[:HEADER_SIZE], key, HEADER_AT, method)
    image[:512] = first
    for at in COPIES:
        image[at : at + 65_536] = block.ljust(65_536, b"\x00")
    return bytes(image)


@pytest.fixture(scope="module")
def plain(medium):
    volume = bytearray(medium[:SIZE])
    for at in COPIES:
        volume[at : at + 65_536] = bytes(65_536)
    volume[HEADER_AT : HEADER_AT + HEADER_SIZE] = bytes(HEADER_SIZE)
    return bytes(volume)


@pytest.fixture
def few(monkeypatch):
    """Have keys stretched by few rounds, as the images of these tests are made."""
    monkeypatch.setattr(format_, "_ROUNDS", FEW)


@pytest.mark.parametrize("method", [0x8002, 0x8003, 0x8004, 0x8005], ids=hex)
@pytest.mark.usefixtures("few")
def test_every_method_gives_the_volume(opened_with, volume, plain, method):
    with opened_with(bitlocker, made(plain, method=method), keys=["spring rain", PASSWORD]) as container:
        [entry_] = container.entries()
        assert entry_.path == b"unlocked"
        assert entry_.note.startswith("BitLocker, aes-")
        assert volume(container) == plain


@pytest.mark.parametrize(
    ("kinds", "key"),
    [(["password"], PASSWORD), (["tpm", "recovery"], RECOVERY), (["recovery"], RECOVERY.replace("-", " ")),
     (["recovery"], RECOVERY.replace("-", "")), (["startup"], STARTUP_KEY.hex())],
    ids=["password", "recovery", "spaces", "digits", "startup"],
)  # fmt: skip
@pytest.mark.usefixtures("few")
def test_every_key_opens_it(opened_with, volume, plain, kinds, key):
    with opened_with(bitlocker, made(plain, kinds), keys=[key]) as container:
        assert volume(container) == plain


@pytest.mark.usefixtures("few")
def test_a_startup_key_file_in_hex_opens_it(opened_with, volume, plain):
    inside = entry(6, 9, uuid.UUID(int=0x200).bytes_le + bytes(8) + key_entry(STARTUP_KEY))
    file = struct.pack("<4I16sIIQ", 48 + len(inside), 1, 48, 48 + len(inside), bytes(16), 1, 0, 0) + inside

    with opened_with(bitlocker, made(plain, ["startup"]), keys=[file.hex()]) as container:
        assert volume(container) == plain


def test_a_suspended_volume_opens_by_the_key_that_lies_open(opened, volume, plain):
    assert volume(opened(bitlocker, made(plain, ["clear", "tpm"]))) == plain


@pytest.mark.usefixtures("few")
def test_media_to_go(opened_with, volume, plain):
    image = made(plain, to_go=True)
    with opened_with(bitlocker, image, keys=[PASSWORD]) as container:
        assert volume(container) == plain
    assert bitlocker.recognises(peek_at(io.BytesIO(image)))
    assert not partitions.recognises(peek_at(io.BytesIO(image)))


@pytest.mark.usefixtures("few")
def test_what_is_not_yet_encrypted_is_read_as_it_is(opened_with, volume, plain):
    with opened_with(bitlocker, made(plain, size=3 << 20), keys=[PASSWORD]) as container:
        assert volume(container) == plain


@pytest.mark.parametrize(
    "keys", [[], ["spring rain", "111111-" * 7 + "111111", RECOVERY[:-1] + "1"]], ids=["none", "wrong"]
)
@pytest.mark.usefixtures("few")
def test_without_the_right_key_it_stays_locked(opened_with, plain, keys):
    image = made(plain, ["password", "recovery", "tpm"])
    with pytest.raises(
        Locked, match=f"the TPM, a recovery password, a password, and none of the {len(keys)} keys given"
    ):
        opened_with(bitlocker, image, keys=keys)


@pytest.mark.usefixtures("few")
def test_another_copy_of_the_metadata_stands_in_for_a_damaged_first(opened_with, volume, plain):
    image = bytearray(made(plain))
    image[COPIES[0] : COPIES[0] + 200] = bytes(200)
    with opened_with(bitlocker, bytes(image), keys=[PASSWORD]) as container:
        assert volume(container) == plain
    for at in COPIES:
        image[at : at + 200] = bytes(200)
    with pytest.raises(UnreadableSource):
        opened_with(bitlocker, bytes(image), keys=[PASSWORD])


@pytest.mark.parametrize(("method", "kind"), [(0x8002, "clear"), (0x8003, "clear"), (0x8004, "recovery")])
def test_libbde_reads_the_same(tool, tmp_path, opened_with, volume, method, kind):
    """With the full number of rounds, and NTFS inside, without which libbde opens nothing."""
    (tmp_path / "ntfs").write_bytes(bytes(SIZE))
    tool("mkntfs", "-q", "-F", "-f", tmp_path / "ntfs")
    plain = (tmp_path / "ntfs").read_bytes()
    assert not any(any(plain[at : at + 65_536]) for at in (*COPIES, HEADER_AT))
    image = made(plain, [kind], method, rounds=1 << 20)
    library = pybde.volume()
    library.set_recovery_password(RECOVERY)
    library.open_file_object(io.BytesIO(image))

    with opened_with(bitlocker, image, keys=[RECOVERY]) as container:
        assert volume(container) == library.read_buffer_at_offset(SIZE, 0) == plain


@pytest.mark.usefixtures("few")
def test_damage_never_raises_anything_of_its_own_making(opened_with, survives, mutants, plain):
    image = made(plain)[: COPIES[0] + 65_536]
    spans = [(0, 512), (COPIES[0], COPIES[0] + 700)]
    ends = {survives(bitlocker, d, opened_with, keys=[PASSWORD]) for d in mutants(image, 120, spans)}

    assert "opened" in ends
    assert len(ends) > 2


def test_what_cannot_be_a_recovery_password_is_not_tried(opened_with, plain, monkeypatch):
    image = made(plain, ["recovery"])
    monkeypatch.setattr(format_, "_stretched", lambda *_: pytest.fail("a million rounds for nothing"))

    with pytest.raises(Locked):
        opened_with(bitlocker, image, keys=["111112-" * 7 + "111111", "1" * 47, "autumn leaves"])
